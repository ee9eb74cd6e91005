// A subscriber's queue: table and memory in step, each change one transaction and the same change.

import { newDeliveryId } from "../../kernel/random.io.ts";
import { now } from "../../kernel/clock.io.ts";
import type { Dispatch } from "../../model/messages.ts";
import { parseIso } from "../../kernel/time.ts";
import { deliveryId } from "../delivery.ts";
import type { Settlement } from "../retry/settlement.ts";
import type { SubscriberState } from "../state.ts";
import type { StoredDispatch, SubscriberStore } from "../subscriber.store.ts";
import type { AttemptedDelivery } from "../tables.ts";
import { Backlog } from "./backlog.ts";
import { DispatchCache } from "./dispatch-cache.io.ts";
import { withInheritedWait } from "./job-plan.ts";
import type { Plan } from "./plan.ts";
import type { QueueRow } from "./queue-row.ts";
import { keyOfDispatch, RecentKeys } from "./recent-keys.ts";

/** Rows in memory, about 10 MB; the rest of a longer queue waits in the table. */
const MAX_ROWS_IN_MEMORY = 50_000;

/** Keys read when the object starts. Senders repeat events within seconds, and a start is quick. */
const KEYS_READ_AT_START = 1_000;

/** Results in one write: a write for each would cost half an attempt. */
const MAX_RESULTS_PER_WRITE = 32;

/**
 * After this many attempts the lowest pending row is looked for, and written when it rose by as
 * many: looking for it walks through the whole backlog.
 */
const LOWEST_PENDING_STEP = 1_000;

/**
 * Lives as long as its object. Which deliveries are under way is known in memory only: an object
 * has one instance, and a crash ends its attempts too.
 */
export class SubscriberQueue {
  readonly backlog = new Backlog();
  /** The numbers of the deliveries under way. */
  readonly underWay = new Set<number>();
  readonly #storage: DurableObjectStorage;
  readonly #store: SubscriberStore;
  readonly #dispatches: DispatchCache;
  readonly #recentKeys: RecentKeys;
  readonly #maxRows: number;
  /** Of attempts that have ended, not yet in the table. */
  #results: AttemptedDelivery[] = [];
  #state: SubscriberState;
  #nextN: number;
  #attemptsSinceLook = 0;
  /** Every unfinished row with a smaller number is in the backlog. */
  #loadedTo: number;

