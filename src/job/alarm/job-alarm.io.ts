// The alarm of a job: set to whatever is due first.

import { settingsOrNull } from "../../config/load.ts";
import { ObjectAlarm } from "../../durable/alarm.io.ts";
import type { Millis } from "../../kernel/time.ts";
import type { Stream } from "../../stream/stream.io.ts";
import { dueAt, idleUntil, NEAR_ALARM, type Deadlines } from "./deadlines.ts";
import { isEnded } from "../lifecycle.ts";
import type { Outbox } from "../outbox/drain.io.ts";
import { policyOrNull } from "../policy.ts";
import type { JobStore } from "../storage/job.store.ts";

/** What has deadlines. */
interface JobAlarmDeps {
  readonly env: Env;
  readonly store: JobStore;
  readonly stream: Stream;
  readonly outbox: Outbox;
}

/** A job's alarm. */
export class JobAlarm extends ObjectAlarm {
  readonly #deps: JobAlarmDeps;

  constructor(storage: DurableObjectStorage, deps: JobAlarmDeps) {
    super(storage);
    this.#deps = deps;
  }

  /**
   * Sees to it that the alarm fires when something is due; nothing without a job. A near alarm that
   * would only be set anew is moved instead.
   */
  armAll(now: Millis): void {
    const deadlines = this.#deadlines();
    if (deadlines === null) return;
    this.arm(dueAt(deadlines, now));
    this.postpone(idleUntil(deadlines, now), now + NEAR_ALARM);
  }

  /** After an end that was sent, the alarm is not needed before the job expires. */
  rest(now: Millis): void {
    const deadlines = this.#deadlines();
    if (deadlines !== null && isEnded(deadlines.state.lifecycle.phase))
      this.postpone(dueAt(deadlines, now));
  }

  #deadlines(): Deadlines | null {
    const { env, store, stream, outbox } = this.#deps;
    const state = store.load()?.state;
    if (state === undefined) return null;
    const policy = policyOrNull(settingsOrNull(env), state.source);
    const others = { tokens: stream.nextDeadline(), keptUntil: outbox.keptUntil };
    return { state, policy, ...store.transfers(), ...others };
  }
}
