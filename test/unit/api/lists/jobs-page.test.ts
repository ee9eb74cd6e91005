import { describe, expect, test } from "vitest";
import {
  CHUNK,
  jobsPage,
  MAX_PAGE_BYTES,
  type JobRow,
  type ReadRows,
} from "../../../../src/api/lists/jobs-page.ts";
import { positionOf, type JobPosition } from "../../../../src/api/lists/paging.ts";
import type { JobSnapshot } from "../../../../src/model/event.ts";
import { fault, ok } from "../../../../src/kernel/result.ts";

/** A row whose job is as long as told, in characters of one byte. */
const row = (index: number, filler: string = ""): JobRow => ({
  place: { createdAt: 1_000 - index, source: "s", guid: `g${index}` },
  job: { guid: `g${index}`, details: { filler } } as unknown as JobSnapshot,
});

/** A list in memory that notes how much it was asked for. */
function listOf(rows: readonly JobRow[]): { readonly read: ReadRows; readonly sizes: number[] } {
  const sizes: number[] = [];
  const read = async (before: JobPosition | undefined, size: number) => {
    sizes.push(size);
    const from =
      before === undefined ? 0 : rows.findIndex(({ place }) => place.guid === before.guid) + 1;
    return ok({ rows: rows.slice(from, from + size), more: rows.length > from + size });
  };
  return { read, sizes };
}

async function page(
  read: ReadRows,
  limit: number,
  start?: JobPosition,
): Promise<{ readonly guids: readonly string[]; readonly cursor: string | null }> {
  const text = await jobsPage(read, start, limit);
  if (!text.ok) throw new Error(text.fault.message);
  const { items, cursor } = JSON.parse(text.value) as {
    items: { guid: string }[];
    cursor: string | null;
  };
  return { guids: items.map(({ guid }) => guid), cursor };
}

const guids = (count: number, from: number = 0): readonly string[] =>
  Array.from({ length: count }, (_, index) => `g${from + index}`);
const rows = (count: number, filler = ""): readonly JobRow[] =>
  Array.from({ length: count }, (_, index) => row(index, filler));

describe("a page of jobs", () => {
  test("of an empty list is empty", async () => {
    expect(await page(listOf([]).read, 10)).toEqual({ guids: [], cursor: null });
  });

  test("ends without a cursor when the list does, at the limit too", async () => {
    expect(await page(listOf(rows(20)).read, 20)).toEqual({ guids: guids(20), cursor: null });
    expect((await page(listOf(rows(21)).read, 20)).cursor).not.toBeNull();
  });

  test("ends where a search has examined enough, with the cursor that goes on from there", async () => {
    const reached = { createdAt: 7, source: "s", guid: "far" };
    const read: ReadRows = async () => ok({ rows: rows(2), more: false, reached });
    const found = await page(read, 10);
    expect([found.guids, positionOf(found.cursor ?? "")]).toEqual([guids(2), reached]);
  });

  test("reads in parts, so that few large jobs are in memory at once", async () => {
    const list = listOf(rows(50));
    await page(list.read, 40);
    expect(list.sizes).toEqual([CHUNK, CHUNK, 40 - 2 * CHUNK]);
  });

  test("stops before it is too long, and the next one goes on with the job that did not fit", async () => {
    const list = listOf(rows(30, "x".repeat(1_000_000)));
    const seen: string[] = [];
    let pages = 0;
    for (let start: JobPosition | undefined; ;) {
      const { guids: some, cursor } = await page(list.read, 100, start);
      pages += 1;
      seen.push(...some);
      expect(some.length).toBeLessThanOrEqual(MAX_PAGE_BYTES / 1_000_000);
      if (cursor === null) break;
      start = positionOf(cursor) ?? undefined;
    }
    expect({ seen, pages }).toEqual({ seen: guids(30), pages: 5 });
  });

  test("counts bytes, not characters", async () => {
    const { guids: some } = await page(listOf(rows(16, "€".repeat(500_000))).read, 16);
    expect(some).toHaveLength(5);
  });

  test("holds one job that is longer than a page may be", async () => {
    const { guids: some, cursor } = await page(
      listOf(rows(2, "x".repeat(MAX_PAGE_BYTES + 1))).read,
      10,
    );
    expect([some, cursor === null ? null : positionOf(cursor)?.guid]).toEqual([["g0"], "g0"]);
  });

  test("leaves out what was erased meanwhile, and its cursor goes past it", async () => {
    const list = listOf([
      row(0),
      { ...row(1), job: null },
      row(2),
      { ...row(3), job: null },
      row(4),
    ]);
    const { guids: some, cursor } = await page(list.read, 4);
    expect([some, cursor === null ? null : positionOf(cursor)?.guid]).toEqual([["g0", "g2"], "g3"]);
  });

  test("is none when the list cannot be read to its end", async () => {
    const unreachable = fault({ reason: "unreachable", message: "gone" } as const);
    const list = listOf(rows(30));
    const broken: ReadRows = async (before, size) =>
      before === undefined ? list.read(before, size) : unreachable;
    expect(await jobsPage(broken, undefined, 20)).toEqual(unreachable);
    expect((await jobsPage(broken, undefined, 10)).ok).toBe(true);
  });
});
