// A job inside workerd: what is committed survives eviction at any step, and costs the rows that
// were promised.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { JobEnvelope } from "../../../src/model/event.ts";
import type { Dispatch, JobUpdate } from "../../../src/model/messages.ts";
import { jobName, jobObject, subscriberObject } from "../../../src/objects.ts";
import { update } from "./updates.ts";

const admin = { grant: { kind: "admin" as const }, since: null, protocol: null, limit: 1000 };

async function eventsOf(guid: string): Promise<readonly JobEnvelope[]> {
  const page = await jobObject(env, "comments", guid).page({
    ...admin,
    channels: [`export.${guid}.job`],
  });
  return (page?.items ?? []).map(({ event }) => event as JobEnvelope);
}

/** What two runs of the same story must agree on: everything but ids and instants. */
const story = (events: readonly JobEnvelope[]): readonly object[] =>
  events.map(({ seq, event, status, attempt, url, details, current, total, absorbed }) => ({
    seq,
    event,
    status,
    attempt,
    url,
    details,
    current,
    total,
    absorbed,
  }));

const stubOf = (guid: string): DurableObjectStub => env.JOB.getByName(jobName("comments", guid));

/** Makes the trailing edge due: fires the alarm of a job whose window is moved into the past. */
async function openWindow(guid: string): Promise<void> {
  // A drain that is under way may write the job's row.
  await jobObject(env, "comments", guid).snapshot();
  await evictDurableObject(stubOf(guid));
  await runInDurableObject(stubOf(guid), (_, state) => {
    const { sql } = state.storage;
    const row = sql
      .exec<{ seq: number; job: string }>("SELECT seq, job FROM event ORDER BY seq DESC LIMIT 1")
      .one();
    const job = JSON.parse(row.job) as { state: { window: { lastAt: number | null } } };
    const { window } = job.state;
    const lastAt = window.lastAt === null ? null : window.lastAt - 10_000;
    const moved = { ...job, state: { ...job.state, window: { ...window, lastAt } } };
    sql.exec("UPDATE event SET job = ? WHERE seq = ?", JSON.stringify(moved), row.seq);
  });
  // What the object has in memory is older than its rows now.
  await evictDurableObject(stubOf(guid));
  await runDurableObjectAlarm(stubOf(guid));
}

const STORY: readonly ((guid: string) => JobUpdate | "window")[] = [
  (guid) => update(guid, "job.created"),
  (guid) => update(guid, "job.progress", { current: 10, total: 100 }),
  (guid) => update(guid, "job.progress", { current: 20, total: 100 }),
  (guid) => update(guid, "job.progress", { current: 30, total: 100 }),
  () => "window",
  (guid) => update(guid, "job.progress", { current: 25, total: 100 }),
  (guid) => update(guid, "job.progress", { current: 60, total: 100 }),
  (guid) => update(guid, "job.failed", { error: "rate limited" }),
  (guid) => update(guid, "job.failed", { error: "rate limited" }),
  (guid) => update(guid, "job.requeued"),
  (guid) => update(guid, "job.progress", { current: 5, total: 100 }),
  () => "window",
  (guid) =>
    update(guid, "job.finished", {
      url: "https://example.com/file.xlsx",
      current: 100,
      total: 100,
    }),
  (guid) => update(guid, "job.progress", { current: 99, total: 100 }),
  (guid) => update(guid, "job.failed"),
];

/**
 * Plays the story, evicting the object before step `evictAt` (every step with `"always"`, never
 * with `null`).
 */
async function play(guid: string, evictAt: number | "always" | null): Promise<readonly object[]> {
  const counted: string[] = [];
  for (const [index, step] of STORY.entries()) {
    if (index > 0 && (evictAt === index || evictAt === "always"))
      await evictDurableObject(stubOf(guid));
    const next = step(guid);
    if (next === "window") await openWindow(guid);
    else {
      const answer = await jobObject(env, "comments", guid).ingest(next);
      if (answer.trailing === true) counted.push("job.progress");
      counted.push(...answer.events.map(() => next.event));
    }
  }
  const events = await eventsOf(guid);
  // What the answers told is what was emitted, each event once.
  expect(counted).toEqual(events.map(({ event }) => event));
  return JSON.parse(JSON.stringify(story(events)).replaceAll(guid, "GUID")) as readonly object[];
}

