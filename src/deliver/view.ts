// A subscriber and its deliveries as the API shows them (contract, section 8).

import { iso, isoOrNull, type Millis } from "../kernel/time.ts";
import type { Health } from "./retry/breaker.ts";
import type { SubscriberState } from "./state.ts";

export const STORED_STATES = ["pending", "delivered", "superseded", "dead", "cancelled"] as const;
/** What a row says; `held` is what `pending` is called while nothing may leave. */
export type StoredState = (typeof STORED_STATES)[number];
export type DeliveryState = StoredState | "held";

export type Trigger = "initial" | "retry" | "probe" | "manual" | "replay";

/** One attempt as it is stored; `status` 0 means that no answer came. */
export interface AttemptEntry {
  readonly time: Millis;
  readonly status: number;
  readonly error: string | null;
  readonly ms: Millis;
  readonly trigger: Trigger;
  readonly answer: string | null;
}

/** One attempt on the wire; `status` is `null` when no answer came. */
export interface AttemptView {
  readonly time: string;
  readonly status: number | null;
  readonly error: string | null;
  readonly ms: Millis;
  readonly trigger: Trigger;
  readonly answer: string | null;
}

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

/** A stored delivery without its body. */
export interface DeliveryRow {
  readonly n: number;
  readonly id: string;
  readonly eventId: string;
  readonly event: string;
  readonly guid: string | null;
  readonly source: string;
  readonly seq: number | null;
  readonly state: StoredState;
  readonly due: Millis;
  readonly log: readonly AttemptEntry[];
}

/** `nextAttemptAt` is null for what waits for no instant: finished, or held. */
export function deliveryView(row: DeliveryRow, subscriber: string, held: boolean): DeliveryView {
  const waits = row.state === "pending";
  return {
    id: row.id,
    subscriber,
    event: { id: row.eventId, event: row.event, guid: row.guid, source: row.source, seq: row.seq },
    state: waits && held ? "held" : row.state,
    attempts: row.log.map((entry) => ({
      ...entry,
      time: iso(entry.time),
      status: entry.status === 0 ? null : entry.status,
    })),
    nextAttemptAt: waits && !held ? iso(row.due) : null,
  };
}

/** A delivery's id names its row, so finding it needs no index; the random part keeps ids from being guessed or reused. */
export const deliveryId = (n: number, random: string): string => `dlv_${n.toString(36)}_${random}`;

/** Reads the row's number back; `null` for what is no delivery id. */
export function rowOfDelivery(id: string): number | null {
  const digits = /^dlv_([0-9a-z]{1,10})_[0-9a-f]{1,32}$/.exec(id)?.[1];
  return digits === undefined ? null : Number.parseInt(digits, 36);
}

/** The last attempt that failed. */
export interface LastFailure {
  readonly time: Millis;
  readonly status: number;
  readonly error: string | null;
}

/** A replay that runs: how many deliveries it selected and how many of them are released so far. */
export interface ReplayProgress {
  readonly total: number;
  readonly released: number;
}

/** One shard's state, instants in milliseconds; `latencies` are those of its newest delivered rows. */
export interface SubscriberStatus {
  readonly health: Health;
  readonly pending: number;
  readonly held: number;
  readonly dead: number;
  readonly delivered: number;
  readonly attempts: number;
  readonly successes: number;
  readonly latencies: readonly Millis[];
  readonly oldestPendingAt: Millis | null;
  readonly lastFailure: LastFailure | null;
  readonly replay: ReplayProgress | null;
}

/** What a subscriber looks at when it is asked how it does. */
export interface StateFacts {
  readonly counts: ReadonlyMap<StoredState, number>;
  readonly oldestPendingAt: Millis | null;
  readonly held: boolean;
}

/** A shard's state but for its sample of latest attempts. */
export function stateOf(
  standing: SubscriberState,
  { counts, oldestPendingAt, held }: StateFacts,
): Omit<SubscriberStatus, "attempts" | "successes" | "latencies"> {
  const { health, lastFailure, replay } = standing;
  const waiting = counts.get("pending") ?? 0;
  return {
    health,
    pending: held ? 0 : waiting,
    held: held ? waiting : 0,
    dead: counts.get("dead") ?? 0,
    delivered: counts.get("delivered") ?? 0,
    oldestPendingAt,
    lastFailure,
    replay: replay === null ? null : { total: replay.total, released: replay.released },
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
  readonly replay: ReplayProgress | null;
}

/** The worst state of several shards is the subscriber's: that is where an operator has to look. */
const WORST: readonly Health["state"][] = ["disabled", "paused", "probing", "active"];

const sum = (numbers: readonly number[]): number =>
  numbers.reduce((total, number) => total + number, 0);

/** The value below which the given share of a sorted list lies (nearest rank); `null` for an empty one. */
export const percentile = (sorted: readonly number[], share: number): number | null =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;

export function subscriberView(id: string, shards: readonly SubscriberStatus[]): SubscriberView {
  const healths = shards.map((shard) => shard.health);
  const worst = WORST.map((state) => healths.find((health) => health.state === state)).find(
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
  return {
    id,
    state: worst?.state ?? "active",
    since: isoOrNull(worst?.since ?? null),
    reason: worst?.state === "disabled" ? worst.reason : null,
    pending: sum(shards.map((shard) => shard.pending)),
    held: sum(shards.map((shard) => shard.held)),
    dead: sum(shards.map((shard) => shard.dead)),
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
    replay:
      replays.length === 0
        ? null
        : {
            total: sum(replays.map((replay) => replay.total)),
            released: sum(replays.map((replay) => replay.released)),
          },
  };
}
