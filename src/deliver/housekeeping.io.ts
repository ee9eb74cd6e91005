// What a subscriber's alarm does besides deliveries: replays in portions, and forgetting what no retention covers any more.

import { settingsOf } from "../config/load.ts";
import { earliest } from "../durable/alarm.ts";
import { now } from "../kernel/clock.io.ts";
import { DAY, HOUR, SECOND, type Millis } from "../kernel/time.ts";
import type { SubscriberQueue } from "./queue/queue.io.ts";
import type { ReplayQuery } from "./state.ts";
import type { SubscriberStore } from "./subscriber.store.ts";

/** Deliveries that a replay starts over per wake-up: each is a row written. */
export const REPLAY_BATCH = 500;

/** A replay waits while the queue is longer than this: what it releases has to fit into memory. */
const ROOM = 20_000;

/** How soon a replay that waits for room looks again. */
const ROOM_AGAIN: Millis = 30 * SECOND;

/** Retention of a source that left the configuration (the default of `retention`). */
const DEFAULT_RETENTION: Millis = 30 * DAY;

/** Forgetting scans the table: at most this often. */
const PRUNE_EVERY: Millis = HOUR;

/** What housekeeping works with. */
export interface HousekeepingDeps {
  readonly env: object;
  /** The subscriber's id, without its shard. */
  readonly id: string;
  readonly store: SubscriberStore;
  readonly queue: SubscriberQueue;
}

export class Housekeeping {
  readonly #env: object;
  /** The subscriber's id. */
  readonly #id: string;
  readonly #store: SubscriberStore;
  readonly #queue: SubscriberQueue;
  /** When the oldest row may be due; `null` while there is none. */
  #prune: Millis | null;

  constructor({ env, id, store, queue }: HousekeepingDeps) {
    this.#env = env;
    this.#id = id;
    this.#store = store;
    this.#queue = queue;
    this.#prune = this.#nextPrune(0);
  }

  /** When the alarm is needed. */
  due(): Millis | null {
    this.#prune ??= this.#nextPrune(0);
    const { standing, backlog } = this.#queue;
    const replay = backlog.size > ROOM ? now() + ROOM_AGAIN : now();
    return earliest(this.#prune, standing.replay === null ? null : replay);
  }

  /** Selects the deliveries of a replay; answers how many they are. */
  begin(query: ReplayQuery): number {
    const { standing } = this.#queue;
    this.#queue.flush();
    const upTo = this.#store.nextN() - 1;
    const total = this.#store.count(query, upTo);
    if (total > 0)
      this.#queue.save({ ...standing, replay: { query, after: 0, upTo, total, released: 0 } });
    return total;
  }

  /** Does what is due. */
  run(): void {
    this.#replay();
    const at = now();
    if (this.#prune === null || this.#prune > at) return;
    this.#forget(at);
    this.#prune = this.#nextPrune(at + PRUNE_EVERY);
  }

  #replay(): void {
    const { standing, backlog } = this.#queue;
    const { replay } = standing;
    if (replay === null || backlog.size > ROOM) return;
    this.#queue.flush();
    const ns = this.#store.select(replay.query, replay, REPLAY_BATCH);
    const last = ns.at(-1);
    if (last === undefined) {
      this.#queue.save({ ...standing, replay: null });
      return;
    }
    this.#queue.reopen(ns, "replay", {
      ...standing,
      replay: { ...replay, after: last, released: replay.released + ns.length },
    });
  }

  #forget(at: Millis): void {
    this.#queue.flush();
    const held = this.#isHeld();
    for (const source of this.#store.sources())
      this.#queue.forget(this.#store.prune(source, at - this.#retention(source), held));
  }

  /** Whether no attempt is made until somebody resumes the subscriber: then retention is what ends a delivery, otherwise its schedule does. */
  #isHeld(): boolean {
    const settings = settingsOf(this.#env);
    if (settings.ok && !settings.value.subscribers.has(this.#id)) return true;
    const { state } = this.#queue.standing.health;
    return state === "paused" || state === "disabled";
  }

  #nextPrune(notBefore: Millis): Millis | null {
    const oldest = this.#store.oldest();
    if (oldest === null) return null;
    const settings = settingsOf(this.#env);
    const retentions = settings.ok
      ? [...settings.value.sources.values()].map((source) => source.retention)
      : [];
    return Math.max(notBefore, oldest + Math.min(DEFAULT_RETENTION, ...retentions));
  }

  /** While the configuration is broken, nothing is known to be over. */
  #retention(source: string): Millis {
    const settings = settingsOf(this.#env);
    return settings.ok
      ? (settings.value.sources.get(source)?.retention ?? DEFAULT_RETENTION)
      : Infinity;
  }
}
