// One page of jobs: bounded in number, and in bytes as well, for a job's details may be a megabyte.

import { utf8 } from "../kernel/bytes.ts";
import type { JobSnapshot } from "../model/event.ts";
import type { CallFault } from "../durable/object-call.io.ts";
import { ok, type Result } from "../kernel/result.ts";
import { cursorOf, type JobPosition } from "./paging.ts";

/** A place in the list, and the job there; `null` when it was erased meanwhile. */
export interface JobRow {
  readonly place: JobPosition;
  readonly job: JobSnapshot | null;
}

/** The next rows of a list, and whether it goes on after them. */
export interface JobRows {
  readonly rows: readonly JobRow[];
  readonly more: boolean;
}

/** Reads at most `size` rows after `before`, the place of the row that was read last; without one from the beginning. */
export type ReadRows = (
  before: JobPosition | undefined,
  size: number,
) => Promise<Result<JobRows, CallFault>>;

/** Bytes of a page at which it ends, its last job aside: an isolate has 128 MB, and answers several requests at once. */
export const MAX_PAGE_BYTES = 8_000_000;

/** Jobs read at once: of the largest they are 24 MB, below the 32 MiB of one call to an object. */
export const CHUNK = 16;

/** The page as JSON text: each job is written out once, to be measured and to be sent. At least one job, however large. */
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
      const text = job === null ? null : JSON.stringify(job);
      const size = text === null ? 0 : utf8(text).byteLength;
      if (items.length > 0 && bytes + size > MAX_PAGE_BYTES) return ok(pageText(items, before));
      if (text !== null) items.push(text);
      bytes += size;
      before = place;
    }
    left -= chunk.value.rows.length;
    if (!chunk.value.more) return ok(pageText(items, undefined));
  }
  return ok(pageText(items, before));
}

const pageText = (items: readonly string[], last: JobPosition | undefined): string =>
  `{"items":[${items.join(",")}],"cursor":${JSON.stringify(last === undefined ? null : cursorOf(last))}}`;
