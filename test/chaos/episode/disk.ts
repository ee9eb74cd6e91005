// A disk that can be filled up, and a process whose writes can be made to fail.

import { execFileSync } from "node:child_process";
import { mkdtempSync, openSync, closeSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory of its own. */
export interface Disk {
  readonly directory: string;
  /** False where nobody may mount anything: then `fill` does nothing. */
  readonly isLimited: boolean;
  fill(): void;
  free(): void;
  remove(): void;
}

/** Bytes: ten times what an episode stores. */
const SIZE = 512 * 1_048_576;

const run = (command: string, ...values: readonly string[]): boolean => {
  try {
    execFileSync(command, values, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** Makes a directory, on a file system of its own where the user may mount one. */
export function makeDisk(): Disk {
  const directory = mkdtempSync(join(tmpdir(), "jobrelay-chaos-"));
  const isLimited = run("mount", "-t", "tmpfs", "-o", `size=${SIZE}`, "tmpfs", directory);
  const ballast = join(directory, "ballast");
  const unmount = (): void => {
    if (isLimited) run("umount", "-l", directory);
  };
  process.once("exit", unmount);
  return {
    directory,
    isLimited,
    fill: () => {
      if (isLimited) fillWith(ballast);
    },
    free: () => rmSync(ballast, { force: true }),
    remove: () => {
      process.off("exit", unmount);
      unmount();
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Writes a file until there is no room: big pieces first, single pages at last. */
function fillWith(path: string): void {
  const file = openSync(path, "w");
  try {
    for (const piece of [1_048_576, 4_096].map((size) => Buffer.alloc(size)))
      for (let isFull = false; !isFull;)
        try {
          isFull = writeSync(file, piece) < piece.byteLength;
        } catch {
          isFull = true;
        }
  } finally {
    closeSync(file);
  }
}

/** Makes every write of a process to a file fail, or lets it write again. */
export const letWrite = (pid: number, isAllowed: boolean): boolean =>
  run("prlimit", "--pid", String(pid), `--fsize=${isAllowed ? "unlimited" : "0"}:unlimited`);
