// Keeps a subscriber's deliveries moving: asks what may leave, sends it, commits what came of it, and looks again.

import { settingsOf } from "../config/load.ts";
import type { Settings, SubscriberSettings } from "../config/settings.ts";
import { alarmAt, earliest } from "../kernel/agenda.ts";
import { chance, newDeliveryId } from "../kernel/chance.io.ts";
import { now } from "../kernel/clock.io.ts";
import type { Dispatch } from "../kernel/handoff.ts";
import { log } from "../kernel/log.io.ts";
import { HOUR, MINUTE, parseIso, SECOND, type Millis } from "../kernel/time.ts";
import { attempt } from "./attempt.io.ts";
import { gateOf } from "./breaker.ts";
import { allowance, bucketAfter, nextAllowed, spend, type Bucket } from "./bucket.ts";
import { Backlog } from "./queue-backlog.ts";
import { isTest } from "./queue-rows.ts";
import { keyOfDispatch, REMEMBERED, Seen } from "./queue-seen.ts";
import { planBehind, takenOver, type Plan, type QueueRow } from "./queue.ts";
import { settleAttempt, type Settlement } from "./settlement.ts";
import type { Standing } from "./subscriber-standing.ts";
import type { SubscriberStore } from "./subscriber.store.ts";
import { deliveryId } from "./subscriber-view.ts";

/** Outgoing connections of one object at once (Durable Objects limits, 2026-10); more would queue with their timeouts running. */
const CONNECTIONS = 6;

/** Attempts started per wake-up: the free plan allows 50 subrequests per invocation, and attempt events need some. */
export const RUN = 40;

/** Rows kept in memory, about 10 MB; the rest of a longer queue waits in the table. */
export const WINDOW = 50_000;

/** An alarm within this time follows every enqueue and every attempt: what a crash leaves behind is found by it. */
const WATCHDOG: Millis = 5 * SECOND;

/** How soon a broken configuration is looked at again; a deploy mends it, and starts the object anew. */
const LOOK_AGAIN: Millis = MINUTE;

/** How often the deliveries of a subscriber that left the configuration are looked at; retention removes them in the end. */
const ABSENT: Millis = HOUR;

/** How many rows may become finished before the mark of the oldest unfinished one is written. */
const LOW_STEP = 1_000;

/** What the configuration says about this subscriber. */
export interface Orders {
  readonly settings: Settings;
  readonly subscriber: SubscriberSettings;
}

/** An attempt that was made, for those who tell about it. */
export interface Report {
  readonly dispatch: Dispatch;
  /** The delivery's id. */
  readonly delivery: string;
  readonly orders: Orders;
  readonly settlement: Settlement;
  readonly before: Standing;
}

/** What the pump works with. `report` must neither throw nor wait. */
export interface PumpParts {
  readonly env: Env;
  readonly ctx: DurableObjectState;
  readonly store: SubscriberStore;
  /** The subscriber's id, without its shard. */
  readonly id: string;
  readonly report: (report: Report) => void;
  /** When something else than a delivery needs the alarm. */
  readonly otherwise: () => Millis | null;
}

/** Lives as long as its object. Leases are in memory only: an object has one instance, and a crash ends its attempts too. */
export class Pump {
  readonly backlog = new Backlog();
  readonly underWay = new Set<number>();
  standing: Standing;
  readonly #parts: PumpParts;
  readonly #seen: Seen;
  #bucket: Bucket;
  #nextN: number;
  /** Every unfinished row with a smaller `n` is in the backlog. */
  #loadedTo: number;
  #budget = RUN;
  #armed: Millis | null = null;

  constructor(parts: PumpParts) {
    this.#parts = parts;
    const { store } = parts;
    this.standing = store.standing();
    // Not below the mark: when the newest rows were erased, their numbers must not come again underneath it.
    this.#nextN = Math.max(store.nextN(), this.standing.low);
    this.#loadedTo = this.standing.low;
    const keys = store.newestKeys();
    this.#seen = new Seen(keys, keys.length < REMEMBERED);
    const { last, progress } = store.left(WINDOW);
    const orders = this.orders();
    const subscriber = orders === "broken" || orders === "absent" ? null : orders.subscriber;
    this.#bucket = bucketAfter(last, subscriber?.rate ?? null);
    for (const [job, at] of progress) this.backlog.left(job, at, subscriber?.throttle ?? 0);
    this.#load();
  }

