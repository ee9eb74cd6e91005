// A subscriber's queue: table and memory in step, each change one transaction and the same change.

import { now } from "../../kernel/clock.io.ts";
import type { Dispatch } from "../../model/messages.ts";
import { noticeStamp } from "../../operations/stamp.io.ts";
import type { Millis } from "../../kernel/time.ts";
import { withHealthNotice } from "../report/health-notice.ts";
import type { Gate } from "../retry/breaker.ts";
import type { Settlement } from "../retry/settlement.ts";
import type { SubscriberState } from "../state.ts";
import type { StoredDispatch, SubscriberStore } from "../subscriber.store.ts";
import { UnwrittenResults } from "../attempt/unwritten-results.ts";
import { Intake } from "../intake/intake.io.ts";
import { UnstoredDeliveries } from "../intake/unstored.ts";
import type { AttemptedDelivery, NewDelivery } from "../tables.ts";
import { Backlog } from "./backlog.ts";
import { DispatchCache } from "./dispatch-cache.io.ts";
import { withInheritedWait } from "./job-plan.ts";
import { KnownKeys } from "./known-keys.io.ts";
import type { Plan } from "./plan.ts";
import type { QueueRow } from "./queue-row.ts";
import { releaseRows } from "./release.io.ts";
import type { WaitingDelivery } from "../shards/waiting-job.ts";
import {
  LOWEST_PENDING_STEP,
  MAX_RESULTS_PER_WRITE,
  WINDOW_LIMITS,
  type WindowLimits,
} from "./window/limits.ts";
import { QueueWindow } from "./window/window.io.ts";

/** Which deliveries are under way is known in memory only: a crash ends their attempts, too. */
export class SubscriberQueue {
  readonly backlog = new Backlog();
  /** The numbers of the deliveries under way. */
  readonly underWay = new Set<number>();
  /** Those that are being handed over to another shard: they must not leave here. */
  readonly leaving = new Set<number>();
  readonly #storage: DurableObjectStorage;
  readonly #store: SubscriberStore;
  readonly #dispatches: DispatchCache;
  readonly #window: QueueWindow;
  readonly #intake: Intake;
  /** Their calls wait for the first attempt, whose result is written with them. */
  readonly #unstored = new UnstoredDeliveries();
  readonly #results = new UnwrittenResults();
  #state: SubscriberState;
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
    const nextN = Math.max(store.nextN(), this.#state.lowestPending);
    const keys = new KnownKeys(store);
    this.#window = new QueueWindow(store, this.backlog, this.#state.lowestPending, limits);
    const parts = { window: this.#window, dispatches: this.#dispatches, unstored: this.#unstored };
    this.#intake = new Intake({ storage, store, keys, ...parts, flush: () => this.flush() }, nextN);
    this.load("open");
  }

  get isBusy(): boolean {
    return this.backlog.size > 0 || this.#window.hidesAny(this.#intake.nextN);
  }

  /** The subscriber's state as it is stored. */
  get state(): SubscriberState {
    return this.#state;
  }

  /** This and the next one: see `Intake`. */
  enqueue(dispatches: readonly Dispatch[], cause: QueueRow["cause"] | null): readonly string[] {
    return this.#intake.enqueue(dispatches, cause);
  }

  hold(dispatch: Dispatch): number | null {
    return this.#intake.hold(dispatch);
  }

  /** Stores a delivery that is in memory alone, if it still is. */
  store(n: number): void {
    const delivery = this.#unstored.get(n);
    if (delivery !== undefined) this.#insert(delivery, null);
  }

  #insert(delivery: NewDelivery, result: AttemptedDelivery | null): void {
    this.#storage.transactionSync(() => this.#store.insert(delivery, result));
    this.#unstored.stored(delivery.n);
  }

  get storedUnderWay(): number {
    return this.#unstored.storedOf(this.underWay);
  }

  /** Stores what another shard hands over, but for what is stored already. */
  adopt(deliveries: readonly WaitingDelivery[]): void {
    this.#intake.adopt(deliveries);
  }

  /** Removes what another shard has taken. */
  handedOver(source: string, guid: string, ns: ReadonlySet<number>): void {
    this.#removed(() => ({ removed: this.#intake.remove(source, guid, ns) }));
  }

