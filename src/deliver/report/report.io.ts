// Reports deliveries: a log line per attempt and per change of state, and an event per attempt.

import { settingsOrNull } from "../../config/load.ts";
import { newEventId } from "../../kernel/random.io.ts";
import { log, type LogLevel } from "../../kernel/log.io.ts";
import { writePoint } from "../../kernel/analytics/points.io.ts";
import { isJobEvent, nameOf, type AttemptEnvelope } from "../../model/event.ts";
import type { Dispatch } from "../../model/messages.ts";
import type { Health } from "../retry/breaker.ts";
import type { Settlement } from "../retry/settlement.ts";
import type { SubscriberConfig } from "../subscriber-config.ts";
import { Announcer } from "./announce.io.ts";
import { attemptEnvelope, isReported } from "./attempt-event.ts";

/** An attempt that was made. */
export interface AttemptReport {
  readonly dispatch: Dispatch;
  /** The delivery's id. */
  readonly delivery: string;
  readonly config: SubscriberConfig;
  readonly settlement: Settlement;
  /** The subscriber's health before the attempt ended. */
  readonly healthBefore: Health;
  /** The job was erased while the attempt was under way: nothing of it may be kept anywhere. */
  readonly erased: boolean;
}

/** Writes the log lines of one subscriber and sends its attempt events. Nothing here throws. */
export class Reporter {
  readonly #env: Env;
  readonly #subscriber: string;
  readonly #announcer: Announcer;

  /** `waitUntil` keeps the object alive until events are sent. */
  constructor(env: Env, subscriber: string, waitUntil: (work: Promise<void>) => void) {
    this.#env = env;
    this.#subscriber = subscriber;
    this.#announcer = new Announcer(env, waitUntil);
  }

  /** Sends the events that wait for others; does not wait for the answers. */
  flush(): void {
    this.#announcer.flush();
  }

  /** Drops the events that wait about an erased job. */
  forget(source: string, guid: string): void {
    this.#announcer.forget(source, guid);
  }

  /**
   * Writes the line of an attempt, and answers the event about it; `null` where none is made.
   */
  report(report: AttemptReport): AttemptEnvelope | null {
    const { dispatch, delivery, config, settlement, healthBefore, erased } = report;
    const { event } = dispatch;
    const { entry, row, outcome, sent } = settlement;
    const { subscriber, settings } = config;
    const { health } = settlement.subscriberState;
    const level = outcome === "delivered" || !sent ? "info" : "warn";
    log(settings.logLevel, level, "delivery.attempted", {
      subscriber: subscriber.id,
      delivery,
      eventType: nameOf(event),
      guid: isJobEvent(event) ? event.guid : null,
      attempt: row.attempts,
      status: entry.status,
      ms: entry.ms,
      outcome,
      ...(entry.error === null ? {} : { error: entry.error }),
    });
    writePoint(this.#env, {
      kind: "attempt",
      subject: subscriber.id,
      result: outcome,
      detail: nameOf(event),
      ms: entry.ms,
    });
    this.healthChanged(healthBefore, health);
    if (erased || !sent || !subscriber.attemptEvents || !isReported(event)) return null;
    const facts = {
      event,
      delivery,
      subscriber: subscriber.id,
      target: subscriber.target,
      attempt: row.attempts,
      status: entry.status,
      at: entry.time,
      ...(healthBefore.state === health.state ? {} : { newState: health.state }),
    };
    return attemptEnvelope(facts, newEventId());
  }

  /** Sends the event about an attempt later, together with others. */
  announce(attempt: AttemptEnvelope): void {
    this.#announcer.add(attempt);
  }

  /** Writes a line when the state is another one: `subscriber.disabled` and the like. */
  healthChanged(before: Health, after: Health): void {
    if (before.state === after.state) return;
    const reason = after.state === "disabled" ? { reason: after.reason } : {};
    const level: LogLevel = after.state === "active" || after.state === "paused" ? "info" : "error";
    const threshold = settingsOrNull(this.#env)?.logLevel ?? "info";
    log(threshold, level, `subscriber.${after.state}`, {
      subscriber: this.#subscriber,
      before: before.state,
      ...reason,
    });
  }
}
