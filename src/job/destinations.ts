// Where an emitted event goes: its account always, the index of its source unless it is mere progress, subscribers by the rules.

import type { Settings } from "../config/settings.ts";
import type { JobEnvelope } from "../kernel/event.ts";
import { shardOf } from "../kernel/shard.ts";
import { route } from "../route/rules.ts";
import type { Destination } from "./outbox.ts";

/** Destinations of an event, decided when it is emitted: a later change of the rules moves nothing that left before. */
export function destinationsOf(envelope: JobEnvelope, provider: string, settings: Settings): readonly Destination[] {
  const subscribers = route(envelope, provider, settings).map((id) => subscriberDestination(id, envelope, settings));
  return envelope.event === "job.progress" ? ["account", ...subscribers] : ["account", "index", ...subscribers];
}

/** A subscriber's shard for this job: always the same one, so that the job's order is kept. */
export function subscriberDestination(id: string, job: { readonly source: string; readonly guid: string }, settings: Settings): `subscriber:${string}` {
  const shards = settings.subscribers.get(id)?.shards ?? 1;
  return `subscriber:${id}/${shardOf(`${job.source}/${job.guid}`, shards)}`;
}

/** Reads a subscriber destination back. */
export function subscriberOf(destination: `subscriber:${string}`): { readonly id: string; readonly shard: number } {
  const [id = "", shard = "0"] = destination.slice("subscriber:".length).split("/");
  return { id, shard: Number(shard) };
}

/** What a replay hands over: events after `since`, to the named subscribers, else to those that the rules name today. */
export function replayPlan<T extends { readonly envelope: JobEnvelope }>(
  events: readonly T[],
  provider: string,
  settings: Settings,
  subscribers: readonly string[] | null,
): ReadonlyMap<Destination, readonly T[]> {
  const plan = new Map<Destination, T[]>();
  for (const event of events) {
    for (const id of subscribers ?? route(event.envelope, provider, settings)) {
      const destination = subscriberDestination(id, event.envelope, settings);
      plan.set(destination, [...(plan.get(destination) ?? []), event]);
    }
  }
  return plan;
}
