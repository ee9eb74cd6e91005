// Where an emitted event goes: its account always, the index of its source when the status changes, subscribers by the rules.

import type { Settings } from "../../config/settings.ts";
import type { JobEnvelope } from "../../model/event.ts";
import { shardOf } from "../../kernel/shard.ts";
import { route } from "../../route/rules.ts";
import type { Destination } from "./outbox.ts";

/** What a destination is chosen by; `statusBefore` is `null` for a job's first event. */
export interface Emitted {
  readonly envelope: JobEnvelope;
  readonly provider: string;
  readonly statusBefore: string | null;
}

/** Destinations of an event, decided when it is emitted: a later change of the rules moves nothing that left before. */
export function destinationsOf(
  { envelope, provider, statusBefore }: Emitted,
  settings: Settings,
): readonly Destination[] {
  const subscribers = route(envelope, provider, settings).map((id) =>
    subscriberDestination(id, envelope, settings),
  );
  const indexed = envelope.event !== "job.progress" || envelope.status !== statusBefore;
  return indexed ? ["account", "index", ...subscribers] : ["account", ...subscribers];
}

/** A subscriber's shard for this job: always the same one, so that the job's order is kept. */
export function subscriberDestination(
  id: string,
  job: { readonly source: string; readonly guid: string },
  settings: Settings,
): `subscriber:${string}` {
  const shards = settings.subscribers.get(id)?.shards ?? 1;
  return `subscriber:${id}/${shardOf(`${job.source}/${job.guid}`, shards)}`;
}

/** Reads a subscriber destination back. */
export function subscriberOf(destination: `subscriber:${string}`): {
  readonly id: string;
  readonly shard: number;
} {
  const [id = "", shard = "0"] = destination.slice("subscriber:".length).split("/");
  return { id, shard: Number(shard) };
}

/** What a replay hands over: each event to the named subscribers, else to those that the rules name today. */
export function replayPlan<T extends { readonly envelope: JobEnvelope }>(
  events: readonly T[],
  {
    provider,
    subscribers,
  }: { readonly provider: string; readonly subscribers: readonly string[] | null },
  settings: Settings,
): ReadonlyMap<`subscriber:${string}`, readonly T[]> {
  const plan = new Map<`subscriber:${string}`, T[]>();
  for (const event of events) {
    for (const id of subscribers ?? route(event.envelope, provider, settings)) {
      const destination = subscriberDestination(id, event.envelope, settings);
      const list = plan.get(destination) ?? [];
      list.push(event);
      plan.set(destination, list);
    }
  }
  return plan;
}

/** Every subscriber that may hold something of a job: those it was handed or replayed to, and those that are configured now. */
export function destinationsHolding(
  job: { readonly source: string; readonly guid: string },
  told: Iterable<Destination>,
  settings: Settings,
): ReadonlySet<`subscriber:${string}`> {
  const configured = [...settings.subscribers.keys()].map((id) =>
    subscriberDestination(id, job, settings),
  );
  return new Set([
    ...configured,
    ...[...told].filter((destination) => destination !== "account" && destination !== "index"),
  ]);
}
