// Tells about deliveries: a log line per attempt and per change of state, and an event per attempt for the account's browsers.

import { settingsOf } from "../../config/load.ts";
import { newEventId } from "../../kernel/random.io.ts";
import { isJobEvent, nameOf } from "../../model/event.ts";
import { log, type LogLevel } from "../../kernel/log.io.ts";
import { attemptEnvelope, isReported } from "./attempt-event.ts";
import { Announcer } from "./announce.io.ts";
import type { Health } from "../retry/breaker.ts";
import type { AttemptReport } from "../pump.io.ts";

export class Reporter {
  readonly #env: Env;
  readonly #subscriber: string;
  readonly #announcer: Announcer;

  /** `background` keeps the object alive for the hand-overs. */
  constructor(env: Env, subscriber: string, background: (work: Promise<void>) => void) {
    this.#env = env;
    this.#subscriber = subscriber;
    this.#announcer = new Announcer(env, background);
  }

  /** Hands over what waits for company. Never throws, never waits. */
  flush(): void {
    this.#announcer.flush();
  }

  /** Drops what is not told yet about an erased job. */
  forget(source: string, guid: string): void {
    this.#announcer.forget(source, guid);
  }

  /** Tells about an attempt; its event leaves together with others. Never throws, never waits. */
  report({ dispatch, delivery, orders, settlement, before, erased }: AttemptReport): void {
    const { event } = dispatch;
    const { entry, row, outcome, standing } = settlement;
    const { subscriber, settings } = orders;
    log(settings.logLevel, outcome === "delivered" ? "info" : "warn", "delivery.attempted", {
      subscriber: subscriber.id,
      delivery,
      name: nameOf(event),
      guid: isJobEvent(event) ? event.guid : null,
      attempt: row.attempts,
      status: entry.status,
      ms: entry.ms,
      outcome,
      ...(entry.error === null ? {} : { error: entry.error }),
    });
    this.changed(before.health, standing.health);
    if (erased || !subscriber.attemptEvents || !isReported(event)) return;
    const made = {
      event,
      delivery,
      subscriber: subscriber.id,
      target: subscriber.target,
      attempt: row.attempts,
      status: entry.status,
      at: entry.time,
      ...(before.health.state === standing.health.state ? {} : { becomes: standing.health.state }),
    };
    this.#announcer.add(attemptEnvelope(made, newEventId()));
  }

  /** Writes a line when the subscriber's state is another one: `subscriber.disabled`, `subscriber.probing`, …. */
  changed(before: Health, after: Health): void {
    if (before.state === after.state) return;
    const reason = after.state === "disabled" ? { reason: after.reason } : {};
    const level: LogLevel = after.state === "active" || after.state === "paused" ? "info" : "error";
    log(this.#level(), level, `subscriber.${after.state}`, {
      subscriber: this.#subscriber,
      before: before.state,
      ...reason,
    });
  }

  #level(): LogLevel {
    const settings = settingsOf(this.#env);
    return settings.ok ? settings.value.logLevel : "info";
  }
}
