// What an operator can see and do: deliveries with their attempts, retry, replay, test, pause and
// resume, and who may.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeliveryView } from "../../src/deliver/view.ts";
import type { JsonObject } from "../../src/kernel/json.ts";
import {
  SIGNING_SECRET,
  startPairs,
  type ApiAnswer,
  type Pair,
  type Pairs,
} from "../support/relay-fixture.ts";
import { isSignedBy, jsonOf, type ReceivedRequest } from "../support/receiver.ts";
import { ADMIN_TOKEN, SOURCE_SECRETS, STREAM_SECRET } from "../support/relay.ts";
import { exportComments } from "../support/senders.ts";
import { until } from "../support/wait.ts";

const URL_TOKEN = "url-t0ken-nobody-may-see";
const HEADER_SECRET = "header-s3cret-nobody-may-see";

const once = { subscriber: { retry: [] } } as const;
const PAIRS = {
  dead: { subscriber: { retry: [0.1, 0.1] } },
  many: once,
  "many-delivered": once,
  job: { ...once, also: ["job-too"] },
  "job-too": once,
  test: { subscriber: { retry: [0.1, 0.1, 0.1], headers: { "x-key": "${HEADER_SECRET}" } } },
  paused: once,
  "paused-late": { subscriber: { retry: [0.1, 0.1] } },
  twice: once,
  others: { subscriber: { retry: [600] } },
  shards: { subscriber: { shards: 3, retry: [] } },
  "paused-hand": once,
  pages: once,
  erased: once,
  "erased-late": once,
  named: once,
  "secret-url": {
    subscriber: {
      url: `http://127.0.0.1:1/hook?token=${URL_TOKEN}`,
      secrets: ["SUBSCRIBER_SECRET"],
      retry: [],
    },
  },
  told: { subscriber: { retry: [0.3] } },
  "told-later": {},
  untold: { subscriber: { attemptEvents: false } },
} as const;

let pairs: Pairs<keyof typeof PAIRS>;
beforeAll(async () => {
  pairs = await startPairs(PAIRS, { vars: { HEADER_SECRET } });
});
afterAll(() => pairs.stop());

const job = (guid: string): exportComments.CommentsExport => ({
  guid,
  page: "https://example.com/video",
  total: 10,
});
const { created, progress, finished } = exportComments;
const isDead = ({ state }: DeliveryView): boolean => state === "dead";
const guidOf = ({ event }: DeliveryView): string | null => event.guid;
const triggers = ({ attempts }: DeliveryView): readonly string[] =>
  attempts.map(({ trigger }) => trigger);

/** Sends one `job.created` per guid and waits until every delivery is as said. */
async function sendEach(
  pair: Pair,
  guids: readonly string[],
  state: DeliveryView["state"],
): Promise<void> {
  for (const guid of guids) await pair.send(created(job(guid)));
  await until(async () => (await pair.deliveries(`state=${state}`)).length >= guids.length, {
    what: `${guids.length} ${state} deliveries`,
  });
}

describe.concurrent("a dead delivery", () => {
  test("is kept with all it went through, and one retry by hand delivers it", async () => {
    const { id, send, receiver, until: wait, state, act } = pairs.pair("dead");
    receiver.next(
      { status: 500, body: "first" },
      { status: 404, body: "second" },
      { kind: "text", text: "nonsense\r\n\r\n" },
      { kind: "text", text: "nonsense\r\n\r\n" },
    );
    const { body } = await send(created(job("dead")));
    const dead = await wait(isDead);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const ms = expect.any(Number);
    expect(dead).toEqual({
      id: expect.stringMatching(/^dlv_/),
      subscriber: id,
      event: { id: body.events?.[0], event: "job.created", guid: "dead", source: id, seq: 1 },
      state: "dead",
      attempts: expect.arrayContaining([
        { time, ms, status: 500, error: null, trigger: "initial", answer: "first" },
        { time, ms, status: 404, error: null, trigger: "retry", answer: "second" },
        {
          time,
          ms,
          status: null,
          error: expect.stringMatching(/./),
          trigger: "retry",
          answer: null,
        },
      ]),
      nextAttemptAt: null,
    });
    expect(await state()).toMatchObject({
      dead: 1,
      delivered: 0,
      lastFailure: { status: null, error: expect.stringMatching(/./) },
    });
    receiver.script({ status: 204 });
    const made = receiver.requests.length;
    expect(await act(`deliveries/${dead.id}/retry`)).toMatchObject({
      status: 202,
      body: { delivery: dead.id },
    });
    const delivered = await wait(({ state: its }) => its === "delivered");
    expect({
      id: delivered.id,
      before: delivered.attempts.slice(0, -1),
      last: delivered.attempts.at(-1),
    }).toMatchObject({
      id: dead.id,
      before: dead.attempts,
      last: { status: 204, trigger: "manual" },
    });
    expect({
      made: receiver.requests.length - made,
      header: receiver.requests.at(-1)?.headers["x-jobrelay-attempt"],
      eventId: receiver.requests.at(-1)?.headers["webhook-id"],
    }).toEqual({
      made: 1,
      header: String(dead.attempts.length + 1),
      eventId: body.events?.[0],
    });
  });

  test.each(["dlv_1_00000000", "dlv_zzzzzzzz_ffffffff", "nonsense", "%2e%2e"])(
    "that does not exist (%s) cannot be retried",
    async (delivery) => {
      const { status } = await pairs.pair("dead").act(`deliveries/${delivery}/retry`);
      expect(status).toBe(404);
    },
  );
});

