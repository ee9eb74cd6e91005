// Puts a decided event into the world of one job: its log first, then whoever watches.

import type { Settings } from "../config/settings.ts";
import { newEventId, newTraceparent } from "../kernel/random.io.ts";
import type { JobEnvelope } from "../model/event.ts";
import type { ArchivedFile, RawBody } from "../model/messages.ts";
import type { Millis } from "../kernel/time.ts";
import type { Stream } from "../stream/stream.io.ts";
import { decideArchived, decideDue, type Emission, type Policy } from "./decide.ts";
import { keyText } from "./dedupe.ts";
import { destinationsOf } from "./outbox/destinations.ts";
import { envelopeOf } from "./envelope.ts";
import type { JobStore, Loaded } from "./job.store.ts";
import { entryOf } from "./stream-log.ts";

/** What an event is stored with beside its decision. */
export interface EventMeta {
  readonly epoch: string;
  readonly now: Millis;
  /** The job's status before; `null` for its first event. */
  readonly statusBefore: string | null;
  readonly key: string | null;
  readonly traceparent: string;
  readonly raw: RawBody | null;
}

/** The parts of a job that an event goes through. */
export interface ApplyDeps {
  readonly store: JobStore;
  readonly stream: Stream;
}

/** Emits what the clock alone brings: a value whose window has opened, the word that nothing was heard for too long. */
export function applyDue(
  parts: ApplyDeps,
  { epoch, state: before }: Loaded,
  { policy, now }: { readonly policy: Policy; readonly now: Millis },
  settings: Settings,
): void {
  let state = before;
  for (
    let emission = decideDue(state, policy, now);
    emission !== null;
    emission = decideDue(state, policy, now)
  ) {
    const raw = emission.record === null ? null : parts.store.rawOf("recorded", emission.record);
    const traceparent = emission.heard?.traceparent ?? newTraceparent();
    emit(
      parts,
      emission,
      { epoch, now, statusBefore: state.status, key: null, traceparent, raw },
      settings,
    );
    state = emission.state;
  }
}

/** Emits that a file was stored; false when that was said before or the job does not exist. */
export function applyArchived(
  parts: ApplyDeps,
  file: ArchivedFile,
  now: Millis,
  settings: Settings,
): boolean {
  const loaded = parts.store.load();
  const key = keyText({
    kind: "id",
    value: `archive:${file.subscriber}:${file.eventId}:${file.key}`,
  });
  if (loaded === null || parts.store.sighting(key) !== undefined) return false;
  const { epoch, state } = loaded;
  const speech = {
    epoch,
    now,
    statusBefore: state.status,
    key,
    traceparent: newTraceparent(),
    raw: null,
  };
  emit(parts, decideArchived(state, file, now), speech, settings);
  return true;
}

/** Stores the event with the state it leaves, then shows it: a socket's frame is held back until the rows are durable. */
export function emit(
  { store, stream }: ApplyDeps,
  emission: Emission,
  { epoch, now, statusBefore, key, traceparent, raw }: EventMeta,
  settings: Settings,
): JobEnvelope {
  const { state } = emission;
  const envelope = envelopeOf(emission, newEventId(), now);
  const to = destinationsOf({ envelope, provider: state.provider, statusBefore }, settings);
  store.emit(epoch, state, { envelope, to, traceparent, raw, at: now, key });
  stream.broadcast([entryOf(envelope)]);
  return envelope;
}
