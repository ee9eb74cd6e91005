// A list of a source whose busy days are in parts: which of them a page needs, and where it ends.

import { startOfDay } from "../../model/index-parts.ts";
import type { SearchedList, JobPosition } from "./paging.ts";

/** True when no job of a day, or of one before it, belongs to a list of at most `limit` jobs. */
export function endsAfter(
  { items, reached }: SearchedList<JobPosition>,
  day: number,
  limit: number,
): boolean {
  const next = startOfDay(day + 1);
  const last = items[limit - 1];
  return (
    (last !== undefined && last.createdAt >= next) ||
    (reached !== null && reached.createdAt >= next)
  );
}

/** A list of which nothing is known from a day on backwards: it ends before it. */
export function cutBefore<T extends JobPosition>(
  list: SearchedList<T>,
  day: number,
): SearchedList<T> {
  // Before every job of the last instant of that day.
  const reached = { createdAt: startOfDay(day + 1) - 1, source: "", guid: "" };
  return { items: list.items.filter(({ createdAt }) => createdAt > reached.createdAt), reached };
}
