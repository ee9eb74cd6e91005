// One subscriber's deliveries (one object per subscriber and shard): takes them over durably, sees them through, tells about them.

import { DurableObject } from "cloudflare:workers";
import { newDeliveryId, newTraceparent } from "../kernel/random.io.ts";
import { now } from "../kernel/clock.io.ts";
import type { Dispatch } from "../model/messages.ts";
import { log } from "../kernel/log.io.ts";
import { fault, ok, type Result } from "../kernel/result.ts";
import { iso, SECOND } from "../kernel/time.ts";
import { subscriberOf } from "../objects.ts";
import type { SubscriberRpc } from "../rpc.ts";
import { pause, resume, type Health } from "./retry/breaker.ts";
import { Housekeeping } from "./housekeeping.io.ts";
import { testDispatch } from "./queue/rows.ts";
import { Reporter } from "./report/report.io.ts";
import { Pump } from "./pump.io.ts";
import type { ReplayQuery } from "./state.ts";
import { SubscriberQueue } from "./queue/queue.io.ts";
import { SubscriberStore } from "./subscriber.store.ts";
import { cursorAfter, pageOf, storedState, type DeliveriesQuery } from "./page.ts";
import {
  deliveryView,
  rowOfDelivery,
  stateOf,
  type DeliveryState,
  type DeliveryView,
  type SubscriberStatus,
} from "./view.ts";

/** How many of the newest attempted deliveries the success rate and the latencies are taken from. */
const SAMPLE = 1_000;

/** How soon an alarm that found a bug is tried again. */
const AFTER_A_BUG = 30 * SECOND;

export class Subscriber extends DurableObject<Env> implements SubscriberRpc {
  readonly #id = subscriberOf(this.ctx.id.name ?? "").id;
  readonly store = new SubscriberStore(this.ctx.storage.sql);
  readonly #reporter = new Reporter(this.env, this.#id, (work) => this.ctx.waitUntil(work));
  readonly #queue = new SubscriberQueue(this.ctx.storage, this.store);
  readonly #pump: Pump = new Pump({
    env: this.env,
    ctx: this.ctx,
    store: this.store,
    queue: this.#queue,
    id: this.#id,
    report: (report) => this.#reporter.report(report),
    flush: () => {
      this.#queue.flush();
      this.#reporter.flush();
    },
    otherDeadline: () => this.#housekeeping.due(),
  });
  readonly #housekeeping: Housekeeping = new Housekeeping({
    env: this.env,
    id: this.#id,
    store: this.store,
    queue: this.#queue,
  });

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    // An alarm that is missing although deliveries wait is set again, whatever wakes the object.
    if (this.#queue.backlog.size > 0) this.#pump.arm(now(), now() + SECOND);
  }

  /** The table with every result in it. */
  get #settled(): SubscriberStore {
    this.#queue.flush();
    return this.store;
  }

  /** Takes events over, in the given order; those it has already are dropped. When it answers, they are stored. */
  enqueue(dispatches: readonly Dispatch[]): void {
    this.#queue.take(dispatches, null);
    this.#pump.wake();
  }

  /** How the subscriber does; instants in milliseconds, see `subscriberView`. */
  state(): SubscriberStatus {
    const { standing, backlog } = this.#queue;
    const facts = {
      counts: this.#settled.counts(),
      oldestPendingAt: backlog.oldest(),
      held: this.#pump.held,
    };
    return { ...stateOf(standing, facts), ...this.#settled.sample(SAMPLE) };
  }

  deliveries(query: DeliveriesQuery): {
    readonly items: readonly DeliveryView[];
    readonly cursor: string | null;
  } {
    const { held } = this.#pump;
    const page = pageOf(query, held);
    const rows = page === null ? [] : this.#settled.list(page.selection, page.before, query.limit);
    return {
      items: rows.map((row) => deliveryView(row, this.#id, held)),
      cursor: cursorAfter(rows, query.limit),
    };
  }

  /** Holds everything until `resume`; attempts under way end. */
  pause(): void {
    this.#become(pause(this.#queue.standing.health, now()));
  }

  /** Delivers again, from whatever state: what was held leaves in its order and at once, but for what the receiver asked to have later. */
  resume(): void {
    this.#become(resume(this.#queue.standing.health, now()));
  }

  /** Sends one test event, whatever the state; answers the delivery's id. It is tried once. (`test` is a name that RPC reserves.) */
  sendTest(): { readonly delivery: string } {
    const dispatch = testDispatch(newDeliveryId().slice(4), iso(now()), newTraceparent());
    const [delivery = ""] = this.#queue.take([dispatch], "manual");
    this.#pump.wake();
    return { delivery };
  }

  /** Starts one delivery over, whatever became of it and whatever state the subscriber is in; false when there is none of that id. */
  retry(id: string): boolean {
    const n = rowOfDelivery(id);
    if (n === null || this.#settled.find(n)?.id !== id) return false;
    this.#queue.reopen([n], "manual", this.#queue.standing);
    this.#pump.wake();
    return true;
  }

  /** Starts many deliveries over, the dead ones unless told otherwise; answers their count before the first leaves. One at a time. */
  replay(
    query: Omit<ReplayQuery, "state"> & { readonly state?: DeliveryState },
  ): Result<{ readonly count: number }, "running"> {
    if (this.#queue.standing.replay !== null) return fault("running");
    const count = this.#housekeeping.begin({ ...query, state: storedState(query.state ?? "dead") });
    this.#housekeeping.run();
    this.#pump.wake();
    return ok({ count });
  }

  /** Removes a job's deliveries, their bodies included. */
  erase(source: string, guid: string): void {
    const table = this.#settled;
    this.#queue.forget(this.ctx.storage.transactionSync(() => table.erase(source, guid)));
    this.#reporter.forget(source, guid);
    this.#pump.pump();
  }

  override alarm(): void {
    this.#pump.alarmFired();
    try {
      this.#housekeeping.run();
      this.#pump.wake();
    } catch (thrown) {
      log("error", "error", "subscriber.crashed", { subscriber: this.#id, error: String(thrown) });
      this.#pump.arm(now(), now() + AFTER_A_BUG);
    }
  }

  #become(health: Health): void {
    const { standing } = this.#queue;
    if (health !== standing.health) {
      this.#queue.save({ ...standing, health });
      this.#reporter.changed(standing.health, health);
    }
    this.#pump.wake();
  }
}
