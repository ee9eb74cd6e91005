import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  cursorOf,
  mergeLists,
  positionOf,
  type JobPosition,
} from "../../../../src/api/lists/paging.ts";
import { JobsStore } from "../../../../src/source/index/jobs.store.ts";
import { migrateSource } from "../../../../src/source/source.store.ts";
import { openStorage } from "../../deliver/sqlite.ts";
import { runs } from "../../runs.ts";

/** Jobs that a search of these sources looks at. */
const EXAMINED = 2;

function newStore(): JobsStore {
  const { storage } = openStorage();
  migrateSource(storage);
  return new JobsStore(storage.sql, EXAMINED);
}

/** Sources on a real database, each with its jobs. */
function sourcesOf(jobs: readonly JobPosition[]): ReadonlyMap<string, JobsStore> {
  const stores = new Map<string, JobsStore>();
  for (const { source, guid, createdAt } of jobs) {
    const store = stores.get(source) ?? newStore();
    stores.set(source, store);
    const status = isRare({ guid }) ? "error" : "done";
    store.put({ guid, account: "acme", status, createdAt, updatedAt: createdAt });
  }
  return stores;
}

/** Every job of the list, read page by page with the cursors that a caller sees. */
function readAll(
  stores: ReadonlyMap<string, JobsStore>,
  limit: number,
  filter: { readonly status?: string } = {},
): readonly JobPosition[] {
  const seen: JobPosition[] = [];
  for (let before: JobPosition | null = null; ;) {
    const query = { ...filter, limit: limit + 1, ...(before === null ? {} : { before }) };
    const lists = [...stores].map(([source, store]) => {
      const { refs, reached } = store.list(query, source);
      return { items: refs.map(({ guid, createdAt }) => ({ source, guid, createdAt })), reached };
    });
    const { items, reached } = mergeLists(lists, limit + 1);
    const page = items.slice(0, limit);
    seen.push(...page);
    const last = items.length > limit ? page.at(-1) : reached;
    if (last === undefined || last === null) return seen;
    before = positionOf(cursorOf(last));
    expect(before).toEqual(last);
  }
}

/** Jobs that a search by status finds. */
const isRare = ({ guid }: Pick<JobPosition, "guid">): boolean => guid === "1" || guid === "Z";

const nameOf = ({ source, guid }: JobPosition): string => `${source}/${guid}`;

const at = (source: string, guid: string): JobPosition => ({ source, guid, createdAt: 5 });

const job = fc.record({
  source: fc.constantFrom("a", "b", "b-1", "c"),
  // The order of UTF-8 and that of strings differ on the last two.
  guid: fc.constantFrom("1", "10", "2", "Z", "z", "é", "\u{1f600}", "\uff5e"),
  createdAt: fc.constantFrom(0, 1, 2),
});

describe("pages of jobs of several sources", () => {
  test("hold every job exactly once, newest first, whatever their size", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(job, { selector: nameOf, maxLength: 32 }),
        fc.integer({ min: 1, max: 8 }),
        (jobs, limit) => {
          const stores = sourcesOf(jobs);
          const read = readAll(stores, limit);
          expect(read.map(nameOf).toSorted()).toEqual(jobs.map(nameOf).toSorted());
          expect(read).toEqual(readAll(stores, 100));
          const found = readAll(stores, limit, { status: "error" });
          expect(found).toEqual(read.filter(isRare));
          const order = read.map(({ createdAt, source }) => [-createdAt, source] as const);
          expect(order).toEqual(
            order.toSorted(
              (left, right) =>
                left[0] - right[0] || (left[1] < right[1] ? -1 : Number(left[1] > right[1])),
            ),
          );
        },
      ),
      { numRuns: runs(150) },
    );
  });

  test("of one instant are in the order of source and guid", () => {
    const stores = sourcesOf([at("b", "1"), at("a", "2"), at("b", "0"), at("a", "1")]);
    expect(readAll(stores, 1)).toEqual([at("a", "1"), at("a", "2"), at("b", "0"), at("b", "1")]);
  });
});

describe("a cursor", () => {
  test.each([
    "",
    "!",
    "bm9wZQ",
    "W10",
    "WzEsMl0",
    "WyIxIiwiYSIsImIiXQ",
    "WzEsMiwzXQ",
    "eyJhIjoxfQ",
    "WzFlOTk5LCJhIiwiYiJd",
  ])("that this relay did not make is none: %j", (text) => {
    expect(positionOf(text)).toBeNull();
  });

  test("has no character that a URL would have to escape", () => {
    expect(cursorOf({ createdAt: 1, source: "a", guid: "\u{1f600}???>>>~~~" })).toMatch(
      /^[A-Za-z0-9_-]+$/,
    );
  });
});
