// The parts of a subscriber's object, joined.

import { ObjectAlarm } from "../durable/alarm.io.ts";
import { earliest } from "../durable/alarm.ts";
import { now } from "../kernel/clock.io.ts";
import { logError } from "../kernel/log.io.ts";
import { isJobEvent, type RelayEvent } from "../model/event.ts";
import { SECOND } from "../kernel/time.ts";
import { subscriberOf } from "../objects.ts";
import type { AttemptEnvelope } from "../model/event.ts";
import { nameOf } from "../model/event.ts";
import type { Dispatch } from "../model/messages.ts";
import { DirectCalls } from "./intake/direct-calls.io.ts";
import { Housekeeping } from "./housekeeping.io.ts";
import { Overview } from "./overview.io.ts";
import { Pump } from "./pump.io.ts";
import { SubscriberQueue } from "./queue/queue.io.ts";
import { Reporter, type AttemptReport } from "./report/report.io.ts";
import type { Health } from "./retry/breaker.ts";
import { Shard } from "./shards/shard.io.ts";
import { eraseFiles } from "./targets/archive/erase.io.ts";
import { Acts } from "./storage/act.store.ts";
import { SubscriberStore } from "./subscriber.store.ts";

/** Events that others follow: the job that sends them looks after what its subscriber answers. */
const GOES_ON: ReadonlySet<string> = new Set(["job.created", "job.started", "job.progress"]);

/** Made with its object, from the object's name and storage. */
export class SubscriberParts {
  readonly name: { readonly id: string; readonly shard: number };
  readonly alarm: ObjectAlarm;
  readonly queue: SubscriberQueue;
  readonly reporter: Reporter;
  readonly housekeeping: Housekeeping;
  readonly shard: Shard;
  readonly calls = new DirectCalls();
  readonly pump: Pump;
  readonly overview: Overview;
  readonly #acts: Acts;

  constructor(ctx: DurableObjectState, env: Env) {
    this.name = subscriberOf(ctx.id.name ?? "");
    const { id } = this.name;
    const store = new SubscriberStore(ctx.storage);
    this.#acts = new Acts(ctx.storage.sql);
    const queue = new SubscriberQueue(ctx.storage, store);
    const reporter = new Reporter(env, id, (work) => ctx.waitUntil(work));
    const own = { env, ...this.name, store, queue };
    const housekeeping = new Housekeeping(own);
    this.alarm = new ObjectAlarm(ctx.storage);
    this.shard = new Shard({ ...own, changed: () => this.pump.wake() });
    this.pump = new Pump({
      ...own,
      alarm: this.alarm,
      hasJoined: () => this.shard.hasJoined,
      report: (report) => {
        this.#report(report);
        // A file that was stored after its job had been erased.
        if (report.erased) void this.#eraseFiles(env, report.dispatch.event);
      },
      flush: () => {
        queue.flushResults();
        reporter.flush();
      },
      otherDeadline: () => earliest(housekeeping.due(), this.shard.due()),
    });
    this.overview = new Overview({ ...own, pump: this.pump });
    [this.queue, this.reporter, this.housekeeping] = [queue, reporter, housekeeping];
  }

  async #eraseFiles(env: Env, event: RelayEvent): Promise<void> {
    if (!isJobEvent(event)) return;
    await eraseFiles(env, this.name.id, event).catch((thrown: unknown) =>
      logError("archive.not_erased", thrown, { subscriber: this.name.id }),
    );
  }

  /** Does what an operator asked for, once for each `id`, and starts what may leave. */
  act<T>(id: string | undefined, act: () => T, did: (answer: T) => boolean = () => true): T {
    const answer = this.#acts.once({ id, now: now(), did }, act);
    this.wake();
    return answer;
  }

  /** Starts what may leave, after a call that may have changed it. */
  wake(): void {
    this.shard.run();
    this.pump.wake();
  }

  /**
   * Takes dispatches, and answers once they are stored. A single one is stored with the result of
   * its first attempt if that ends soon; the answer has the event about it where it may be late.
   */
  async take(dispatches: readonly Dispatch[]): Promise<readonly AttemptEnvelope[]> {
    const [dispatch] = dispatches;
    const n = dispatches.length === 1 && dispatch !== undefined ? this.queue.hold(dispatch) : null;
    if (n === null) this.queue.enqueue(dispatches, null);
    this.wake();
    if (n === null) return [];
    const leavesSoon = this.queue.underWay.size > 0 && !this.pump.held;
    const attempts = leavesSoon ? await this.calls.wait(n) : null;
    this.queue.flushResults();
    this.queue.store(n);
    // It waits: from now on the alarm has to find it.
    if (attempts === null) this.wake();
    return attempts ?? [];
  }

  /** Tells of an attempt. What follows in the job takes the event about a success along. */
  #report(report: AttemptReport): void {
    const { n } = report.settlement.row;
    const attempt = this.reporter.report(report);
    const { event } = report.dispatch;
    const follows = GOES_ON.has(nameOf(event)) && report.settlement.outcome === "delivered";
    const taken = attempt !== null && follows && this.calls.has(n);
    if (attempt !== null && !taken) this.reporter.announce(attempt);
    this.calls.ended(n, taken ? [attempt] : []);
  }

  /** Sets an alarm that was lost although something waits; calls that send do so, too. */
  rearm(): void {
    if (!this.alarm.isSet) this.pump.arm(this.queue.isBusy ? now() + SECOND : null);
  }

  /** Pauses, resumes or disables. */
  setHealth(health: Health): void {
    const { state } = this.queue;
    if (health !== state.health) {
      this.queue.save({ ...state, health });
      this.reporter.healthChanged(state.health, health);
    }
    this.pump.wake();
  }
}
