// Applies what happens to a job: decides what it means, stores the outcome, shows it to viewers.

import type { Settings } from "../config/settings.ts";
import { newEpoch, newEventId, newTraceparent } from "../kernel/random.io.ts";
import type { ArchivedFile, IngestAnswer, JobUpdate, RawBody } from "../model/messages.ts";
import type { Millis } from "../kernel/time.ts";
import { CLOSE } from "../stream/frames.ts";
import type { Stream } from "../stream/stream.io.ts";
import { decideAmendment, repeatsEnd } from "./amend.ts";
import { decideArchived, decideDue, decideUpdate } from "./decide.ts";
import type { Emission } from "./decision.ts";
import { keyText } from "./dedupe.ts";
import { destinationsOf, takerOf } from "./outbox/destinations.ts";
import type { Outbox } from "./outbox/drain.io.ts";
import { policyOf } from "./policy.ts";
import { withCount } from "./progress.ts";
import { owesTrailing, snapshotOf, type StoredUpdate } from "./state.ts";
import type { JobStore, Loaded } from "./storage/job.store.ts";
import { envelopeOf } from "./view/envelope.ts";
import { restOf } from "./view/rest.ts";
import { entryOf } from "./view/stream-log.ts";

/** The parts of a job that an event passes. */
export interface ApplyDeps {
  readonly store: JobStore;
  readonly stream: Stream;
  readonly outbox: Outbox;
}

/** When something is applied, and under which configuration. */
export interface ApplyOptions {
  readonly settings: Settings;
  readonly now: Millis;
}

/** The answer to an update, and whether there is something to send. */
export interface Applied {
  readonly answer: IngestAnswer;
  readonly sends: boolean;
}

/** Applies an update; when this returns, everything it says is stored. */
export function applyUpdate(
  deps: ApplyDeps,
  given: JobUpdate,
  { settings, now }: ApplyOptions,
): Applied {
  const { raw = null } = given;
  const { store } = deps;
  const loaded = store.load();
  const update = withCount(loaded?.state ?? null, raw === null ? given : withoutRaw(given));
  const key = keyText(update.key);
  const told = loaded !== null && owesTrailing(loaded.state) ? ({ trailing: true } as const) : {};
  const decision = decideUpdate(loaded?.state ?? null, update, {
    sighting: store.sighting(key),
    policy: policyOf(settings, update.source),
    now,
  });
  switch (decision.kind) {
    case "duplicate": {
      const amended = loaded !== null && amend(deps, loaded, update, { settings, now });
      const result = amended ? "accepted" : "duplicate";
      return { answer: { result, events: [], ...(amended ? told : {}) }, sends: amended };
    }
    case "refused":
      return {
        answer: { result: "refused", reason: decision.reason, events: [] },
        sends: false,
      };
    case "record": {
      if (loaded === null) throw new Error("the first update of a job is always emitted");
      const { reason } = decision;
      if (reason === "duplicate" && amend(deps, loaded, update, { settings, now }))
        return { answer: { result: "accepted", events: [], ...told }, sends: true };
      store.record(loaded, { at: now, key, reason, update: atMost(update, now), raw });
      const result = decision.reason === "duplicate" ? "duplicate" : "accepted";
      return { answer: { result, events: [], ...told }, sends: false };
    }
    case "emit": {
      const { traceparent } = update;
      const id = emit(deps, loaded, decision.emission, { settings, now, key, traceparent, raw });
      return { answer: { result: "accepted", events: [id], ...told }, sends: true };
    }
  }
}

/** The raw body has a column of its own. */
function withoutRaw(given: JobUpdate): StoredUpdate {
  const { raw: _, ...update } = given;
  return update;
}

/** Most events after an end that are looked through for it: conversions, stored files, stalls. */
const MAX_EVENTS_AFTER_END = 100;

/**
 * Stores what an update adds to the end that it repeats; false when nothing was missing. Viewers
 * come back to the job's snapshot: no cursor and no open socket passes over what was added.
 */