describe.concurrent("a retry by hand", () => {
  test("of a delivery under way does not send it twice at once", async () => {
    const pair = pairs.pair("twice");
    const { promise: after, resolve } = Promise.withResolvers<void>();
    pair.receiver.next({ status: 204, after });
    await pair.send(created(job("twice")));
    await pair.receiver.waitFor(() => true);
    const [delivery] = await pair.deliveries();
    const answers = await Promise.all(
      [1, 2, 3].map(() => pair.act(`deliveries/${delivery?.id ?? ""}/retry`)),
    );
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    resolve();
    await pair.until(({ state }) => state === "delivered");
    expect(pair.receiver.busiest).toBe(1);
  });

  test("delivers what was cancelled, superseded or delivered, and what would wait for ten minutes", async () => {
    const pair = pairs.pair("others");
    pair.receiver.next(
      { status: 200, headers: { "webhook-delivery": "abort-message" } },
      { status: 503 },
    );
    await pair.send(created(job("others")));
    await pair.until(({ state }) => state === "cancelled");
    for (const current of [1, 2]) await pair.send(progress(job("others"), current));
    await pair.until(({ event, state }) => event.seq === 2 && state === "superseded");
    await pair.until(
      ({ event, attempts, nextAttemptAt }) =>
        event.seq === 3 && attempts.length + Number(nextAttemptAt !== null) > 0,
    );
    for (const seq of [1, 2, 3]) {
      const { id } = await pair.until(({ event }) => event.seq === seq);
      await pair.act(`deliveries/${id}/retry`);
      const delivered = await pair.until(
        (delivery) => delivery.id === id && delivery.state === "delivered",
      );
      expect(triggers(delivered).at(-1)).toBe("manual");
    }
    const { id } = await pair.until(({ event }) => event.seq === 1);
    const before = pair.receiver.requests.length;
    await pair.act(`deliveries/${id}/retry`);
    await pair.until((delivery) => delivery.id === id && delivery.attempts.length === 3);
    expect(pair.receiver.requests.length).toBe(before + 1);
  });
});

