// Jobs as far as their index goes, told and listed as the Worker does it.

import { ofSources } from "../../../src/api/jobs-list.io.ts";
import { cursorOf, positionOf, type JobPosition } from "../../../src/api/lists/paging.ts";
import { startOfDay } from "../../../src/model/index-parts.ts";
import type { JobRef } from "../../../src/model/messages.ts";
import { BUSY_NEW_JOBS } from "../../../src/source/index/spread.ts";
import type { Indexes, newIsolate } from "./indexes.ts";

export const SOURCE = "comments";
/** 2026-11-28, in days since 1970. */
export const TODAY = 20_785;
export const NOON = startOfDay(TODAY) + 43_200_000;

export const refOf = (guid: string, createdAt: number, changes: Partial<JobRef> = {}): JobRef => ({
  guid,
  account: "acme",
  status: "queueing",
  event: "job.created",
  createdAt,
  updatedAt: createdAt,
  ...changes,
});

type Isolate = Awaited<ReturnType<typeof newIsolate>>;

/** A job as far as its index goes: what its row holds, and what its memory. */
export class Job {
  readonly #world: Indexes;
  readonly #isolate: Isolate;
  ref: JobRef;
  part: number | undefined;

  constructor(world: Indexes, isolate: Isolate, ref: JobRef) {
    this.#world = world;
    this.#isolate = isolate;
    this.ref = ref;
    this.part = isolate.newWatermarks({ source: SOURCE, ...ref }).part;
  }

  /** Tells the index; what it answers is stored unless the job stops before. */
  async tell(changes: Partial<JobRef> = {}, stops = false): Promise<void> {
    this.ref = { ...this.ref, ...changes };
    const { env } = this.#world;
    const part = await this.#isolate.indexJob(env, SOURCE, { ref: this.ref, part: this.part });
    if (!stops) this.part = part;
  }

  /** It expires; with `upTo` an operator erases it. */
  async erase(upTo?: number): Promise<void> {
    const job = { source: SOURCE, ...this.ref };
    await this.#isolate.unindexJob(this.#world.env, job, this.part, upTo);
  }
}

/** Makes a source busy: its own object has as many jobs as it takes before others go to parts. */
export async function busy(world: Indexes, isolate: Isolate, at = NOON): Promise<readonly Job[]> {
  const jobs = Array.from(
    { length: BUSY_NEW_JOBS },
    (_, n) => new Job(world, isolate, refOf(`first-${n}`, at)),
  );
  for (const job of jobs) await job.tell();
  return jobs;
}

/** All jobs that a caller of the API finds page by page. */
export async function listed(
  world: Indexes,
  limit: number,
  filter: Parameters<typeof ofSources>[2] = {},
): Promise<readonly string[]> {
  const seen: string[] = [];
  let before: JobPosition | undefined;
  for (;;) {
    const env = {
      ...world.env,
      JOB: { getByName: () => ({ snapshot: () => Promise.resolve(null) }) },
    } as unknown as Env;
    const page = await ofSources(env, [SOURCE], filter, limit)(before, limit);
    if (!page.ok) throw new Error(page.fault.message);
    const { rows, more, reached } = page.value;
    seen.push(...rows.map(({ place }) => place.guid));
    const last = more ? rows.at(-1)?.place : reached;
    if (last === undefined) return seen;
    before = positionOf(cursorOf(last)) ?? undefined;
  }
}
