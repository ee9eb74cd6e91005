import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { LogStore } from "../../../src/account/log/log.store.ts";
import { AccountStore } from "../../../src/account/account.store.ts";
import type { Publication } from "../../../src/model/messages.ts";
import type { OutboxEntry } from "../../../src/account/outbox.store.ts";
import {
  account,
  ask,
  attempt,
  eventually,
  jobsOf,
  open,
  openAccount,
  publication,
  run,
  seqs,
  SseReader,
  token,
  ADMIN,
} from "../stream/stream-fixture.ts";

const minor = (one: Publication): Publication => ({ ...one, minor: true });

describe("a new stream of an account", () => {
  test("begins with a snapshot of its jobs and continues with every event after it", async () => {
    const stub = account("begins");
    await stub.publish(run({ account: "begins" }, 1, 2));
    const client = await openAccount("begins");
    expect(client.hello).toEqual({
      type: "hello",
      cursor: expect.any(String),
      recovered: false,
      snapshot: { account: "begins", jobs: [publication({ account: "begins" }, 2).snapshot] },
    });
    await stub.publish([publication({ account: "begins" }, 3)]);
    await client.until(2);
    expect(client.events).toEqual([
      {
        type: "event",
        channel: "exports:begins",
        cursor: expect.any(String),
        event: publication({ account: "begins" }, 3).event,
      },
    ]);
    client.close();
  });

  test("of an account without any event shows no jobs, and later its first event", async () => {
    const client = await openAccount("unheard");
    expect(client.hello).toMatchObject({
      recovered: false,
      snapshot: { account: "unheard", jobs: [] },
    });
    await account("unheard").publish([publication({ account: "unheard" }, 1)]);
    await client.until(2);
    expect(seqs(client.events)).toEqual([1]);
    client.close();
  });

  test("may name a job that does not exist yet, and starts when the job does", async () => {
    const client = await openAccount("early", { channels: "export.later.job" });
    expect(client.hello).toMatchObject({ snapshot: { jobs: [] } });
    await account("early").publish([
      publication({ account: "early", guid: "other" }, 1),
      publication({ account: "early", guid: "later" }, 1),
    ]);
    await client.until(2);
    expect(
      client.events.map(({ channel, event }) => [channel, event["guid" as keyof typeof event]]),
    ).toEqual([["export.later.job", "later"]]);
    client.close();
  });

  test("of one job's channel shows no other job in its snapshot", async () => {
    const stub = account("narrow");
    await stub.publish([
      publication({ account: "narrow", guid: "mine" }, 1),
      publication({ account: "narrow", guid: "secret" }, 1),
    ]);
    const client = await openAccount("narrow", {
      channels: "export.mine.job",
      token: await token("narrow", ["export.mine.job"]),
    });
    expect(client.hello).toMatchObject({ snapshot: { jobs: [{ guid: "mine" }] } });
    client.close();
    const webhooks = await openAccount("narrow", { channels: "webhooks:narrow" });
    expect(webhooks.hello).toMatchObject({ snapshot: { jobs: [] } });
    webhooks.close();
  });

  test("sends one frame per event, on the broadest channel, to a client that subscribed to two", async () => {
    const client = await openAccount("twice", { channels: "export.g1.job,exports:twice" });
    await account("twice").publish(run({ account: "twice" }, 1, 2));
    await client.until(3);
    expect(client.events.map(({ channel }) => channel)).toEqual(["exports:twice", "exports:twice"]);
    client.close();
  });

  test("keeps the channels apart", async () => {
    const webhooks = await openAccount("apart", { channels: "webhooks:apart" });
    const all = await openAccount("apart");
    const stub = account("apart");
    await stub.publish([publication({ account: "apart" }, 1)]);
    await stub.announce([attempt("apart", "evt_a")]);
    await all.until(3);
    await webhooks.until(2);
    expect(all.events.map(({ channel }) => channel)).toEqual(["exports:apart", "webhooks:apart"]);
    expect(webhooks.events.map(({ event }) => event.id)).toEqual(["evt_a"]);
    all.close();
    webhooks.close();
  });
});

