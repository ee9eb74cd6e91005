// The snapshots of a log, each made once between two changes of it: a thousand clients that come
// back at once are shown the same.

import type { Snapshot, StreamLog } from "./log.ts";

/** Most snapshots that are kept: those of the channels that most clients ask for. */
const MAX_SNAPSHOTS = 8;

/** Most characters of a snapshot that is kept. One of 100 jobs has about 100,000. */
const MAX_CHARACTERS = 1_000_000;

/** Keeps the snapshots of a log, whose owner calls `clear` after every change. */
export class SnapshotCache {
  readonly #log: Pick<StreamLog, "snapshot">;
  readonly #snapshots = new Map<string, Snapshot>();

  constructor(log: Pick<StreamLog, "snapshot">) {
    this.#log = log;
  }

  /** The current state of what `channels` show. */
  of(channels: readonly string[]): Snapshot {
    const key = JSON.stringify(channels);
    const known = this.#snapshots.get(key);
    if (known !== undefined) return known;
    const made = this.#log.snapshot(channels);
    if (this.#snapshots.size < MAX_SNAPSHOTS && JSON.stringify(made).length <= MAX_CHARACTERS)
      this.#snapshots.set(key, made);
    return made;
  }

  /** Forgets everything: the log has changed. */
  clear(): void {
    this.#snapshots.clear();
  }
}
