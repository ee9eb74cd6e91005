import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { JobRef } from "../../../src/model/messages.ts";
import {
  MAX_EXAMINED_REFS,
  type JobQuery,
  type JobRefs,
} from "../../../src/source/index/jobs.store.ts";

const ref = (guid: string, createdAt: number, changes: Partial<JobRef> = {}): JobRef => ({
  guid,
  account: "acme",
  status: "queueing",
  createdAt,
  updatedAt: createdAt,
  ...changes,
});

const guids = ({ refs }: { readonly refs: readonly JobRef[] }): readonly string[] =>
  refs.map(({ guid }) => guid);

describe("the index of jobs", () => {
  test("lists the newest first, those of one instant by guid, after an eviction too", async () => {
    const source = env.SOURCE.getByName("order");
    await source.index([ref("b", 2), ref("a", 1), ref("d", 3), ref("c", 3)]);
    await evictDurableObject(source);
    expect((await env.SOURCE.getByName("order").jobs({ limit: 10 })).refs).toEqual([
      ref("c", 3),
      ref("d", 3),
      ref("b", 2),
      ref("a", 1),
    ]);
  });

  test("pages hold every job once", async () => {
    const source = env.SOURCE.getByName("pages");
    await source.index(
      Array.from({ length: 7 }, (_, index) => ref(`g${index}`, Math.floor(index / 3))),
    );
    const seen: string[] = [];
    let before: { createdAt: number; source: string; guid: string } | undefined;
    for (let page = 0; page < 4; page += 1) {
      const jobs = await source.jobs({ limit: 2, ...(before === undefined ? {} : { before }) });
      seen.push(...guids(jobs));
      const last = jobs.refs.at(-1);
      if (last !== undefined)
        before = { createdAt: last.createdAt, source: "pages", guid: last.guid };
    }
    expect(seen).toEqual(["g6", "g3", "g4", "g5", "g0", "g1", "g2"]);
  });

  test("filters by status and account, together too", async () => {
    const source = env.SOURCE.getByName("filters");
    await source.index([
      ref("a", 1, { status: "done" }),
      ref("b", 2, { status: "done", account: "globex" }),
      ref("c", 3),
      ref("d", 4, { status: "done" }),
    ]);
    expect(guids(await source.jobs({ status: "done", limit: 10 }))).toEqual(["d", "b", "a"]);
    expect(guids(await source.jobs({ account: "acme", limit: 10 }))).toEqual(["d", "c", "a"]);
    expect(guids(await source.jobs({ account: "acme", status: "done", limit: 10 }))).toEqual([
      "d",
      "a",
    ]);
    expect(
      guids(
        await source.jobs({
          account: "acme",
          status: "done",
          before: { createdAt: 4, source: "filters", guid: "d" },
          limit: 10,
        }),
      ),
    ).toEqual(["a"]);
    expect(guids(await source.jobs({ status: "' OR 1=1 --", limit: 10 }))).toEqual([]);
  });

  test("filters by event, by part of a guid, and by the instant of creation", async () => {
    const source = env.SOURCE.getByName("more-filters");
    await source.index([
      ref("exp-1", 10, { event: "job.created" }),
      ref("exp-2", 20, { event: "job.failed", status: "error" }),
      ref("a_b%c", 30, { event: "job.stalled" }),
      ref("old", 40),
    ]);
    const found = async (query: Omit<JobQuery, "limit">) =>
      guids(await source.jobs({ ...query, limit: 10 }));
    // A row of an earlier version has no event: its job is asked.
    expect(await found({ event: "job.failed" })).toEqual(["old", "exp-2"]);
    expect(await found({ q: "exp" })).toEqual(["exp-2", "exp-1"]);
    expect(await found({ q: "_b%" })).toEqual(["a_b%c"]);
    expect(await found({ q: "%" })).toEqual(["a_b%c"]);
    expect(await found({ q: "EXP" })).toEqual([]);
    expect(await found({ since: 20, until: 40 })).toEqual(["a_b%c", "exp-2"]);
    expect(await found({ since: 41 })).toEqual([]);
    expect(await found({ until: 10 })).toEqual([]);
    const before = { createdAt: 30, source: "more-filters", guid: "a_b%c" };
    expect(await found({ since: 15, until: 25, before })).toEqual(["exp-2"]);
    expect(await found({ since: 15, until: 35, before })).toEqual(["exp-2"]);
    expect(await found({ until: 20, before })).toEqual(["exp-1"]);
  });

  test("the later word on a job wins, in whatever order they come", async () => {
    const source = env.SOURCE.getByName("upsert");
    await source.index([ref("a", 1, { status: "progress", updatedAt: 5 })]);
    await source.index([
      ref("a", 1, { status: "queueing", updatedAt: 4 }),
      ref("a", 1, { status: "done", updatedAt: 6 }),
    ]);
    await source.index([
      ref("a", 1, { status: "progress", updatedAt: 5 }),
      ref("a", 1, { status: "error", updatedAt: 6 }),
    ]);
    expect((await source.jobs({ limit: 10 })).refs).toEqual([
      ref("a", 1, { status: "done", updatedAt: 6 }),
    ]);
  });

  test("a forgotten job is gone", async () => {
    const source = env.SOURCE.getByName("forget");
    await source.index([ref("a", 1), ref("b", 2), ref("c", 3)]);
    await source.forget("a", 1);
    await source.forget("b", 2);
    await source.forget("c", 99);
    await source.forget("nobody", 3);
    expect(guids(await source.jobs({ limit: 10 }))).toEqual(["c"]);
  });

  test("a change costs one row, an older word none", async () => {
    const source = env.SOURCE.getByName("rows");
    const written = (change: JobRef) =>
      runInDurableObject(source, async (object, ctx) => {
        const total = () =>
          ctx.storage.sql.exec<{ n: number }>("SELECT total_changes() AS n").one().n;
        const before = total();
        await object.index([change]);
        return total() - before;
      });
    expect([
      await written(ref("a", 1)),
      await written(ref("a", 1, { updatedAt: 2 })),
      await written(ref("a", 1, { updatedAt: 1 })),
    ]).toEqual([1, 1, 0]);
  });

  test("what stands between its place and another source's at one instant decides what comes after", async () => {
    const source = env.SOURCE.getByName("middle");
    await source.index([ref("a", 1), ref("b", 1), ref("c", 2), ref("d", 0)]);
    const after = async (name: string): Promise<readonly string[]> =>
      guids(await source.jobs({ limit: 10, before: { createdAt: 1, source: name, guid: "a" } }));
    expect([await after("before"), await after("middle"), await after("next")]).toEqual([
      ["a", "b", "d"],
      ["b", "d"],
      ["d"],
    ]);
  });

  test("a page needs no scan, and sorts only jobs of one instant", async () => {
    const plan = await runInDurableObject(env.SOURCE.getByName("plan"), (_, ctx) =>
      ctx.storage.sql
        .exec<{ detail: string }>(
          "EXPLAIN QUERY PLAN SELECT guid FROM jobs WHERE created_at <= ?1 AND (created_at < ?1 OR (?2, guid) > (?3, ?4)) ORDER BY created_at DESC, guid LIMIT 5",
          5,
          "own",
          "other",
          "x",
        )
        .toArray()
        .map(({ detail }) => detail),
    );
    expect(plan).toEqual([
      expect.stringMatching(/^SEARCH jobs USING PRIMARY KEY/),
      expect.stringMatching(/^USE TEMP B-TREE FOR (?:LAST|RIGHT PART OF|LAST TERM OF)/),
    ]);
  });

  test("a page holds 500 jobs at most, and none where none are asked for", async () => {
    const source = env.SOURCE.getByName("limit");
    await source.index(Array.from({ length: 501 }, (_, index) => ref(`g${index}`, index)));
    expect((await source.jobs({ limit: 9_999 })).refs).toHaveLength(500);
    expect(guids(await source.jobs({ limit: 0 }))).toEqual([]);
    expect(guids(await source.jobs({ limit: -1 }))).toEqual([]);
  });

  test("a search ends after its bound of jobs, and finds all of them page by page", async () => {
    const source = env.SOURCE.getByName("search");
    await runInDurableObject(source, (object, { storage }) => {
      storage.sql.exec(
        `INSERT INTO jobs (created_at, guid, account, status, updated_at)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
         SELECT i / 3, 'g' || i, 'acme', IIF(i IN (5, 50000, 99999), 'error', 'done'), i FROM n`,
      );
      const found: string[] = [];
      let pages = 0;
      let before: JobRefs["reached"] = null;
      do {
        const query = { status: "error", limit: 50, ...(before === null ? {} : { before }) };
        let read = 0;
        const { exec } = storage.sql;
        storage.sql.exec = ((text: string, ...bindings: never[]) => {
          const cursor = exec.call(storage.sql, text, ...bindings);
          const toArray = cursor.toArray.bind(cursor);
          cursor.toArray = () => {
            const rows = toArray();
            read += cursor.rowsRead;
            return rows;
          };
          return cursor;
        }) as typeof exec;
        const page: JobRefs = object.jobs(query);
        storage.sql.exec = exec;
        expect(read).toBeLessThanOrEqual(5 * MAX_EXAMINED_REFS);
        found.push(...guids(page));
        before = page.reached;
        pages += 1;
      } while (before !== null);
      expect([found, pages]).toEqual([["g99999", "g50000", "g5"], 11]);
    });
  });
});
