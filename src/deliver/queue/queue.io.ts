// A subscriber's queue, its table and its memory kept in step: every change is one transaction and the same change in memory.

import { newDeliveryId } from "../../kernel/random.io.ts";
import { now } from "../../kernel/clock.io.ts";
import type { Dispatch } from "../../model/messages.ts";
import { parseIso } from "../../kernel/time.ts";
import { DispatchCache } from "./dispatch-cache.io.ts";
import { Backlog } from "./backlog.ts";
import { keyOfDispatch, RecentKeys } from "./recent-keys.ts";
import { takenOver, type Plan, type QueueRow } from "./plan.ts";
import type { Settlement } from "../retry/settlement.ts";
import type { SubscriberState } from "../state.ts";
import type { Attempted } from "../tables.ts";
import type { StoredDispatch, SubscriberStore } from "../subscriber.store.ts";
import { deliveryId } from "../view.ts";

/** Rows kept in memory, about 10 MB; the rest of a longer queue waits in the table. */
const WINDOW = 50_000;

/** Keys read when the object starts: whoever sends events twice does it within seconds, and a start must be quick. */
const RECALLED = 1_000;

/** Results in one transaction: each of its own costs half an attempt, and holds the next request back until it is on disk. */
const TOGETHER = 32;

/** How many attempts may end before the mark of the oldest unfinished row is looked for, and how far it has to rise to be written. */
const LOW_STEP = 1_000;

/** Lives as long as its object. Leases are in memory only: an object has one instance, and a crash ends its attempts too. */
export class SubscriberQueue {
  readonly backlog = new Backlog();
  /** `n` of the deliveries under way. */
  readonly underWay = new Set<number>();
  standing: SubscriberState;
  readonly #window: number;
  readonly #storage: DurableObjectStorage;
  readonly #store: SubscriberStore;
  readonly #bodies: DispatchCache;
  readonly #seen: RecentKeys;
  /** Of attempts that have ended, not yet in the table. */
  #results: Attempted[] = [];
  #nextN: number;
  /** Attempts that ended since the mark was looked for. */
  #ended = 0;
  /** Every unfinished row with a smaller `n` is in the backlog. */
  #loadedTo: number;

  constructor(storage: DurableObjectStorage, store: SubscriberStore, window = WINDOW) {
    this.#window = window;
    this.#storage = storage;
    this.#store = store;
    this.#bodies = new DispatchCache(store);
    this.standing = store.standing();
    // Not below the mark: when the newest rows were erased, their numbers must not come again underneath it.
    this.#nextN = Math.max(store.nextN(), this.standing.low);
    this.#loadedTo = this.standing.low;
    const keys = store.newestKeys(RECALLED);
    this.#seen = new RecentKeys(keys, keys.length < RECALLED);
    this.load();
  }

  /** Stores dispatches in their order, but for those that are stored already; answers the ids of the new deliveries. */
  take(dispatches: readonly Dispatch[], cause: QueueRow["cause"] | null): readonly string[] {
    const at = now();
    const fresh = this.#unseen(dispatches);
    const room = this.#nextN <= this.#loadedTo && this.backlog.size < this.#window;
    const ids = fresh.map((_, index) => deliveryId(this.#nextN + index, newDeliveryId().slice(-8)));
    const inserted = this.#storage.transactionSync(() =>
      fresh.map((dispatch, index) => {
        const due = cause ?? (dispatch.replay === undefined ? "schedule" : "replay");
        const id = ids[index] ?? "";
        return {
          id,
          dispatch,
          ...this.#store.insert({ n: this.#nextN + index, id, at, dispatch, cause: due }),
        };
      }),
    );
    this.#nextN += inserted.length;
    for (const dispatch of fresh) this.#seen.add(keyOfDispatch(dispatch), at);
    if (room) {
      for (const { row, size, id, dispatch } of inserted) {
        this.backlog.put(row);
        this.#bodies.keep(row.n, { id, dispatch }, size);
      }
      this.#loadedTo = this.#nextN;
    }
    return ids;
  }

  #unseen(dispatches: readonly Dispatch[]): readonly Dispatch[] {
    const once = [
      ...new Map(dispatches.map((dispatch) => [keyOfDispatch(dispatch), dispatch])).entries(),
    ];
    const answers = once.map(([key, { event }]) =>
      this.#seen.answer(key, parseIso(event.time) ?? 0),
    );
    const unsure = once.filter((_, index) => answers[index] === "unsure").map(([key]) => key);
    const known = unsure.length === 0 ? new Set<string>() : this.#store.known(unsure);
    return once
      .filter(
        ([key], index) =>
          answers[index] === "new" || (answers[index] === "unsure" && !known.has(key)),
      )
      .map(([, one]) => one);
  }

