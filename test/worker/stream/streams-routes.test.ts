import { env } from "cloudflare:workers";
import { evictDurableObject, listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { JobUpdate } from "../../../src/model/messages.ts";
import type { EventFrame, Page } from "../../../src/stream/frames.ts";
import { streamRoutes } from "../../../src/stream/http/streams.routes.ts";
import {
  account,
  ADMIN,
  ask,
  eventually,
  open,
  ORIGIN,
  publication,
  run,
  seqs,
  SseReader,
  token,
} from "./stream-fixture.ts";

const bearer = (secret: string): Record<string, string> => ({ authorization: `Bearer ${secret}` });
const SSE = { accept: "text/event-stream" };

/** What a hostile sees of an answer. */
const seen = async (response: Response) => ({
  status: response.status,
  type: response.headers.get("content-type"),
  body: await response.text(),
});

let count = 0;
const update = (
  guid: string,
  name: string,
  event: JobUpdate["event"],
  current: number | null = null,
): JobUpdate => ({
  event,
  source: "email",
  provider: "emailengine",
  account: name,
  guid,
  key: { kind: "id", value: `key-${(count += 1)}` },
  url: null,
  current,
  total: 100,
  error: null,
  details: { guid },
  occurredAt: null,
  traceparent: "00-00000000000000000000000000000001-0000000000000001-01",
});

const job = (guid: string) => env.JOB.getByName(`email/${guid}`);

describe("without the right token", () => {
  test.each([
    ["none", async () => ({})],
    ["garbage", async () => bearer("garbage")],
    ["one of another key", async () => bearer(`${(await token("acme")).slice(0, -4)}AAAA`)],
    ["one that has ended", async () => bearer(await token("acme", null, -1))],
    [
      "an unsigned one",
      async () =>
        bearer(
          `${btoa('{"alg":"none"}').replaceAll("=", "")}.${btoa('{"sub":"acme","exp":9000000000}').replaceAll("=", "")}.AA`,
        ),
    ],
  ])(
    "(%s) every path answers the same 401 and every socket closes with 4500",
    async (_, headers) => {
      const given = await headers();
      const answers = await Promise.all(
        [
          "/v1/accounts/acme/stream",
          "/v1/accounts/acme/events",
          "/v1/jobs/email/g/stream",
          "/v1/jobs/email/g/events",
        ].map(async (path) => seen(await ask(path, { ...SSE, ...given }))),
      );
      for (const answer of answers) {
        expect(answer).toEqual({
          status: 401,
          type: "application/problem+json",
          body: '{"type":"/docs/problems/unauthorized","status":401,"title":"Unauthorized"}',
        });
      }
      const client = await open("/v1/accounts/acme/stream", given);
      expect(await client.closed).toEqual({ code: 4500, reason: "invalid token" });
      expect(client.texts).toEqual([]);
    },
  );

  test("no object wakes", async () => {
    const before =
      (await listDurableObjectIds(env.ACCOUNT)).length +
      (await listDurableObjectIds(env.JOB)).length;
    await (
      await open("/v1/accounts/never-1/stream")
    ).closed;
    await (
      await open(`/v1/accounts/never-2/stream?token=${await token("acme")}`)
    ).closed;
    await (
      await open(`/v1/jobs/email/never-3/stream?token=${await token("acme", ["export.other.job"])}`)
    ).closed;
    await ask("/v1/accounts/never-4/events", bearer(await token("acme")));
    expect(
      (await listDurableObjectIds(env.ACCOUNT)).length +
        (await listDurableObjectIds(env.JOB)).length,
    ).toBe(before);
  });
});

describe("a foreign account, channel or job", () => {
  test("is refused exactly like one that does not exist", async () => {
    await account("rich").publish([publication({ account: "rich", guid: "r1" }, 1)]);
    await job("r-job").ingest(update("r-job", "rich", "job.created"));
    const mine = await token("poor");
    const pairs = [
      ["/v1/accounts/rich/stream", "/v1/accounts/nobody/stream"],
      ["/v1/accounts/rich/events", "/v1/accounts/nobody/events"],
      [
        "/v1/accounts/poor/stream?channels=exports:rich",
        "/v1/accounts/poor/stream?channels=exports:nobody",
      ],
      ["/v1/jobs/email/r-job/stream", "/v1/jobs/email/no-job/stream"],
      ["/v1/jobs/email/r-job/events", "/v1/jobs/email/no-job/events"],
    ] as const;
    for (const [foreign, missing] of pairs) {
      const answers = await Promise.all(
        [foreign, missing].map(async (path) => seen(await ask(path, { ...SSE, ...bearer(mine) }))),
      );
      expect(answers[0]).toEqual(answers[1]);
      expect(answers[0]?.status).toBe(404);
      if (!foreign.includes("/stream")) continue;
      for (const path of [foreign, missing]) {
        const client = await open(path, bearer(mine));
        expect([await client.closed, client.texts]).toEqual([
          { code: 4507, reason: "not permitted" },
          [],
        ]);
      }
    }
  });

  test("of a narrow token is refused on both stream paths, its own is opened", async () => {
    await job("n1").ingest(update("n1", "narrow-acme", "job.created"));
    await job("n2").ingest(update("n2", "narrow-acme", "job.created"));
    const narrow = bearer(await token("narrow-acme", ["export.n1.job"]));
    const hello = async (path: string): Promise<unknown> => {
      const client = await open(path, narrow);
      await Promise.race([client.until(1), client.closed]);
      client.close();
      return client.frames[0]?.type ?? (await client.closed).code;
    };
    expect(await hello("/v1/jobs/email/n1/stream")).toBe("hello");
    expect(await hello("/v1/jobs/email/n2/stream")).toBe(4507);
    expect(await hello("/v1/accounts/narrow-acme/stream?channels=export.n1.job")).toBe("hello");
    expect(await hello("/v1/accounts/narrow-acme/stream?channels=export.n2.job")).toBe(4507);
    expect(await hello("/v1/accounts/narrow-acme/stream?channels=exports:narrow-acme")).toBe(4507);
    expect(await hello("/v1/accounts/narrow-acme/stream")).toBe(4507);
  });

  test("hides a job of the same guid in another account from an account's own channel", async () => {
    await account("spy-target").publish([publication({ account: "spy-target", guid: "s1" }, 1)]);
    const client = await open(
      "/v1/accounts/spy/stream?channels=export.s1.job",
      bearer(await token("spy")),
    );
    await client.until(1);
    expect(client.hello).toMatchObject({ snapshot: { account: "spy", jobs: [] } });
    client.close();
  });
});

describe("a token is accepted", () => {
  test("as Authorization, as a query parameter and as a subprotocol, which is then answered", async () => {
    const secret = await token("doors");
    for (const [query, headers, protocol] of [
      ["", bearer(secret), null],
      [`?token=${secret}`, {}, null],
      ["", { "sec-websocket-protocol": `jobrelay.v1, ${secret}` }, "jobrelay.v1"],
      ["", { "sec-websocket-protocol": `${secret},jobrelay.v1` }, "jobrelay.v1"],
      [`?token=${secret}`, { "sec-websocket-protocol": "jobrelay.v1" }, "jobrelay.v1"],
    ] as const) {
      const client = await open(`/v1/accounts/doors/stream${query}`, headers);
      await client.until(1);
      expect([client.hello.type, client.response.headers.get("sec-websocket-protocol")]).toEqual([
        "hello",
        protocol,
      ]);
      client.close();
    }
  });

  test("not as a subprotocol without the relay's own, and a refused handshake is answered with the protocol too", async () => {
    const without = await open("/v1/accounts/doors/stream", {
      "sec-websocket-protocol": await token("doors"),
    });
    expect(await without.closed).toMatchObject({ code: 4500 });
    const wrong = await open("/v1/accounts/doors/stream", {
      "sec-websocket-protocol": "jobrelay.v1, wrong",
    });
    expect([await wrong.closed, wrong.response.headers.get("sec-websocket-protocol")]).toEqual([
      { code: 4500, reason: "invalid token" },
      "jobrelay.v1",
    ]);
  });

  test("of the admin for any stream", async () => {
    await job("a1").ingest(update("a1", "someone", "job.created"));
    for (const path of [
      "/v1/jobs/email/a1/stream",
      "/v1/accounts/someone/stream",
      "/v1/accounts/someone/stream?channels=user:someone,export.a1.job",
    ]) {
      const client = await open(path, bearer(ADMIN));
      await client.until(1);
      expect(client.hello.type).toBe("hello");
      client.close();
    }
  });
});

describe("an id with a comma", () => {
  test.each([
    ["in a list", { channels: "export.a,b.job,user:user,1" }],
    ["beside another parameter", { channels: "export.a,b.job", channel: "user:user,1" }],
  ])("names its channel %s", async (_, query) => {
    const name = "user,1";
    const secret = await token(name, ["export.a,b.job", "user:user,1"]);
    const parameters = new URLSearchParams({ token: secret, ...query });
    const client = await open(
      `/v1/accounts/${encodeURIComponent(name)}/stream?${parameters.toString()}`,
    );
    await client.until(1);
    await account(name).publish([publication({ account: name, guid: "a,b" }, 1)]);
    await client.until(2);
    expect(client.events.map(({ channel }) => channel)).toEqual(["export.a,b.job"]);
    await account(name).forget("comments", "a,b");
    client.close();
  });
});

describe("a bad request", () => {
  test.each([
    ["an unknown channel", "channels=nonsense"],
    [
      "129 channels",
      `channels=${Array.from({ length: 129 }, (_, index) => `export.${index}.job`).join(",")}`,
    ],
    ["an unknown parameter", "chanels=exports:bad"],
    ["channel names of more than 7,000 characters", `channels=export.${"x".repeat(7_000)}.job`],
  ])("with %s is answered 400, a socket closed with 4501", async (_, query) => {
    const headers = bearer(await token("bad"));
    expect((await ask(`/v1/accounts/bad/stream?${query}`, { ...headers, ...SSE })).status).toBe(
      400,
    );
    expect((await ask(`/v1/accounts/bad/events?${query}`, headers)).status).toBe(400);
    expect(await (await open(`/v1/accounts/bad/stream?${query}`, headers)).closed).toEqual({
      code: 4501,
      reason: "bad request",
    });
  });

  test("with 128 channels of UUIDs is none", async () => {
    const names = Array.from({ length: 128 }, () => `export.${crypto.randomUUID()}.job`);
    const client = await open(
      `/v1/accounts/many/stream?channels=${names.join(",")}`,
      bearer(await token("many")),
    );
    await client.until(1);
    await evictDurableObject(account("many"));
    const guid = names.at(-1)?.slice("export.".length, -".job".length) ?? "";
    await account("many").publish([publication({ account: "many", guid }, 1)]);
    await client.until(2);
    expect(client.events[0]?.channel).toBe(names.at(-1));
    client.close();
  });

  test("for neither WebSocket nor SSE is answered 406 with a hint", async () => {
    const response = await ask("/v1/accounts/hint/stream", {
      ...bearer(await token("hint")),
      accept: "application/json",
    });
    expect(response.status).toBe(406);
    expect(await response.json()).toMatchObject({
      detail: expect.stringContaining("text/event-stream"),
    });
  });

  test.each(["0", "1001", "-1", "1.5", "ten"])(
    "for a page of %s is answered 400",
    async (limit) => {
      expect(
        (await ask(`/v1/accounts/bad/events?limit=${limit}`, bearer(await token("bad")))).status,
      ).toBe(400);
    },
  );
});

describe("an origin", () => {
  test("that is neither the relay's own nor allowed is refused, whatever its token", async () => {
    const headers = { ...bearer(ADMIN), origin: "https://evil.test" };
    const response = await ask("/v1/accounts/o/events", headers);
    expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([
      403,
      null,
    ]);
    expect((await ask("/v1/accounts/o/stream", { ...headers, ...SSE })).status).toBe(403);
    expect(await (await open("/v1/accounts/o/stream", headers)).closed).toEqual({
      code: 4507,
      reason: "not permitted",
    });
    expect(
      (await ask("/v1/accounts/o/stream", { origin: "https://evil.test" }, "OPTIONS")).status,
    ).toBe(403);
  });

  test("of the relay itself is allowed and may read answers, refusals and preflights", async () => {
    const response = await ask("/v1/accounts/o/events", {
      ...bearer(await token("o")),
      origin: ORIGIN,
    });
    expect([
      response.status,
      response.headers.get("access-control-allow-origin"),
      response.headers.get("vary"),
    ]).toEqual([200, ORIGIN, "Origin"]);
    const refused = await ask("/v1/accounts/o/events", { origin: ORIGIN });
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([
      401,
      ORIGIN,
    ]);
    const preflight = await ask(
      "/v1/jobs/email/g/events",
      { origin: ORIGIN, "access-control-request-method": "GET" },
      "OPTIONS",
    );
    expect([preflight.status, preflight.headers.get("access-control-allow-headers")]).toEqual([
      204,
      "authorization, last-event-id",
    ]);
  });

  test("gets no permission on tokens", async () => {
    const response = await ask("/v1/tokens", { origin: ORIGIN }, "OPTIONS");
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });
});

const poll = async (name: string, query = ""): Promise<Page> => {
  const response = await ask(`/v1/accounts/${name}/events${query}`, bearer(await token(name)));
  expect(response.headers.get("cache-control")).toBe("no-store");
  return response.json();
};

describe("polling an account", () => {
  test("starts at now and continues by cursor, page after page, with the frames that a socket gets", async () => {
    const stub = account("polled");
    await stub.publish(run({ account: "polled" }, 1, 2));
    const start = await poll("polled");
    expect(start).toEqual({ items: [], cursor: expect.any(String), reset: false });
    const client = await open("/v1/accounts/polled/stream", bearer(await token("polled")));
    await client.until(1);
    await stub.publish(run({ account: "polled" }, 3, 7));
    await client.until(6);
    const items: EventFrame[] = [];
    let { cursor } = start;
    for (let page = 0; page < 4; page += 1) {
      const answer = await poll("polled", `?since=${cursor}&limit=2`);
      items.push(...answer.items);
      ({ cursor } = answer);
    }
    expect(items).toEqual(client.events);
    expect(await poll("polled", `?since=${cursor}`)).toEqual({ items: [], cursor, reset: false });
    client.close();
  });

  test("skips events of other channels", async () => {
    const { cursor } = await poll("passing", "?channels=user:passing");
    await account("passing").publish(run({ account: "passing" }, 1, 3));
    const next = await poll("passing", `?channels=user:passing&since=${cursor}`);
    expect([next.items, next.reset, next.cursor === cursor]).toEqual([[], false, false]);
  });

  test("with a cursor that cannot be continued starts over with the snapshot, and says so", async () => {
    await account("lost").publish(run({ account: "lost" }, 1, 3));
    const page = await poll("lost", "?since=garbage");
    expect(page).toMatchObject({ items: [], reset: true, snapshot: { jobs: [{ seq: 3 }] } });
    await account("lost").publish(run({ account: "lost" }, 4, 4));
    expect(seqs((await poll("lost", `?since=${page.cursor}`)).items)).toEqual([4]);
  });
});

const begin = async (guid: string): Promise<void> => {
  await job(guid).ingest(update(guid, "jobs-acme", "job.created"));
  await job(guid).ingest(update(guid, "jobs-acme", "job.progress", 10));
  await job(guid).ingest(update(guid, "jobs-acme", "job.finished", 100));
};

describe("one job", () => {
  test("is streamed from a snapshot, and resumed by cursor and by seq", async () => {
    await begin("j1");
    const headers = bearer(await token("jobs-acme"));
    const client = await (await open("/v1/jobs/email/j1/stream", headers)).until(1);
    expect(client.hello).toMatchObject({
      recovered: false,
      snapshot: { guid: "j1", seq: 3, status: "done" },
    });
    await job("j1").ingest(update("j1", "jobs-acme", "job.requeued"));
    await client.until(2);
    expect(client.events[0]).toMatchObject({
      channel: "export.j1.job",
      event: { seq: 4, attempt: 2 },
    });
    await evictDurableObject(job("j1"));
    const resumed = await (
      await open(`/v1/jobs/email/j1/stream?since=${client.hello.cursor}`, headers)
    ).until(2);
    expect(resumed.frames).toEqual([
      { type: "hello", cursor: client.hello.cursor, recovered: true },
      ...client.events,
    ]);
    const bySeq = await (await open("/v1/jobs/email/j1/stream?since=1", headers)).until(4);
    expect([bySeq.hello.recovered, seqs(bySeq.events)]).toEqual([true, [2, 3, 4]]);
    for (const each of [client, resumed, bySeq]) each.close();
  });

  test("is polled from its first event, with what was only recorded for the admin alone", async () => {
    await begin("j2");
    await job("j2").ingest(update("j2", "jobs-acme", "job.progress", 50));
    const mine = bearer(await token("jobs-acme"));
    const page: Page = await (await ask("/v1/jobs/email/j2/events?limit=2", mine)).json();
    expect([seqs(page.items), page.reset]).toEqual([[1, 2], false]);
    const rest: Page = await (
      await ask(`/v1/jobs/email/j2/events?since=${page.cursor}&include=recorded`, mine)
    ).json();
    expect([seqs(rest.items), "recorded" in rest]).toEqual([[3], false]);
    const admin: Page = await (
      await ask("/v1/jobs/email/j2/events?since=2&include=recorded", bearer(ADMIN))
    ).json();
    expect([seqs(admin.items), "recorded" in admin]).toEqual([[3], true]);
    const lost: Page = await (await ask("/v1/jobs/email/j2/events?since=garbage", mine)).json();
    expect([seqs(lost.items), lost.reset]).toEqual([[1, 2, 3], true]);
  });

  test("with a slash in its guid has a stream as well", async () => {
    await job("a/b ü").ingest(update("a/b ü", "jobs-acme", "job.created"));
    const path = `/v1/jobs/email/${encodeURIComponent("a/b ü")}/stream`;
    const client = await (
      await open(path, bearer(await token("jobs-acme", ["export.a/b ü.job"])))
    ).until(1);
    expect(client.hello).toMatchObject({ snapshot: { guid: "a/b ü" } });
    client.close();
  });
});

const sse = async (
  path: string,
  name: string,
  headers: Record<string, string> = {},
): Promise<SseReader> =>
  new SseReader(await ask(path, { ...SSE, ...bearer(await token(name)), ...headers }));

const sockets = (): Promise<number> => openSockets("sse-leaves");

describe("an event stream", () => {
  test("carries the frames a socket carries, with cursors as ids", async () => {
    const stub = account("sse");
    const reader = await sse("/v1/accounts/sse/stream", "sse", { origin: ORIGIN });
    const client = await (
      await open("/v1/accounts/sse/stream", bearer(await token("sse")))
    ).until(1);
    expect(
      Object.fromEntries(
        ["content-type", "cache-control", "x-accel-buffering", "access-control-allow-origin"].map(
          (name) => [name, reader.response.headers.get(name)],
        ),
      ),
    ).toEqual({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
      "access-control-allow-origin": ORIGIN,
    });
    await stub.publish(run({ account: "sse" }, 1, 2));
    await client.until(3);
    expect(await reader.next()).toEqual({ retry: expect.stringMatching(/^\d+$/) });
    for (const text of client.texts) {
      const block = await reader.next();
      expect(block).toEqual({
        id: JSON.parse(text).cursor,
        event: JSON.parse(text).type,
        data: text,
      });
    }
    await reader.cancel();
    client.close();
  });

  test("resumes from Last-Event-ID, which wins over the address's since", async () => {
    const stub = account("sse-resume");
    const first = await sse("/v1/accounts/sse-resume/stream", "sse-resume");
    await stub.publish(run({ account: "sse-resume" }, 1, 4));
    await first.next();
    const hello = await first.next();
    const one = await first.next();
    const two = await first.next();
    expect([hello?.["event"], one?.["event"], two?.["event"]]).toEqual(["hello", "event", "event"]);
    await first.cancel();
    const second = await sse(`/v1/accounts/sse-resume/stream?since=${one?.["id"]}`, "sse-resume", {
      "last-event-id": two?.["id"] ?? "",
    });
    await second.next();
    expect(JSON.parse((await second.next())?.["data"] ?? "")).toEqual({
      type: "hello",
      cursor: two?.["id"],
      recovered: true,
    });
    const rest = [await second.next(), await second.next()].map(
      (block) => JSON.parse(block?.["data"] ?? "").event.seq,
    );
    expect(rest).toEqual([3, 4]);
    await second.cancel();
  });

  test("frees the object's socket when its reader leaves", async () => {
    const reader = await sse("/v1/accounts/sse-leaves/stream", "sse-leaves");
    await reader.next();
    await reader.next();
    expect(await sockets()).toBe(1);
    await reader.cancel();
    await eventually(async () => (await sockets()) === 0);
  });

  test("ends when its token does", async () => {
    const reader = await sse(
      `/v1/accounts/sse-ends/stream?token=`,
      "sse-ends",
      bearer(await token("sse-ends", null, 2)),
    );
    await reader.next();
    await reader.next();
    expect(await reader.next()).toBeNull();
  });

  test("ends when the object goes away, so that its reader resumes", async () => {
    const reader = await sse("/v1/accounts/sse-away/stream", "sse-away");
    await reader.next();
    await reader.next();
    await evictDurableObject(account("sse-away"), { webSockets: "close" });
    expect(await reader.next()).toBeNull();
  });
});

/** Sockets of an account that are open, counted in its object. */
function openSockets(name: string): Promise<number> {
  return runInDurableObject(
    account(name),
    (_, state) =>
      state.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN).length,
  );
}

