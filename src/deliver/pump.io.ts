// Keeps a subscriber's deliveries moving: asks what may leave, sends it, commits what came of it, and looks again.

import { settingsOf } from "../config/load.ts";
import type { Settings, SubscriberSettings } from "../config/settings.ts";
import { alarmAt, earliest } from "../durable/alarm.ts";
import { randomFraction } from "../kernel/random.io.ts";
import { now } from "../kernel/clock.io.ts";
import type { Dispatch } from "../model/messages.ts";
import { log } from "../kernel/log.io.ts";
import { HOUR, MINUTE, SECOND, type Millis } from "../kernel/time.ts";
import { notifyJob } from "./targets/archive/notify-job.io.ts";
import { MAX_HOPS } from "./targets/archive/download.ts";
import { attempt } from "./attempt/attempt.io.ts";
import { gateOf } from "./retry/breaker.ts";
import {
  allowance,
  rateLimitAfter,
  nextAllowed,
  spend,
  type RateLimit,
} from "./queue/rate-limit.ts";
import { SharedTimeout } from "./attempt/shared-timeout.io.ts";
import { isTest } from "./queue/rows.ts";
import { planBehind, type Plan, type QueueRow } from "./queue/plan.ts";
import { settleAttempt, type Settlement } from "./retry/settlement.ts";
import type { SubscriberQueue } from "./queue/queue.io.ts";
import type { SubscriberState } from "./state.ts";
import type { SubscriberStore } from "./subscriber.store.ts";

/** Outgoing connections of one object at once (Durable Objects limits, 2026-10); more would queue with their timeouts running. */
const CONNECTIONS = 6;

/**
 * Requests sent per wake-up: the free plan allows 50 to other hosts per invocation (Workers limits, 2026-10; calls between objects
 * count apart), of which `CONNECTIONS` may still be under way from the one before.
 */
export const MAX_REQUESTS_PER_WAKE = 50 - CONNECTIONS;

/** With room for this many rounds left, the alarm is set to the next wake-up: what it takes to ring, they cover. */
const ROUNDS_TO_RING = 2;

/** Requests an archive's attempt may take: a download with its redirects. */
const ARCHIVE_REQUESTS = 1 + MAX_HOPS;

/** An alarm within this time follows every enqueue and every attempt: what a crash leaves behind is found by it. */
const WATCHDOG: Millis = 5 * SECOND;

/**
 * How long what an attempt leaves behind (its result, the event about it) waits for company while others go on. A crash within it
 * repeats the deliveries; no person sees the delay, and a loopback receiver answers hundreds within it.
 */
const COMPANY: Millis = 50;

/** How soon a broken configuration is looked at again; a deploy mends it, and starts the object anew. */
const LOOK_AGAIN: Millis = MINUTE;

/** How often the deliveries of a subscriber that left the configuration are looked at; retention removes them in the end. */
const ABSENT: Millis = HOUR;

/** Deliveries among which the last ones that left are looked for when the object starts. */
const LOOK_BACK = 5_000;

/** What the configuration says about this subscriber. */
export interface SubscriberConfig {
  readonly settings: Settings;
  readonly subscriber: SubscriberSettings;
}

/** An attempt that was made, for those who tell about it. */
export interface AttemptReport {
  readonly dispatch: Dispatch;
  /** The delivery's id. */
  readonly delivery: string;
  readonly orders: SubscriberConfig;
  readonly settlement: Settlement;
  readonly before: SubscriberState;
  /** Its job was erased while it was under way: nothing of it may be kept anywhere. */
  readonly erased: boolean;
}

/** What the pump works with. `report` must neither throw nor wait. */
export interface PumpDeps {
  readonly env: Env;
  readonly ctx: DurableObjectState;
  readonly store: SubscriberStore;
  readonly queue: SubscriberQueue;
  /** The subscriber's id, without its shard. */
  readonly id: string;
  readonly report: (report: AttemptReport) => void;
  /** Called soon after attempts have ended, at the latest when none is under way any more; must neither throw nor wait. */
  readonly flush: () => void;
  /** When something else than a delivery needs the alarm. */
  readonly otherDeadline: () => Millis | null;
}

/** Decides when attempts begin. Everything it does may be interrupted at any line: the queue says what is left to do. */
export class Pump {
  readonly #parts: PumpDeps;
  readonly #patience = new SharedTimeout();
  #bucket: RateLimit;
  #budget = MAX_REQUESTS_PER_WAKE;
  #armed: Millis | null = null;
  /** Set while what attempts left behind waits for company. Others are under way then, so no object is kept awake by it alone. */
  #flushTimer: ReturnType<typeof setTimeout> | null = null;
  /** Whether the breaker was not closed when the queue was looked at last. */
  #shut = false;

  constructor(parts: PumpDeps) {
    this.#parts = parts;
    const orders = this.config();
    const { rate, throttle } =
      typeof orders === "string" ? { rate: null, throttle: 0 } : orders.subscriber;
    // What left before a restart matters to limits only, and most subscribers have none.
    const { last, progress } =
      rate === null && throttle === 0 ? { last: null, progress: [] } : parts.store.left(LOOK_BACK);
    this.#bucket = rateLimitAfter(last, rate);
    for (const [job, at] of progress) parts.queue.backlog.left(job, at, throttle);
  }