function amend(
  { store, stream, outbox }: ApplyDeps,
  loaded: Loaded,
  update: StoredUpdate,
  { settings, now }: ApplyOptions,
): boolean {
  const { state } = loaded;
  if (!repeatsEnd(state, update, now)) return false;
  const end = store.events.newestOf(update.event, state.seq - MAX_EVENTS_AFTER_END);
  if (end?.envelope.attempt !== state.lifecycle.attempt) return false;
  const { redact } = policyOf(settings, state.source);
  const amendment = decideAmendment(state, end.envelope, update, redact);
  if (amendment === null) return false;
  const { envelope } = amendment;
  // Whatever the shard was: an event goes once to a subscriber.
  const known = new Set(end.to.map(takerOf));
  const { provider, only } = state;
  const routed = { envelope, provider, before: envelope.event, only };
  const added = destinationsOf(routed, settings, store.routes.last()).filter(
    (one) => !known.has(takerOf(one)),
  );
  const key = keyText(update.key);
  store.amend(
    loaded,
    { at: now, key, reason: "amended", update: atMost(update, now), raw: null },
    {
      ...amendment,
      rest: restOf(snapshotOf(amendment.state), envelope),
      epoch: newEpoch(),
      to: [...end.to, ...added],
      first: added.map(({ name }) => name),
    },
  );
  outbox.forget();
  stream.end(CLOSE.behind);
  return true;
}

/** An instant of the provider in the future counts as now. */
const atMost = (update: StoredUpdate, now: Millis): StoredUpdate =>
  update.occurredAt !== null && update.occurredAt > now ? { ...update, occurredAt: now } : update;

/** Emits what is due without an update: a value whose window has opened, a stall. True for any. */
export function applyDue(
  deps: ApplyDeps,
  before: Loaded,
  { settings, now }: ApplyOptions,
): boolean {
  const { epoch } = before;
  const policy = policyOf(settings, before.state.source);
  let { state } = before;
  for (
    let emission = decideDue(state, policy, now);
    emission !== null;
    emission = decideDue(state, policy, now)
  ) {
    const raw = emission.record === null ? null : deps.store.raw.read("recorded", emission.record);
    const traceparent = emission.update?.traceparent ?? newTraceparent();
    emit(deps, { epoch, state }, emission, { settings, now, key: null, traceparent, raw });
    ({ state } = emission);
  }
  return state !== before.state;
}

/**
 * Emits that a file was stored; false when that was emitted before, or the file is not of an event
 * of this job: it may come late, into the job's next life.
 */
export function applyArchived(
  deps: ApplyDeps,
  file: ArchivedFile,
  { settings, now }: ApplyOptions,
): boolean {
  const loaded = deps.store.load();
  const { eventId, seq } = file;
  const value = `archive:${file.subscriber}:${eventId}:${file.key}`;
  const key = keyText({ kind: "id", value });
  if (loaded === null || deps.store.sighting(key) !== undefined) return false;
  if (seq && deps.store.events.after(seq - 1, 1)[0]?.envelope.id !== eventId) return false;
  const emission = decideArchived(loaded.state, file, now);
  const traceparent = newTraceparent();
  emit(deps, loaded, emission, { settings, now, key, traceparent, raw: null });
  return true;
}

/** What an event is stored with. */
interface EmitOptions extends ApplyOptions {
  /** Key of the update that is emitted; `null` when a record holds it. */
  readonly key: string | null;
  readonly traceparent: string;
  readonly raw: RawBody | null;
}

/**
 * Stores an event with the state it leaves and answers its id. Viewers are shown it in the same
 * turn: the platform holds a frame back until the rows are durable.
 */
function emit(
  { store, stream, outbox }: ApplyDeps,
  before: Loaded | null,
  emission: Emission,
  { settings, now, key, traceparent, raw }: EmitOptions,
): string {
  const { state } = emission;
  const envelope = envelopeOf(emission, newEventId(), now);
  const { provider, only } = state;
  const routed = { envelope, provider, before: before?.state.event ?? null, only };
  const to = destinationsOf(routed, settings, store.routes.pinned());
  const rest = restOf(snapshotOf(state), envelope);
  const event = { envelope, rest, to, traceparent, raw, at: now, key };
  outbox.add(store.emit(before?.epoch ?? newEpoch(), state, event));
  stream.broadcast([entryOf({ envelope, rest })]);
  return envelope.id;
}