test("a stream path answers no other method, and opens no stream for a HEAD", async () => {
  expect((await ask("/v1/accounts/acme/stream", bearer(ADMIN), "POST")).status).toBe(405);
  expect(
    (await ask("/v1/accounts/headed/stream", { ...SSE, ...bearer(ADMIN) }, "HEAD")).status,
  ).toBe(406);
});

/** An answer under a changed configuration. */
const under = (
  changed: object,
  headers: Record<string, string>,
  path = "/v1/accounts/conf/events",
) => streamRoutes.request(`${ORIGIN}${path}`, { headers }, { ...env, ...changed });

describe("the configuration", () => {
  test("when it is broken is answered 503, an upgrade too, so that clients come back", async () => {
    for (const headers of [bearer(ADMIN), { ...bearer(ADMIN), upgrade: "websocket" }]) {
      const response = await under(
        { SOURCES: [{ id: "No Id" }] },
        headers,
        "/v1/accounts/conf/stream",
      );
      expect([response.status, response.headers.get("retry-after"), response.webSocket]).toEqual([
        503,
        "30",
        null,
      ]);
    }
  });

  test("without any secret refuses every token, the empty and the old ones", async () => {
    const unset = { ADMIN_TOKEN: undefined, STREAM_SECRET: undefined };
    for (const secret of ["", "undefined", "null", ADMIN, await token("conf")])
      expect((await under(unset, bearer(secret))).status).toBe(401);
  });

  test("allows the origins it lists, and no other", async () => {
    const listed = { ALLOWED_ORIGINS: ["https://app.example.com"] };
    const asking = async (origin: string): Promise<unknown> => {
      const response = await under(listed, { ...bearer(await token("conf")), origin });
      return [response.status, response.headers.get("access-control-allow-origin")];
    };
    expect(await asking("https://app.example.com")).toEqual([200, "https://app.example.com"]);
    expect(await asking(ORIGIN)).toEqual([200, ORIGIN]);
    expect(await asking("https://app.example.com.evil.test")).toEqual([403, null]);
    expect(await asking("null")).toEqual([403, null]);
  });
});

test("what a job emits reaches the stream of its account, in order and once", async () => {
  const client = await (
    await open("/v1/accounts/chain/stream", bearer(await token("chain")))
  ).until(1);
  for (const event of [
    "job.created",
    "job.progress",
    "job.failed",
    "job.requeued",
    "job.finished",
  ] as const) {
    await job("chained").ingest(
      update("chained", "chain", event, event === "job.progress" ? 5 : null),
    );
  }
  await client.until(6);
  expect(client.events.map(({ channel, event }) => [channel, event.event])).toEqual(
    ["job.created", "job.progress", "job.failed", "job.requeued", "job.finished"].map((event) => [
      "exports:chain",
      event,
    ]),
  );
  client.close();
});