describe("a job", () => {
  test("tells its story in the promised order", async () => {
    const events = await play("story", null);
    expect(events.map((event) => (event as { event: string }).event)).toEqual([
      "job.created",
      "job.progress",
      "job.progress",
      "job.failed",
      "job.requeued",
      "job.progress",
      "job.finished",
    ]);
    expect(await jobObject(env, "comments", "story").snapshot()).toMatchObject({
      status: "done",
      event: "job.finished",
      current: 100,
      total: 100,
      attempt: 2,
      seq: 7,
      absorbed: 2,
      late: 2,
      conflicts: 1,
    });
  });

  test.each([...STORY.keys()].slice(1))(
    "tells the same story when it is evicted before step %i",
    async (index) => {
      expect(await play(`evicted-${index}`, index)).toEqual(await play(`kept-${index}`, null));
    },
  );

  test("tells the same story when it is evicted before every step", async () => {
    expect(await play("always-evicted", "always")).toEqual(await play("never-evicted", null));
  });

  test("answers duplicate for an id it has seen, also after an eviction", async () => {
    const job = jobObject(env, "comments", "seen");
    const created = update("seen", "job.created");
    const first = await job.ingest(created);
    await evictDurableObject(stubOf("seen"));
    expect({
      first: first.events.length,
      second: await jobObject(env, "comments", "seen").ingest(created),
    }).toEqual({
      first: 1,
      second: { result: "duplicate", events: [] },
    });
  });

  test("remembers every id of a lifecycle event, also in the next attempt", async () => {
    const job = jobObject(env, "comments", "twice");
    await job.ingest(update("twice", "job.failed"));
    const realtime = update("twice", "job.failed");
    expect(await job.ingest(realtime)).toEqual({ result: "duplicate", events: [] });
    await job.ingest(update("twice", "job.requeued"));
    expect(await job.ingest(realtime)).toEqual({ result: "duplicate", events: [] });
  });

  test("leaves nothing behind when it is asked for and does not exist", async () => {
    expect(await jobObject(env, "comments", "nobody").snapshot()).toBeNull();
    expect(await eventsOf("nobody")).toEqual([]);
    await runInDurableObject(stubOf("nobody"), (_, state) => {
      expect(
        state.storage.sql
          .exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '_cf%'")
          .toArray(),
      ).toEqual([]);
    });
  });

  test("keeps its alarm for the value that waits; an early or second alarm changes nothing", async () => {
    const job = jobObject(env, "comments", "alarm");
    await job.ingest(update("alarm", "job.progress", { current: 1 }));
    await job.ingest(update("alarm", "job.progress", { current: 2 }));
    const armed = await runInDurableObject(stubOf("alarm"), (_, state) => state.storage.getAlarm());
    expect(armed).not.toBeNull();
    await runDurableObjectAlarm(stubOf("alarm"));
    await runDurableObjectAlarm(stubOf("alarm"));
    expect((await eventsOf("alarm")).map(({ current }) => current)).toEqual([1]);
    await openWindow("alarm");
    expect((await eventsOf("alarm")).map(({ current }) => current)).toEqual([1, 2]);
  });
});

const alarmOf = (guid: string): Promise<number | null> =>
  runInDurableObject(stubOf(guid), (_, state) => state.storage.getAlarm());

/** A job with an alarm, which is then lost, and which the next call wakes. */
async function loseAlarm(guid: string): Promise<void> {
  await jobObject(env, "comments", guid).ingest(update(guid, "job.created"));
  await runDurableObjectAlarm(stubOf(guid));
  await runInDurableObject(stubOf(guid), (_, state) => state.storage.deleteAlarm());
  await evictDurableObject(stubOf(guid));
}

