// A job's log as its stream shows it: the offset is the `seq`, the channel is the job's own.

import { jobChannel, type JobEnvelope } from "../../model/event.ts";
import type { JobRest } from "../../model/reduce.ts";
import type { LogEntry, StreamLog } from "../../stream/log.ts";
import { snapshotOf, type JobState } from "../state.ts";

/** An event, and what it does not say of the job after it. */
interface LoggedEvent {
  readonly envelope: JobEnvelope;
  /** Absent in rows of version 0.1.0. */
  readonly rest?: JobRest | undefined;
}

/** What the log is read from. */
export interface JobLogSource {
  load(): { readonly epoch: string; readonly state: JobState } | null;
  readonly events: {
    after(seq: number, limit: number): readonly LoggedEvent[];
  };
}

/** An event at its place in the log. */
export const entryOf = ({ envelope, rest }: LoggedEvent): LogEntry => ({
  offset: envelope.seq,
  channels: [jobChannel(envelope.guid)],
  event: envelope,
  ...(rest && { job: rest }),
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
        .map(entryOf)
        .filter((entry) => entry.channels.some((name) => channels.includes(name))),
    snapshot: () => snapshotOf(known().state),
  };
}
