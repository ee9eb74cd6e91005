// One relay at a time uses a directory of stored data: two would corrupt each other's objects.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fault, ok, type Result } from "../../kernel/result.ts";

/** The relay that uses the data. */
export interface Holder {
  readonly pid: number;
  readonly port: number;
  /** When its process began, as the system says it: a pid is used again by other processes. */
  readonly began: string;
}

/** How often a lock whose holder is gone is removed before giving up: others may race for it. */
const TRIES = 5;

/**
 * Takes the directory for this process; the value gives it back. The fault is the relay that has
 * it.
 */
export function lockState(directory: string, port: number): Result<() => void, Holder> {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, "relay.json");
  const own: Holder = { pid: process.pid, port, began: beginOf(process.pid) };
  for (let left = TRIES; ; left -= 1) {
    try {
      writeFileSync(path, JSON.stringify(own), { flag: "wx" });
      return ok(() => rmSync(path, { force: true }));
    } catch (error) {
      if (!isExisting(error)) throw error;
    }
    const holder = readHolder(path);
    if (holder !== null && (left <= 1 || isRunning(holder))) return fault(holder);
    rmSync(path, { force: true });
  }
}

const isExisting = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "EEXIST";

function readHolder(path: string): Holder | null {
  try {
    const read = JSON.parse(readFileSync(path, "utf8")) as Partial<Holder>;
    const { pid, port, began } = read;
    return pid === undefined || port === undefined || began === undefined
      ? null
      : { pid, port, began };
  } catch {
    return null;
  }
}

function isRunning({ pid, began }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return beginOf(pid) === began;
}

/** When a process began: Linux counts clock ticks, `ps` elsewhere gives a date. */
function beginOf(pid: number): string {
  try {
    // The name of the program, in parentheses, may hold blanks; the 20th field after it is wanted.
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19] ?? "";
  } catch {
    return ask("ps", ["-o", "lstart=", "-p", String(pid)]);
  }
}

/** The answer of a program of the system; `""` when it is not there or fails. */
export function ask(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { stdio: ["ignore", "pipe", "ignore"] })
      .toString()
      .trim();
  } catch {
    return "";
  }
}
