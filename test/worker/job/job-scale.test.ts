// A job with a long history: what a wake, a look-up and an answer read does not grow with it.

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { RECORD_TABLE } from "../../../src/job/storage/tables.ts";
import { jobName, jobObject } from "../../../src/objects.ts";
import { update } from "./updates.ts";

const admin = { grant: { kind: "admin" as const }, since: null, protocol: null, limit: 100 };

const stubOf = (guid: string): DurableObjectStub => env.JOB.getByName(jobName("comments", guid));

/** Gives a job `count` late updates with the keys `id:old-1` to `id:old-{count}`. */
async function fill(guid: string, count: number): Promise<void> {
  await jobObject(env, "comments", guid).ingest(update(guid, "job.progress", { current: 1_000 }));
  const { raw: _, ...late } = update(guid, "job.progress", { current: 1 });
  await runInDurableObject(stubOf(guid), (_instance, { storage: { sql } }) => {
    sql.exec(RECORD_TABLE);
    sql.exec(
      `INSERT INTO recorded (n, at, era, key, reason, heard)
       WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
       SELECT n, 1, 0, 'id:old-' || n, 'late', ? FROM numbers`,
      count,
      JSON.stringify(late),
    );
    sql.exec(
      "UPDATE event SET job = json_set(job, '$.state.record', ?, '$.state.late', ?)",
      count,
      count,
    );
  });
  await evictDurableObject(stubOf(guid));
}

/** Rows that the job's SQLite reads while `act` runs. */
async function rowsRead(guid: string, act: () => Promise<unknown>): Promise<number> {
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  await runInDurableObject(stubOf(guid), (_, { storage: { sql } }) => {
    const exec = sql.exec.bind(sql);
    Object.defineProperty(sql, "exec", {
      configurable: true,
      value: (query: string, ...bindings: SqlStorageValue[]) => {
        const cursor = exec(query, ...bindings);
        cursors.push(cursor);
        return cursor;
      },
    });
  });
  await act();
  return runInDurableObject(stubOf(guid), () =>
    cursors.reduce((sum, cursor) => sum + cursor.rowsRead, 0),
  );
}

const again = (guid: string, n: number): Parameters<ReturnType<typeof jobObject>["ingest"]>[0] =>
  update(guid, "job.progress", { current: 1, key: { kind: "id", value: `old-${n}` } });

describe("a job of 100,400 updates", () => {
  const COUNT = 100_400;

  test("knows every one of them, and no other, also after another wake", async () => {
    const guid = "long-known";
    await fill(guid, COUNT);
    const job = jobObject(env, "comments", guid);
    const results: string[] = [];
    for (const n of [1, 1_000, 1_001, 50_000, 100_000, 100_001, COUNT]) {
      results.push((await job.ingest(again(guid, n))).result);
      await evictDurableObject(stubOf(guid));
    }
    const fresh = await job.ingest(again(guid, COUNT + 1));
    expect({ known: new Set(results), fresh: fresh.result }).toEqual({
      known: new Set(["duplicate"]),
      fresh: "accepted",
    });
  });

  test("reads a page of keys and one row for each full page when it wakes, once pages are made", async () => {
    const guid = "long-wake";
    await fill(guid, COUNT);
    const job = jobObject(env, "comments", guid);
    await job.ingest(again(guid, 1));
    await evictDurableObject(stubOf(guid));
    const rows = await rowsRead(guid, () => job.ingest(again(guid, COUNT + 1)));
    expect(rows).toBeLessThan(1_000);
  });

  test("writes one row for an update, and a page for a thousand", async () => {
    const guid = "long-write";
    await fill(guid, 998);
    const job = jobObject(env, "comments", guid);
    const written: number[] = [];
    for (const n of [999, 1_000, 1_001]) {
      const before = await runInDurableObject(
        stubOf(guid),
        (_, { storage: { sql } }) =>
          sql
            .exec<{ n: number }>("SELECT count(*) AS n FROM sqlite_master WHERE name = 'key_page'")
            .one().n,
      );
      await job.ingest(again(guid, n));
      written.push(before);
    }
    const pages = await runInDurableObject(stubOf(guid), (_, { storage: { sql } }) =>
      sql
        .exec<{ owner: string; page: number; bytes: number }>(
          "SELECT owner, page, length(prints) AS bytes FROM key_page",
        )
        .toArray(),
    );
    expect({ written, pages }).toEqual({
      written: [0, 0, 1],
      pages: [{ owner: "recorded", page: 0, bytes: 4_000 }],
    });
  });

  test("shows what it recorded page by page, each once", async () => {
    const guid = "long-recorded";
    await fill(guid, 250);
    const job = jobObject(env, "comments", guid);
    const ask = async (recordedSince: number): Promise<{ count: number; cursor: string }> => {
      const page = await job.page({
        ...admin,
        channels: [`export.${guid}.job`],
        recorded: true,
        recordedSince,
      });
      return { count: page?.recorded?.length ?? 0, cursor: page?.recordedCursor ?? "" };
    };
    expect([await ask(0), await ask(100), await ask(200), await ask(250)]).toEqual([
      { count: 100, cursor: "100" },
      { count: 100, cursor: "200" },
      { count: 50, cursor: "250" },
      { count: 0, cursor: "250" },
    ]);
  });
});

const large = (guid: string, current: number, of: number): ReturnType<typeof update> =>
  update(guid, "job.progress", { current, details: { text: '"'.repeat(of), current } });

describe("a job of large updates", () => {
  test("answers with as many of its records as one call holds, and goes on after them", async () => {
    const guid = "large-records";
    const job = jobObject(env, "comments", guid);
    await job.ingest(update(guid, "job.progress", { current: 1_000 }));
    for (let n = 1; n <= 6; n += 1) await job.ingest(large(guid, n, 500_000));
    await evictDurableObject(stubOf(guid));
    const first = await job.page({ ...admin, channels: [`export.${guid}.job`], recorded: true });
    const since = Number(first?.recordedCursor);
    const rest = await job.page({
      ...admin,
      channels: [`export.${guid}.job`],
      recorded: true,
      recordedSince: since,
    });
    expect([first?.recorded?.length, rest?.recorded?.length]).toEqual([3, 3]);
  });

  test("stores an update, its error and its link as long as a row may be", async () => {
    const guid = "large-end";
    const job = jobObject(env, "comments", guid);
    // The longest that ingest lets through: 1.5 MB as JSON, half of it the error's second copy.
    const error = '"'.repeat(370_000);
    await job.ingest(update(guid, "job.failed", { error, details: { error } }));
    await evictDurableObject(stubOf(guid));
    const snapshot = await job.snapshot();
    expect({ event: snapshot?.event, error: snapshot?.error?.length }).toEqual({
      event: "job.failed",
      error: 370_000,
    });
  });

  test("takes an id of a megabyte", async () => {
    const guid = "large-key";
    const job = jobObject(env, "comments", guid);
    const key = { kind: "id", value: "k".repeat(700_000) } as const;
    await job.ingest(update(guid, "job.progress", { current: 5 }));
    const first = update(guid, "job.progress", { current: 6, key, details: { id: key.value } });
    const answers = [await job.ingest(first), await job.ingest(first)];
    expect(answers.map(({ result }) => result)).toEqual(["accepted", "duplicate"]);
  });
});
