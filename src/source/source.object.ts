// The object of one source: the index of its jobs, and what became of its webhooks.

import { DurableObject } from "cloudflare:workers";
import { alarmAt } from "../durable/alarm.ts";
import { now as clock } from "../kernel/clock.io.ts";
import type { JobRef, Rejection, Tally } from "../model/messages.ts";
import type { SourceRpc } from "../rpc.ts";
import type { Millis } from "../kernel/time.ts";
import { inspected, saveAt, type Inspection, type SourceCounts } from "./inspection.ts";
import { SourceStore, type JobQuery } from "./source.store.ts";

/** What is in memory and not in storage: nothing, counts, or refused requests as well. */
type Unsaved = "nothing" | "counts" | "rejected";

/** Named by the source's id. */
export class Source extends DurableObject<Env> implements SourceRpc {
  readonly #store: SourceStore;
  /** Read when it is first needed. */
  #inspection: Inspection | null = null;
  #unsaved: Unsaved = "nothing";
  /** When this instance wrote last. */
  #savedAt: Millis | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new SourceStore(ctx.storage.sql);
  }

  /** Takes over what jobs say of themselves; a later `updatedAt` wins, in whatever order they come. */
  async index(refs: readonly JobRef[]): Promise<void> {
    this.ctx.storage.transactionSync(() => {
      for (const ref of refs) this.#store.put(ref);
    });
  }

  /** Jobs of this source, newest first, those of one instant by guid, at most 500. */
  async jobs(query: JobQuery): Promise<readonly JobRef[]> {
    return this.#store.list(query, this.ctx.id.name ?? "");
  }

  /** Removes a job from the index; with its `createdAt` that costs one row, without it a search. */
  async forget(guid: string, createdAt: Millis | null = null): Promise<void> {
    this.#store.delete(guid, createdAt);
  }

  /** Adds what an isolate has counted. It is kept in memory, and written at once or with what comes in the seconds after the last write. */
  async count(tally: Tally): Promise<void> {
    const now = clock();
    this.#inspection = inspected(this.#known(), tally, now);
    if (tally.rejected.length > 0) this.#unsaved = "rejected";
    else if (this.#unsaved === "nothing") this.#unsaved = "counts";
    const due = saveAt(now, this.#savedAt);
    if (due <= now) return this.#save(now);
    const at = alarmAt(now, due, await this.ctx.storage.getAlarm());
    if (at !== null) await this.ctx.storage.setAlarm(at);
  }

  /** How many webhooks became what, and when a verified one came last. */
  async counts(): Promise<SourceCounts> {
    const { counts, since, seenAt } = this.#known();
    return { counts, since, seenAt };
  }

  /** The last refused webhooks, newest first. */
  async rejected(): Promise<readonly Rejection[]> {
    return this.#known().rejected;
  }

  /** Writes what is not written yet; twice, early or late changes nothing. What is in memory when an instance ends is lost. */
  override async alarm(): Promise<void> {
    this.#save(clock());
  }

  #known(): Inspection {
    this.#inspection ??= this.#store.inspection();
    return this.#inspection;
  }

  #save(now: Millis): void {
    if (this.#unsaved === "nothing") return;
    const withRejected = this.#unsaved === "rejected";
    this.ctx.storage.transactionSync(() => this.#store.saveInspection(this.#known(), withRejected));
    this.#unsaved = "nothing";
    this.#savedAt = now;
  }
}