/** An event of the account `again`, sent for the first time. */
const firstOf = (seq: number) => ({ ...publication({ account: "again" }, seq), first: true });

describe("a resumed stream of an account", () => {
  test.each([0, 1, 4, 5])(
    "that saw %i of five events gets exactly the rest, in order",
    async (known) => {
      const name = `resume-${known}`;
      const stub = account(name);
      const first = await openAccount(name);
      await stub.publish(run({ account: name }, 1, 5));
      await first.until(6);
      const cursor = [first.hello, ...first.events][known]?.cursor ?? "";
      first.close();
      const second = await openAccount(name, { since: cursor });
      expect(second.hello).toEqual({ type: "hello", cursor, recovered: true });
      await stub.publish([publication({ account: name }, 6)]);
      await second.until(1 + 5 - known + 1);
      expect(seqs(second.events)).toEqual(
        Array.from({ length: 6 - known }, (_, index) => known + 1 + index),
      );
      second.close();
    },
  );

  test.each([
    ["garbage", () => "no cursor at all"],
    [
      "a cursor of another account",
      async () => (await openAccount("resume-foreigner")).hello.cursor,
    ],
  ])("with %s gets a snapshot and is told so", async (name, cursorOf) => {
    const account1 = `bad-cursor-${name.length}`;
    await account(account1).publish(run({ account: account1 }, 1, 3));
    const client = await openAccount(account1, { since: await cursorOf() });
    expect(client.hello).toMatchObject({ recovered: false, snapshot: { jobs: [{ seq: 3 }] } });
    client.close();
  });

  test("across more than 1,000 events gets a snapshot, across exactly 1,000 every event", async () => {
    const stub = account("far");
    const { hello } = await openAccount("far");
    await stub.publish(run({ account: "far" }, 1, 1_000));
    const near = await openAccount("far", { since: hello.cursor });
    await near.until(1_001);
    expect([near.hello.recovered, near.events.length]).toEqual([true, 1_000]);
    await stub.publish(run({ account: "far" }, 1_001, 1_001));
    const far = await openAccount("far", { since: hello.cursor });
    expect([far.hello.recovered, far.events.length]).toEqual([false, 0]);
  });

  test("shows a job that comes again after its erasure, and no call that is late", async () => {
    const stub = account("again");
    const client = await openAccount("again");
    const progress = { ...firstOf(2), minor: true };
    await stub.publish([firstOf(1), progress]);
    await stub.publish([progress]);
    await stub.forget("comments", "g1");
    await stub.publish([firstOf(1)]);
    await stub.publish([{ ...firstOf(2), minor: true }]);
    await client.until(4);
    expect(client.events.map(({ event }) => ("seq" in event ? event.seq : null))).toEqual([
      1, 2, 1, 2,
    ]);
  });

  test("across events of a job that was erased gets a snapshot, and one from after them every event", async () => {
    const stub = account("erased");
    const client = await openAccount("erased");
    await stub.publish([
      publication({ account: "erased" }, 1),
      publication({ account: "erased", guid: "gone" }, 1),
    ]);
    await stub.announce([attempt("erased", "evt_of_gone", "gone")]);
    await stub.publish([publication({ account: "erased" }, 2)]);
    await client.until(5);
    await stub.forget("comments", "gone");
    const [, one, gone, attempted, two] = client.frames;
    for (const [frame, recovered] of [
      [client.hello, false],
      [one, false],
      [gone, false],
      [attempted, true],
      [two, true],
    ] as const) {
      const resumed = await openAccount("erased", { since: frame?.cursor ?? "" });
      expect(resumed.hello.recovered).toBe(recovered);
      resumed.close();
    }
    const from = one?.cursor ?? "";
    for (const [channels, recovered] of [
      ["user:erased", true],
      ["export.g1.job", true],
      ["export.gone.job", false],
      ["webhooks:erased", false],
      ["export.g1.job,user:erased", true],
      ["export.g1.job,export.gone.job", false],
    ] as const) {
      const resumed = await openAccount("erased", { since: from, channels });
      expect([channels, resumed.hello.recovered]).toEqual([channels, recovered]);
      resumed.close();
    }
    await evictDurableObject(stub);
    const own = await openAccount("erased", { since: from, channels: "export.g1.job" });
    await own.until(2);
    expect([own.hello.recovered, seqs(own.events)]).toEqual([true, [2]]);
    own.close();
    const fresh = await openAccount("erased");
    expect(JSON.stringify(fresh.frames)).not.toContain("gone");
    await stub.publish([publication({ account: "erased" }, 3)]);
    await fresh.until(2);
    await client.until(6);
    expect(fresh.events[0]?.cursor).toBe(client.events.at(-1)?.cursor);
  });
});

