// Where `listen` has got to, kept in a file so that the next run goes on there.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** The cursors of accounts, and when the last one was written. */
interface Stored {
  readonly time: string;
  readonly cursors: Readonly<Record<string, string>>;
}

/** The position of one kind of run: the same relay, address and filters. */
export interface Positions {
  /** When the run before this one was last seen; `null` when there was none. */
  readonly since: string | null;
  cursorOf(account: string): string | null;
  keep(account: string, cursor: string): void;
}

/** How positions are kept. */
export interface PositionsOptions {
  /** Forgets those of the run before. */
  readonly isFresh: boolean;
  /** Told once when the file cannot be written; the run goes on. */
  readonly onUnwritable: (reason: string) => void;
}

/** Reads the positions of the run that `parts` describe. */
export function positionsOf(
  parts: readonly (string | null)[],
  { isFresh, onUnwritable }: PositionsOptions,
): Positions {
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
  const state = process.env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state");
  const path = join(state, "jobrelay", `listen-${hash}.json`);
  const stored = isFresh ? null : readStored(path);
  const cursors = new Map(Object.entries(stored?.cursors ?? {}));
  let isTold = false;
  return {
    since: stored?.time ?? null,
    cursorOf: (account) => cursors.get(account) ?? null,
    keep: (account, cursor) => {
      cursors.set(account, cursor);
      const next: Stored = {
        time: new Date().toISOString(),
        cursors: Object.fromEntries(cursors),
      };
      try {
        write(path, JSON.stringify(next));
      } catch (error) {
        if (!isTold) onUnwritable(error instanceof Error ? error.message : String(error));
        isTold = true;
      }
    },
  };
}

/** Replaces the file as a whole: a run may be killed at any time, and its disk may be full. */
function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const next = `${path}.${process.pid}`;
  writeFileSync(next, text, { mode: 0o600 });
  renameSync(next, path);
}

function readStored(path: string): Stored | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Stored;
  } catch {
    return null;
  }
}
