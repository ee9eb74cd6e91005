// Sends an amended end: to archives that had it without a file, and to those it was not meant for.

import type { Settings } from "../../config/settings.ts";
import { accountObject, subscriberObject } from "../../objects.ts";
import { snapshotOf } from "../state.ts";
import type { StoredEvent } from "../storage/event.store.ts";
import type { JobStore, Loaded } from "../storage/job.store.ts";
import type { SubscriberDestination } from "./destinations.ts";
import { dispatchOf } from "./dispatch.ts";
import type { AmendedEvent } from "./outbox.ts";

/** What sending an amendment needs. */
export interface AmendmentDeps {
  readonly env: Env;
  readonly store: JobStore;
  readonly settings: Settings;
}

/**
 * Sends one amendment. The event keeps its id, so a subscriber that had it gets it as a replay;
 * only an archive does, since others would take it for a second end. Throws when an object does not
 * answer.
 */
export async function sendAmendment(
  { env, store, settings }: AmendmentDeps,
  { state }: Loaded,
  { seq, replay, first }: AmendedEvent,
): Promise<void> {
  const event = store.events.after(seq - 1, 1)[0];
  if (event === undefined) return;
  const snapshot = snapshotOf(state);
  await accountObject(env, state.account).publish([
    { event: event.envelope, snapshot, amended: true },
  ]);
  const { provider } = state;
  for (const destination of subscribersOf(event)) {
    const { id, name } = destination;
    // The job may be in another shard by now.
    const shard = store.routes.last().get(id) ?? destination.shard;
    const isFirst = first.includes(name);
    const isArchive = settings.subscribers.get(id)?.target.kind === "archive";
    if (!isFirst && !isArchive) continue;
    const dispatch = dispatchOf({ ...event, raw: null }, provider, isFirst ? undefined : replay);
    await subscriberObject(env, id, shard).enqueue([dispatch]);
  }
}

const subscribersOf = ({ to }: StoredEvent): readonly SubscriberDestination[] =>
  to.filter((destination) => destination.kind === "subscriber");