  /** The deliveries that no plan may touch. */
  get busy(): ReadonlySet<number> {
    return this.leaving.size === 0 ? this.underWay : new Set([...this.underWay, ...this.leaving]);
  }

  /** Reads some of what may leave soon. False when there was nothing to read. */
  load(gate: Gate["kind"]): boolean {
    const at = now();
    if (!this.#window.hasToLoad(this.#intake.nextN, at, gate)) return false;
    this.flush();
    return this.#window.load(this.#intake.nextN, at, gate);
  }

  /** Lets rows leave memory that wait for long; answers when rows have to be read next. */
  trim(): Millis | null {
    const at = now();
    this.#window.evict(at, this.underWay, () => this.flush());
    return this.#window.nextLoad(this.#intake.nextN, at);
  }

  /** The event of a delivery that leaves now; `null` when it has been erased. */
  dispatchOf(n: number): StoredDispatch | null {
    return (
      this.#unstored.get(n) ??
      this.#dispatches.remove(n, () => this.backlog.upcoming(now(), this.underWay))
    );
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
      this.#store.counts.save();
    });
    this.forget(plan.superseded);
    for (const { n, due } of plan.inheritedWaits) {
      const row = this.backlog.get(n);
      if (row !== undefined) this.backlog.put(withInheritedWait(row, due));
    }
  }

  /** Takes an attempt's result. A crash before it is written repeats the delivery. */
  finish({ row, state, sent, entry, subscriberState }: Settlement): void {
    if (state !== "pending") this.backlog.remove(row.n);
    else if (this.backlog.get(row.n) !== undefined) this.backlog.put(row);
    this.#results.add({ row, state, sent, entry });
    const hasRisen = this.#hasLowestPendingRisen();
    if (subscriberState !== this.#state || hasRisen) this.save(subscriberState);
    else if (this.#results.size >= MAX_RESULTS_PER_WRITE) this.flushResults();
  }

  /** Tells that an attempt has ended. */
  ended(row: QueueRow): void {
    this.underWay.delete(row.n);
    this.backlog.touch(row);
  }

  flush(): void {
    this.flushResults();
    for (const delivery of this.#unstored.all()) this.#insert(delivery, null);
    this.#store.counts.save();
  }

  /** The same without deliveries whose first attempt is under way. Throws where that fails. */
  flushResults(): void {
    this.#results.write((result) => {
      const delivery = this.#unstored.get(result.row.n);
      if (delivery === undefined) this.#store.attempted(result);
      else this.#insert(delivery, result);
    });
    this.#store.counts.save();
  }

  #hasLowestPendingRisen(): boolean {
    this.#attemptsSinceLook += 1;
    if (this.#attemptsSinceLook < LOWEST_PENDING_STEP) return false;
    this.#attemptsSinceLook = 0;
    return this.#window.lowestFresh - this.#state.lowestPending >= LOWEST_PENDING_STEP;
  }

  /**
   * Stores the state, in the caller's transaction if there is one. When it becomes active, what
   * waited because the subscriber was unavailable is due at once.
   */
  save(state: SubscriberState): void {
    this.flushResults();
    if (this.#state.health.state !== "active" && state.health.state === "active") {
      releaseRows(this.#store, this.backlog, this.underWay, now());
      this.#window.release(now());
    }
    const next = { ...state, lowestPending: this.#window.lowestFresh };
    this.#state = withHealthNotice(this.#state.health, next, noticeStamp);
    this.#store.save(this.#state);
  }

  /** Starts deliveries over that are not under way; answers how many. */
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

  /**
   * Removes a job's deliveries of up to `upTo`, or the finished ones of them; answers when the last
   * one that is left is due.
   */
  erase(source: string, guid: string, upTo: Millis, leavesPending?: boolean): Millis | null {
    return this.#removed(() => this.#store.jobs.erase(source, guid, upTo, leavesPending)).lastDue;
  }

  #removed<T extends { readonly removed: readonly number[] }>(remove: () => T): T {
    this.flush();
    const done = this.#storage.transactionSync(remove);
    this.forget(done.removed);
    return done;
  }

  /** Forgets rows that have left the table. */
  forget(ns: readonly number[]): void {
    for (const n of ns) this.backlog.remove(n);
    for (const n of ns) this.#dispatches.forget(n);
  }
}
