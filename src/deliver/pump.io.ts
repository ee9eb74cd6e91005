// Keeps a subscriber's deliveries moving: plans what may leave, sends it, and stores the results.

import { earliest } from "../durable/alarm.ts";
import type { ObjectAlarm } from "../durable/alarm.io.ts";
import { randomFraction } from "../kernel/random.io.ts";
import { now } from "../kernel/clock.io.ts";
import { logError } from "../kernel/log.io.ts";
import { HOUR, MINUTE, SECOND, type Millis } from "../kernel/time.ts";
import { attempt } from "./attempt/attempt.io.ts";
import { WriteRetry } from "./attempt/write-retry.io.ts";
import { SharedTimeout } from "./attempt/shared-timeout.io.ts";
import {
  afterSendingNothing,
  afterStarting,
  freeSlots,
  nextLookForCapacity,
  refilled,
  type Capacity,
  type SendLimits,
} from "./queue/capacity.ts";
import { EMPTY_PLAN, planBehind } from "./queue/plan.ts";
import type { SubscriberQueue } from "./queue/queue.io.ts";
import type { QueueRow } from "./queue/queue-row.ts";
import { rateLimitAfter } from "./queue/rate-limit.ts";
import { isTest } from "./queue/rows.ts";
import type { AttemptReport } from "./report/report.io.ts";
import { gateOf, type Gate } from "./retry/breaker.ts";
import { settleAttempt } from "./retry/settlement.ts";
import { subscriberConfig, type SubscriberConfig } from "./subscriber-config.ts";
import type { SubscriberStore } from "./subscriber.store.ts";
import { MAX_REDIRECTS } from "./targets/archive/download.ts";

/**
 * While other attempts go on, results and events wait this long to be written and sent together.
 * A crash within this time repeats the deliveries.
 */
const FLUSH_DELAY_MS: Millis = 50;

/** How soon an invalid configuration is read again. A deploy mends it and restarts the object. */
const INVALID_CONFIG_RETRY_MS: Millis = MINUTE;

/** How often a subscriber that is not in the configuration looks whether it is there again. */
const ABSENT_CONFIG_RETRY_MS: Millis = HOUR;

/** How soon a shard tells again that it is used when that was not answered. */
const JOIN_RETRY_MS: Millis = SECOND;

/** The newest deliveries among which a starting object looks for those that left last. */
const MAX_LOOK_BACK = 5_000;

/** Each reads two thousand deliveries at most, some ten milliseconds. */
const MAX_LOADS_PER_WAKE = 5;

/** What the pump works with. */
interface PumpDeps {
  readonly env: Env;
  readonly alarm: ObjectAlarm;
  readonly store: SubscriberStore;
  readonly queue: SubscriberQueue;
  /** The subscriber's id, without its shard. */
  readonly id: string;
  /** False while it is not known whether this shard may deliver. */
  readonly hasJoined: () => boolean;
  /** Must neither throw nor wait. */
  readonly report: (report: AttemptReport) => void;
  /**
   * Called soon after attempts have ended, at the latest when none is under way. Must neither throw
   * nor wait.
   */
  readonly flush: () => void;
  /** When something else than a delivery needs the alarm. */
  readonly otherDeadline: () => Millis | null;
}

const limitsOf = ({ concurrency, rate, target }: SubscriberConfig["subscriber"]): SendLimits => ({
  concurrency,
  rate,
  requestsPerAttempt: target.kind === "archive" ? 1 + MAX_REDIRECTS : 1,
});

/**
 * Decides when attempts begin. A crash may interrupt it at any line: the queue says what is left
 * to do.
 */
export class Pump {
  readonly #deps: PumpDeps;
  readonly #timeouts = new SharedTimeout();
  readonly #writes: WriteRetry;
  #capacity: Capacity;
  /** How often this wake-up has read rows. */
  #loads = 0;
  /** Set only while attempts are under way, so that it does not keep the object awake by itself. */
  #flushTimer: ReturnType<typeof setTimeout> | null = null;
  /** Whether the breaker was closed at the last plan. */
  #wasWorking = true;

  constructor(deps: PumpDeps) {
    this.#deps = deps;
    this.#writes = new WriteRetry(deps);
    const config = subscriberConfig(deps.env, deps.id);
    const { rate, throttle } =
      typeof config === "string" ? { rate: null, throttle: 0 } : config.subscriber;
    // What left before a restart matters only to these limits, and most subscribers have none.
    const isLimited = rate !== null || throttle > 0;
    const sent = isLimited
      ? deps.store.history.lastSent(MAX_LOOK_BACK)
      : { any: null, progress: [] };
    this.#capacity = refilled({ rateLimit: rateLimitAfter(sent.any, rate) });
    for (const [job, at] of sent.progress) deps.queue.backlog.progressSent(job, at, throttle);
  }

  /** True while nothing may leave but retries by hand. */
  get held(): boolean {
    const { env, id, queue } = this.#deps;
    return queue.state.health.state !== "active" || typeof subscriberConfig(env, id) === "string";
  }

  /** To be called by every invocation: it may send `MAX_REQUESTS_PER_WAKE` requests of its own. */
  wake(): void {
    this.#capacity = refilled(this.#capacity);
    this.#loads = 0;
    this.pump();
  }

