// The object of one correlation key: it finds the jobs of events that name none.

import { DurableObject } from "cloudflare:workers";
import { ObjectAlarm } from "../../durable/alarm.io.ts";
import { utf8 } from "../../kernel/bytes.ts";
import { now } from "../../kernel/clock.io.ts";
import { sha256Hex } from "../../kernel/hmac.io.ts";
import { HOUR, type Millis } from "../../kernel/time.ts";
import type { CorrelationRpc } from "../../rpc.ts";
import { CorrelationStore } from "./correlation.store.ts";
import { assign, newGuid, type RunEvent } from "./runs.ts";

/** An event sent again within this time finds its run, however short the retention is. */
const MIN_RETENTION: Millis = 72 * HOUR;

/** Runs deleted per alarm; the rest waits for the next one. */
const MAX_RUNS_PER_ALARM = 500;

/** Named `{source}/{hash of the correlation context}`. */
export class Correlation extends DurableObject<Env> implements CorrelationRpc {
  readonly #store: CorrelationStore;
  readonly #alarm: ObjectAlarm;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new CorrelationStore(ctx.storage.sql);
    this.#store.open();
    this.#alarm = new ObjectAlarm(ctx.storage);
    void ctx.blockConcurrencyWhile(async () => {
      await this.#alarm.load();
      this.#alarm.arm(this.#store.nextExpiry());
    });
  }

  /**
   * The job of an event. The same event gets the same guid for `retention`, at least 72 h, after
   * its run last changed.
   */
  async assign(event: RunEvent, retention: Millis): Promise<{ guid: string }> {
    const hash = await sha256Hex(
      utf8(`${this.ctx.id.name ?? this.ctx.id.toString()}\n${event.phase}\n${event.eventId}`),
    );
    const guid = this.ctx.storage.transactionSync(() => {
      // The last run that expires deletes the whole storage, perhaps while this instance lived.
      this.#store.open();
      const fresh = newGuid(event.guidPrefix ?? "", hash);
      const assignment = assign(this.#store.runsFor(event), event, fresh);
      if (assignment.kind === "known") return assignment.guid;
      this.#store.put(assignment.run, now() + Math.max(retention, MIN_RETENTION));
      return assignment.run.guid;
    });
    this.#alarm.arm(this.#store.nextExpiry());
    return { guid };
  }

  /** Forgets runs whose time is over, and with the last one the object itself. */
  override async alarm(): Promise<void> {
    this.#alarm.fired();
    this.#store.open();
    this.#store.prune(now(), MAX_RUNS_PER_ALARM);
    const next = this.#store.nextExpiry();
    if (next === null) await this.ctx.storage.deleteAll();
    this.#alarm.arm(next);
  }
}
