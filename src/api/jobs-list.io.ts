// Lists jobs: of one account from its object, or of all from the indexes of the sources.

import { parseIso, type Millis } from "../kernel/time.ts";
import type { JobSnapshot } from "../model/event.ts";
import { callObject } from "../durable/object-call.io.ts";
import { fault, ok } from "../kernel/result.ts";
import { accountObject, jobObject, sourceObject } from "../objects.ts";
import { callAll } from "./asked.io.ts";
import type { JobRow, ReadRows } from "./lists/jobs-page.ts";
import { mergeLists, type JobPosition, type SearchedList } from "./lists/paging.ts";
import { withParts } from "./source-list.io.ts";

/** Which jobs are listed; `since` and `until` bound the instant of creation. */
export interface JobsFilter {
  readonly status?: string | undefined;
  readonly event?: string | undefined;
  readonly q?: string | undefined;
  readonly since?: Millis | undefined;
  readonly until?: Millis | undefined;
}

/** What of a filter is given: over RPC an absent member and an undefined one differ. */
function given<T extends object>(
  filter: T,
): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(filter).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { readonly [K in keyof T]?: Exclude<T[K], undefined> };
}

const rowOf = (job: JobSnapshot): JobRow => ({
  place: { createdAt: parseIso(job.createdAt) ?? 0, source: job.source, guid: job.guid },
  job,
});

/**
 * Lists jobs of an account. The account answers with fewer jobs than asked for when they are large,
 * and says whether there are more.
 */
export function ofAccount(
  env: Env,
  account: string,
  filter: JobsFilter & { readonly source?: string | undefined },
): ReadRows {
  return async (before, size) => {
    const wanted = { ...given(filter), limit: size, ...(before === undefined ? {} : { before }) };
    const jobs = await callObject(() => accountObject(env, account).jobs(wanted));
    if (!jobs.ok) return jobs;
    const { jobs: found, ...end } = jobs.value;
    return ok({ rows: found.map(rowOf), ...end });
  };
}

/**
 * Lists at most `limit` jobs of several sources. Each index is read once, the jobs some at a time.
 * One instance serves one page.
 */
export function ofSources(
  env: Env,
  sources: readonly string[],
  filter: JobsFilter,
  limit: number,
): ReadRows {
  let list: SearchedList<JobPosition> | null = null;
  let at = 0;
  const indexed = async (before: JobPosition | undefined) => {
    const wanted = {
      ...given(filter),
      limit: limit + 1,
      ...(before === undefined ? {} : { before }),
    };
    const homes = await callAll(
      sources.map((source) => () => sourceObject(env, source).jobs(wanted)),
    );
    if (!homes.ok) return homes;
    const lists: SearchedList<JobPosition>[] = [];
    for (const [index, home] of homes.value.entries()) {
      const found = await withParts(env, { source: sources[index] ?? "", query: wanted }, home);
      if (!found.ok) return found;
      lists.push(found.value);
    }
    return ok(mergeLists(lists, limit + 1));
  };
  return async (before, size) => {
    if (list === null) {
      const found = await indexed(before);
      if (!found.ok) return fault(found.fault);
      list = found.value;
    }
    const { items, reached } = list;
    const part = items.slice(at, at + size);
    at += part.length;
    const jobs = await callAll(
      part.map(
        ({ source, guid }) =>
          () =>
            jobObject(env, source, guid).snapshot(),
      ),
    );
    if (!jobs.ok) return jobs;
    const rows = part.map((place, index) => {
      const job = jobs.value[index] ?? null;
      // The index may not know the newest event yet; a row of an earlier version knows none.
      const fits = filter.event === undefined || job?.event === filter.event;
      return { place, job: fits ? job : null };
    });
    const more = items.length > at;
    return ok({ rows, more, ...(more || reached === null ? {} : { reached }) });
  };
}