  /** The subscriber's settings, or why there are none. */
  orders(): Orders | "broken" | "absent" {
    const settings = settingsOf(this.#parts.env);
    if (!settings.ok) return "broken";
    const subscriber = settings.value.subscribers.get(this.#parts.id);
    return subscriber === undefined ? "absent" : { settings: settings.value, subscriber };
  }

  /** True while nothing may leave but what somebody asks for by hand. */
  get held(): boolean {
    return this.standing.health.state !== "active" || typeof this.orders() === "string";
  }

  /** Stores dispatches in their order, but for those that are stored already. */
  take(dispatches: readonly Dispatch[], cause: QueueRow["cause"] | null): readonly string[] {
    const at = now();
    const { store, ctx } = this.#parts;
    const fresh = this.#unseen(dispatches);
    const full = this.#nextN > this.#loadedTo || this.backlog.size >= WINDOW;
    const ids: string[] = [];
    const rows = ctx.storage.transactionSync(() =>
      fresh.map((dispatch, index) => {
        const n = this.#nextN + index;
        const id = deliveryId(n, newDeliveryId().slice(-8));
        ids.push(id);
        return store.insert({ n, id, at, dispatch, cause: cause ?? (dispatch.replay === undefined ? "schedule" : "replay") });
      }),
    );
    this.#nextN += rows.length;
    for (const dispatch of fresh) this.#seen.add(keyOfDispatch(dispatch), at);
    if (!full) {
      for (const row of rows) this.backlog.put(row);
      this.#loadedTo = this.#nextN;
    }
    return ids;
  }

  #unseen(dispatches: readonly Dispatch[]): readonly Dispatch[] {
    const once = [...new Map(dispatches.map((dispatch) => [keyOfDispatch(dispatch), dispatch])).entries()];
    const answers = once.map(([key, { event }]) => this.#seen.answer(key, parseIso(event.time) ?? 0));
    const unsure = once.filter((_, index) => answers[index] === "unsure").map(([key]) => key);
    const known = unsure.length === 0 ? new Set<string>() : this.#parts.store.known(unsure);
    return once
      .filter(([key], index) => answers[index] === "new" || (answers[index] === "unsure" && !known.has(key)))
      .map(([, one]) => one);
  }

  /** Reads the rest of a queue that is longer than the window, as room comes free. */
  #load(): void {
    if (this.#loadedTo >= this.#nextN || this.backlog.size > WINDOW / 2) return;
    const room = WINDOW - this.backlog.size;
    const rows = this.#parts.store.pending(this.#loadedTo, room);
    for (const row of rows) this.backlog.put(row);
    const last = rows.at(-1);
    this.#loadedTo = rows.length < room || last === undefined ? this.#nextN : last.n + 1;
  }

  /** A wake-up: a new invocation may start another `RUN` of attempts. */
  wake(): void {
    this.#budget = RUN;
    this.pump();
  }

  /** Starts what may leave now and sets the alarm for the rest. Safe to call at any time, any number of times. */
  pump(): void {
    const at = now();
    const orders = this.orders();
    if (orders === "broken" || orders === "absent") {
      this.arm(at, at + (orders === "broken" ? LOOK_AGAIN : ABSENT));
      return;
    }
    this.#load();
    const { subscriber } = orders;
    const gate = gateOf(this.standing.health, at, this.underWay.size);
    const paid = allowance(this.#bucket, subscriber.rate, at);
    const free = Math.min(Math.min(subscriber.concurrency, CONNECTIONS) - this.underWay.size, this.#budget, paid);
    const around = {
      now: at,
      order: subscriber.order,
      throttle: subscriber.throttle,
      underWay: this.underWay,
      progressLeft: this.backlog.progressLeft,
    };
    const plan = free <= 0 ? NOTHING : planBehind(gate, { all: this.backlog.all(), touched: this.backlog.touched() }, around, free);
    this.#commit(plan);
    if (plan.send.length < free) this.backlog.settled();
    for (const row of plan.send) {
      this.#start(row, orders, gate.kind === "probe");
      if (row.kind === "progress" && row.job !== null && subscriber.throttle > 0) this.backlog.left(row.job, at, subscriber.throttle);
    }
    this.#bucket = spend(this.#bucket, subscriber.rate, at, plan.send.length);
    this.#budget -= plan.send.length;
    const more = this.backlog.size > this.underWay.size && gate.kind !== "shut";
    const spent = this.#budget <= 0 && more ? at + 1 : null;
    const unpaid = paid <= plan.send.length && more ? nextAllowed(this.#bucket, subscriber.rate, at) : null;
    this.arm(at, earliest(plan.wake, spent, unpaid, this.underWay.size > 0 ? at + WATCHDOG : null));
  }

  #commit(plan: Plan): void {
    if (plan.superseded.length + plan.takeovers.length === 0) return;
    const { store, ctx } = this.#parts;
    ctx.storage.transactionSync(() => {
      for (const n of plan.superseded) store.supersede(n);
      for (const { n, due } of plan.takeovers) store.takeOver(n, due);
    });
    for (const n of plan.superseded) this.backlog.remove(n);
    for (const { n, due } of plan.takeovers) {
      const row = this.backlog.get(n);
      if (row !== undefined) this.backlog.put(takenOver(row, due));
    }
  }

  #start(row: QueueRow, orders: Orders, probe: boolean): void {
    this.underWay.add(row.n);
    this.#parts.ctx.waitUntil(this.#attempt(row, orders, probe));
  }

  async #attempt(row: QueueRow, orders: Orders, probe: boolean): Promise<void> {
    try {
      await this.#deliver(row, orders, probe);
    } catch (thrown) {
      // A bug: the row stays due, and the watchdog comes back to it without a hot loop.
      log(orders.settings.logLevel, "error", "delivery.crashed", { subscriber: this.#parts.id, error: String(thrown) });
      this.underWay.delete(row.n);
      return;
    }
    this.underWay.delete(row.n);
    this.pump();
  }

  async #deliver(row: QueueRow, orders: Orders, probe: boolean): Promise<void> {
    const { env, store, report } = this.#parts;
    const startedAt = now();
    const loaded = store.load(row.n);
    if (loaded === null) {
      this.backlog.remove(row.n);
      return;
    }
    const { id: delivery, dispatch } = loaded;
    const { result } = await attempt(env, { ...orders, attempt: row.attempts + 1 }, dispatch);
    const waits = isTest(dispatch.event.id) ? [] : orders.subscriber.retry;
    const before = this.standing;
    const settlement = settleAttempt({ row, result, probe, startedAt, endedAt: now(), waits, chance: chance() }, before);
    this.#finish(settlement);
    report({ dispatch, delivery, orders, settlement, before });
  }

  #finish({ row, state, entry, standing }: Settlement): void {
    const { store, ctx } = this.#parts;
    if (state !== "pending") this.backlog.remove(row.n);
    // Not there: erased meanwhile. The write finds no row then, but the subscriber has shown whether it works.
    else if (this.backlog.get(row.n) !== undefined) this.backlog.put(row);
    const risen = row.n - this.standing.low >= LOW_STEP && this.#low() - this.standing.low >= LOW_STEP;
    ctx.storage.transactionSync(() => {
      store.attempted({ row, state, entry });
      if (risen || standing !== this.standing) this.save(standing);
    });
  }

  #low(): number {
    return this.backlog.lowest() ?? this.#loadedTo;
  }

  /** Stores the standing with the mark of the oldest unfinished row; inside of a transaction when something else changes too. */
  save(standing: Standing): void {
    this.standing = { ...standing, low: this.#low() };
    this.#parts.store.save(this.standing);
  }

  /** Starts deliveries over; answers how many there were. One under way is left to itself. */
  reopen(ns: readonly number[], cause: QueueRow["cause"], standing: Standing): number {
    const at = now();
    const { store, ctx } = this.#parts;
    return ctx.storage.transactionSync(() => {
      const rows = ns.filter((n) => !this.underWay.has(n)).map((n) => store.reopen(n, cause, at));
      const found = rows.filter((row) => row !== null);
      for (const row of found) if (row.n < this.#loadedTo) this.backlog.put(row);
      this.save(standing);
      return found.length;
    });
  }

  /** Forgets rows that have left the table. */
  forget(ns: readonly number[]): void {
    for (const n of ns) this.backlog.remove(n);
  }

  /** Sets the alarm to the earliest of `due` and what else needs it. */
  arm(at: Millis, due: Millis | null): void {
    const next = alarmAt(at, earliest(due, this.#parts.otherwise()), this.#armed);
    if (next === null) return;
    this.#armed = next;
    this.#parts.ctx.waitUntil(this.#parts.ctx.storage.setAlarm(next));
  }

  /** The alarm rings: none is set any more. */
  rang(): void {
    this.#armed = null;
  }
}

const NOTHING: Plan = { send: [], superseded: [], takeovers: [], wake: null };