describe("an account that is evicted between any two steps", () => {
  test("loses no frame, no subscription and no cursor", async () => {
    const stub = account("evicted");
    const client = await openAccount("evicted", { channels: "exports:evicted" });
    for (let seq = 1; seq <= 4; seq += 1) {
      await evictDurableObject(stub);
      await stub.publish([publication({ account: "evicted" }, seq)]);
      await client.until(1 + seq);
    }
    await evictDurableObject(stub);
    await stub.publish(run({ account: "evicted" }, 1, 4));
    await stub.announce([attempt("evicted", "evt_unseen")]);
    const resumed = await openAccount("evicted", { since: client.events[1]?.cursor ?? "" });
    await resumed.until(4);
    expect(seqs(client.events)).toEqual([1, 2, 3, 4]);
    expect(resumed.events.map(({ event }) => event.id)).toEqual([
      "evt_comments_g1_3",
      "evt_comments_g1_4",
      "evt_unseen",
    ]);
    expect(resumed.events.map(({ cursor }) => cursor).slice(0, 2)).toEqual(
      client.events.slice(2).map(({ cursor }) => cursor),
    );
  });

  test("answers ping without waking, and closes a client that sends anything else", async () => {
    const stub = account("talk");
    const client = await openAccount("talk");
    await evictDurableObject(stub);
    client.send("ping");
    await client.until(2);
    expect(client.texts[1]).toBe("pong");
    for (const ping of ["PING", '{"type":"ping"}']) client.send(ping);
    await client.until(4);
    expect(client.texts.slice(2)).toEqual(["pong", "pong"]);
    client.send("hello there");
    expect(await client.closed).toEqual({ code: 4501, reason: "bad request" });
  });

  test("sleeps while WebSockets and event streams are open", async () => {
    const stub = account("sleeps");
    const client = await openAccount("sleeps");
    const sse = new SseReader(
      await ask("/v1/accounts/sleeps/stream", {
        accept: "text/event-stream",
        authorization: `Bearer ${ADMIN}`,
      }),
    );
    expect(await sse.next()).toHaveProperty("retry");
    expect(await sse.next()).toMatchObject({ event: "hello" });
    await evictDurableObject(stub);
    await stub.publish([publication({ account: "sleeps" }, 1)]);
    expect(await sse.next()).toMatchObject({ event: "event" });
    await client.until(2);
    expect(client.events).toHaveLength(1);
    await sse.cancel();
    client.close();
  });
});

describe("a token that ends while its stream is open", () => {
  test("closes the socket with 4005, by the alarm, and leaves others open", async () => {
    const stub = account("ends");
    const short = await openAccount("ends", { token: await token("ends", null, 2) });
    const long = await openAccount("ends");
    await evictDurableObject(stub);
    expect(await short.closed).toEqual({ code: 4005, reason: "token expired" });
    await stub.publish([publication({ account: "ends" }, 1)]);
    await long.until(2);
    expect(short.events).toEqual([]);
    long.close();
  });

  test("arms the alarm no later than the earliest end of any open token", async () => {
    const stub = account("arms");
    const late = await openAccount("arms", { token: await token("arms", null, 500) });
    const early = await openAccount("arms", { token: await token("arms", null, 100) });
    const alarm = await runInDurableObject(stub, (_, state) => state.storage.getAlarm());
    expect((alarm ?? Number.POSITIVE_INFINITY) - Date.now()).toBeLessThanOrEqual(100_000);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    const again = await runInDurableObject(stub, (_, state) => state.storage.getAlarm());
    expect(again).not.toBeNull();
    late.close();
    early.close();
  });
});

