// A subscriber's queue: table and memory in step, each change one transaction and the same change.

import { newDeliveryId } from "../../kernel/random.io.ts";
import { now } from "../../kernel/clock.io.ts";
import type { Dispatch } from "../../model/messages.ts";
import { noticeStamp } from "../../operations/stamp.io.ts";
import type { Millis } from "../../kernel/time.ts";
import { deliveryId } from "../delivery.ts";
import { withHealthNotice } from "../report/health-notice.ts";
import type { Settlement } from "../retry/settlement.ts";
import type { SubscriberState } from "../state.ts";
import type { StoredDispatch, SubscriberStore } from "../subscriber.store.ts";
import type { AttemptedDelivery } from "../tables.ts";
import { Backlog } from "./backlog.ts";
import { DispatchCache } from "./dispatch-cache.io.ts";
import { withInheritedWait } from "./job-plan.ts";
import { KnownKeys } from "./known-keys.io.ts";
import type { Plan } from "./plan.ts";
import type { QueueRow } from "./queue-row.ts";
import { releaseRows } from "./release.io.ts";
import { keyOfDispatch } from "./recent-keys.ts";
import { Transfers } from "../shards/transfers.io.ts";
import type { WaitingDelivery } from "../shards/waiting-job.ts";
import {
  LOWEST_PENDING_STEP,
  MAX_RESULTS_PER_WRITE,
  WINDOW_LIMITS,
  type WindowLimits,
} from "./window-limits.ts";
import { QueueWindow } from "./window.io.ts";

/**
 * Lives as long as its object. Which deliveries are under way is known in memory only: an object
 * has one instance, and a crash ends its attempts too.
 */
export class SubscriberQueue {
  readonly backlog = new Backlog();
  /** The numbers of the deliveries under way. */
  readonly underWay = new Set<number>();
  /** Those that are being handed over to another shard: they must not leave here. */
  readonly leaving = new Set<number>();
  readonly #storage: DurableObjectStorage;
  readonly #store: SubscriberStore;
  readonly #dispatches: DispatchCache;
  readonly #keys: KnownKeys;
  readonly #window: QueueWindow;
  readonly #transfers: Transfers;
  /** Of attempts that have ended, not yet in the table. */
  #results: AttemptedDelivery[] = [];
  #state: SubscriberState;
  #nextN: number;
  #attemptsSinceLook = 0;

  constructor(
    storage: DurableObjectStorage,
    store: SubscriberStore,
    limits: WindowLimits = WINDOW_LIMITS,
  ) {
    this.#storage = storage;
    this.#store = store;
    this.#dispatches = new DispatchCache(store);
    this.#state = store.state();
    // When the newest rows were erased, their numbers must not come again below the lowest pending.
    this.#nextN = Math.max(store.nextN(), this.#state.lowestPending);
    this.#keys = new KnownKeys(store);
    this.#window = new QueueWindow(store, this.backlog, this.#state.lowestPending, limits);
    this.#transfers = new Transfers({ storage, store, keys: this.#keys, window: this.#window });
    this.load(false);
  }

  /** True while a delivery is unfinished, in memory or in the table. */
  get isBusy(): boolean {
    return this.backlog.size > 0 || this.#window.isBehind(this.#nextN, now());
  }

  /** The subscriber's state as it is stored. */
  get state(): SubscriberState {
    return this.#state;
  }

  /**
   * Stores dispatches in their order, but for those that are stored already; answers the ids of the
   * new deliveries. `cause` is `null` unless an operator asked for them.
   */
  enqueue(dispatches: readonly Dispatch[], cause: QueueRow["cause"] | null): readonly string[] {
    const at = now();
    const fresh = this.#keys.unknown(dispatches);
    const hasRoom = this.#window.hasRoom(this.#nextN);
    const inserted = this.#storage.transactionSync(() =>
      fresh.map((dispatch, index) => {
        const n = this.#nextN + index;
        const id = deliveryId(n, newDeliveryId().slice(-8));
        const ownCause = cause ?? (dispatch.replay === undefined ? "schedule" : "replay");
        const row = this.#store.insert({ n, id, at, dispatch, cause: ownCause });
        return { id, dispatch, ...row };
      }),
    );
    this.#nextN += inserted.length;
    this.#keys.add(fresh.map(keyOfDispatch), at);
    this.#store.keyPages.close(this.#nextN);
    for (const { row, size, id, dispatch } of inserted)
      if (this.#window.offer(row, hasRoom)) this.#dispatches.keep(row.n, { id, dispatch }, size);
    if (hasRoom) this.#window.tookUpTo(this.#nextN);
    return inserted.map(({ id }) => id);
  }

  /** Stores what another shard hands over, but for what is stored already. */
  adopt(deliveries: readonly WaitingDelivery[]): void {
    this.#nextN += this.#transfers.adopt(deliveries, this.#nextN);
  }

  /** Removes what another shard has taken. */
  handedOver(source: string, guid: string, ns: ReadonlySet<number>): void {
    this.#removed(() => ({ removed: this.#transfers.remove(source, guid, ns) }));
  }

