import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../../src/ingest/correlation/runs.ts";
import { DAY, HOUR } from "../../../src/kernel/time.ts";

const MONTH = 30 * DAY;

const started = (eventId: string, createdAt: number): RunEvent => ({
  phase: "started",
  eventId,
  createdAt,
  guidPrefix: "btz_",
});
const completed = (eventId: string, createdAt: number): RunEvent => ({
  phase: "completed",
  eventId,
  createdAt,
  guidPrefix: "btz_",
});

const objectOf = (key: string) => env.CORRELATION.getByName(`reports/${key}`);

/** Assigns to the object of `key`; the guid. */
async function assign(key: string, event: RunEvent, retention: number = MONTH): Promise<string> {
  const { guid } = await objectOf(key).assign(event, retention);
  return guid;
}

/** Rows of the object of `key`, and how far its alarm is away. */
const stored = (key: string) =>
  runInDurableObject(objectOf(key), async (_, ctx) => {
    const tables = ctx.storage.sql
      .exec("SELECT name FROM sqlite_master WHERE name = 'runs'")
      .toArray();
    const rows =
      tables.length === 0
        ? []
        : ctx.storage.sql.exec("SELECT guid, expires_at FROM runs").toArray();
    const alarm = await ctx.storage.getAlarm();
    return { rows: rows.length, alarm };
  });

/** Makes every run of `key` as old as can be, so that the alarm finds them over. */
const expire = (key: string, where: string = "1 = 1") =>
  runInDurableObject(objectOf(key), (_, ctx) => {
    ctx.storage.sql.exec(`UPDATE runs SET expires_at = 1 WHERE ${where}`);
  });

const written = (event: RunEvent) =>
  runInDurableObject(objectOf("rows"), async (object, ctx) => {
    const before = ctx.storage.sql.exec<{ n: number }>("SELECT total_changes() AS n").one().n;
    await object.assign(event, MONTH);
    return ctx.storage.sql.exec<{ n: number }>("SELECT total_changes() AS n").one().n - before;
  });

describe("assign", () => {
  test("joins a run's events to one guid, evicted between every two", async () => {
    const first = await assign("one", started("s", 1));
    await evictDurableObject(objectOf("one"));
    const second = await assign("one", completed("c", 2));
    await evictDurableObject(objectOf("one"));
    const again = await assign("one", started("s", 1));
    expect([second, again]).toEqual([first, first]);
    expect(first).toMatch(/^btz_[0-9a-f]{24}$/);
  });

  test("split reports get a guid each, whatever order their completions come in", async () => {
    const s = await assign("split", started("s", 1));
    const t = await assign("split", started("t", 2));
    expect(await assign("split", completed("c", 3))).toBe(s);
    expect(await assign("split", completed("d", 4))).toBe(t);
    expect(s).not.toBe(t);
  });

  test("a late start finds the job that its completion made", async () => {
    const guid = await assign("late", completed("c", 2));
    await evictDurableObject(objectOf("late"));
    expect(await assign("late", started("s", 1))).toBe(guid);
  });

  test("an object that lost everything gives the same event the same guid", async () => {
    const guid = await assign("lost", started("s", 1));
    await runInDurableObject(objectOf("lost"), (_, ctx) => ctx.storage.deleteAll());
    expect(await assign("lost", started("s", 1))).toBe(guid);
  });

  test("the same event of another key, source or phase has another guid", async () => {
    const guids = [
      await assign("a", started("s", 1)),
      await assign("b", started("s", 1)),
      await assign("a", completed("s", 0)),
      (await env.CORRELATION.getByName("other/a").assign(started("s", 1), MONTH)).guid,
    ];
    expect(new Set(guids).size).toBe(4);
  });

  test("twenty events at once each get their run, and sent again the same one", async () => {
    const events = Array.from({ length: 20 }, (_, index) => started(`s${index}`, index));
    const guids = await Promise.all(events.map((event) => assign("crowd", event)));
    expect(new Set(guids).size).toBe(20);
    expect(await Promise.all(events.map((event) => assign("crowd", event)))).toEqual(guids);
  });

  test("a new event costs one row, the first one a row for the alarm too, a repeated one none", async () => {
    expect([
      await written(started("s", 1)),
      await written(started("s", 1)),
      await written(completed("c", 2)),
    ]).toEqual([2, 0, 1]);
  });
});

describe("forgetting", () => {
  test("the alarm is set to the retention, or to 72 h where that is shorter", async () => {
    const at = Date.now();
    await assign("keep", started("s", 1), MONTH);
    await assign("brief", started("s", 1), HOUR);
    const [keep, brief] = [await stored("keep"), await stored("brief")];
    const within = (instant: number | null, wait: number) =>
      instant !== null && instant >= at + wait && instant <= Date.now() + wait;
    expect([within(keep.alarm, MONTH), within(brief.alarm, 72 * HOUR)]).toEqual([true, true]);
  });

  test("an alarm that rings early forgets nothing and is set again", async () => {
    const guid = await assign("early", started("s", 1));
    const before = await stored("early");
    expect(await runDurableObjectAlarm(objectOf("early"))).toBe(true);
    expect(await stored("early")).toEqual(before);
    expect(await assign("early", completed("c", 2))).toBe(guid);
  });

  test("an alarm that was lost is set again by the next event", async () => {
    await assign("lost-alarm", started("s", 1));
    await runInDurableObject(objectOf("lost-alarm"), (_, ctx) => ctx.storage.deleteAlarm());
    await evictDurableObject(objectOf("lost-alarm"));
    await assign("lost-alarm", started("s", 1));
    expect((await stored("lost-alarm")).alarm).not.toBeNull();
  });

  test("what is over is forgotten, what is not stays", async () => {
    const guid = await assign("half", started("s", 1));
    await assign("half", started("t", 2));
    await expire("half", "started_id = 't'");
    await runDurableObjectAlarm(objectOf("half"));
    expect((await stored("half")).rows).toBe(1);
    expect(await assign("half", completed("c", 3))).toBe(guid);
    expect(await assign("half", completed("d", 3))).not.toBe(guid);
  });

  test("with the last run the object is empty, and takes new events all the same", async () => {
    await assign("empty", started("s", 1));
    await expire("empty");
    await runDurableObjectAlarm(objectOf("empty"));
    expect(await stored("empty")).toEqual({ rows: 0, alarm: null });
    const guid = await assign("empty", completed("c", 2));
    await evictDurableObject(objectOf("empty"));
    expect(await assign("empty", started("u", 1))).toBe(guid);
    expect((await stored("empty")).rows).toBe(1);
  });

  test("more than one alarm's worth is forgotten in several", async () => {
    await assign("many", started("s", 1));
    await runInDurableObject(objectOf("many"), (_, ctx) => {
      ctx.storage.sql.exec(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2100)
         INSERT INTO runs SELECT 'old' || i, 'id' || i, i, NULL, NULL, 1, NULL FROM n`,
      );
    });
    await runDurableObjectAlarm(objectOf("many"));
    expect((await stored("many")).rows).toBe(102);
    await runDurableObjectAlarm(objectOf("many"));
    expect((await stored("many")).rows).toBe(1);
  });
});