describe("publish", () => {
  test("adds each event once, however often and overlapping it is called", async () => {
    const stub = account("once");
    const client = await openAccount("once");
    const idea = { account: "once" };
    await Promise.all([
      stub.publish(run(idea, 1, 3)),
      stub.publish(run(idea, 1, 3)),
      stub.publish(run(idea, 2, 5)),
    ]);
    await evictDurableObject(stub);
    await stub.publish([...run(idea, 4, 6), ...run(idea, 5, 7)]);
    await client.until(8);
    expect(seqs(client.events)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(new Set(client.events.map(({ cursor }) => cursor)).size).toBe(7);
    expect((await jobsOf("once")).map(({ seq }) => seq)).toEqual([7]);
  });

  test("keeps jobs of the same guid but another source apart", async () => {
    const stub = account("sources");
    await stub.publish([
      publication({ account: "sources", source: "a" }, 1),
      publication({ account: "sources", source: "b" }, 1),
    ]);
    expect((await jobsOf("sources")).map(({ source }) => source)).toEqual(["a", "b"]);
  });

  test("keeps one row for a job whose instant of creation changes later", async () => {
    const stub = account("retold");
    await stub.publish([publication({ account: "retold" }, 1)]);
    const retold = { account: "retold", createdAt: "2026-11-20T00:00:00.000Z" };
    await stub.publish([publication(retold, 1), publication(retold, 2)]);
    expect(await jobsOf("retold")).toEqual([publication(retold, 2).snapshot]);
  });

  test("writes one row of log and one of index per event, one more per job, and one of log for attempts", async () => {
    const stub = account("rows");
    await stub.publish([publication({ account: "rows" }, 1)]);
    const written = await runInDurableObject(stub, async (instance, state) => {
      const { sql } = state.storage;
      const exec = sql.exec.bind(sql);
      let cursors: { readonly rowsWritten: number }[] = [];
      sql.exec = ((query: string, ...bindings: never[]) => {
        const cursor = exec(query, ...bindings);
        cursors.push(cursor);
        return cursor;
      }) as typeof sql.exec;
      const rows: number[] = [];
      for (const step of [
        () => instance.publish([publication({ account: "rows" }, 2)]),
        () => instance.publish([publication({ account: "rows", guid: "new" }, 1)]),
        () => instance.publish(run({ account: "rows" }, 3, 12)),
        () => instance.publish(run({ account: "rows" }, 3, 12)),
        () => instance.announce([attempt("rows", "evt_1"), attempt("rows", "evt_2")]),
        () => instance.announce([attempt("rows", "evt_1"), attempt("rows", "evt_2")]),
        () => instance.publish([minor(publication({ account: "rows" }, 13))]),
        () =>
          instance.publish(
            [minor(publication({ account: "rows" }, 14))],
            [attempt("rows", "evt_3")],
          ),
      ]) {
        cursors = [];
        step();
        rows.push(cursors.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0));
      }
      return rows;
    });
    // Ten events of one job in one call share one row of the index, and attempts of one job a row
    // of the log. Progress after progress leaves the index as it is.
    expect(written).toEqual([2, 3, 11, 0, 1, 0, 1, 1]);
  });
});

const minuteOf = (minute: number): string => `2026-11-21T19:0${minute}:00.000Z`;

const offsets = (entries: readonly { readonly offset: number }[]): readonly number[] =>
  entries.map(({ offset }) => offset);

