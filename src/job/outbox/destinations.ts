// Where an emitted event goes: to its account, to the index of its source, to subscribers.

import type { Settings } from "../../config/settings.ts";
import type { JobEnvelope, JobEvent } from "../../model/event.ts";
import { shardOf } from "../../kernel/shard.ts";
import { route } from "../../route/rules.ts";

/** One shard of a subscriber. `name` is the stored form: `subscriber:crm/0`. */
export interface SubscriberDestination {
  readonly kind: "subscriber";
  readonly name: string;
  readonly id: string;
  readonly shard: number;
}

/** An object that a job sends its events to, in order. `name` is unique, and the stored form. */
export type Destination =
  | { readonly kind: "account"; readonly name: "account" }
  | { readonly kind: "index"; readonly name: "index" }
  | SubscriberDestination;

/** A job's name, whose hash chooses a shard. */
interface JobName {
  readonly source: string;
  readonly guid: string;
}

/** Shards by the id of a subscriber. */
export type Shards = ReadonlyMap<string, number>;

/** No shard is known. */
export const NO_SHARDS: Shards = new Map();

/** The job's account, which shows its events to viewers. */
const ACCOUNT: Destination = { kind: "account", name: "account" };
/** The list of jobs that the job's source keeps. */
const INDEX: Destination = { kind: "index", name: "index" };

const SUBSCRIBER_PREFIX = "subscriber:";

/** Who gets an event that goes to a destination: a subscriber's id, whatever the shard is. */
export const takerOf = (one: Destination): string =>
  one.kind === "subscriber" ? `${SUBSCRIBER_PREFIX}${one.id}` : one.name;

/** Reads the stored form of a destination. */
export function parseDestination(name: string): Destination {
  if (name === ACCOUNT.name) return ACCOUNT;
  if (name === INDEX.name) return INDEX;
  const [id = "", shard = "0"] = name.slice(SUBSCRIBER_PREFIX.length).split("/");
  return { kind: "subscriber", name, id, shard: Number(shard) };
}

/** What the destinations of an event depend on; `before` is the event before it, if any. */
export interface RoutedEvent {
  readonly envelope: JobEnvelope;
  readonly provider: string;
  readonly before: JobEvent | null;
  /** The only subscribers that may get it; absent: all that the rules name. */
  readonly only?: readonly string[] | undefined;
}

/**
 * The destinations of an event, chosen when it is emitted: later rules do not move it. `kept` names
 * shards that are not those of the configuration.
 */
export function destinationsOf(
  { envelope, provider, before, only }: RoutedEvent,
  settings: Settings,
  kept: Shards = NO_SHARDS,
): readonly Destination[] {
  const subscribers = takersOf(envelope, { provider, only }, settings).map((id) =>
    subscriberDestination(id, kept.get(id) ?? homeShard(id, envelope, settings)),
  );
  // Progress after progress changes nothing that the index knows.
  const indexed = envelope.event !== "job.progress" || before !== "job.progress";
  return indexed ? [ACCOUNT, INDEX, ...subscribers] : [ACCOUNT, ...subscribers];
}

/** The subscribers that the rules name, of those that may get the job's events. */
const takersOf = (
  envelope: JobEnvelope,
  { provider, only }: Pick<RoutedEvent, "provider" | "only">,
  settings: Settings,
): readonly string[] =>
  route(envelope, provider, settings).filter((id) => only?.includes(id) ?? true);

/** The shard that the configuration gives a job: the same one for all its events. */
export const homeShard = (id: string, { source, guid }: JobName, settings: Settings): number =>
  shardOf(`${source}/${guid}`, settings.subscribers.get(id)?.shards ?? 1);

/** A shard of a subscriber as a destination. */
export const subscriberDestination = (id: string, shard: number): SubscriberDestination => ({
  kind: "subscriber",
  name: `${SUBSCRIBER_PREFIX}${id}/${shard}`,
  id,
  shard,
});

/** What to forward again: events after `since`, to named subscribers or to those of the rules. */
export interface ReplayOptions {
  readonly since: number;
  readonly subscribers: readonly string[] | null;
  /** Under the same id a subscriber takes an event once. */
  readonly id?: string | undefined;
}

/** What one subscriber gets of a replay. */
export interface ReplayPart<T> {
  readonly destination: SubscriberDestination;
  readonly events: readonly T[];
}

/** What a replay sends: each event to the named subscribers, else to those that the rules name. */
export function replayPlan<T extends { readonly envelope: JobEnvelope }>(
  events: readonly T[],
  {
    provider,
    only,
    subscribers,
    kept,
  }: {
    readonly provider: string;
    readonly only?: readonly string[] | undefined;
    readonly subscribers: readonly string[] | null;
    readonly kept: Shards;
  },
  settings: Settings,
): readonly ReplayPart<T>[] {
  const parts = new Map<string, { destination: SubscriberDestination; events: T[] }>();
  for (const event of events) {
    for (const id of subscribers ?? takersOf(event.envelope, { provider, only }, settings)) {
      const shard = kept.get(id) ?? homeShard(id, event.envelope, settings);
      const destination = subscriberDestination(id, shard);
      const part = parts.get(destination.name) ?? { destination, events: [] };
      part.events.push(event);
      parts.set(destination.name, part);
    }
  }
  return [...parts.values()];
}

/**
 * Every subscriber that may hold something of a job, each once: those that are configured, and
 * those that its events or its replays were meant for.
 */
export function subscribersHolding(
  job: JobName,
  reached: Iterable<Destination>,
  settings: Settings,
): readonly SubscriberDestination[] {
  const configured = [...settings.subscribers.keys()].map((id) =>
    subscriberDestination(id, homeShard(id, job, settings)),
  );
  const before = [...reached].filter((destination) => destination.kind === "subscriber");
  return [...new Map([...configured, ...before].map((one) => [one.name, one] as const)).values()];
}
