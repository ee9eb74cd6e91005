// One page of jobs, limited in number and in bytes: the details of one job may be a megabyte.

import { writeJson } from "../../kernel/json.ts";
import { utf8 } from "../../kernel/bytes.ts";
import type { JobSnapshot } from "../../model/event.ts";
import type { CallFault } from "../../durable/object-call.io.ts";
import { ok, type Result } from "../../kernel/result.ts";
import { cursorOf, type JobPosition } from "./paging.ts";

/** A position in the list and its job; `null` when the job was erased meanwhile. */
export interface JobRow {
  readonly place: JobPosition;
  readonly job: JobSnapshot | null;
}

/** The next rows of a list, and whether there are more. */
export interface JobRows {
  readonly rows: readonly JobRow[];
  readonly more: boolean;
  /** Where a search ended that had examined enough: the page ends, and the next begins there. */
  readonly reached?: JobPosition;
}

/**
 * Reads at most `size` rows after `before`, the position of the last row read; without one, from
 * the beginning.
 */
export type ReadRows = (
  before: JobPosition | undefined,
  size: number,
) => Promise<Result<JobRows, CallFault>>;

/**
 * A page ends with the job that reaches this many bytes: an isolate has 128 MB and answers several
 * requests at once.
 */
export const MAX_PAGE_BYTES = 8_000_000;

/** Jobs read at once: of the largest they are 24 MB, below the 32 MiB of one call to an object. */
export const CHUNK = 16;

/**
 * Writes the page as JSON text. Each job becomes text once, for its size and for the answer. A page
 * has at least one job, however large.
 */
export async function jobsPage(
  read: ReadRows,
  start: JobPosition | undefined,
  limit: number,
): Promise<Result<string, CallFault>> {
  const items: string[] = [];
  let bytes = 0;
  let before = start;
  for (let left = limit; left > 0;) {
    const chunk = await read(before, Math.min(left, CHUNK));
    if (!chunk.ok) return chunk;
    for (const { place, job } of chunk.value.rows) {
      const text = job === null ? null : writeJson(job);
      const size = text === null ? 0 : utf8(text).byteLength;
      if (items.length > 0 && bytes + size > MAX_PAGE_BYTES) return ok(pageText(items, before));
      if (text !== null) items.push(text);
      bytes += size;
      before = place;
    }
    if (chunk.value.reached !== undefined) return ok(pageText(items, chunk.value.reached));
    left -= chunk.value.rows.length;
    if (!chunk.value.more) return ok(pageText(items, undefined));
  }
  return ok(pageText(items, before));
}

const pageText = (items: readonly string[], last: JobPosition | undefined): string =>
  `{"items":[${items.join(",")}],"cursor":${JSON.stringify(last === undefined ? null : cursorOf(last))}}`;