describe("progress after progress", () => {
  test("is in lists and snapshots like any event, after an eviction and a repetition, too", async () => {
    const name = "minor";
    const stub = account(name);
    await stub.publish([
      publication({ account: name }, 1),
      publication({ account: name, guid: "b" }, 1),
    ]);
    await stub.publish([{ ...minor(publication({ account: name }, 2)), first: true }]);
    await stub.publish([minor(publication({ account: name }, 3))]);
    const jobs = [publication({ account: name, guid: "b" }, 1), publication({ account: name }, 3)];
    const shown = async (): Promise<readonly unknown[]> =>
      (await jobsOf(name)).toSorted((left, right) => (left.guid < right.guid ? -1 : 1));
    expect(await shown()).toEqual(jobs.map(({ snapshot }) => snapshot));
    await evictDurableObject(stub);
    await account(name).publish([minor(publication({ account: name }, 3))]);
    expect(await shown()).toEqual(jobs.map(({ snapshot }) => snapshot));
    const { hello } = await openAccount(name);
    expect(hello).toMatchObject({
      snapshot: { jobs: expect.arrayContaining([jobs[1]?.snapshot]) },
    });
    await account(name).publish([publication({ account: name }, 4, "job.finished")]);
    expect((await shown())[1]).toEqual(publication({ account: name }, 4, "job.finished").snapshot);
  });

  test("stays in lists when its entry leaves the log", async () => {
    await runInDurableObject(account("bounded-minor"), (_, state) => {
      const kept = store(state);
      const idea = { account: "bounded" };
      kept.addPublications([publication(idea, 1)], [], 1_000);
      kept.addPublications([minor(publication(idea, 2))], [attempt("bounded", "evt_1")], 1_000);
      kept.addPublications([minor(publication(idea, 3))], [attempt("bounded", "evt_2")], 2_000);
      kept.trim(1_000 + 3 * 24 * 3_600_000);
      expect(kept.log.bounds()).toEqual({ first: 4, last: 5 });
      expect(kept.jobs.newest().map(({ seq }) => seq)).toEqual([3]);
      kept.trim(2_000 + 3 * 24 * 3_600_000);
      expect([kept.log.bounds().first, kept.jobs.newest()]).toEqual([
        6,
        [publication(idea, 3).snapshot],
      ]);
    });
  });

  test("shares its row with attempts of before: each has its offset and its channel", async () => {
    await runInDurableObject(account("shared-row"), (_, state) => {
      const kept = new AccountStore(state.storage, "shared", () => "0a");
      const idea = { account: "shared" };
      kept.addPublications([publication(idea, 1)], [], 1);
      const attempts = ["evt_a", "evt_b"].map((id) => attempt("shared", id));
      const added = kept.addPublications([minor(publication(idea, 2))], attempts, 1);
      expect(added.map(({ offset, event }) => [offset, event.id])).toEqual([
        [2, "evt_a"],
        [3, "evt_b"],
        [4, publication(idea, 2).event.id],
      ]);
      kept.log.reload();
      const all = ["exports:shared", "webhooks:shared", "user:shared"];
      expect([
        offsets(kept.log.read(0, 10, all)),
        offsets(kept.log.read(2, 10, all)),
        offsets(kept.log.read(2, 1, all)),
        offsets(kept.log.readBack(4, 10, all)),
        offsets(kept.log.readBack(3, 1, all)),
        offsets(kept.log.read(0, 10, ["webhooks:shared"])),
        offsets(kept.log.read(2, 10, ["webhooks:shared"])),
        offsets(kept.log.readBack(9, 10, ["exports:shared"])),
        [...kept.log.recent(["evt_a", "evt_b", "evt_z"])],
      ]).toEqual([
        [1, 2, 3, 4],
        [3, 4],
        [3],
        [3, 2, 1],
        [2],
        [2, 3],
        [3],
        [4, 1],
        ["evt_a", "evt_b"],
      ]);
      kept.forget("comments", "g1", Infinity, false);
      expect(kept.log.read(0, 10, all)).toEqual([]);
      expect(kept.log.bounds(["webhooks:shared"])).toEqual({ first: 4, last: 4 });
      expect(kept.log.bounds(["user:shared"])).toEqual({ first: 1, last: 4 });
    });
  });
});