  /** Reads the rest of a queue that is longer than the window, as room comes free. */
  load(): void {
    if (this.#loadedTo >= this.#nextN || this.backlog.size > this.#window / 2) return;
    this.flush();
    const room = this.#window - this.backlog.size;
    const rows = this.#store.pending(this.#loadedTo, room);
    for (const row of rows) this.backlog.put(row);
    const last = rows.at(-1);
    this.#loadedTo = rows.length < room || last === undefined ? this.#nextN : last.n + 1;
  }

  /** The event of a delivery that leaves now; `null` when it has been erased. */
  body(n: number): StoredDispatch | null {
    const at = now();
    return this.#bodies.take(n, () => this.backlog.upcoming(at, this.underWay));
  }

  /** Writes what a plan changes. */
  commit(plan: Plan): void {
    if (plan.superseded.length + plan.takeovers.length === 0) return;
    this.flush();
    this.#storage.transactionSync(() => {
      for (const n of plan.superseded) this.#store.supersede(n);
      for (const { n, due } of plan.takeovers) this.#store.takeOver(n, due);
    });
    this.forget(plan.superseded);
    for (const { n, due } of plan.takeovers) {
      const row = this.backlog.get(n);
      if (row !== undefined) this.backlog.put(takenOver(row, due));
    }
  }

  /**
   * Takes an attempt's result: one row. When it changes the standing, both are written at once; otherwise it is written together
   * with others by `flush`, and a crash before that repeats the delivery.
   */
  finish({ row, state, entry, standing }: Settlement): void {
    if (state !== "pending") this.backlog.remove(row.n);
    // Not there: erased meanwhile. The write finds no row then, but the subscriber has shown whether it works.
    else if (this.backlog.get(row.n) !== undefined) this.backlog.put(row);
    this.#results.push({ row, state, entry });
    const risen = this.#risen();
    if (standing !== this.standing || risen) this.save(standing);
    else if (this.#results.length >= TOGETHER) this.flush();
  }

  /** Writes the results that are in memory only. Whatever reads deliveries from the table, or changes them, calls it first. */
  flush(): void {
    // What is written without waiting in between is stored all or not at all (Durable Object storage, 2026-10).
    for (const result of this.#results.splice(0)) this.#store.attempted(result);
  }

  /** Now and then: looking for the mark walks through the whole backlog. */
  #risen(): boolean {
    this.#ended += 1;
    if (this.#ended < LOW_STEP) return false;
    this.#ended = 0;
    return this.#low() - this.standing.low >= LOW_STEP;
  }

  #low(): number {
    return this.backlog.lowest() ?? this.#loadedTo;
  }

  /** Stores the standing with the mark of the oldest unfinished row, and releases what waited when it says `active` again; inside of a transaction when something else changes too. */
  save(standing: SubscriberState): void {
    this.flush();
    if (this.standing.health.state !== "active" && standing.health.state === "active")
      this.#release();
    this.standing = { ...standing, low: this.#low() };
    this.#store.save(this.standing);
  }

  /**
   * The subscriber takes everything again: what waited because it did not is due now, but for what it asked to have later. Rows
   * beyond the window wait for their own instants.
   */
  #release(): void {
    const at = now();
    const late = [...this.backlog.rows()].filter(
      (row) => row.waiting === "unavailable" && row.due > at && !this.underWay.has(row.n),
    );
    for (const row of late) {
      this.#store.takeOver(row.n, at);
      this.backlog.put(takenOver(row, at));
    }
  }

  /** Starts deliveries over; answers how many there were. One under way is left to itself. */
  reopen(ns: readonly number[], cause: QueueRow["cause"], standing: SubscriberState): number {
    const at = now();
    this.flush();
    return this.#storage.transactionSync(() => {
      const rows = ns
        .filter((n) => !this.underWay.has(n))
        .map((n) => this.#store.reopen(n, cause, at));
      const found = rows.filter((row) => row !== null);
      for (const row of found) if (row.n < this.#loadedTo) this.backlog.put(row);
      this.save(standing);
      return found.length;
    });
  }

  /** Forgets rows that have left the table. */
  forget(ns: readonly number[]): void {
    for (const n of ns) {
      this.backlog.remove(n);
      this.#bodies.forget(n);
    }
  }
}
