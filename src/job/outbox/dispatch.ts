// What leaves a job: its event in the form that subscribers take, and what its source counts.

import type { JobEnvelope } from "../../model/event.ts";
import { withNames, type Counts } from "../../model/measures.ts";
import type { Dispatch, JobRef, RawBody } from "../../model/messages.ts";
import type { JobState } from "../state.ts";

/** What of a stored event leaves. */
export interface DispatchedEvent {
  readonly envelope: JobEnvelope;
  readonly traceparent: string;
  readonly raw: RawBody | null;
}

/** The event as a subscriber takes it; `replay` marks one that it may have had before. */
export function dispatchOf(event: DispatchedEvent, provider: string, replay?: string): Dispatch {
  return {
    event: event.envelope,
    provider,
    traceparent: event.traceparent,
    ...(event.raw === null ? {} : { raw: event.raw }),
    ...(replay === undefined ? {} : { replay }),
  };
}

/** The job as the index of its source lists it. */
export function refOf(state: JobState): JobRef {
  const { guid, account, status, event, createdAt, updatedAt } = state;
  return { guid, account, status, event, createdAt, updatedAt };
}

/** Events of the relay itself: no webhook leads to them, so no answer to one tells them. */
const OWN_EVENTS: ReadonlySet<string> = new Set(["job.stalled", "job.archived"]);

/**
 * The events of a page that no answer to a webhook tells, by name: the relay's own, and with a
 * stall the progress that the clock emitted before it. `null`: there are none. Events up to
 * `attempted` may have been counted before.
 */
export function ownEvents(
  events: readonly { readonly seq: number; readonly envelope: JobEnvelope }[],
  { attempted, trailing }: { readonly attempted: number; readonly trailing: boolean },
): Counts | null {
  const own = events.filter(
    ({ seq, envelope }) => seq > attempted && OWN_EVENTS.has(envelope.event),
  );
  const last = own.at(-1);
  if (last === undefined) return null;
  const names = own.map(({ envelope }) => envelope.event as string);
  const isTrailing = trailing && last === events.at(-1) && last.envelope.event === "job.stalled";
  if (isTrailing) names.push("job.progress");
  return withNames({}, names);
}
