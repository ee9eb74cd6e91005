// What a subscriber's alarm does besides deliveries: replays in batches, retention, and notices.

import { settingsOrNull } from "../config/load.ts";
import { earliest } from "../durable/alarm.ts";
import { now } from "../kernel/clock.io.ts";
import { log } from "../kernel/log.io.ts";
import { fault, ok, type Result } from "../kernel/result.ts";
import { DAY, HOUR, SECOND, type Millis } from "../kernel/time.ts";
import { Notifier } from "../operations/notifier.io.ts";
import type { AgedDelivery } from "./tables.ts";
import { storedState, type ReplayRequest } from "./page.ts";
import type { SubscriberQueue } from "./queue/queue.io.ts";
import { subscriberConfig } from "./subscriber-config.ts";
import type { SubscriberStore } from "./subscriber.store.ts";

/** Deliveries that a replay starts over per wake-up; each is a row written. */
const REPLAY_BATCH = 500;

/**
 * A replay waits while more jobs than this are about to leave, or more deliveries are in memory.
 */
const MAX_REPLAY_AWAKE = 20_000;
const MAX_REPLAY_BACKLOG = 50_000;

/** How soon a replay that waits for the queue to shrink looks again. */
const REPLAY_RETRY_MS: Millis = 30 * SECOND;

/** Retention of a source that left the configuration (the default of `retention`). */
const DEFAULT_RETENTION_MS: Millis = 30 * DAY;

/** Retention looks at every old delivery that is kept, so it is applied at most this often. */
const PRUNE_INTERVAL_MS: Millis = HOUR;

/** What housekeeping works with. */
interface HousekeepingDeps {
  readonly env: Env;
  /** The subscriber's id, without its shard. */
  readonly id: string;
  readonly store: SubscriberStore;
  readonly queue: SubscriberQueue;
}

/** Runs one subscriber's replay, and removes deliveries that no retention covers any more. */
export class Housekeeping {
  readonly #env: Env;
  /** The subscriber's id. */
  readonly #id: string;
  readonly #store: SubscriberStore;
  readonly #queue: SubscriberQueue;
  /** When the oldest row may be due; `null` while there is none. */
  #pruneAt: Millis | null;
  /** Retention has looked at the rows up to this one. */
  #pruned = 0;
  readonly #notifier: Notifier;

  constructor({ env, id, store, queue }: HousekeepingDeps) {
    this.#env = env;
    this.#id = id;
    this.#store = store;
    this.#queue = queue;
    this.#pruneAt = this.#nextPrune(0);
    this.#notifier = new Notifier({
      env,
      subject: id,
      waiting: () => queue.state.notices,
      keepOnly: (notices) => queue.save({ ...queue.state, notices }),
    });
  }

  /** When the alarm is needed; `null` when it is not. */
  due(): Millis | null {
    this.#pruneAt ??= this.#nextPrune(0);
    const { state } = this.#queue;
    const replayAt = this.#isQueueLong() ? now() + REPLAY_RETRY_MS : now();
    return earliest(
      this.#pruneAt,
      this.#notifier.due(),
      state.replay === null ? null : replayAt,
      this.#store.pages.areLacking ? now() : null,
    );
  }

  /**
   * Selects the deliveries of a replay and starts the first ones over; answers how many were
   * selected. Fault: another replay is running.
   */
  beginReplay(request: ReplayRequest): Result<{ readonly count: number }, "running"> {
    const { state } = this.#queue;
    if (state.replay !== null) return fault("running");
    this.#queue.flush();
    const query = { ...request, state: storedState(request.state ?? "dead") };
    const upTo = this.#store.nextN() - 1;
    const count = this.#store.history.count(query, upTo);
    if (count > 0)
      this.#queue.save({ ...state, replay: { query, after: 0, upTo, total: count, released: 0 } });
    this.run();
    return ok({ count });
  }

  /** Does what is due. */
  run(): void {
    this.#replay();
    this.#store.pages.build();
    const at = now();
    if (this.#pruneAt !== null && this.#pruneAt <= at) this.#applyRetention(at);
    void this.#notifier.send();
  }

  #isQueueLong(): boolean {
    const { awakeCount, size } = this.#queue.backlog;
    return awakeCount > MAX_REPLAY_AWAKE || size > MAX_REPLAY_BACKLOG;
  }

  #replay(): void {
    const { state } = this.#queue;
    const { replay } = state;
    if (replay === null || this.#isQueueLong()) return;
    this.#queue.flush();
    const batch = this.#store.history.select(replay.query, replay, REPLAY_BATCH);
    const last = batch.at(-1);
    if (last === undefined) {
      this.#queue.save({ ...state, replay: null });
      return;
    }
    this.#queue.reopen(batch, "replay", {
      ...state,
      replay: { ...replay, after: last, released: replay.released + batch.length },
    });
  }

  /** A step of retention; the alarm goes on at once until all old deliveries were looked at. */
  #applyRetention(at: Millis): void {
    this.#queue.flush();
    const held = this.#isHeld();
    const isExpired = ({ source, at: enqueued, state, tried }: AgedDelivery): boolean => {
      const before = at - this.#retention(source);
      if (state === "pending" && !held) return false;
      return enqueued < before && (state !== "dead" || (tried ?? 0) < before);
    };
    const cutoff = at - this.#shortestRetention();
    const { removed, pending, end } = this.#store.history.prune(this.#pruned, cutoff, isExpired);
    this.#queue.forget(removed);
    if (pending > 0) {
      const level = settingsOrNull(this.#env)?.logLevel ?? "info";
      const counts = { held: pending, all: removed.length };
      log(level, "warn", "delivery.expired", { subscriber: this.#id, ...counts });
    }
    this.#pruned = end ?? 0;
    this.#pruneAt = end === null ? this.#nextPrune(at + PRUNE_INTERVAL_MS) : at;
  }

  /**
   * Whether no attempt is made until an operator acts: only then retention removes pending
   * deliveries. Otherwise their schedule ends them.
   */
  #isHeld(): boolean {
    const { health } = this.#queue.state;
    if (subscriberConfig(this.#env, this.#id) === "absent") return true;
    return health.state === "paused" || health.state === "disabled";
  }

  #nextPrune(notBefore: Millis): Millis | null {
    const oldest = this.#store.history.oldest();
    if (oldest === null) return null;
    return Math.max(notBefore, oldest + this.#shortestRetention());
  }

  #shortestRetention(): Millis {
    const sources = settingsOrNull(this.#env)?.sources.values() ?? [];
    return Math.min(DEFAULT_RETENTION_MS, ...[...sources].map(({ retention }) => retention));
  }

  /** While the configuration is invalid, nothing is removed. */
  #retention(source: string): Millis {
    const settings = settingsOrNull(this.#env);
    if (settings === null) return Infinity;
    return settings.sources.get(source)?.retention ?? DEFAULT_RETENTION_MS;
  }
}
