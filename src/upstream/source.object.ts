// The object of one source: the index of its jobs.

import { DurableObject } from "cloudflare:workers";
import type { JobRef } from "../kernel/handoff.ts";
import type { Millis } from "../kernel/time.ts";
import { SourceStore, type JobQuery } from "./source.store.ts";

/** Named by the source's id. */
export class Source extends DurableObject<Env> {
  readonly #store: SourceStore;

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
}
