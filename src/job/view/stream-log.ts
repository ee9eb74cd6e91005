// A job's log as its stream shows it: the offset is the `seq`, the channel is the job's own.

import { jobChannel, type JobEnvelope } from "../../model/event.ts";
import type { LogEntry, StreamLog } from "../../stream/log.ts";
import { snapshotOf, type JobState } from "../state.ts";

/** What the log is read from. */
export interface JobLogSource {
  load(): { readonly epoch: string; readonly state: JobState } | null;
  readonly events: {
    after(seq: number, limit: number): readonly { readonly envelope: JobEnvelope }[];
  };
}

/** An event at its place in the log. */
export const entryOf = (envelope: JobEnvelope): LogEntry => ({
  offset: envelope.seq,
  channels: [jobChannel(envelope.guid)],
  event: envelope,
});

/** The log of a job. Reading it throws when the job does not exist: callers ask before. */
export function streamLogOf(source: JobLogSource): StreamLog {
  const known = (): { readonly epoch: string; readonly state: JobState } => {
    const loaded = source.load();
    if (loaded === null) throw new Error("a job that does not exist has no stream");
    return loaded;
  };
  return {
    epoch: () => known().epoch,
    bounds: () => ({ first: 1, last: known().state.seq }),
    read: (after, limit, channels) =>
      source.events
        .after(after, limit)
        .map(({ envelope }) => entryOf(envelope))
        .filter((entry) => entry.channels.some((name) => channels.includes(name))),
    snapshot: () => snapshotOf(known().state),
  };
}