describe("the alarm of a job", () => {
  test("is set again by an answer about the job when it was lost", async () => {
    await loseAlarm("lost-snapshot");
    await jobObject(env, "comments", "lost-snapshot").snapshot();
    expect(await alarmOf("lost-snapshot")).not.toBeNull();
  });

  test("is set again by a duplicate when it was lost", async () => {
    await loseAlarm("lost-duplicate");
    await jobObject(env, "comments", "lost-duplicate").ingest(
      update("lost-duplicate", "job.created"),
    );
    expect(await alarmOf("lost-duplicate")).not.toBeNull();
  });

  test("is not set again after a wake when it is set, because that would cost a row", async () => {
    const guid = "kept-alarm";
    await jobObject(env, "comments", guid).ingest(update(guid, "job.created"));
    await runDurableObjectAlarm(stubOf(guid));
    await evictDurableObject(stubOf(guid));
    const calls: number[] = [];
    await runInDurableObject(stubOf(guid), (_, state) => {
      const { storage } = state;
      const setAlarm = storage.setAlarm.bind(storage);
      Object.defineProperty(storage, "setAlarm", {
        configurable: true,
        value: (at: number) => {
          calls.push(at);
          return setAlarm(at);
        },
      });
    });
    await jobObject(env, "comments", guid).snapshot();
    expect(calls).toEqual([]);
  });
});

describe("a second account", () => {
  test("gets nothing into a job of the first, and its job stays as it was", async () => {
    const guid = "two-accounts";
    // A source without an account of its own: the provider names it.
    const source = "shared";
    const job = jobObject(env, source, guid);
    await job.ingest(update(guid, "job.created", { source, account: "acme" }));
    const before = await job.snapshot();
    const url = "https://example.com/file";
    const foreign = update(guid, "job.finished", { source, account: "beta", url });
    expect(await job.ingest(foreign)).toEqual({
      result: "refused",
      reason: "account-mismatch",
      events: [],
    });
    expect(await job.snapshot()).toEqual(before);
    const page = await job.page({ ...admin, channels: [`export.${guid}.job`], recorded: true });
    expect({ events: page?.items.length, recorded: page?.recorded }).toEqual({
      events: 1,
      recorded: [],
    });
  });
});