describe("the list of jobs", () => {
  test("is newest first, ties by source and guid, filtered and continued without a gap", async () => {
    const stub = account("list");
    await stub.publish([
      publication({ account: "list", guid: "old", createdAt: minuteOf(1) }, 1),
      publication({ account: "list", guid: "b", createdAt: minuteOf(2) }, 1),
      publication({ account: "list", guid: "a", createdAt: minuteOf(2) }, 1),
      publication({ account: "list", guid: "z", source: "aaa", createdAt: minuteOf(2) }, 1),
      publication({ account: "list", guid: "new", createdAt: minuteOf(3) }, 1, "job.finished"),
    ]);
    const all = await jobsOf("list");
    expect(all.map(({ guid }) => guid)).toEqual(["new", "z", "a", "b", "old"]);
    for (const [index, job] of all.entries()) {
      const before = { createdAt: Date.parse(job.createdAt), source: job.source, guid: job.guid };
      expect((await jobsOf("list", { before })).map(({ guid }) => guid)).toEqual(
        ["new", "z", "a", "b", "old"].slice(index + 1),
      );
    }
    expect((await jobsOf("list", { limit: 2 })).map(({ guid }) => guid)).toEqual(["new", "z"]);
    expect((await jobsOf("list", { status: "done" })).map(({ guid }) => guid)).toEqual(["new"]);
    expect((await jobsOf("list", { source: "aaa" })).map(({ guid }) => guid)).toEqual(["z"]);
  });
});

const update = (name: string, id: string) => ({
  source: "reports",
  provider: "betterez",
  account: name,
  key: { kind: "id", value: id } as const,
  body: { type: "subscription.updated", source: "reports", account: name, plan: "pro" } as const,
  traceparent: "00-00000000000000000000000000000001-0000000000000001-01",
});

describe("a webhook about the account as a whole", () => {
  test("is shown once on the user channel, however often it is sent", async () => {
    const stub = account("user");
    const client = await openAccount("user");
    const first = await stub.ingest(update("user", "m1"));
    expect(first).toEqual({ result: "accepted", events: [expect.stringMatching(/^evt_/)] });
    await evictDurableObject(stub);
    expect(await stub.ingest(update("user", "m1"))).toEqual({ result: "duplicate", events: [] });
    expect(await stub.ingest(update("user", "m2"))).toMatchObject({ result: "accepted" });
    await client.until(3);
    expect(client.events).toMatchObject([
      {
        channel: "user:user",
        event: {
          type: "subscription.updated",
          plan: "pro",
          id: first.events[0],
          time: expect.any(String),
        },
      },
      { channel: "user:user" },
    ]);
    client.close();
  });

  test("goes to its subscribers by the rules, and to none when no rule matches", async () => {
    const stub = account("owes");
    const owed: unknown[] = await runInDurableObject(stub, async (instance, state) => {
      instance.ingest(update("owes", "m1"));
      const none = state.storage.sql.exec("SELECT * FROM outbox").toArray();
      instance.ingest({
        ...update("owes", "m2"),
        source: "comments",
        body: { ...update("owes", "m2").body, source: "comments" },
      });
      return [
        none,
        state.storage.sql.exec("SELECT subscriber, shard, failures, raw FROM outbox").toArray(),
      ];
    });
    expect(owed).toEqual([[], [{ subscriber: "crm", shard: 0, failures: 0, raw: null }]]);
    await eventually(() =>
      runInDurableObject(
        stub,
        (_, state) => state.storage.sql.exec("SELECT id FROM outbox").toArray().length === 0,
      ),
    );
  });

  test("stays in the outbox until a subscriber's object acknowledges it, leased to one run at a time", async () => {
    await runInDurableObject(account("outbox"), (_, state) => {
      const { outbox } = new AccountStore(state.storage, "outbox", () => "0a");
      const dispatch = {
        event: {
          type: "subscription.updated",
          id: "evt_1",
          source: "s",
          account: "outbox",
          time: "2026-11-21T19:00:00.000Z",
        } as const,
        provider: "betterez",
        traceparent: "tp",
        raw: { contentType: "application/json", body: new Uint8Array([123, 125]) },
      };
      outbox.add({ id: "evt_1", subscriber: "crm", shard: 0, dispatch }, 1_000);
      expect(outbox.lease(999, 10)).toEqual([]);
      const [entry] = outbox.lease(1_000, 10);
      expect(entry).toEqual({ id: "evt_1", subscriber: "crm", shard: 0, failures: 0, dispatch });
      expect([outbox.lease(1_001, 10), outbox.nextDue()]).toEqual([[], 61_000]);
      outbox.settle([{ entry: entry as OutboxEntry, acknowledged: false }], 2_000);
      expect(outbox.nextDue()).toBe(3_000);
      const [again] = outbox.lease(3_000, 10);
      expect(again).toMatchObject({ failures: 1 });
      outbox.settle([{ entry: again as OutboxEntry, acknowledged: true }], 3_000);
      expect(outbox.nextDue()).toBeNull();
    });
  });
});

