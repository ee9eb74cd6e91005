// Requests that act, sent more than once under one key.

import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../../src/kernel/bytes.ts";
import { sha256Hex } from "../../../src/kernel/hmac.io.ts";
import { sign } from "../../../src/ingest/recipe/sign/sign-as.io.ts";

const TOKEN = { authorization: "Bearer test-admin-token" };

interface Asked {
  readonly key?: string;
  readonly body?: string;
  readonly method?: string;
}

const ask = (path: string, { key, body = "", method = "POST" }: Asked = {}): Promise<Response> =>
  exports.default.fetch(`http://relay.test${path}`, {
    method,
    headers: { ...TOKEN, ...(key === undefined ? {} : { "idempotency-key": key }) },
    ...(method === "GET" ? {} : { body }),
  });

const told = async (response: Response): Promise<readonly unknown[]> => [
  response.status,
  response.headers.get("idempotency-replayed"),
  response.headers.get("content-type"),
  await response.text(),
];

/** A delivery as it is stored. */
type Row = Readonly<Record<"id" | "state" | "cause", string> & Record<"due" | "attempts", number>>;

const digestOf = (text: string): Promise<string> => sha256Hex(utf8(text));

const keyObject = async (key: string) => env.IDEMPOTENCY.getByName(await digestOf(key));

/** Tells a key's object that its running request began two minutes ago. */
const letDie = async (key: string): Promise<void> =>
  runInDurableObject(await keyObject(key), (_, { storage }) => {
    const { record } = storage.sql.exec<{ record: string }>("SELECT record FROM key").one();
    const died = { ...(JSON.parse(record) as object), runningSince: Date.now() - 120_000 };
    storage.sql.exec("UPDATE key SET record = ?", JSON.stringify({ ...died, answer: null }));
  });

async function create(guid: string): Promise<void> {
  const body = JSON.stringify({ event: "export.created", guid, status: "queueing" });
  const secret = "whsec_your_secret";
  const { headers } = await sign({ provider: "exportcomments", secret, body, now: Date.now() });
  const answer = await exports.default.fetch("http://relay.test/hooks/comments", {
    method: "POST",
    headers,
    body,
  });
  expect(answer.status).toBe(202);
}

const deliveriesOf = async (guid: string): Promise<number> => {
  const answer = await ask(`/v1/subscribers/crm/deliveries?guid=${guid}`, { method: "GET" });
  return (await answer.json<{ items: readonly unknown[] }>()).items.length;
};

