// The jobs of one source: those in its own object, and for busy days those in parts of its index.

import { callInTurn } from "./asked.io.ts";
import type { CallFault } from "../durable/object-call.io.ts";
import { ok, type Result } from "../kernel/result.ts";
import { indexPartObject } from "../objects.ts";
import type { JobQuery, JobRefs, SourceJobs } from "../source/index/jobs.store.ts";
import { mergeLists, type JobPosition, type SearchedList } from "./lists/paging.ts";
import { cutBefore, endsAfter } from "./lists/spread-list.ts";

/**
 * Completes a page that the object of a source has begun: day by day, the newest first, until it
 * has `limit` jobs. A page reads a bounded number of parts and goes on by its cursor.
 */
export async function withParts(
  env: Env,
  { source, query }: { readonly source: string; readonly query: JobQuery },
  { days = [], nextDay = null, ...home }: SourceJobs,
): Promise<Result<SearchedList<JobPosition>, CallFault>> {
  const { limit } = query;
  let list = listOf(source, home);
  for (const { day, parts } of days) {
    if (endsAfter(list, day, limit)) return ok(list);
    const read = parts.map((part) => () => indexPartObject(env, source, { day, part }).jobs(query));
    const found = await callInTurn(read);
    if (!found.ok) return found;
    list = mergeLists([list, ...found.value.map((refs) => listOf(source, refs))], limit);
  }
  return ok(nextDay === null || endsAfter(list, nextDay, limit) ? list : cutBefore(list, nextDay));
}

const listOf = (source: string, { refs, reached }: JobRefs): SearchedList<JobPosition> => ({
  items: refs.map(({ guid, createdAt }) => ({ guid, createdAt, source })),
  reached,
});