  constructor(
    storage: DurableObjectStorage,
    store: SubscriberStore,
    maxRows: number = MAX_ROWS_IN_MEMORY,
  ) {
    this.#maxRows = maxRows;
    this.#storage = storage;
    this.#store = store;
    this.#dispatches = new DispatchCache(store);
    this.#state = store.state();
    // Not lower than the lowest pending row: when the newest rows were erased, their numbers must
    // not come again below it.
    this.#nextN = Math.max(store.nextN(), this.#state.lowestPending);
    this.#loadedTo = this.#state.lowestPending;
    const keys = store.newestKeys(KEYS_READ_AT_START);
    this.#recentKeys = new RecentKeys(keys, keys.length < KEYS_READ_AT_START);
    this.load();
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
    const fresh = this.#withoutKnown(dispatches);
    const hasRoom = this.#nextN <= this.#loadedTo && this.backlog.size < this.#maxRows;
    const inserted = this.#storage.transactionSync(() =>
      fresh.map((dispatch, index) => {
        const n = this.#nextN + index;
        const id = deliveryId(n, newDeliveryId().slice(-8));
        const ownCause = cause ?? (dispatch.replay === undefined ? "schedule" : "replay");
        return {
          id,
          dispatch,
          ...this.#store.insert({ n, id, at, dispatch, cause: ownCause }),
        };
      }),
    );
    this.#nextN += inserted.length;
    for (const dispatch of fresh) this.#recentKeys.add(keyOfDispatch(dispatch), at);
    if (hasRoom) {
      for (const { row, size, id, dispatch } of inserted) {
        this.backlog.put(row);
        this.#dispatches.keep(row.n, { id, dispatch }, size);
      }
      this.#loadedTo = this.#nextN;
    }
    return inserted.map(({ id }) => id);
  }

  #withoutKnown(dispatches: readonly Dispatch[]): readonly Dispatch[] {
    const byKey = new Map(dispatches.map((dispatch) => [keyOfDispatch(dispatch), dispatch]));
    const asked = [...byKey].map(([key, dispatch]) => ({
      key,
      dispatch,
      answer: this.#recentKeys.answer(key, parseIso(dispatch.event.time) ?? 0),
    }));
    const unsure = asked.filter(({ answer }) => answer === "unsure").map(({ key }) => key);
    const known = unsure.length === 0 ? new Set<string>() : this.#store.known(unsure);
    return asked
      .filter(({ key, answer }) => answer !== "known" && !known.has(key))
      .map(({ dispatch }) => dispatch);
  }

  /** Reads the rest of a queue that is longer than memory holds, when half of the room is free. */
  load(): void {
    if (this.#loadedTo >= this.#nextN || this.backlog.size > this.#maxRows / 2) return;
    this.flush();
    const room = this.#maxRows - this.backlog.size;
    const rows = this.#store.pending(this.#loadedTo, room);
    for (const row of rows) this.backlog.put(row);
    const last = rows.at(-1);
    this.#loadedTo = rows.length < room || last === undefined ? this.#nextN : last.n + 1;
  }

  /** The event of a delivery that leaves now; `null` when it has been erased. */
  dispatchOf(n: number): StoredDispatch | null {
    const at = now();
    return this.#dispatches.remove(n, () => this.backlog.upcoming(at, this.underWay));
  }

  /** Writes what a plan changes. */
  commit(plan: Plan): void {
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
   * Takes an attempt's result: one row. It is written at once when it changes the subscriber's
   * state; otherwise `flush` writes it with others, and a crash before that repeats the delivery.
   */
  finish({ row, state, sent, entry, subscriberState }: Settlement): void {
    if (state !== "pending") this.backlog.remove(row.n);
    // A row that is not there was erased meanwhile. Its result finds no row in the table either,
    // but the attempt has shown whether the subscriber works.
    else if (this.backlog.get(row.n) !== undefined) this.backlog.put(row);
    this.#results.push({ row, state, sent, entry });
    const hasRisen = this.#hasLowestPendingRisen();
    if (subscriberState !== this.#state || hasRisen) this.save(subscriberState);
    else if (this.#results.length >= MAX_RESULTS_PER_WRITE) this.flush();
  }

  /** Writes results that are in memory only; to be called before deliveries are read or changed. */
  flush(): void {
    // What is written without an await is stored all or not at all (Durable Objects, 2026-10).
    for (const result of this.#results.splice(0)) this.#store.attempted(result);
  }

  #hasLowestPendingRisen(): boolean {
    this.#attemptsSinceLook += 1;
    if (this.#attemptsSinceLook < LOWEST_PENDING_STEP) return false;
    this.#attemptsSinceLook = 0;
    return this.#lowestPending() - this.#state.lowestPending >= LOWEST_PENDING_STEP;
  }

  #lowestPending(): number {
    return this.backlog.lowest() ?? this.#loadedTo;
  }

  /**
   * Stores the subscriber's state. When it becomes active, deliveries that waited because it was
   * unavailable are due at once. Part of the caller's transaction, if there is one.
   */
  save(state: SubscriberState): void {
    this.flush();
    if (this.#state.health.state !== "active" && state.health.state === "active") this.#release();
    this.#state = { ...state, lowestPending: this.#lowestPending() };
    this.#store.save(this.#state);
  }

  /** Leaves alone what the receiver asked to have later, and rows that are not in memory. */
  #release(): void {
    const at = now();
    const waiting = [...this.backlog.rows()].filter(
      (row) => row.waiting === "unavailable" && row.due > at && !this.underWay.has(row.n),
    );
    for (const row of waiting) {
      this.#store.setWait(row.n, at);
      this.backlog.put(withInheritedWait(row, at));
    }
  }

  /** Starts deliveries over, but for those under way; answers how many there were. */
  reopen(ns: readonly number[], cause: QueueRow["cause"], state: SubscriberState): number {
    const at = now();
    this.flush();
    return this.#storage.transactionSync(() => {
      const rows = ns
        .filter((n) => !this.underWay.has(n))
        .map((n) => this.#store.reopen(n, cause, at))
        .filter((row) => row !== null);
      for (const row of rows) if (row.n < this.#loadedTo) this.backlog.put(row);
      this.save(state);
      return rows.length;
    });
  }

  /** Removes a job's deliveries and their bodies. */
  erase(source: string, guid: string): void {
    this.flush();
    this.forget(this.#storage.transactionSync(() => this.#store.history.erase(source, guid)));
  }

  /** Forgets rows that have left the table. */
  forget(ns: readonly number[]): void {
    for (const n of ns) {
      this.backlog.remove(n);
      this.#dispatches.forget(n);
    }
  }
}
