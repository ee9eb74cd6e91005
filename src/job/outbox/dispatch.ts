// A job's event in the form that subscribers take.

import type { JobEnvelope } from "../../model/event.ts";
import type { Dispatch, RawBody } from "../../model/messages.ts";

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