describe("the same request under the same key", () => {
  test("acts once, and is answered as the first time", async () => {
    const first = await told(await ask("/v1/subscribers/crm/test", { key: "test-1" }));
    const second = await told(await ask("/v1/subscribers/crm/test", { key: '"test-1"' }));
    expect(first).toEqual([202, null, "application/json", expect.stringContaining("dlv_")]);
    expect(second).toEqual([202, "true", ...first.slice(2)]);
    const third = await told(await ask("/v1/subscribers/crm/test", { key: "test-2" }));
    expect(third[3]).not.toEqual(first[3]);
  });

  test("is refused with 409 while the first one runs", async () => {
    const object = await keyObject("busy");
    await object.begin(await digestOf("POST /v1/subscribers/crm/test\n"));
    const answer = await ask("/v1/subscribers/crm/test", { key: "busy" });
    expect([answer.status, answer.headers.get("retry-after"), await answer.json()]).toEqual([
      409,
      "1",
      expect.objectContaining({ type: "/docs/problems/idempotency-key-in-use" }),
    ]);
  });

  test("acts again after one that has died, and a replay still delivers once", async () => {
    await create("died");
    await expect.poll(() => deliveriesOf("died")).toBe(1);
    const replay = { key: "died", body: '{"since":0}' };
    expect((await ask("/v1/jobs/comments/died/replay", replay)).status).toBe(202);
    await letDie("died");
    expect(await told(await ask("/v1/jobs/comments/died/replay", replay))).toEqual([
      202,
      null,
      "application/json",
      '{"deliveries":1}',
    ]);
    expect(await deliveriesOf("died")).toBe(2);
    expect((await ask("/v1/jobs/comments/died/replay", { body: '{"since":0}' })).status).toBe(202);
    expect(await deliveriesOf("died")).toBe(3);
  });

  test.each([
    ["a test event", "test", "", { delivery: expect.any(String) }],
    ["a retry", "deliveries/DELIVERY/retry", "", { delivery: expect.any(String) }],
    ["a replay of many", "replay", '{"state":"delivered"}', { count: expect.any(Number) }],
  ])(
    "does %s once when the first one has died before its answer",
    async (name, path, body, done) => {
      const key = `act-${name.replaceAll(" ", "-")}`;
      const subscriber = env.SUBSCRIBER.getByName("crm");
      const rows = (): Promise<readonly Row[]> =>
        runInDurableObject(subscriber, (_, { storage }) =>
          storage.sql.exec<Row>("SELECT id, state, cause, due, attempts FROM delivery").toArray(),
        );
      /** What is asked for by hand leaves a paused subscriber, too; a replay waits. */
      const moves = async (): Promise<number> =>
        (await rows()).filter(({ state, cause }) => state === "pending" && cause !== "replay")
          .length;
      await create(key);
      await expect.poll(() => deliveriesOf(key)).toBe(1);
      await expect.poll(moves).toBe(0);
      await ask("/v1/subscribers/crm/pause");
      const listed = await ask(`/v1/subscribers/crm/deliveries?guid=${key}`, { method: "GET" });
      const [delivery] = (await listed.json<{ items: readonly { id: string }[] }>()).items;
      const act = (): Promise<Response> =>
        ask(`/v1/subscribers/crm/${path.replace("DELIVERY", delivery?.id ?? "")}`, { key, body });
      const first = await told(await act());
      expect([first[0], JSON.parse(String(first[3]))]).toEqual([202, done]);
      await expect.poll(moves).toBe(0);
      const before = await rows();
      await letDie(key);
      await evictDurableObject(subscriber);
      expect(await told(await act())).toEqual(first);
      expect(await rows()).toEqual(before);
      await ask("/v1/subscribers/crm/resume");
    },
  );

  test("acts again after a refusal, which did nothing", async () => {
    const path = "/v1/jobs/comments/later/replay";
    expect((await ask(path, { key: "later" })).status).toBe(404);
    await create("later");
    expect((await ask(path, { key: "later" })).status).toBe(202);
  });

  test("acts anew after a day, when nothing is left of the key", async () => {
    const first = await told(await ask("/v1/subscribers/crm/test", { key: "day" }));
    const object = await keyObject("day");
    await runInDurableObject(object, (_, { storage }) => {
      const { record } = storage.sql.exec<{ record: string }>("SELECT record FROM key").one();
      const old = { ...(JSON.parse(record) as object), createdAt: Date.now() - 86_400_000 };
      storage.sql.exec("UPDATE key SET record = ?", JSON.stringify(old));
    });
    expect(await runDurableObjectAlarm(object)).toBe(true);
    const tables = await runInDurableObject(object, (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'key'").toArray(),
    );
    expect(tables).toEqual([]);
    const again = await told(await ask("/v1/subscribers/crm/test", { key: "day" }));
    expect([again[0], again[1]]).toEqual([202, null]);
    expect(again[3]).not.toEqual(first[3]);
  });
});

describe("another request under the same key", () => {
  test.each([
    ["another body", "/v1/jobs/comments/reused/replay", '{"since":1}'],
    ["another path", "/v1/subscribers/crm/pause", '{"since":0}'],
  ])("by %s is refused with 422", async (_, path, body) => {
    await create("reused");
    const key = `reused ${path}`.replaceAll(/[^a-z]/g, "-");
    const first = await ask("/v1/jobs/comments/reused/replay", { key, body: '{"since":0}' });
    expect(first.status).toBe(202);
    const answer = await ask(path, { key, body });
    expect([answer.status, await answer.json()]).toEqual([
      422,
      expect.objectContaining({ type: "/docs/problems/idempotency-key-reused" }),
    ]);
  });
});

describe("a key", () => {
  test.each(["", "two words", "x".repeat(256), '"open'])("of %j is refused", async (key) => {
    expect((await ask("/v1/subscribers/crm/test", { key })).status).toBe(400);
  });

  test("is judged after the token, and wakes no object without one", async () => {
    const answer = await exports.default.fetch("http://relay.test/v1/subscribers/crm/test", {
      method: "POST",
      headers: { "idempotency-key": "stranger" },
    });
    expect(answer.status).toBe(401);
  });

  test("keeps no stream token: one is minted each time", async () => {
    const body = '{"account":"acme","expiresIn":60}';
    for (let times = 0; times < 2; times += 1) {
      const answer = await ask("/v1/tokens", { key: "token", body });
      expect([answer.status, answer.headers.get("idempotency-replayed")]).toEqual([200, null]);
    }
  });

  test("does not matter to a request that only reads", async () => {
    expect((await ask("/v1/jobs", { key: "two words", method: "GET" })).status).toBe(200);
  });
});

const getTagged = (known: string) =>
  exports.default.fetch("http://relay.test/v1/jobs/comments/tagged", {
    headers: { ...TOKEN, "if-none-match": known },
  });

describe("a snapshot", () => {
  test("has an entity tag, and is answered 304 while it is the same", async () => {
    await create("tagged");
    const first = await getTagged('"other"');
    const etag = first.headers.get("etag") ?? "";
    expect([first.status, etag]).toEqual([200, expect.stringMatching(/^"[\w-]{22}"$/)]);
    await first.body?.cancel();
    for (const known of [etag, `W/${etag}`, `"a", ${etag}`, "*"]) {
      const again = await getTagged(known);
      expect([again.status, again.headers.get("etag"), await again.text()]).toEqual([
        304,
        etag,
        "",
      ]);
    }
  });
});
