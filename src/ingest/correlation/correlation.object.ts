// The object of one correlation key of one source: it remembers runs, so that events without a job id find their job.

import { DurableObject } from "cloudflare:workers";
import { alarmAt } from "../../durable/alarm.ts";
import { utf8 } from "../../kernel/bytes.ts";
import { now } from "../../kernel/clock.io.ts";
import { sha256Hex } from "../../kernel/hmac.io.ts";
import { HOUR, type Millis } from "../../kernel/time.ts";
import type { CorrelationRpc } from "../../rpc.ts";
import { assign, guidOf, type RunEvent } from "./runs.ts";
import { CorrelationStore } from "./correlation.store.ts";

/** An event sent again within this time finds its run, however short the retention is (contract, guarantee 2). */
const LEAST_MEMORY: Millis = 72 * HOUR;

/** Runs deleted per alarm; the rest waits for the next one. */
const PRUNE_LIMIT = 500;

/** Named `{source}/{hash of the correlation context}`. */
export class Correlation extends DurableObject<Env> implements CorrelationRpc {
  readonly #store: CorrelationStore;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new CorrelationStore(ctx.storage.sql);
    this.#store.open();
  }

  /** The job of an event. The same event gets the same guid for `retention`, at least 72 h, after its run last changed. */
  async assign(event: RunEvent, retention: Millis): Promise<{ guid: string }> {
    const hash = await sha256Hex(
      utf8(`${this.ctx.id.name ?? this.ctx.id.toString()}\n${event.phase}\n${event.eventId}`),
    );
    const at = now();
    const guid = this.ctx.storage.transactionSync(() => {
      // Storage is deleted whole when the last run expires, which may have happened in this very instance.
      this.#store.open();
      const assignment = assign(this.#store.runsFor(event), event, guidOf(hash));
      if (assignment.kind === "known") return assignment.guid;
      this.#store.put(assignment.run, at + Math.max(retention, LEAST_MEMORY));
      return assignment.run.guid;
    });
    await this.#arm(at);
    return { guid };
  }

  /** Forgets runs whose time is over, and with the last one the object itself. */
  override async alarm(): Promise<void> {
    const at = now();
    this.#store.open();
    this.#store.prune(at, PRUNE_LIMIT);
    if (this.#store.nextExpiry() === null) await this.ctx.storage.deleteAll();
    else await this.#arm(at);
  }

  async #arm(at: Millis): Promise<void> {
    const next = alarmAt(at, this.#store.nextExpiry(), await this.ctx.storage.getAlarm());
    if (next !== null) await this.ctx.storage.setAlarm(next);
  }
}