  /** The subscriber's settings, or why there are none. */
  config(): SubscriberConfig | "broken" | "absent" {
    const settings = settingsOf(this.#parts.env);
    if (!settings.ok) return "broken";
    const subscriber = settings.value.subscribers.get(this.#parts.id);
    return subscriber === undefined ? "absent" : { settings: settings.value, subscriber };
  }

  /** True while nothing may leave but what somebody asks for by hand. */
  get held(): boolean {
    return (
      this.#parts.queue.standing.health.state !== "active" || typeof this.config() === "string"
    );
  }

  /** A wake-up: a new invocation may send another `RUN` of requests, those of the attempts under way that go on included. */
  wake(): void {
    this.#budget = MAX_REQUESTS_PER_WAKE;
    this.pump();
  }

  /** Starts what may leave now and sets the alarm for the rest. Safe to call at any time, any number of times. */
  pump(): void {
    const at = now();
    const orders = this.config();
    if (orders === "broken" || orders === "absent") {
      this.arm(at, at + (orders === "broken" ? LOOK_AGAIN : ABSENT));
      return;
    }
    const { queue } = this.#parts;
    const { backlog, underWay } = queue;
    queue.load();
    const { rate, concurrency, order, throttle, target } = orders.subscriber;
    const cost = target.kind === "archive" ? ARCHIVE_REQUESTS : 1;
    const gate = gateOf(queue.standing.health, at, underWay.size);
    const paid = allowance(this.#bucket, rate, at);
    const lanes = Math.min(concurrency, CONNECTIONS);
    const free = Math.min(lanes - underWay.size, Math.floor(this.#budget / cost), paid);
    const around = { now: at, order, throttle, underWay, progressLeft: backlog.progressLeft };
    const shut = gate.kind === "shut";
    // When the gate shuts, every line is looked at once: from then on only the newest progress of a job waits.
    const lines = {
      all: () => backlog.all(),
      touched: () => (this.#shut ? backlog.touched() : backlog.all()),
    };
    const plan = free <= 0 && !shut ? NOTHING : planBehind(gate, lines, around, Math.max(free, 0));
    this.#shut = gate.kind !== "open";
    queue.commit(plan);
    if (plan.send.length < free) backlog.settled();
    for (const row of plan.send) this.#start(row, orders, gate.kind === "probe");
    this.#bucket = spend(this.#bucket, rate, at, plan.send.length);
    this.#budget -= plan.send.length * cost;
    const more = backlog.size > underWay.size && !shut;
    const spent = this.#budget < Math.max(cost, ROUNDS_TO_RING * lanes) && more ? at + 1 : null;
    const unpaid = paid <= plan.send.length && more ? nextAllowed(this.#bucket, rate, at) : null;
    this.arm(at, earliest(plan.wake, spent, unpaid, underWay.size > 0 ? at + WATCHDOG : null));
  }

  #start(row: QueueRow, orders: SubscriberConfig, probe: boolean): void {
    const { queue } = this.#parts;
    queue.underWay.add(row.n);
    const { throttle } = orders.subscriber;
    if (row.kind === "progress" && row.job !== null && throttle > 0)
      queue.backlog.left(row.job, now(), throttle);
    // Not `waitUntil`, which costs more than it does: what an object has begun keeps it awake (Durable Object state, 2026-10).
    void this.#attempt(row, orders, probe);
  }

  async #attempt(row: QueueRow, orders: SubscriberConfig, probe: boolean): Promise<void> {
    const { queue } = this.#parts;
    try {
      await this.#deliver(row, orders, probe);
      queue.underWay.delete(row.n);
      this.pump();
    } catch (thrown) {
      // A bug: the row stays due, and the watchdog comes back to it without a hot loop.
      queue.underWay.delete(row.n);
      log(orders.settings.logLevel, "error", "delivery.crashed", {
        subscriber: this.#parts.id,
        error: String(thrown),
      });
    }
    if (queue.underWay.size === 0) this.#flush();
    else this.#flushTimer ??= setTimeout(() => this.#flush(), COMPANY);
  }

  #flush(): void {
    if (this.#flushTimer !== null) clearTimeout(this.#flushTimer);
    this.#flushTimer = null;
    this.#parts.flush();
  }

  async #deliver(row: QueueRow, orders: SubscriberConfig, probe: boolean): Promise<void> {
    const { env, queue, report } = this.#parts;
    const startedAt = now();
    const body = queue.body(row.n);
    if (body === null) {
      queue.backlog.remove(row.n);
      return;
    }
    const { id: delivery, dispatch } = body;
    const made = await attempt(
      env,
      { ...orders, attempt: row.attempts + 1, timeouts: this.#patience },
      dispatch,
    );
    const result = await notifyJob(env, made, dispatch, orders.subscriber.id);
    const waits = isTest(dispatch.event.id) ? [] : orders.subscriber.retry;
    const before = queue.standing;
    const settlement = settleAttempt(
      { row, result, probe, startedAt, endedAt: now(), waits, chance: randomFraction() },
      before,
    );
    const erased = queue.backlog.get(row.n) === undefined;
    queue.finish(settlement);
    report({ dispatch, delivery, orders, settlement, before, erased });
  }

  /** Sets the alarm to the earliest of `due` and what else needs it. */
  arm(at: Millis, due: Millis | null): void {
    const next = alarmAt(at, earliest(due, this.#parts.otherDeadline()), this.#armed);
    if (next === null) return;
    this.#armed = next;
    // Both are on disk with one write.
    this.#parts.queue.flush();
    this.#parts.ctx.waitUntil(this.#parts.ctx.storage.setAlarm(next));
  }

  /** The alarm rings: none is set any more. */
  alarmFired(): void {
    this.#armed = null;
  }
}

/** The plan when there is no room. */
const NOTHING: Plan = { send: [], superseded: [], takeovers: [], wake: null };
