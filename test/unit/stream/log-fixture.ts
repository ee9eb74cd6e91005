// A stream's log out of literals.

import { exportsChannel, jobChannel, type JobEnvelope } from "../../../src/model/event.ts";
import type { Frame, Page } from "../../../src/stream/frames.ts";
import type { LogEntry, StreamLog } from "../../../src/stream/log.ts";
import { readInitialFrames, readPage } from "../../../src/stream/stream.ts";

/** An event of a job of `acme`. */
export const envelope = (guid: string, seq: number): JobEnvelope => ({
  version: "v3-beta",
  event: "job.progress",
  guid,
  status: "progress",
  url: null,
  details: {},
  id: `evt_${guid}_${seq}`,
  seq,
  attempt: 1,
  source: "comments",
  account: "acme",
  time: "2026-11-21T19:00:00.000Z",
});

/** An entry at `offset`, on the channels of its job. */
export const entry = (offset: number, guid = "g1"): LogEntry => ({
  offset,
  channels: [exportsChannel("acme"), jobChannel(guid)],
  event: envelope(guid, offset),
});

/**
 * A log of `acme` that holds the entries from `first` to `last`; every third is of job `g2`, the
 * others of `g1`.
 */
export function logOf(first: number, last: number, epoch = "0a1b"): StreamLog {
  const entries = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) =>
    entry(first + index, (first + index) % 3 === 0 ? "g2" : "g1"),
  );
  return {
    epoch: () => epoch,
    bounds: () => ({ first, last }),
    read: (after, limit, channels) =>
      entries
        .filter(
          (each) => each.offset > after && each.channels.some((name) => channels.includes(name)),
        )
        .slice(0, limit),
    snapshot: (channels) => ({ account: `acme seen by ${channels.join()}`, jobs: [] }),
  };
}

/** A page without what it took to read it. */
export const pageOf = (...values: Parameters<typeof readPage>): Page => readPage(...values).page;

/** The first frames without what it took to read them. */
export const initialFrames = (...values: Parameters<typeof readInitialFrames>): readonly Frame[] =>
  readInitialFrames(...values).frames;