/** Rows that `act` writes in the job's SQLite. */
async function rowsWritten(guid: string, act: () => Promise<unknown>): Promise<number> {
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  await runInDurableObject(stubOf(guid), (_, state) => {
    const { sql } = state.storage;
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
  // The drain runs on after the answer: the alarm joins it.
  await runDurableObjectAlarm(stubOf(guid));
  return runInDurableObject(stubOf(guid), () =>
    cursors.reduce((sum, cursor) => sum + cursor.rowsWritten, 0),
  );
}

describe("the rows of a job", () => {
  test("an absorbed progress writes one", async () => {
    const guid = "absorbed-rows";
    const job = jobObject(env, "comments", guid);
    await job.ingest(update(guid, "job.progress", { current: 1 }));
    await runDurableObjectAlarm(stubOf(guid));
    const rows: number[] = [];
    for (const current of [2, 3, 4])
      rows.push(
        await rowsWritten(guid, () => job.ingest(update(guid, "job.progress", { current }))),
      );
    expect(rows).toEqual([1, 1, 1]);
  });

  test("a new job writes three, its table included", async () => {
    const guid = "new-rows";
    await jobObject(env, "comments", guid).snapshot();
    expect(
      await rowsWritten(guid, () =>
        jobObject(env, "comments", guid).ingest(update(guid, "job.finished")),
      ),
    ).toBeLessThanOrEqual(4);
  });

  test("three events one after the other write one each, and one more for the transfer", async () => {
    const guid = "rows-three";
    const job = jobObject(env, "comments", guid);
    await job.ingest(update(guid, "job.created"));
    await runDurableObjectAlarm(stubOf(guid));
    const rows = await rowsWritten(guid, async () => {
      await job.ingest(update(guid, "job.started"));
      await job.ingest(update(guid, "job.progress", { current: 1 }));
      await job.ingest(update(guid, "job.requeued"));
    });
    expect(rows).toBe(4);
  });

  test.each(["job.finished", "job.failed", "job.requeued"] as const)(
    "an emitted %s writes two at most, its drain included",
    async (event) => {
      const guid = `rows-${event}`;
      const job = jobObject(env, "comments", guid);
      await job.ingest(update(guid, "job.created"));
      await runDurableObjectAlarm(stubOf(guid));
      const rows = await rowsWritten(guid, () => job.ingest(update(guid, event)));
      expect({ rows, few: rows <= 2 }).toEqual({ rows, few: true });
    },
  );

  test("a duplicate by id writes none", async () => {
    const job = jobObject(env, "comments", "duplicate-rows");
    const created = update("duplicate-rows", "job.created");
    await job.ingest(created);
    await runDurableObjectAlarm(stubOf("duplicate-rows"));
    expect(await rowsWritten("duplicate-rows", () => job.ingest(created))).toBe(0);
  });
});

describe("a job's archived file", () => {
  const file = {
    subscriber: "vault",
    eventId: "evt_1",
    key: "comments/g/file.xlsx",
    size: 12,
    etag: "abc",
  };

  test("is emitted once, after the end, with key, size and etag", async () => {
    const job = jobObject(env, "comments", "archived");
    await job.ingest(update("archived", "job.finished", { url: "https://example.com/file.xlsx" }));
    await job.archived(file);
    await job.archived(file);
    expect(
      (await eventsOf("archived")).map(({ event, status, details }) => ({
        event,
        status,
        key: details["key"],
        size: details["size"],
      })),
    ).toEqual([
      { event: "job.finished", status: "done", key: undefined, size: undefined },
      { event: "job.archived", status: "done", key: "comments/g/file.xlsx", size: 12 },
    ]);
  });

  test("of a job that was erased meanwhile is not emitted", async () => {
    await jobObject(env, "comments", "erased-file").archived(file);
    expect(await eventsOf("erased-file")).toEqual([]);
  });

  test("of a former life is not emitted in the next one, and one of this life is", async () => {
    const job = jobObject(env, "comments", "next-file");
    await job.ingest(update("next-file", "job.finished", { url: "https://example.com/a.csv" }));
    const [end] = await eventsOf("next-file");
    const late = { ...file, eventId: end?.id ?? "", seq: 1 };
    await job.erase();
    await job.ingest(update("next-file", "job.finished", { url: "https://example.com/b.csv" }));
    await job.archived(late);
    await job.archived({ ...late, seq: 2 });
    const [next, ...others] = await eventsOf("next-file");
    expect(others).toEqual([]);
    for (const eventId of [next?.id ?? "", end?.id ?? ""])
      await job.archived({ ...late, eventId, key: eventId });
    expect((await eventsOf("next-file")).map(({ seq, details }) => [seq, details["key"]])).toEqual([
      [1, undefined],
      [2, next?.id],
    ]);
  });
});

describe("an erased job", () => {
  test("lives on when an erasure that was asked for before its next life comes late", async () => {
    const job = jobObject(env, "comments", "erased-late");
    await job.ingest(update("erased-late", "job.created"));
    const askedAt = Date.now();
    expect(await job.erase(askedAt)).toBe(true);
    await expect.poll(() => Date.now()).toBeGreaterThan(askedAt);
    await job.ingest(update("erased-late", "job.created"));
    expect(await job.erase(askedAt)).toBe(false);
    expect(await job.snapshot()).toMatchObject({ seq: 1 });
    expect(await job.erase(Date.now())).toBe(true);
  });

  test("is gone everywhere; a new event of its guid begins a job with another epoch", async () => {
    const job = jobObject(env, "comments", "erased");
    await job.ingest(update("erased", "job.created"));
    await job.ingest(update("erased", "job.finished"));
    await runDurableObjectAlarm(stubOf("erased"));
    const before = await job.page({ ...admin, channels: ["export.erased.job"] });
    expect(await job.erase()).toBe(true);
    expect([await job.snapshot(), await job.erase()]).toEqual([null, false]);
    await job.ingest(update("erased", "job.created"));
    const after = await job.page({
      ...admin,
      channels: ["export.erased.job"],
      since: before?.cursor ?? "",
    });
    expect({
      reset: after?.reset,
      events: after?.items.length,
      seq: (await job.snapshot())?.seq,
    }).toEqual({
      reset: true,
      events: 1,
      seq: 1,
    });
  });
});

/** Ids of a subscriber's deliveries about a job, asked by number of shard. */
async function deliveriesOf(
  subscriber: string,
  shard: number,
  guid: string,
): Promise<readonly string[]> {
  const page = await subscriberObject(env, subscriber, shard).deliveries({ guid, limit: 100 });
  return page.items.map(({ id }) => id);
}

/** A job's first event as its subscribers get it. */
async function taken(guid: string): Promise<Dispatch> {
  await jobObject(env, "comments", guid).ingest(update(guid, "job.created"));
  await runDurableObjectAlarm(stubOf(guid));
  const [event] = await eventsOf(guid);
  if (event === undefined) throw new Error("one event");
  return { event, provider: "exportcomments", traceparent: "" };
}

describe("erasing a job reaches a subscriber", () => {
  test("that left the configuration after it got events", async () => {
    const dispatch = await taken("left-behind");
    await subscriberObject(env, "gone", 2).enqueue([dispatch]);
    expect(await deliveriesOf("gone", 2, "left-behind")).toHaveLength(1);
    await runInDurableObject(stubOf("left-behind"), (_, state) => {
      state.storage.sql.exec(
        "UPDATE event SET job = json_set(job, '$.marks.reached', json(?))",
        JSON.stringify(["subscriber:gone/2"]),
      );
    });
    await evictDurableObject(stubOf("left-behind"));
    expect(await jobObject(env, "comments", "left-behind").erase()).toBe(true);
    expect(await deliveriesOf("gone", 2, "left-behind")).toEqual([]);
    expect(await deliveriesOf("crm", 0, "left-behind")).toEqual([]);
  });

  test("that left after an earlier version sent it events", async () => {
    const dispatch = await taken("left-earlier");
    await subscriberObject(env, "gone", 2).enqueue([dispatch]);
    await runInDurableObject(stubOf("left-earlier"), (_, state) => {
      state.storage.sql.exec(
        "UPDATE event SET destinations = ?, job = json_remove(job, '$.marks.reached')",
        JSON.stringify(["account", "index", "subscriber:gone/2"]),
      );
    });
    await evictDurableObject(stubOf("left-earlier"));
    expect(await jobObject(env, "comments", "left-earlier").erase()).toBe(true);
    expect(await deliveriesOf("gone", 2, "left-earlier")).toEqual([]);
  });

  test("that only a replay ever reached, across an eviction and later drains", async () => {
    const job = jobObject(env, "comments", "replayed-to");
    const dispatch = await taken("replayed-to");
    expect(await job.replay(0, ["former"])).toBe(1);
    expect(await deliveriesOf("former", 0, "replayed-to")).toHaveLength(1);
    await subscriberObject(env, "former", 0).enqueue([dispatch]);
    await job.ingest(update("replayed-to", "job.finished"));
    await runDurableObjectAlarm(stubOf("replayed-to"));
    await evictDurableObject(stubOf("replayed-to"));
    expect(await job.erase()).toBe(true);
    expect(await deliveriesOf("former", 0, "replayed-to")).toEqual([]);
  });
});

test("every event is sent and replayed when the raw bodies are larger than a page", async () => {
  const job = jobObject(env, "comments", "large");
  const raw = { contentType: "application/json", body: new Uint8Array(1_048_576) };
  for (const event of [
    "job.failed",
    "job.requeued",
    "job.failed",
    "job.requeued",
    "job.failed",
    "job.requeued",
  ] as const) {
    await job.ingest(update("large", event, { raw }));
  }
  await runDurableObjectAlarm(stubOf("large"));
  const stored = await runInDurableObject(
    stubOf("large"),
    (_, state) =>
      JSON.parse(
        state.storage.sql
          .exec<{ job: string }>("SELECT job FROM event ORDER BY seq DESC LIMIT 1")
          .one().job,
      ) as { readonly marks: { readonly all: number } },
  );
  expect({ drained: stored.marks.all, replayed: await job.replay(0, ["crm"]) }).toEqual({
    drained: 6,
    replayed: 6,
  });
});
