// Puts a decided event into the world of one job: its log first, then whoever watches.

import type { Settings } from "../config/settings.ts";
import { newEventId } from "../kernel/chance.io.ts";
import type { JobEnvelope } from "../kernel/event.ts";
import type { RawBody } from "../kernel/handoff.ts";
import type { Millis } from "../kernel/time.ts";
import type { Stream } from "../live/stream.io.ts";
import type { Emission } from "./decide.ts";
import { destinationsOf } from "./destinations.ts";
import { envelopeOf } from "./envelope.ts";
import type { JobStore } from "./job.store.ts";
import { entryOf } from "./stream-log.ts";

/** What an event is stored with beside its decision. */
export interface Speech {
  readonly epoch: string;
  readonly now: Millis;
  /** The job's status before; `null` for its first event. */
  readonly statusBefore: string | null;
  readonly key: string | null;
  readonly traceparent: string;
  readonly raw: RawBody | null;
}

/** Stores the event with the state it leaves, then shows it: a socket's frame is held back until the rows are durable. */
export function emit(
  { store, stream }: { readonly store: JobStore; readonly stream: Stream },
  emission: Emission,
  { epoch, now, statusBefore, key, traceparent, raw }: Speech,
  settings: Settings,
): JobEnvelope {
  const { state } = emission;
  const envelope = envelopeOf(emission, newEventId(), now);
  const to = destinationsOf({ envelope, provider: state.provider, statusBefore }, settings);
  store.emit(epoch, state, { envelope, to, traceparent, raw, at: now, key });
  stream.broadcast([entryOf(envelope)]);
  return envelope;
}