test("an upgrade that does not come from the Worker is refused by the object", async () => {
  const response = await account("direct").fetch("https://object/stream", {
    headers: { upgrade: "websocket" },
  });
  expect(response.status).toBe(404);
  expect(await open("/v1/accounts/direct/stream").then(({ closed }) => closed)).toEqual({
    code: 4500,
    reason: "invalid token",
  });
});

const store = (state: DurableObjectState): AccountStore =>
  new AccountStore(state.storage, "bounded", () => "0a");

const fill = (log: LogStore, count: number, at: number): void => {
  for (let index = 0; index < count; index += 1)
    log.append(
      [{ kind: "webhooks", source: "s", guid: "g", event: attempt("bounded", `evt_${index}`) }],
      at,
    );
};

describe("the log of an account", () => {
  const KEEP = 3 * 24 * 3_600_000;

  test("is trimmed to 10,000 events in batches, and its older cursors are no longer resumed", async () => {
    await runInDurableObject(account("bounded-count"), (_, state) => {
      const { log, trim } = bounded(store(state));
      fill(log, 11_000, 5);
      expect([log.trimDue(), log.bounds()]).toEqual([
        5 + KEEP + 3_600_000,
        { first: 1, last: 11_000 },
      ]);
      fill(log, 1, 6);
      expect(log.trimDue()).toBe(0);
      trim(7);
      expect([log.trimDue(), log.bounds()]).toEqual([
        5 + KEEP + 3_600_000,
        { first: 1_002, last: 11_001 },
      ]);
      expect(log.read(0, 1, ["webhooks:bounded"])[0]?.offset).toBe(1_002);
      trim(8);
      expect(log.bounds()).toEqual({ first: 1_002, last: 11_001 });
    });
  });

  test("of which the oldest job was erased still begins where it did, for other jobs", async () => {
    await runInDurableObject(account("erased-first"), (_, state) => {
      const { log } = store(state);
      const names = ["gone", "kept", "gone", "kept"];
      log.append(
        names.map((guid, index) => ({
          kind: "exports" as const,
          source: "s",
          guid,
          event: { ...publication({ account: "erased-first", guid }, index + 1).event },
        })),
        1_000,
      );
      log.erase("s", "gone");
      const bounds = (...channels: string[]) => log.bounds(channels);
      expect([bounds(), bounds("export.kept.job"), bounds("export.gone.job")]).toEqual([
        { first: 1, last: 4 },
        { first: 1, last: 4 },
        { first: 4, last: 4 },
      ]);
      log.erase("s", "kept");
      expect([log.bounds(), bounds("export.kept.job"), log.trimDue()]).toEqual([
        { first: 1, last: 4 },
        { first: 5, last: 4 },
        null,
      ]);
    });
  });

  test("remembers at most 1,000 erased jobs, and begins after the older ones then", async () => {
    await runInDurableObject(account("erased-many"), (_, state) => {
      const { log } = store(state);
      for (let index = 1; index <= 1_001; index += 1) {
        const guid = `g${index}`;
        const { event } = publication({ account: "erased-many", guid }, 1);
        log.append([{ kind: "exports", source: "s", guid, event }], 1_000);
        log.erase("s", guid);
      }
      const count = state.storage.sql.exec("SELECT COUNT(*) AS n FROM erased").one()["n"];
      expect([count, log.bounds()]).toEqual([500, { first: 502, last: 1_001 }]);
    });
  });

  test("written before erasures were remembered begins at its oldest event", async () => {
    await runInDurableObject(account("erased-before"), (_, state) => {
      const { log } = store(state);
      log.append(
        [1, 2, 3].map((seq) => ({
          kind: "exports" as const,
          source: "s",
          guid: "g1",
          event: publication({ account: "erased-before" }, seq).event,
        })),
        1_000,
      );
      const { sql } = state.storage;
      sql.exec("DELETE FROM log WHERE off = 1");
      sql.exec("DROP TABLE erased");
      sql.exec("DROP INDEX job_guid");
      for (const table of ["outbox_raw", "gone"]) sql.exec(`DROP TABLE ${table}`);
      sql.exec("ALTER TABLE job DROP COLUMN event");
      for (const column of ["seq", "job", "extra", "more", "rest"])
        sql.exec(`ALTER TABLE log DROP COLUMN ${column}`);
      sql.exec(
        "UPDATE schema_history SET applied = ?",
        JSON.stringify(["001_account", "002_fans"]),
      );
      expect(store(state).log.bounds()).toEqual({ first: 2, last: 3 });
    });
  });

  test("forgets events after three days, and still counts on when it is empty", async () => {
    await runInDurableObject(account("bounded-age"), (_, state) => {
      const first = bounded(store(state));
      fill(first.log, 3, 1_000);
      fill(first.log, 1, 2_000);
      first.trim(999 + KEEP);
      expect(first.log.bounds()).toEqual({ first: 1, last: 4 });
      first.trim(1_000 + KEEP);
      expect(first.log.bounds()).toEqual({ first: 4, last: 4 });
      first.trim(2_000 + KEEP);
      expect([first.log.bounds(), first.log.trimDue()]).toEqual([{ first: 5, last: 4 }, null]);
      const woken = store(state);
      fill(woken.log, 1, 9_000);
      expect([woken.log.bounds(), woken.log.epoch()]).toEqual([
        { first: 5, last: 5 },
        first.log.epoch(),
      ]);
    });
  });

  test("deletes at most 2,000 rows in one go", async () => {
    await runInDurableObject(account("bounded-batch"), (_, state) => {
      const { log, trim } = bounded(store(state));
      fill(log, 2_001, 0);
      trim(KEEP);
      expect(log.bounds()).toEqual({ first: 2_001, last: 2_001 });
      trim(KEEP);
      expect(log.bounds()).toEqual({ first: 2_002, last: 2_001 });
    });
  });

  test("is trimmed by the alarm, which is then set to the next expiry", async () => {
    const stub = account("bounded-alarm");
    await stub.publish(run({ account: "bounded-alarm" }, 1, 3));
    const client = await openAccount("bounded-alarm", { token: ADMIN });
    await runInDurableObject(stub, (_, state) => {
      state.storage.sql.exec("UPDATE log SET at = 0");
    });
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    const after = await runInDurableObject(stub, async (_, state) => [
      state.storage.sql.exec("SELECT off FROM log").toArray(),
      await state.storage.getAlarm(),
    ]);
    expect(after).toEqual([[], null]);
    const resumed = await openAccount("bounded-alarm", {
      token: ADMIN,
      since: client.hello.cursor,
    });
    expect(resumed.hello.recovered).toBe(true);
    await stub.publish([publication({ account: "bounded-alarm" }, 4)]);
    await resumed.until(2);
    expect(seqs(resumed.events)).toEqual([4]);
    for (const each of [client, resumed]) each.close();
  });

  test("recognises a webhook for three days and no longer", async () => {
    await runInDurableObject(account("bounded-seen"), (_, state) => {
      const kept = store(state);
      kept.rememberKey("k", 1_000);
      expect([
        kept.hasSeen("k", 999 + KEEP),
        kept.hasSeen("k", 1_000 + KEEP),
        kept.hasSeen("other", 1_000),
      ]).toEqual([true, false, false]);
    });
  });
});

/** The log of a store with its trim. */
const bounded = (
  kept: AccountStore,
): { readonly log: LogStore; readonly trim: (now: number) => void } => ({
  log: kept.log,
  trim: (now) => kept.trim(now),
});
