// The index of a source in its own object: all jobs of quiet days, and which days have parts.

import { now as clock } from "../../kernel/clock.io.ts";
import type { Millis } from "../../kernel/time.ts";
import { dayOf, type IndexPart, type SpreadDay } from "../../model/index-parts.ts";
import type { JobRef } from "../../model/messages.ts";
import { JobsStore, type JobQuery, type SourceJobs } from "./jobs.store.ts";
import { PartsStore } from "./parts.store.ts";
import {
  daysOfPage,
  isBusy,
  MAX_PARTS_PER_PAGE,
  NO_NEW_JOBS,
  PARTS_PER_DAY,
  withNewJob,
} from "./spread.ts";

/** The index of one source. */
export class HomeIndex {
  readonly #storage: DurableObjectStorage;
  readonly #source: string;
  readonly #jobs: JobsStore;
  readonly #parts: PartsStore;
  #newJobs = NO_NEW_JOBS;

  constructor(storage: DurableObjectStorage, source: string) {
    this.#storage = storage;
    this.#source = source;
    this.#jobs = new JobsStore(storage.sql);
    this.#parts = new PartsStore(storage.sql);
  }

  /**
   * Adds jobs, or later states of those that are here. With `takesReferral`, a job that is not here
   * and whose day has parts is not added: the answer says how its day is spread.
   */
  index(refs: readonly JobRef[], takesReferral: boolean): SpreadDay | null {
    return this.#storage.transactionSync(() => {
      let referral: SpreadDay | null = null;
      for (const ref of refs) referral = this.#put(ref, takesReferral) ?? referral;
      return referral;
    });
  }

  #put(ref: JobRef, takesReferral: boolean): SpreadDay | null {
    if (!this.#jobs.has(ref)) {
      const day = dayOf(ref.createdAt);
      if (isBusy(this.#newJobs, clock())) this.#parts.spread({ day, parts: PARTS_PER_DAY });
      const spread = takesReferral ? this.#parts.spreadOf(day) : null;
      if (spread !== null) return spread;
      this.#newJobs = withNewJob(this.#newJobs, clock());
    }
    this.#jobs.put(ref);
    return null;
  }

  /** The jobs that are here, and the days of which others are in parts. */
  jobs(query: JobQuery): SourceJobs {
    const last = dayOf(
      Math.min(query.before?.createdAt ?? Infinity, (query.until ?? Infinity) - 1),
    );
    const parts = this.#parts.between(
      query.since === undefined ? 0 : dayOf(query.since),
      Math.min(last, Number.MAX_SAFE_INTEGER),
      MAX_PARTS_PER_PAGE + PARTS_PER_DAY,
    );
    const found = this.#jobs.list(query, this.#source);
    return parts.length === 0 ? found : { ...found, ...daysOfPage(parts) };
  }

  /**
   * Removes a job, all up to `upTo` for good. One that is not here may be in a part: the answer
   * says how its day is cut.
   */
  forget(guid: string, createdAt: Millis, upTo?: Millis): SpreadDay | null {
    return this.#jobs.delete(guid, createdAt, upTo) ? null : this.#parts.spreadOf(dayOf(createdAt));
  }

  /** Notes that a part is about to hold its first job, or holds none any more. */
  notePart(part: IndexPart, holdsJobs: boolean): void {
    this.#storage.transactionSync(() => {
      if (holdsJobs) this.#parts.open(part, PARTS_PER_DAY);
      else this.#parts.close(part);
    });
  }
}
