// Notices the end of the npm that runs this program: a killed npm tells nobody.

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { ask } from "./state-lock.ts";

/** How often the parents are looked at, in ms. */
const LOOK_EVERY = 500;

const SHELL = /^-?(?:ba|da|z|k|a)?sh$/;

/**
 * Calls `onGone` once npm, or the shell between npm and this program, has ended. Does nothing in a
 * program that npm did not start: it may outlive whoever did.
 */
export function watchNpm(onGone: () => void): void {
  if (process.env["npm_lifecycle_event"] === undefined) return;
  const parent = process.ppid;
  const isShell = SHELL.test(basename(ask("ps", ["-o", "comm=", "-p", String(parent)])));
  const npm = isShell ? parentOf(parent) : null;
  const timer = setInterval(() => {
    const isHere = process.ppid === parent && (npm === null || parentOf(parent) === npm);
    if (isHere) return;
    clearInterval(timer);
    onGone();
  }, LOOK_EVERY);
  timer.unref();
}

/** The parent of a process, now; `null` when the system does not say. */
function parentOf(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ");
    return Number(fields?.[1] ?? Number.NaN);
  } catch {
    const said = ask("ps", ["-o", "ppid=", "-p", String(pid)]);
    return said === "" ? null : Number(said);
  }
}
