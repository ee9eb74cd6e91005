// A part of the index of a source: some of the jobs of one day, in an object that exists as long as
// it holds any.

import { migrate, tableNames } from "../../durable/migrations.store.ts";
import { now as clock } from "../../kernel/clock.io.ts";
import type { Millis } from "../../kernel/time.ts";
import type { IndexPart } from "../../model/index-parts.ts";
import type { JobRef } from "../../model/messages.ts";
import { sourceObject } from "../../objects.ts";
import { JOBS_TABLE, JobsStore, type JobQuery, type JobRefs } from "./jobs.store.ts";

const MIGRATIONS = [JOBS_TABLE.made, JOBS_TABLE.withEvent, JOBS_TABLE.withGone];

/** What a part is. */
interface PartDeps {
  readonly env: Env;
  readonly source: string;
  readonly part: IndexPart;
}

/** One part. */
export class PartIndex {
  readonly #storage: DurableObjectStorage;
  readonly #deps: PartDeps;
  readonly #jobs: JobsStore;
  /** True while this part has its table, and the source's object knows that it holds jobs. */
  #isOpen: boolean;
  /** Openings and closings follow each other, so that the source's object hears them in order. */
  #turn: Promise<void> = Promise.resolve();

  constructor(storage: DurableObjectStorage, deps: PartDeps) {
    this.#storage = storage;
    this.#deps = deps;
    this.#jobs = new JobsStore(storage.sql);
    this.#isOpen = tableNames(storage.sql).has("jobs");
    if (this.#isOpen) migrate(storage, MIGRATIONS);
  }

  /** Adds jobs, or later states of them. The source's object knows of the part before its first. */
  async index(refs: readonly JobRef[]): Promise<null> {
    await this.#opened();
    this.#storage.transactionSync(() => {
      for (const ref of refs) this.#jobs.put(ref);
    });
    return null;
  }

  /** The jobs that are here. */
  jobs(query: JobQuery): JobRefs {
    return this.#isOpen ? this.#jobs.list(query, this.#deps.source) : { refs: [], reached: null };
  }

  /**
   * Removes a job, all up to `upTo` for good; with the last one the part ceases to exist, a day
   * after an erasure.
   */
  async forget(guid: string, createdAt: Millis, upTo?: Millis): Promise<null> {
    if (upTo !== undefined) await this.#opened();
    if (this.#isOpen) this.#jobs.delete(guid, createdAt, upTo);
    await this.closeIfEmpty();
    return null;
  }

  /** Ends a part without jobs, unless something of an erased one may still come late. */
  async closeIfEmpty(): Promise<void> {
    // Of a part without tables the source's object may not have heard, if the last call failed.
    if (!this.#isOpen || this.#jobs.isEmpty(clock())) await this.#inTurn(() => this.#close());
  }

  /** What waits behind a closing may find the part closed once more. */
  async #opened(): Promise<void> {
    while (!this.#isOpen) await this.#inTurn(() => this.#open());
  }

  async #open(): Promise<void> {
    if (this.#isOpen) return;
    await this.#note(true);
    migrate(this.#storage, MIGRATIONS);
    this.#isOpen = true;
  }

  async #close(): Promise<void> {
    if (this.#isOpen && !this.#jobs.isEmpty(clock())) return;
    this.#isOpen = false;
    await this.#storage.deleteAll();
    await this.#note(false);
  }

  #note(holdsJobs: boolean): Promise<void> {
    const { env, source, part } = this.#deps;
    return sourceObject(env, source).notePart(part, holdsJobs);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