  /** The deliveries that no plan may touch. */
  get busy(): ReadonlySet<number> {
    return this.leaving.size === 0 ? this.underWay : new Set([...this.underWay, ...this.leaving]);
  }

  /**
   * Brings into memory what may leave soon; `isShut`: nothing may leave at present. False when
   * there was nothing to read.
   */
  load(isShut: boolean): boolean {
    const at = now();
    if (!this.#window.isBehind(this.#nextN, at)) return false;
    this.flush();
    return this.#window.load(this.#nextN, at, isShut);
  }

  /** Lets rows leave memory that wait for long; answers when rows have to be read next. */
  trim(): Millis | null {
    const at = now();
    this.#window.evict(at, this.underWay, () => this.flush());
    return this.#window.nextLoad(at);
  }

  /** The event of a delivery that leaves now; `null` when it has been erased. */
  dispatchOf(n: number): StoredDispatch | null {
    return this.#dispatches.remove(n, () => this.backlog.upcoming(now(), this.underWay));
  }

  /** Writes what a plan changes. */
  commit(plan: Plan): void {
    this.#writePlan(plan);
    for (const { job, until } of plan.rests) this.backlog.rest(job, until);
  }

  #writePlan(plan: Plan): void {
    if (plan.superseded.length + plan.inheritedWaits.length === 0) return;
    this.flush();
    this.#storage.transactionSync(() => {
      for (const n of plan.superseded) this.#store.supersede(n);
      for (const { n, due } of plan.inheritedWaits) this.#store.setWait(n, due);
    });
    this.forget(plan.superseded);
    for (const { n, due } of plan.inheritedWaits) {
      const row = this.backlog.get(n);
      if (row !== undefined) this.backlog.put(withInheritedWait(row, due));
    }
  }

  /**
   * Takes an attempt's result: one row, written at once when it changes the subscriber's state. A
   * crash before `flush` has written it repeats the delivery.
   */
  finish({ row, state, sent, entry, subscriberState }: Settlement): void {
    if (state !== "pending") this.backlog.remove(row.n);
    // A row that is not there was erased; its attempt still shows whether the subscriber works.
    else if (this.backlog.get(row.n) !== undefined) this.backlog.put(row);
    this.#results.push({ row, state, sent, entry });
    const hasRisen = this.#hasLowestPendingRisen();
    if (subscriberState !== this.#state || hasRisen) this.save(subscriberState);
    else if (this.#results.length >= MAX_RESULTS_PER_WRITE) this.flush();
  }

  /** Tells that an attempt has ended. */
  ended(row: QueueRow): void {
    this.underWay.delete(row.n);
    this.backlog.touch(row);
  }

  /** Writes results that are in memory only, all or none: before deliveries are read or changed. */
  flush(): void {
    for (const result of this.#results.splice(0)) this.#store.attempted(result);
  }

  #hasLowestPendingRisen(): boolean {
    this.#attemptsSinceLook += 1;
    if (this.#attemptsSinceLook < LOWEST_PENDING_STEP) return false;
    this.#attemptsSinceLook = 0;
    return this.#window.lowestFresh - this.#state.lowestPending >= LOWEST_PENDING_STEP;
  }

  /**
   * Stores the subscriber's state. When it becomes active, deliveries that waited because it was
   * unavailable are due at once. Part of the caller's transaction, if there is one.
   */
  save(state: SubscriberState): void {
    this.flush();
    if (this.#state.health.state !== "active" && state.health.state === "active") {
      releaseRows(this.#store, this.backlog, this.underWay, now());
      this.#window.release(now());
    }
    const next = { ...state, lowestPending: this.#window.lowestFresh };
    this.#state = withHealthNotice(this.#state.health, next, noticeStamp);
    this.#store.save(this.#state);
  }

  /** Starts deliveries over, but for those under way; answers how many there were. */
  reopen(ns: readonly number[], cause: QueueRow["cause"], state: SubscriberState): number {
    this.flush();
    return this.#storage.transactionSync(() => {
      const rows = ns
        .filter((n) => !this.underWay.has(n) && !this.leaving.has(n))
        .map((n) => this.#store.reopen(n, cause, now()))
        .filter((row) => row !== null);
      for (const row of rows) this.#window.enter(row);
      this.save(state);
      return rows.length;
    });
  }

  /** Removes a job's deliveries and their bodies. */
  erase(source: string, guid: string): void {
    this.#removed(() => ({ removed: this.#store.history.erase(source, guid) }));
  }

  /** Removes a job's finished deliveries; answers when the last one that waits is due. */
  expire(source: string, guid: string): Millis | null {
    return this.#removed(() => this.#store.history.expire(source, guid)).lastDue;
  }

  #removed<T extends { readonly removed: readonly number[] }>(remove: () => T): T {
    this.flush();
    const done = this.#storage.transactionSync(remove);
    this.forget(done.removed);
    return done;
  }

  /** Forgets rows that have left the table. */
  forget(ns: readonly number[]): void {
    for (const n of ns) {
      this.backlog.remove(n);
      this.#dispatches.forget(n);
    }
  }
}
