// A subscriber and its deliveries as the API shows them.

import { iso, isoOrNull, type Millis } from "../kernel/time.ts";
import { adviceFor, type Trouble } from "./advice.ts";
import type { DeliveryRow, DeliveryState, LastFailure, StoredState, Trigger } from "./delivery.ts";
import type { Health } from "./retry/breaker.ts";
import type { SubscriberState } from "./state.ts";

/** One attempt on the wire; `status` is `null` when no answer came. */
export interface AttemptView {
  readonly time: string;
  readonly status: number | null;
  readonly error: string | null;
  readonly ms: Millis;
  readonly trigger: Trigger;
  readonly answer: string | null;
}

/** One delivery on the wire. */
export interface DeliveryView {
  readonly id: string;
  readonly subscriber: string;
  readonly event: {
    readonly id: string;
    readonly event: string;
    readonly guid: string | null;
    readonly source: string;
    readonly seq: number | null;
  };
  readonly state: DeliveryState;
  readonly attempts: readonly AttemptView[];
  readonly nextAttemptAt: string | null;
}

/**
 * A row as the API shows it. `held` says that the subscriber takes nothing at present.
 * `nextAttemptAt` is null for a delivery that is finished or held.
 */
export function deliveryView(row: DeliveryRow, subscriber: string, held: boolean): DeliveryView {
  const pending = row.state === "pending";
  return {
    id: row.id,
    subscriber,
    event: { id: row.eventId, event: row.event, guid: row.guid, source: row.source, seq: row.seq },
    state: pending && held ? "held" : row.state,
    attempts: row.log.map(({ time, status, error, ms, trigger, answer }) => ({
      time: iso(time),
      status: status === 0 ? null : status,
      error,
      ms,
      trigger,
      answer,
    })),
    nextAttemptAt: pending && !held ? iso(row.due) : null,
  };
}

/** A replay under way: deliveries that it selected, and how many of them have been started over. */
interface ReplayProgress {
  readonly total: number;
  readonly released: number;
}

/** The latest attempts of a shard. */
export interface AttemptSample {
  readonly attempts: number;
  readonly successes: number;
  /** Of the attempts that delivered. */
  readonly latencies: readonly Millis[];
}

/** One shard's status as it crosses RPC; instants in milliseconds. */
export interface SubscriberStatus extends AttemptSample {
  readonly health: Health;
  readonly pending: number;
  readonly held: number;
  readonly dead: number;
  readonly delivered: number;
  readonly oldestPendingAt: Millis | null;
  readonly lastFailure: LastFailure | null;
  readonly replay: ReplayProgress | null;
}

/** What the status of a shard is made of, besides its own state. */
interface StatusFacts {
  readonly counts: ReadonlyMap<StoredState, number>;
  readonly sample: AttemptSample;
  readonly oldestPendingAt: Millis | null;
  readonly held: boolean;
}

/** The status of one shard. */
export function statusOf(
  { health, lastFailure, replay }: SubscriberState,
  { counts, sample, oldestPendingAt, held }: StatusFacts,
): SubscriberStatus {
  const pending = counts.get("pending") ?? 0;
  return {
    health,
    pending: held ? 0 : pending,
    held: held ? pending : 0,
    dead: counts.get("dead") ?? 0,
    delivered: counts.get("delivered") ?? 0,
    oldestPendingAt,
    lastFailure,
    replay: replay === null ? null : { total: replay.total, released: replay.released },
    ...sample,
  };
}

/** All shards of a subscriber as one. */
export interface SubscriberView {
  readonly id: string;
  readonly state: Health["state"];
  readonly since: string | null;
  /** Why it is disabled. */
  readonly reason: string | null;
  readonly pending: number;
  readonly held: number;
  readonly dead: number;
  readonly delivered: number;
  /** Share of the latest attempts that succeeded; `null` before the first. */
  readonly successRate: number | null;
  readonly p50: Millis | null;
  readonly p95: Millis | null;
  readonly oldestPendingAt: string | null;
  readonly lastFailure: {
    readonly time: string;
    readonly status: number | null;
    readonly error: string | null;
  } | null;
  /** What an operator can do; `null` where nobody is needed. */
  readonly advice: string | null;
  readonly replay: ReplayProgress | null;
}

/** The worst state of several shards is the subscriber's: operators have to look there first. */
const WORST_FIRST: readonly Health["state"][] = ["disabled", "paused", "probing", "active"];

const sum = (numbers: readonly number[]): number =>
  numbers.reduce((total, number) => total + number, 0);

/** The value below which `share` of a sorted list lies (nearest rank); `null` for an empty list. */
export const percentile = (sorted: readonly number[], share: number): number | null =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;

/** True where the newest attempt was taken: what failed before is over. */
const isOver = (health: Health | undefined): boolean =>
  health?.state === "active" && health.failures === 0;

/** Joins the shards of a subscriber as the API shows it. */
export function subscriberView(id: string, shards: readonly SubscriberStatus[]): SubscriberView {
  const healths = shards.map((shard) => shard.health);
  const worst = WORST_FIRST.map((state) => healths.find((health) => health.state === state)).find(
    (health) => health !== undefined,
  );
  const latencies = shards
    .flatMap((shard) => shard.latencies)
    .toSorted((left, right) => left - right);
  const attempts = sum(shards.map((shard) => shard.attempts));
  const oldest = shards.map((shard) => shard.oldestPendingAt).filter((at) => at !== null);
  const failure = shards
    .map((shard) => shard.lastFailure)
    .filter((last) => last !== null)
    .toSorted((left, right) => right.time - left.time)[0];
  const replays = shards.map((shard) => shard.replay).filter((replay) => replay !== null);
  const trouble: Trouble = {
    state: worst?.state ?? "active",
    reason: worst?.state === "disabled" ? worst.reason : null,
    dead: sum(shards.map((shard) => shard.dead)),
    lastFailure:
      failure === undefined || isOver(worst)
        ? null
        : { status: failure.status === 0 ? null : failure.status, error: failure.error },
  };
  return {
    id,
    state: trouble.state,
    since: isoOrNull(worst?.since ?? null),
    reason: trouble.reason,
    pending: sum(shards.map((shard) => shard.pending)),
    held: sum(shards.map((shard) => shard.held)),
    dead: trouble.dead,
    delivered: sum(shards.map((shard) => shard.delivered)),
    successRate: attempts === 0 ? null : sum(shards.map((shard) => shard.successes)) / attempts,
    p50: percentile(latencies, 0.5),
    p95: percentile(latencies, 0.95),
    oldestPendingAt: oldest.length === 0 ? null : iso(Math.min(...oldest)),
    lastFailure:
      failure === undefined
        ? null
        : {
            time: iso(failure.time),
            status: failure.status === 0 ? null : failure.status,
            error: failure.error,
          },
    advice: adviceFor(trouble),
    replay:
      replays.length === 0
        ? null
        : {
            total: sum(replays.map((replay) => replay.total)),
            released: sum(replays.map((replay) => replay.released)),
          },
  };
}