test.concurrent("a subscriber with shards answers as one, and keeps each job in order", async () => {
  const pair = pairs.pair("shards");
  const guids = Array.from({ length: 8 }, (_, index) => `shard-${index}`);
  await Promise.all(guids.map((guid) => pair.send(created(job(guid)))));
  await Promise.all(guids.map((guid) => pair.send(finished(job(guid)))));
  await pair.untilState(({ delivered }) => delivered === 16);
  const byJob = Map.groupBy(
    pair.receiver.requests.map((request) => jsonOf(request)),
    ({ guid }) => guid,
  );
  expect([...byJob.values()].map((events) => events.map(({ seq }) => seq))).toEqual(
    guids.map(() => [1, 2]),
  );
  const seen: string[] = [];
  for (let query = "limit=3"; query !== "";) {
    const { body } = await pairs.api<{ items: readonly DeliveryView[]; cursor: string | null }>(
      "GET",
      `/v1/subscribers/shards/deliveries?${query}`,
    );
    seen.push(...body.items.map(({ id }) => id));
    query = body.cursor === null ? "" : `limit=3&cursor=${encodeURIComponent(body.cursor)}`;
  }
  expect({ listed: seen.length, distinct: new Set(seen).size }).toEqual({
    listed: 16,
    distinct: 16,
  });
  expect((await pair.deliveries("guid=shard-5")).map(({ event }) => event.event)).toEqual([
    "job.finished",
    "job.created",
  ]);
  for (const id of seen) expect((await pair.act(`deliveries/${id}/retry`)).status).toBe(202);
  await pair.receiver.waitForCount(32);
  expect((await pair.act("pause")).body).toMatchObject({ state: "paused" });
  await Promise.all(guids.map((guid) => pair.send(created(job(`${guid}-held`)))));
  await pair.untilState(({ held }) => held === 8);
  expect((await pair.deliveries("state=held")).length).toBe(8);
  await pair.act("resume");
  await pair.untilState(({ delivered }) => delivered === 24);
  expect((await pair.act("replay", { state: "delivered" })).body).toEqual({ count: 24 });
  await pair.receiver.waitForCount(64);
});

describe.concurrent("a replay of many", () => {
  test("takes the dead ones unless told otherwise, by event and by time, and answers how many", async () => {
    const pair = pairs.pair("many");
    pair.receiver.script({ status: 500 });
    await sendEach(pair, ["many-1", "many-2"], "dead");
    const between = new Date().toISOString();
    await until(() => Date.now() > Date.parse(between), { what: "the next millisecond" });
    await pair.send(finished(job("many-1")));
    await until(async () => (await pair.deliveries("state=dead")).length === 3);
    pair.receiver.script({ status: 204 });
    expect(await pair.act("replay", { event: "job.failed" })).toMatchObject({
      status: 202,
      body: { count: 0 },
    });
    expect(await pair.act("replay", { since: between, event: "job.created" })).toMatchObject({
      body: { count: 0 },
    });
    expect(await pair.act("replay", { until: between, event: "job.finished" })).toMatchObject({
      body: { count: 0 },
    });
    expect(await pair.act("replay", { since: between })).toMatchObject({ body: { count: 1 } });
    await pair.until(({ event, state }) => event.event === "job.finished" && state === "delivered");
    expect((await pair.deliveries("state=dead")).map(guidOf)).toEqual(["many-2", "many-1"]);
    await until(async () => (await pair.act<{ count: number }>("replay", {})).body.count === 2, {
      what: "the next replay to be taken",
    });
    await pair.untilState((state) => state.delivered === 3);
    expect(await pair.state()).toMatchObject({ dead: 0, pending: 0, held: 0 });
    const all = await pair.deliveries();
    expect(all.map(triggers)).toEqual([
      ["initial", "replay"],
      ["initial", "replay"],
      ["initial", "replay"],
    ]);
  });

  test("may take those that were delivered, with the same event ids", async () => {
    const pair = pairs.pair("many-delivered");
    await sendEach(pair, ["again-1", "again-2", "again-3"], "delivered");
    const ids = pair.receiver.requests.map(({ headers }) => headers["webhook-id"]);
    expect(await pair.act("replay", { state: "delivered" })).toMatchObject({
      status: 202,
      body: { count: 3 },
    });
    const requests = await pair.receiver.waitForCount(6);
    expect({
      size: new Set(ids).size,
      again: new Set(requests.slice(3).map(({ headers }) => headers["webhook-id"])),
    }).toEqual({
      size: 3,
      again: new Set(ids),
    });
  });

  test.each([{ state: "lost" }, { since: "yesterday" }, { until: 5 }, { colour: "red" }])(
    "of %o is refused",
    async (body) => {
      expect((await pairs.pair("many-delivered").act("replay", body)).status).toBe(422);
    },
  );
});

const replayJob = (guid: string, body: JsonObject = {}): Promise<ApiAnswer> =>
  pairs.api("POST", `/v1/jobs/job/${guid}/replay`, { body });

/** Event ids of the requests from that one on. */
const idsOf = ({ receiver }: Pair, from: number): readonly unknown[] =>
  receiver.requests.slice(from).map(({ headers }) => headers["webhook-id"]);

