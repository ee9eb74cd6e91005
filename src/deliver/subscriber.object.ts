// One subscriber's deliveries: stores them, delivers them, and answers for them (one per shard).

import { DurableObject } from "cloudflare:workers";
import { ObjectAlarm } from "../durable/alarm.io.ts";
import { newDeliveryId, newTraceparent } from "../kernel/random.io.ts";
import { now } from "../kernel/clock.io.ts";
import type { Dispatch } from "../model/messages.ts";
import { logError } from "../kernel/log.io.ts";
import type { Result } from "../kernel/result.ts";
import { iso, SECOND, type Millis } from "../kernel/time.ts";
import { subscriberOf } from "../objects.ts";
import type { SubscriberRpc } from "../rpc.ts";
import { Housekeeping } from "./housekeeping.io.ts";
import { Overview } from "./overview.io.ts";
import type { DeliveriesPage, DeliveriesQuery, ReplayRequest } from "./page.ts";
import { Pump } from "./pump.io.ts";
import { SubscriberQueue } from "./queue/queue.io.ts";
import { testDispatch } from "./queue/rows.ts";
import { Reporter } from "./report/report.io.ts";
import { pause, resume, type Health } from "./retry/breaker.ts";
import { SubscriberStore } from "./subscriber.store.ts";
import type { SubscriberStatus } from "./view.ts";

/** How soon an alarm that failed because of a bug is tried again. */
const CRASH_RETRY_MS: Millis = 30 * SECOND;

/** The object of one shard of a subscriber. */
export class Subscriber extends DurableObject<Env> implements SubscriberRpc {
  readonly #id = subscriberOf(this.ctx.id.name ?? "").id;
  readonly #alarm = new ObjectAlarm(this.ctx.storage);
  readonly #store = new SubscriberStore(this.ctx.storage.sql);
  readonly #queue = new SubscriberQueue(this.ctx.storage, this.#store);
  readonly #reporter = new Reporter(this.env, this.#id, (work) => this.ctx.waitUntil(work));
  readonly #own = { env: this.env, id: this.#id, store: this.#store, queue: this.#queue };
  readonly #housekeeping = new Housekeeping(this.#own);
  readonly #pump = new Pump({
    ...this.#own,
    alarm: this.#alarm,
    report: (report) => this.#reporter.report(report),
    flush: () => {
      this.#queue.flush();
      this.#reporter.flush();
    },
    otherDeadline: () => this.#housekeeping.due(),
  });
  readonly #overview = new Overview({ ...this.#own, pump: this.#pump });

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    void ctx.blockConcurrencyWhile(() => this.#alarm.load());
  }

  /** Stores events in the given order, without those that it has. */
  enqueue(dispatches: readonly Dispatch[]): void {
    this.#queue.enqueue(dispatches, null);
    this.#pump.wake();
  }

  /** The status of this shard. */
  state(): SubscriberStatus {
    this.#rearm();
    return this.#overview.status();
  }

  /** A page of deliveries, the newest first. */
  deliveries(query: DeliveriesQuery): DeliveriesPage {
    this.#rearm();
    return this.#overview.deliveries(query);
  }

  /** Holds all deliveries until `resume`; attempts under way end. */
  pause(): void {
    this.#setHealth(pause(this.#queue.state.health, now()));
  }

  /** Delivers again, from every state; what the receiver asked to have later still waits. */
  resume(): void {
    this.#setHealth(resume(this.#queue.state.health, now()));
  }

  /** Sends one test event in every state, once. (RPC reserves the name `test`.) */
  sendTest(): { readonly delivery: string } {
    const dispatch = testDispatch(newDeliveryId().slice(4), iso(now()), newTraceparent());
    const [delivery = ""] = this.#queue.enqueue([dispatch], "manual");
    this.#pump.wake();
    return { delivery };
  }

  /** Starts one delivery over, in every state; false when there is no delivery of that id. */
  retry(id: string): boolean {
    const n = this.#overview.rowOf(id);
    if (n === null) return false;
    this.#queue.reopen([n], "manual", this.#queue.state);
    this.#pump.wake();
    return true;
  }

  /** Starts many deliveries over; answers their count before the first leaves. */
  replay(request: ReplayRequest): Result<{ readonly count: number }, "running"> {
    const begun = this.#housekeeping.beginReplay(request);
    if (begun.ok) this.#pump.wake();
    return begun;
  }

  /** Removes a job's deliveries and their bodies. */
  erase(source: string, guid: string): void {
    this.#queue.erase(source, guid);
    this.#reporter.forget(source, guid);
    this.#pump.pump();
  }

  /** Removes the finished deliveries of an expired job; answers when the last other one is due. */
  expire(source: string, guid: string): Millis | null {
    const lastDue = this.#queue.expire(source, guid);
    this.#pump.pump();
    return lastDue;
  }

  /** Looks at everything that waits, by today's configuration. */
  wake(): void {
    this.#queue.backlog.awakenAll();
    this.#pump.wake();
  }

  override alarm(): void {
    this.#alarm.fired();
    try {
      this.#housekeeping.run();
      this.#pump.wake();
    } catch (thrown) {
      logError("subscriber.crashed", thrown, { subscriber: this.#id });
      this.#pump.arm(now() + CRASH_RETRY_MS);
    }
  }

  /** Sets an alarm that was lost although deliveries wait; calls that send something do so, too. */
  #rearm(): void {
    if (!this.#alarm.isSet && this.#queue.isBusy) this.#pump.arm(now() + SECOND);
  }

  #setHealth(health: Health): void {
    const { state } = this.#queue;
    if (health !== state.health) {
      this.#queue.save({ ...state, health });
      this.#reporter.healthChanged(state.health, health);
    }
    this.#pump.wake();
  }
}
