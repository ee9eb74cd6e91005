// The object of one correlation key: it finds the jobs of events that name none.

import { DurableObject } from "cloudflare:workers";
import { ObjectAlarm } from "../../durable/alarm.io.ts";
import { earliest } from "../../durable/alarm.ts";
import { utf8 } from "../../kernel/bytes.ts";
import { now } from "../../kernel/clock.io.ts";
import { sha256Hex } from "../../kernel/hmac.io.ts";
import { HOUR, type Millis } from "../../kernel/time.ts";
import type { CorrelationRpc } from "../../rpc.ts";
import { CorrelationStore } from "./correlation.store.ts";
import { assign, newGuid, type RunEvent } from "./runs.ts";

/** An event sent again within this time finds its run, however short the retention is. */
const MIN_RETENTION: Millis = 72 * HOUR;

/** Runs looked at per alarm; the rest waits for the next one. */
const MAX_RUNS_PER_ALARM = 2_000;

/** Looking for expired runs reads all of them, so it is done at most this often. */
const PRUNE_INTERVAL: Millis = HOUR;

/** Named `{source}/{hash of the correlation context}`. */
export class Correlation extends DurableObject<Env> implements CorrelationRpc {
  readonly #store: CorrelationStore;
  readonly #alarm: ObjectAlarm;
  /** The alarm has looked at the runs up to this guid, and this one of them expires next. */
  #pruned = "";
  #nextExpiry: Millis | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new CorrelationStore(ctx.storage);
    this.#store.open();
    this.#alarm = new ObjectAlarm(ctx.storage);
    void ctx.blockConcurrencyWhile(async () => {
      await this.#alarm.load();
      if (!this.#alarm.isSet && !this.#store.isEmpty()) this.#alarm.arm(now() + PRUNE_INTERVAL);
    });
  }

  /**
   * The job of an event. The same event gets the same guid for `retention`, at least 72 h, after
   * its run last changed.
   */
  async assign(event: RunEvent, retention: Millis): Promise<{ guid: string }> {
    const keptFor = Math.max(retention, MIN_RETENTION);
    const hash = await sha256Hex(
      utf8(`${this.ctx.id.name ?? this.ctx.id.toString()}\n${event.phase}\n${event.eventId}`),
    );
    const at = now();
    const guid = this.ctx.storage.transactionSync(() => {
      // The last run that expires deletes the whole storage, perhaps while this instance lived.
      this.#store.open();
      const own = newGuid("", hash);
      const fresh = newGuid(event.guidPrefix ?? "", hash);
      const runs = this.#store.runsFor(event, [fresh, own]);
      const assignment = assign(runs, event, { fresh, now: at });
      if (assignment.kind === "known") return assignment.guid;
      const joined = assignment.kind === "joins" ? event.eventId : null;
      this.#store.put(assignment.run, at + keptFor, joined);
      return assignment.run.guid;
    });
    // Moves no alarm that is set: it finds out what is next.
    this.#alarm.arm(at + keptFor);
    return { guid };
  }

  /** Forgets runs whose time is over, and with the last one the object itself. */
  override async alarm(): Promise<void> {
    this.#alarm.fired();
    this.#store.open();
    const { end, nextExpiry } = this.#store.prune(this.#pruned, now(), MAX_RUNS_PER_ALARM);
    this.#nextExpiry = earliest(this.#nextExpiry, nextExpiry);
    this.#pruned = end ?? "";
    if (end !== null) this.#alarm.arm(now() + 1);
    else await this.#endPrune();
    await this.#alarm.settled();
  }

  async #endPrune(): Promise<void> {
    const next = this.#nextExpiry;
    this.#nextExpiry = null;
    if (next === null && this.#store.isEmpty()) await this.ctx.storage.deleteAll();
    else this.#alarm.arm(Math.max(next ?? 0, now() + PRUNE_INTERVAL));
  }
}