describe.concurrent("a replay of a job", () => {
  test("forwards it again with the same event ids, as often as it is asked for, to those it is asked for", async () => {
    const [pair, other] = [pairs.pair("job"), pairs.pair("job-too")];
    const answers = [
      await pair.send(created(job("job"))),
      await pair.send(progress(job("job"), 5)),
      await pair.send(finished(job("job"))),
    ];
    const ids = answers.flatMap(({ body }) => body.events ?? []);
    await Promise.all([pair, other].map(({ receiver }) => receiver.waitForCount(3)));
    expect(await replayJob("job")).toMatchObject({ status: 202, body: { deliveries: 6 } });
    await Promise.all([pair, other].map(({ receiver }) => receiver.waitForCount(6)));
    expect([idsOf(pair, 3), idsOf(other, 3)]).toEqual([ids, ids]);
    expect(await replayJob("job", { subscribers: ["job"], since: 1 })).toMatchObject({
      status: 202,
      body: { deliveries: 2 },
    });
    await pair.receiver.waitForCount(8);
    expect(idsOf(pair, 6)).toEqual(ids.slice(1));
    expect(await replayJob("job", { subscribers: ["job"] })).toMatchObject({
      body: { deliveries: 3 },
    });
    await pair.receiver.waitForCount(11);
    expect({ again: idsOf(pair, 8), other: other.receiver.requests.length }).toEqual({
      again: ids,
      other: 6,
    });
    // The job itself has not moved.
    expect((await pairs.api("GET", "/v1/jobs/job/job")).body).toMatchObject({
      seq: 3,
      status: "done",
    });
  });

  test("is refused for a job or a subscriber that does not exist, and for nonsense", async () => {
    const answers = await Promise.all(
      [{}, { subscribers: ["stranger"] }, { subscribers: [] }, { since: -1 }, { since: "1" }].map(
        (body) => replayJob("nobody", body),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([404, 422, 422, 422, 422]);
  });
});

describe.concurrent("a test event", () => {
  test("is signed like any other, tried once, and sent although the subscriber is paused", async () => {
    const pair = pairs.pair("test");
    await pair.act("pause");
    pair.receiver.script({ status: 500 });
    const { status, body } = await pair.act<{ delivery: string }>("test");
    expect({ status, delivery: body.delivery }).toEqual({
      status: 202,
      delivery: expect.stringMatching(/^dlv_/),
    });
    const request = await pair.receiver.waitFor(() => true);
    expect({
      signed: isSignedBy(request, SIGNING_SECRET),
      key: request.headers["x-key"],
      event: jsonOf(request)["event"],
    }).toEqual({
      signed: true,
      key: HEADER_SECRET,
      event: request.headers["x-jobrelay-event"],
    });
    const dead = await pair.until(isDead);
    expect({ id: dead.id, statuses: dead.attempts.map((attempt) => attempt.status) }).toEqual({
      id: body.delivery,
      statuses: [500],
    });
    expect((await pair.state()).state).toBe("paused");
  });
});

describe.concurrent("pause", () => {
  test("holds everything until resume, and nothing is sent meanwhile", async () => {
    const pair = pairs.pair("paused");
    expect(await pair.act("pause")).toMatchObject({
      status: 200,
      body: { id: "paused", state: "paused" },
    });
    await pair.send(created(job("paused-1")));
    await pair.send(created(job("paused-2")));
    await pair.send(finished(job("paused-1")));
    expect(await pair.untilState(({ held }) => held === 3)).toMatchObject({
      state: "paused",
      pending: 0,
      delivered: 0,
      oldestPendingAt: expect.any(String),
    });
    expect({
      held: (await pair.deliveries("state=held")).length,
      pending: (await pair.deliveries("state=pending")).length,
    }).toEqual({
      held: 3,
      pending: 0,
    });
    expect(pair.receiver.requests).toHaveLength(0);
    expect(await pair.act("resume")).toMatchObject({ status: 200, body: { state: "active" } });
    expect(await pair.untilState(({ delivered }) => delivered === 3)).toMatchObject({
      held: 0,
      pending: 0,
      oldestPendingAt: null,
    });
    const first = pair.receiver.requests
      .map((request) => jsonOf(request))
      .filter(({ guid }) => guid === "paused-1");
    expect(first.map(({ event }) => event)).toEqual(["job.created", "job.finished"]);
    expect((await pair.deliveries()).map(({ attempts }) => attempts.length)).toEqual([1, 1, 1]);
  });

  test("lets an attempt under way end: a success counts, a failure waits for resume", async () => {
    const pair = pairs.pair("paused-late");
    const { promise: after, resolve } = Promise.withResolvers<void>();
    pair.receiver.next({ status: 204, after }, { status: 500, after });
    await Promise.all(["late-1", "late-2"].map((guid) => pair.send(created(job(guid)))));
    await pair.receiver.waitForCount(2);
    await pair.act("pause");
    await pair.act("pause");
    resolve();
    await pair.untilState(({ delivered, held }) => delivered === 1 && held === 1);
    const held = await pair.until(
      ({ state, attempts }) => state === "held" && attempts.length === 1,
    );
    expect({
      statuses: held.attempts.map(({ status }) => status),
      next: held.nextAttemptAt,
    }).toEqual({ statuses: [500], next: null });
    await pair.act("resume");
    await pair.act("resume");
    await pair.untilState(({ delivered }) => delivered === 2);
    expect(pair.receiver.requests).toHaveLength(3);
  });

  test("does not keep an operator from sending one by hand", async () => {
    const pair = pairs.pair("paused-hand");
    await pair.act("pause");
    await pair.send(created(job("hand")));
    await pair.send(created(job("rest")));
    const held = await pair.until(({ event, state }) => event.guid === "hand" && state === "held");
    await pair.act(`deliveries/${held.id}/retry`);
    const delivered = await pair.until(
      ({ event, state }) => event.guid === "hand" && state === "delivered",
    );
    expect({
      triggers: triggers(delivered),
      seen: pair.receiver.requests.map((request) => jsonOf(request)["guid"]),
    }).toEqual({
      triggers: ["manual"],
      seen: ["hand"],
    });
  });
});

describe.concurrent("deliveries", () => {
  test("are listed newest first, by state and by job, page after page without gap or repeat", async () => {
    const pair = pairs.pair("pages");
    const guids = Array.from({ length: 5 }, (_, index) => `page-${index}`);
    await sendEach(pair, guids, "delivered");
    pair.receiver.script({ status: 500 });
    await pair.send(finished(job("page-2")));
    await pair.until(isDead);
    const seen: string[] = [];
    const sizes: number[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page: { items: readonly DeliveryView[]; cursor: string | null } = (
        await pairs.api<{ items: readonly DeliveryView[]; cursor: string | null }>(
          "GET",
          `/v1/subscribers/pages/deliveries?limit=2${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`,
        )
      ).body;
      seen.push(...page.items.map(({ id }) => id));
      sizes.push(page.items.length);
      cursor = page.cursor;
    }
    const all = await pair.deliveries("limit=100");
    expect({ seen, most: Math.max(...sizes), newest: all[0]?.event.event }).toEqual({
      seen: all.map(({ id }) => id),
      most: 2,
      newest: "job.finished",
    });
    expect({
      guid: (await pair.deliveries("guid=page-2")).map(({ event, state }) => [event.event, state]),
      both: (await pair.deliveries("guid=page-2&state=dead")).length,
      delivered: (await pair.deliveries("state=delivered")).length,
      none: await pair.deliveries("guid=nobody"),
    }).toEqual({
      guid: [
        ["job.finished", "dead"],
        ["job.created", "delivered"],
      ],
      both: 1,
      delivered: 5,
      none: [],
    });
  });

  test.each(["state=lost", "limit=0", "limit=1000000", "limit=two", "cursor=nonsense"])(
    "asked for with %s are refused",
    async (query) => {
      const { status, text } = await pairs.api("GET", `/v1/subscribers/pages/deliveries?${query}`);
      expect({ status, title: text.includes('"title"') }).toEqual({ status: 400, title: true });
    },
  );

  test("of a job that is erased are gone, bodies and all", async () => {
    const pair = pairs.pair("erased");
    await pair.act("pause");
    await sendEach(pair, ["erased", "kept"], "held");
    expect((await pairs.api("DELETE", "/v1/jobs/erased/erased")).status).toBe(204);
    await until(async () => (await pair.deliveries()).length === 1, {
      what: "one delivery to be left",
    });
    await pair.act("resume");
    await pair.untilState(({ delivered, held }) => delivered === 1 && held === 0);
    expect(pair.receiver.requests.map((request) => jsonOf(request)["guid"])).toEqual(["kept"]);
  });
});

const tokenFor = async (account: string): Promise<string> =>
  (await pairs.api<{ token: string }>("POST", "/v1/tokens", { body: { account, expiresIn: 600 } }))
    .body.token;

test.concurrent("a job that is erased while its event is on the way leaves nothing behind", async () => {
  const pair = pairs.pair("erased-late");
  const { promise: after, resolve } = Promise.withResolvers<void>();
  pair.receiver.next({ status: 500, after });
  await pair.send(created(job("erased")));
  await pair.receiver.waitFor(() => true);
  expect((await pairs.api("DELETE", "/v1/jobs/erased-late/erased")).status).toBe(204);
  resolve();
  await until(async () => (await pair.deliveries()).length === 0, {
    what: "no delivery to be left",
  });
  await pair.send(created(job("next")));
  await pair.until(({ event, state }) => event.guid === "next" && state === "delivered");
  await until(async () => (await pair.deliveries()).length === 1, { what: "one delivery" });
  expect(await pair.state()).toMatchObject({ delivered: 1, dead: 0, pending: 0, state: "active" });
});

test.concurrent.each(["a/b", "50%", "jöb 😀", "a?b#c&d", "a b+c", "constructor", "x".repeat(255)])(
  "a job named %s is found, listed and replayed",
  async (guid) => {
    const pair = pairs.pair("named");
    await pair.send(created(job(guid)));
    const fits = (request: ReceivedRequest): boolean => jsonOf(request)["guid"] === guid;
    await pair.receiver.waitFor(fits);
    const path = `/v1/jobs/named/${encodeURIComponent(guid)}`;
    expect((await pairs.api("GET", path)).body).toMatchObject({
      source: "named",
      guid,
      status: "queueing",
    });
    expect(await pairs.api("POST", `${path}/replay`)).toMatchObject({
      status: 202,
      body: { deliveries: 1 },
    });
    await until(() => pair.receiver.requests.filter(fits).length === 2, { what: "the replay" });
    const list = await pair.deliveries(`guid=${encodeURIComponent(guid)}`);
    expect(list.map(({ event }) => event.guid)).toEqual([guid, guid]);
  },
);

describe.concurrent("attempt events", () => {
  interface Page {
    readonly items: readonly {
      readonly channel: string;
      readonly event: Readonly<Record<string, unknown>>;
    }[];
    readonly cursor: string;
  }
  const page = async (account: string, token: string, cursor?: string): Promise<Page> => {
    const since = cursor === undefined ? "" : `&since=${encodeURIComponent(cursor)}`;
    return (
      await pairs.api<Page>(
        "GET",
        `/v1/accounts/${account}/events?channels=webhooks:${account}${since}`,
        { token },
      )
    ).body;
  };

  test("tell the account's channel about each attempt, and no subscriber", async () => {
    const pair = pairs.pair("told");
    const token = await tokenFor("told");
    const { cursor } = await page("told", token);
    pair.receiver.next({ status: 503 });
    await pair.send(created(job("told")));
    const delivery = await pair.until(({ state }) => state === "delivered");
    const { items } = await until(
      async () => {
        const found = await page("told", token, cursor);
        return found.items.length >= 2 && found;
      },
      { what: "two attempt events" },
    );
    expect(items.map(({ channel, event }) => [channel, event])).toEqual(
      [503, 204].map((status, index) => [
        "webhooks:told",
        {
          version: "v3-beta",
          event: "webhook.event.created",
          guid: delivery.id,
          status: String(status),
          url: null,
          details: expect.objectContaining({
            event: "job.created",
            responseCode: String(status),
            subscriber: "told",
            attempt: index + 1,
          }),
          id: expect.stringMatching(/^evt_/),
          source: "told",
          account: "told",
          time: expect.stringMatching(/Z$/),
        },
      ]),
    );
    expect(pair.receiver.requests.map((request) => jsonOf(request)["event"])).toEqual([
      "job.created",
      "job.created",
    ]);
    expect((await pair.deliveries()).length).toBe(1);
  });

  test("are not told where the subscriber says so", async () => {
    const pair = pairs.pair("untold");
    const token = await tokenFor("untold");
    const { cursor } = await page("untold", token);
    await pair.send(created(job("untold")));
    await pair.until(({ state }) => state === "delivered");
    // Those of another subscriber, delivered later, have arrived: these would have too.
    const told = await page("told-later", ADMIN_TOKEN);
    await pairs.pair("told-later").send(created(job("told-later")));
    await until(async () => (await page("told-later", ADMIN_TOKEN, told.cursor)).items.length > 0);
    expect((await page("untold", token, cursor)).items).toEqual([]);
  });
});

describe("who may", () => {
  const PATHS = [
    ["GET", "/v1/subscribers"],
    ["GET", "/v1/subscribers/dead"],
    ["GET", "/v1/subscribers/nobody"],
    ["GET", "/v1/subscribers/dead/deliveries"],
    ["POST", "/v1/subscribers/dead/pause"],
    ["POST", "/v1/subscribers/dead/resume"],
    ["POST", "/v1/subscribers/dead/test"],
    ["POST", "/v1/subscribers/dead/replay"],
    ["POST", "/v1/subscribers/dead/deliveries/dlv_1_00/retry"],
    ["POST", "/v1/jobs/job/job/replay"],
    ["POST", "/v1/tokens"],
    ["GET", "/v1/sources"],
  ] as const;

  test.each(PATHS)("nobody without the admin token: %s %s", async (method, path) => {
    const stream = (
      await pairs.api<{ token: string }>("POST", "/v1/tokens", {
        body: { account: "dead", expiresIn: 600 },
      })
    ).body.token;
    const answers = await Promise.all(
      [null, "", "wrong", `${ADMIN_TOKEN}x`, stream].map((token) =>
        pairs.api(method, path, { token }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
  });

  test.each(["", "/deliveries"])(
    "a subscriber that does not exist is a 404: /v1/subscribers/nobody%s",
    async (path) => {
      expect((await pairs.api("GET", `/v1/subscribers/nobody${path}`)).status).toBe(404);
    },
  );

  test("the list names every subscriber and how it does", async () => {
    const { body } = await pairs.api<{ items: readonly Record<string, unknown>[]; cursor: null }>(
      "GET",
      "/v1/subscribers",
    );
    expect({ ids: body.items.map(({ id }) => id), cursor: body.cursor }).toEqual({
      ids: Object.keys(PAIRS),
      cursor: null,
    });
    for (const item of body.items) {
      expect(item).toMatchObject({
        state: expect.stringMatching(/^(active|probing|paused|disabled)$/),
        pending: expect.any(Number),
        held: expect.any(Number),
        dead: expect.any(Number),
        delivered: expect.any(Number),
      });
      expect(Object.keys(item)).toEqual(
        expect.arrayContaining(["successRate", "p50", "p95", "oldestPendingAt", "lastFailure"]),
      );
    }
  });

  test("no answer and no log line has a secret in it", async () => {
    const { cursor } = (
      await pairs.api<{ cursor: string }>("GET", "/v1/accounts/secret-url/events")
    ).body;
    await pairs.pair("secret-url").send(created(job("secret-url")));
    await pairs.pair("secret-url").until(isDead);
    const events = `/v1/accounts/secret-url/events?since=${encodeURIComponent(cursor)}`;
    await until(
      async () => (await pairs.api("GET", events)).text.includes("webhook.event.created"),
      { what: "the attempt event" },
    );
    const reads = PATHS.filter(([method]) => method === "GET").map(([, path]) => path);
    const deliveries = Object.keys(PAIRS).map((id) => `/v1/subscribers/${id}/deliveries?limit=100`);
    const paths = [
      ...reads,
      ...deliveries,
      "/v1/jobs",
      "/healthz",
      "/.well-known/jobrelay-keys.json",
      "/v1/sources/dead/rejected",
      events,
    ];
    const texts = await Promise.all(paths.map(async (path) => (await pairs.api("GET", path)).text));
    const all = [...texts, pairs.relay.logs()].join("\n");
    const secrets = [
      SIGNING_SECRET,
      SIGNING_SECRET.slice("whsec_".length),
      HEADER_SECRET,
      URL_TOKEN,
      ADMIN_TOKEN,
      STREAM_SECRET,
      ...Object.values(SOURCE_SECRETS),
    ];
    expect(secrets.filter((secret) => all.includes(secret))).toEqual([]);
    expect(all).not.toMatch(/whsec_|whsk_/);
  });
});
