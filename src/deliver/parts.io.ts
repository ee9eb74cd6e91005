// The parts of a subscriber's object, joined.

import { ObjectAlarm } from "../durable/alarm.io.ts";
import { earliest } from "../durable/alarm.ts";
import { now } from "../kernel/clock.io.ts";
import { logError } from "../kernel/log.io.ts";
import { isJobEvent, type RelayEvent } from "../model/event.ts";
import { SECOND } from "../kernel/time.ts";
import { subscriberOf } from "../objects.ts";
import { Housekeeping } from "./housekeeping.io.ts";
import { Overview } from "./overview.io.ts";
import { Pump } from "./pump.io.ts";
import { SubscriberQueue } from "./queue/queue.io.ts";
import { Reporter } from "./report/report.io.ts";
import type { Health } from "./retry/breaker.ts";
import { Shard } from "./shards/shard.io.ts";
import { eraseFiles } from "./targets/archive/erase.io.ts";
import { SubscriberStore } from "./subscriber.store.ts";

/** Made with its object, from the object's name and storage. */
export class SubscriberParts {
  readonly name: { readonly id: string; readonly shard: number };
  readonly alarm: ObjectAlarm;
  readonly queue: SubscriberQueue;
  readonly reporter: Reporter;
  readonly housekeeping: Housekeeping;
  readonly shard: Shard;
  readonly pump: Pump;
  readonly overview: Overview;

  constructor(ctx: DurableObjectState, env: Env) {
    this.name = subscriberOf(ctx.id.name ?? "");
    const { id } = this.name;
    const store = new SubscriberStore(ctx.storage.sql);
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
        reporter.report(report);
        // A file that was stored after its job had been erased.
        if (report.erased) void this.#eraseFiles(env, report.dispatch.event);
      },
      flush: () => {
        queue.flush();
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

  /** Starts what may leave, after a call that may have changed it. */
  wake(): void {
    this.shard.run();
    this.pump.wake();
  }

  /** Sets an alarm that was lost although deliveries wait; calls that send something do so, too. */
  rearm(): void {
    if (!this.alarm.isSet && this.queue.isBusy) this.pump.arm(now() + SECOND);
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