  /** Reads what may leave soon, so much in one wake-up: the alarm goes on at once. */
  #load({ kind }: Gate): boolean {
    if (this.#loads >= MAX_LOADS_PER_WAKE) return false;
    const hasRead = this.#deps.queue.load(kind);
    if (hasRead) this.#loads += 1;
    return hasRead;
  }

  /** Starts what may leave now and sets the alarm for the rest. May be called at any time. */
  pump(): void {
    const at = now();
    const { env, id, queue, hasJoined } = this.#deps;
    if (!hasJoined()) return void (queue.isBusy && this.arm(at + JOIN_RETRY_MS));
    const config = subscriberConfig(env, id);
    if (config === "invalid" || config === "absent") {
      this.arm(at + (config === "invalid" ? INVALID_CONFIG_RETRY_MS : ABSENT_CONFIG_RETRY_MS));
      return;
    }
    const { backlog, underWay } = queue;
    const { subscriber } = config;
    const { order, throttle } = subscriber;
    const limits = limitsOf(subscriber);
    const gate = gateOf(queue.state.health, at, underWay.size);
    const isShut = gate.kind === "shut";
    const isWorking = gate.kind === "open";
    // Behind an open breaker jobs rest until they change: then everything is looked at once.
    if (isWorking !== this.#wasWorking) backlog.awakenAll();
    this.#wasWorking = isWorking;
    this.#load(gate);
    const before = this.#capacity;
    const free = Math.max(freeSlots(before, limits, at, underWay.size), 0);
    const queues = {
      all: () => backlog.jobQueues(),
      awake: () => backlog.awake(at),
    };
    const facts = {
      now: at,
      order,
      throttle,
      underWay: queue.busy,
      progressSentAt: backlog.progressSentAt,
    };
    const plan = free === 0 && !isShut ? EMPTY_PLAN : planBehind(gate, queues, facts, free);
    queue.commit(plan);
    const started = plan.send.length;
    for (const row of plan.send) this.#start(row, config, gate.kind === "probe");
    this.#capacity = afterStarting(before, limits, at, started);
    const look = nextLookForCapacity(before, limits, {
      now: at,
      started,
      // What the table does not know is brought again by whoever sent it.
      underWay: queue.storedUnderWay,
      moreWait: !isShut && (backlog.awakeCount > 0 || (backlog.nextWake() ?? Infinity) <= at),
    });
    // What was in memory may rest by now, and what waits in the table may leave.
    if (!isShut && started < free && this.#load(gate)) return this.pump();
    // While jobs that could leave wait for a slot, the end of an attempt or the capacity wakes.
    const next = isShut || backlog.awakeCount > 0 ? null : backlog.nextWake();
    const nextLoad = queue.trim();
    this.arm(earliest(plan.wake, look, next, isShut ? null : nextLoad));
  }

  #start(row: QueueRow, config: SubscriberConfig, probe: boolean): void {
    const { queue } = this.#deps;
    queue.underWay.add(row.n);
    const { throttle } = config.subscriber;
    if (row.kind === "progress" && row.job !== null && throttle > 0)
      queue.backlog.progressSent(row.job, now(), throttle);
    // Without `waitUntil`, which costs more than it does: a Durable Object stays awake for work
    // that it has begun (Durable Object state, 2026-10).
    void this.#run(row, config, probe);
  }

  async #run(row: QueueRow, config: SubscriberConfig, probe: boolean): Promise<void> {
    const { queue, id } = this.#deps;
    try {
      await this.#deliver(row, config, probe);
      queue.ended(row);
      this.pump();
    } catch (thrown) {
      // A full disk, or a bug: the row stays due, and the alarm tries it again.
      queue.ended(row);
      logError("delivery.crashed", thrown, { subscriber: id });
      this.#writes.lookAgain();
    }
    if (queue.underWay.size === 0) this.#flush();
    else this.#flushTimer ??= setTimeout(() => this.#flush(), FLUSH_DELAY_MS);
  }

  #flush(): void {
    if (this.#flushTimer !== null) clearTimeout(this.#flushTimer);
    this.#flushTimer = null;
    this.#writes.run(this.#deps.flush);
  }

  async #deliver(row: QueueRow, config: SubscriberConfig, probe: boolean): Promise<void> {
    const { env, queue, report } = this.#deps;
    const startedAt = now();
    const stored = queue.dispatchOf(row.n);
    if (stored === null) {
      queue.backlog.remove(row.n);
      return;
    }
    const { id: delivery, dispatch } = stored;
    const options = { ...config, attempt: row.attempts + 1, timeouts: this.#timeouts };
    const result = await attempt(env, options, dispatch);
    const waits = isTest(dispatch.event.id) ? [] : config.subscriber.retry;
    const { format } = config.subscriber;
    const ended = { row, result, probe, startedAt, endedAt: now(), format, waits };
    const before = queue.state;
    const settlement = settleAttempt({ ...ended, chance: randomFraction() }, before);
    const erased = queue.backlog.get(row.n) === undefined;
    queue.finish(settlement);
    if (!settlement.sent)
      this.#capacity = afterSendingNothing(this.#capacity, limitsOf(config.subscriber));
    report({ dispatch, delivery, config, settlement, healthBefore: before.health, erased });
  }

  /** Sets the alarm to the earliest of `due` and what else needs it. */
  arm(due: Millis | null): void {
    const { alarm, queue, otherDeadline } = this.#deps;
    // Results that wait are written together with the alarm.
    if (alarm.arm(earliest(due, otherDeadline()))) this.#writes.run(() => queue.flushResults());
  }
}
