// The API as an operator's own program uses it, against the real Worker.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { ADMIN_TOKEN, SOURCE_SECRETS, startRelay, type Relay } from "../support/relay.ts";
import { exportComments, sender, sign, type HookAnswer } from "../support/senders.ts";
import { until } from "../support/wait.ts";

const { created, progress, finished, failed } = exportComments;

let relay: Relay;
let receiver: Receiver;

beforeAll(async () => {
  receiver = await startReceiver();
  const comments = { provider: "exportcomments", secrets: ["COMMENTS_SECRET"] };
  relay = await startRelay({
    vars: {
      SOURCES: [
        { id: "comments", ...comments, account: "acme" },
        { id: "globex", ...comments, account: "globex" },
        { id: "large", ...comments, account: "large", throttle: 0 },
        { id: "inspected", ...comments, account: "inspected" },
        { id: "private", ...comments, account: "inspected", redact: ["emails"] },
        { id: "email", provider: "emailengine", secrets: ["EMAIL_SECRET"], accountPrefix: "ee-" },
      ],
      SUBSCRIBERS: [{ id: "crm", url: receiver.url, secrets: ["SUBSCRIBER_SECRET"] }],
      RULES: [{ id: "finished", match: { event: ["job.finished"], account: "acme" }, to: ["crm"] }],
    },
  });
});
afterAll(async () => {
  await relay.stop();
  await receiver.close();
});

interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: T;
}

interface Asked {
  readonly method?: string;
  readonly body?: string | JsonObject;
  readonly token?: string | null;
}

async function api<T = Record<string, unknown>>(
  path: string,
  { method = "GET", body, token = ADMIN_TOKEN }: Asked = {},
): Promise<Answer<T>> {
  const answer = await fetch(relay.url + path, {
    method,
    redirect: "manual",
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body: (text === "" ? null : JSON.parse(text)) as T,
  };
}

const send = async (source: string, body: JsonObject): Promise<HookAnswer> =>
  sender(relay.url, { provider: "exportcomments", source, secret: SOURCE_SECRETS.exportcomments })(
    body,
  );

/** Sends what has to be taken. */
async function give(source: string, body: JsonObject): Promise<void> {
  const answer = await send(source, body);
  if (answer.status !== 202)
    throw new Error(`refused: ${answer.status} ${JSON.stringify(answer.body)}`);
}

const job = (guid: string): exportComments.CommentsExport => ({
  guid,
  page: "https://example.com/video",
  total: 10,
});

interface Jobs {
  readonly items: readonly {
    readonly source: string;
    readonly guid: string;
    readonly createdAt: string;
  }[];
  readonly cursor: string | null;
}

const namesOf = ({ items }: Jobs): readonly string[] =>
  items.map(({ source, guid }) => `${source}/${guid}`);

/** Every page of a list. */
async function pages(query: string): Promise<readonly Jobs[]> {
  const read: Jobs[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const { status, body }: Answer<Jobs> = await api<Jobs>(
      `/v1/jobs?${query}${cursor === "" ? "" : `&cursor=${cursor}`}`,
    );
    expect(status).toBe(200);
    read.push(body);
    ({ cursor } = body);
  }
  return read;
}

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

/** Those of the jobs that the tests of the list made. */
const ours = (names: readonly string[]): readonly string[] =>
  names.filter((name) => name.includes("/list-"));

describe("the list of jobs", () => {
  const NAMES = [
    "globex/list-5",
    "comments/list-4",
    "globex/list-3",
    "comments/list-2",
    "comments/list-1",
  ] as const;

  beforeAll(async () => {
    for (const name of NAMES.toReversed()) {
      const [source = "", guid = ""] = name.split("/");
      await give(source, created(job(guid)));
    }
    await send("comments", finished(job("list-2")));
    await until(
      async () =>
        ours(namesOf((await api<Jobs>("/v1/jobs?limit=100")).body)).length === NAMES.length,
      { what: "the index" },
    );
    await until(
      async () =>
        ours(namesOf((await api<Jobs>("/v1/jobs?status=done&limit=100")).body)).length === 1,
      { what: "its end" },
    );
  });

  test("is newest first, over all sources", async () => {
    expect(ours(namesOf((await api<Jobs>("/v1/jobs?limit=100")).body))).toEqual(NAMES);
  });

  test.each([1, 2, 3])("in pages of %d holds every job once", async (limit) => {
    const read = await pages(`limit=${limit}`);
    expect(ours(read.flatMap(namesOf))).toEqual(NAMES);
    expect(read.slice(0, -1).every(({ items }) => items.length === limit)).toBe(true);
  });

  test.each([
    ["account=acme", ["comments/list-4", "comments/list-2", "comments/list-1"]],
    ["account=acme&limit=1", ["comments/list-4", "comments/list-2", "comments/list-1"]],
    ["account=globex", ["globex/list-5", "globex/list-3"]],
    ["account=globex&source=comments", []],
    ["source=globex&limit=1", ["globex/list-5", "globex/list-3"]],
    ["status=done", ["comments/list-2"]],
    ["status=done&account=acme", ["comments/list-2"]],
    ["status=queueing&source=comments", ["comments/list-4", "comments/list-1"]],
    ["source=nobody", []],
    ["account=nobody", []],
  ])("by %s", async (query, expected) => {
    expect(ours((await pages(query)).flatMap(namesOf))).toEqual(expected);
  });

  test.each([
    "limit=0",
    "limit=101",
    "limit=x",
    "limit=1.5",
    "cursor=",
    "cursor=nonsense",
    "account=",
    "status=",
    "status=finished",
    "source=",
  ])("refuses %s", async (query) => {
    const { status, headers, body } = await api(`/v1/jobs?${query}`);
    expect([status, headers.get("content-type"), body]).toEqual([
      400,
      "application/problem+json",
      {
        type: "/docs/problems/bad-request",
        status: 400,
        title: "Bad Request",
        issues: [{ path: query.split("=")[0], message: expect.any(String) }],
      },
    ]);
  });
});

/** The beginning of a job whose details are almost a megabyte. */
function largeJob(index: number): JsonObject {
  const { details, ...rest } = created(job(`large-${index}`));
  return { ...rest, details: { ...(details as JsonObject), filler: "x".repeat(900_000) } };
}

describe("jobs of a megabyte each", () => {
  const COUNT = 12;
  beforeAll(async () => {
    for (let index = 0; index < COUNT; index += 1) await give("large", largeJob(index));
    await until(async () => (await pages("source=large")).flatMap(namesOf).length === COUNT, {
      what: "the index",
    });
  });

  test.each(["source=large&limit=100", "account=large&limit=100"])(
    "are listed in pages of 8 MB, each once: %s",
    async (query) => {
      await until(async () => (await pages(query)).flatMap(namesOf).length === COUNT, {
        what: "the index",
      });
      const read = await pages(query);
      expect(read.map(({ items }) => items.length)).toEqual([8, 4]);
      expect(read.flatMap(namesOf)).toEqual(
        Array.from({ length: COUNT }, (_, index) => `large/large-${COUNT - 1 - index}`),
      );
    },
  );

  test("are refused when they grow over 1.5 MB as they are written out", async () => {
    const { details, ...rest } = created(job("grown"));
    const text = JSON.stringify({ ...rest, details: { ...(details as JsonObject), filler: [] } });
    const grown = text.replace('"filler":[]', `"filler":[${"1e20,".repeat(200_000)}0]`);
    expect(Buffer.byteLength(grown)).toBeLessThan(1_048_576);
    const webhook = await sign({
      provider: "exportcomments",
      secret: SOURCE_SECRETS.exportcomments,
      body: grown,
      now: Date.now(),
    });
    const answer = await fetch(`${relay.url}/hooks/large`, {
      method: "POST",
      headers: { ...webhook.headers },
      body: webhook.body,
    });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([
      413,
      "application/problem+json",
    ]);
    expect((await api("/v1/jobs/large/grown")).status).toBe(404);
  });

  test("take one update after the other", async () => {
    const { details, ...rest } = progress(job("large-updates"), 1);
    const update = (current: number): JsonObject => ({
      ...rest,
      current,
      details: {
        ...(details as JsonObject),
        totalExported: current,
        filler: String(current).repeat(1_000_000),
      },
    });
    for (const current of [1, 2, 3])
      expect((await send("large", update(current))).status).toBe(202);
    for (const current of [1, 2, 3]) {
      const fields = update(current);
      const throttled = {
        ...fields,
        guid: "large-waiting",
        details: { ...(fields["details"] as JsonObject), guid: "large-waiting" },
      };
      expect((await send("comments", throttled)).status).toBe(202);
    }
    expect((await api("/v1/jobs/large/large-updates")).body).toMatchObject({ current: 3, seq: 3 });
    expect((await api("/v1/jobs/comments/large-waiting")).body).toMatchObject({
      current: 1,
      seq: 1,
    });
    expect((await api("/v1/jobs/comments/large-waiting", { method: "DELETE" })).status).toBe(204);
  });
});

const replay = (request: JsonObject): Promise<Answer<unknown>> =>
  api("/v1/jobs/comments/replayed/replay", { method: "POST", body: request });

describe("one job", () => {
  test("is shown whole", async () => {
    await send("comments", created(job("shown")));
    await send("comments", finished(job("shown")));
    expect((await api("/v1/jobs/comments/shown")).body).toEqual({
      source: "comments",
      guid: "shown",
      account: "acme",
      provider: "exportcomments",
      status: "done",
      event: "job.finished",
      current: 10,
      total: 10,
      url: "https://exportcomments.com/download/export-shown.xlsx",
      error: null,
      attempt: 1,
      seq: 2,
      createdAt: TIME,
      updatedAt: TIME,
      finishedAt: TIME,
      stalled: false,
      absorbed: 0,
      late: 0,
      conflicts: 0,
      details: {
        guid: "shown",
        status: "done",
        url: "https://example.com/video",
        totalExported: 10,
        total: 10,
        download_link: "https://exportcomments.com/download/export-shown.xlsx",
        json_url: "https://exportcomments.com/download/export-shown.json",
      },
    });
  });

  test("has its log, and with it on request what was absorbed, late or contradictory", async () => {
    const it = job("logged");
    for (const body of [
      created(it),
      progress(it, 1),
      progress(it, 2),
      progress(it, 3),
      finished(it),
      failed(it, "no"),
      progress(it, 9),
    ]) {
      expect((await send("comments", body)).status).toBe(202);
    }
    const path = "/v1/jobs/comments/logged/events";
    interface Log {
      readonly items: readonly {
        readonly event: { readonly event: string; readonly seq: number };
      }[];
      readonly recorded?: readonly { readonly reason: string; readonly event: string }[];
    }
    const { body: plain } = await api<Log>(path);
    expect([plain.items.map(({ event }) => [event.event, event.seq]), plain.recorded]).toEqual([
      [
        ["job.created", 1],
        ["job.progress", 2],
        ["job.finished", 3],
      ],
      undefined,
    ]);
    const { body: full } = await api<Log>(`${path}?include=recorded`);
    expect(full.items).toEqual(plain.items);
    const recorded = (full.recorded ?? []).map(({ reason, event }) => `${event} ${reason}`);
    expect(recorded).toEqual(expect.arrayContaining(["job.failed conflict", "job.progress late"]));
    expect((await api("/v1/jobs/comments/logged")).body).toMatchObject({
      late: 1,
      conflicts: 1,
      seq: 3,
      status: "done",
    });
  });

  test("is forwarded again, with the same event id, to those its rules name and to those the caller names", async () => {
    await send("comments", created(job("replayed")));
    const { body } = await send("comments", finished(job("replayed")));
    const [id = ""] = body.events ?? [];
    const came = (): number =>
      receiver.requests.filter(({ headers }) => headers["webhook-id"] === id).length;
    await until(() => came() === 1, { what: "the delivery" });
    expect(await replay({})).toMatchObject({ status: 202, body: { deliveries: 1 } });
    await until(() => came() === 2, { what: "the delivery, again" });
    expect(await replay({ subscribers: ["crm"], since: 1 })).toMatchObject({
      status: 202,
      body: { deliveries: 1 },
    });
    await until(() => came() === 3, { what: "the delivery, once more" });
    expect(await replay({ since: 2 })).toMatchObject({ status: 202, body: { deliveries: 0 } });
  });

  test("is gone once it was deleted, from the lists too", async () => {
    await send("comments", created(job("deleted")));
    await until(
      async () => (await pages("limit=100")).flatMap(namesOf).includes("comments/deleted"),
      { what: "the index" },
    );
    const gone = await api("/v1/jobs/comments/deleted", { method: "DELETE" });
    expect([gone.status, gone.text]).toEqual([204, ""]);
    expect((await api("/v1/jobs/comments/deleted")).status).toBe(404);
    expect((await api("/v1/jobs/comments/deleted/events")).status).toBe(404);
    expect((await api("/v1/jobs/comments/deleted", { method: "DELETE" })).status).toBe(404);
    expect((await pages("limit=100")).flatMap(namesOf)).not.toContain("comments/deleted");
    expect((await pages("account=acme")).flatMap(namesOf)).not.toContain("comments/deleted");
  });

  test("is found by a guid that a URL has to escape", async () => {
    const guid = "a b/c?d#e%2F\u{1f600}..";
    expect((await send("comments", created(job(guid)))).status).toBe(202);
    expect((await api(`/v1/jobs/comments/${encodeURIComponent(guid)}`)).body).toMatchObject({
      guid,
    });
  });
});

const mint = (body: JsonObject | string): Promise<Answer<{ readonly token: string }>> =>
  api("/v1/tokens", { method: "POST", body });

describe("a stream token", () => {
  test("that is minted opens its account's stream and no other, and is not to be cached", async () => {
    const { status, headers, body } = await mint({ account: "acme", expiresIn: 60 });
    expect([status, headers.get("cache-control")]).toEqual([200, "no-store"]);
    const events = async (account: string): Promise<number> =>
      (await api(`/v1/accounts/${account}/events`, { token: body.token })).status;
    expect([await events("acme"), await events("globex")]).toEqual([200, 404]);
  });

  const month = 30 * 24 * 3_600;

  test.each([
    [{ account: "a", expiresIn: 1 }],
    [{ account: "a".repeat(255), expiresIn: month }],
    [{ account: "a", expiresIn: 60, channels: ["exports:a"] }],
    [{ account: "a", expiresIn: 60, channels: Array.from({ length: 128 }, () => "x".repeat(40)) }],
    [{ account: "a", expiresIn: 60, channels: ["x".repeat(512)] }],
  ])("is minted at the limit (%#)", async (request) => {
    expect((await mint(request)).status).toBe(200);
  });

  test("that would be longer than the relay reads is refused", async () => {
    const channels = Array.from({ length: 128 }, () => "x".repeat(512));
    const { status, body } = await mint({ account: "a", expiresIn: 60, channels });
    expect(status).toBe(422);
    expect((body as unknown as { detail: string }).detail).toContain("at most 8192 are read");
  });

  test.each([
    ["account", { expiresIn: 60 }],
    ["account", { account: "", expiresIn: 60 }],
    ["account", { account: "a".repeat(256), expiresIn: 60 }],
    ["expiresIn", { account: "a" }],
    ["expiresIn", { account: "a", expiresIn: 0 }],
    ["expiresIn", { account: "a", expiresIn: month + 1 }],
    ["expiresIn", { account: "a", expiresIn: 1.5 }],
    ["channels", { account: "a", expiresIn: 60, channels: [] }],
    ["channels", { account: "a", expiresIn: 60, channels: Array.from({ length: 129 }, () => "x") }],
    ["channels.0", { account: "a", expiresIn: 60, channels: ["x".repeat(513)] }],
    ["admin", { account: "a", expiresIn: 60, admin: true }],
    ["", "nonsense"],
    ["", "[]"],
  ])("is refused for what is wrong with %j (%#)", async (path, request) => {
    const { status, headers, body } = await mint(request);
    expect([
      status,
      headers.get("content-type"),
      (body as unknown as { issues: readonly { path: string }[] }).issues[0]?.path,
    ]).toEqual([422, "application/problem+json", path]);
  });
});

const simulate = (body: JsonObject | string): Promise<Answer<unknown>> =>
  api("/v1/rules/simulate", { method: "POST", body });

describe("the rule simulator", () => {
  test("says which rules match, why, and who would get it", async () => {
    const event = { event: "job.finished", source: "comments", account: "acme", status: "done" };
    expect(await simulate(event)).toMatchObject({
      status: 200,
      body: {
        rules: [{ id: "finished", matches: true, why: "matches" }],
        deliveries: [{ subscriber: "crm", format: "envelope" }],
      },
    });
    expect(await simulate({ ...event, event: "job.created" })).toMatchObject({
      status: 200,
      body: {
        rules: [{ id: "finished", matches: false, why: 'event "job.created" is not job.finished' }],
        deliveries: [],
      },
    });
  });

  test.each([[{}], [{ type: "subscription.updated" }], [{ event: "x", status: 5, details: null }]])(
    "takes %j",
    async (event) => {
      expect((await simulate(event as JsonObject)).status).toBe(200);
    },
  );

  test.each([
    ["nonsense"],
    ["[]"],
    [{ event: 5 }],
    [{ event: "" }],
    [{ event: "x", source: 5 }],
    [{ event: "x", account: {} }],
  ])("refuses %j", async (event) => {
    const { status, headers } = await simulate(event);
    expect([status, headers.get("content-type")]).toEqual([422, "application/problem+json"]);
  });
});

const post = (
  source: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<Response> =>
  fetch(`${relay.url}/hooks/${source}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });

/** The end of an EmailEngine export of an account whose name is that long. */
const exportOf = (length: number): JsonObject => ({
  event: "exportCompleted",
  account: "a".repeat(length),
  data: { exportId: `of-${length}` },
});

describe("a source", () => {
  interface Source {
    readonly id: string;
    readonly counts: Readonly<Record<string, number>>;
    readonly lastSeenAt: string | null;
  }
  const sourceOf = async (id: string): Promise<Source | undefined> =>
    (await api<{ items: readonly Source[] }>("/v1/sources")).body.items.find(
      (source) => source.id === id,
    );
  test("counts what became of its webhooks, and shows those it refused without what proves or is private", async () => {
    await send("inspected", created(job("inspected")));
    await send("inspected", created(job("inspected")));
    await send("inspected", { event: "not.ours" });
    await send("inspected", { event: "job.created" });
    await post("inspected", `{"event":"x","secret":"${SOURCE_SECRETS.exportcomments}"}`, {
      "x-signature": "ab".repeat(32),
      cookie: "c00kie=1",
      authorization: `Bearer ${ADMIN_TOKEN}`,
    });
    await post("inspected", "<x/>", { "content-type": "text/xml" });
    await post("private", '{"emails":["a@example.com"]}', { "x-signature": "00" });
    await post("nobody", "{}", {});
    const counted = { accepted: 1, duplicate: 1, ignored: 1, refused: 3 };
    await until(
      async () => JSON.stringify((await sourceOf("inspected"))?.counts) === JSON.stringify(counted),
      { what: "the counts" },
    );
    await until(async () => (await sourceOf("private"))?.counts["refused"] === 1, {
      what: "the other source's counts",
    });
    expect((await sourceOf("inspected"))?.lastSeenAt).toEqual(TIME);
    expect((await sourceOf("private"))?.lastSeenAt).toBeNull();
    const { body, text } = await api<{ items: readonly Record<string, unknown>[]; cursor: null }>(
      "/v1/sources/inspected/rejected",
    );
    const sentence = expect.any(String) as string;
    const words = { explanation: sentence, advice: sentence };
    const plain = { n: null, kept: false, time: TIME, method: "POST", ...words };
    expect(body).toEqual({
      items: [
        {
          ...plain,
          status: 415,
          reason: "not-json",
          headers: expect.objectContaining({ "content-type": "text/xml" }),
          body: null,
        },
        {
          ...plain,
          status: 401,
          reason: "wrong-secret",
          headers: expect.objectContaining({
            "x-signature": "***",
            cookie: "***",
            authorization: "***",
          }),
          body: '{"event":"x","secret":"***"}',
        },
        {
          ...plain,
          status: 422,
          reason: expect.stringContaining("guid"),
          headers: expect.any(Object),
          body: '{"event":"job.created"}',
        },
      ],
      cursor: null,
    });
    const hidden = [SOURCE_SECRETS.exportcomments, "abab", "c00kie", ADMIN_TOKEN];
    expect(hidden.filter((secret) => text.includes(secret))).toEqual([]);
    const { text: other } = await api("/v1/sources/private/rejected");
    expect([
      other.includes("example.com"),
      other.includes('"reason":"malformed-signature"'),
    ]).toEqual([false, true]);
  });

  test("whose account would be too long for an object with its prefix refuses the webhook", async () => {
    const mail = sender(relay.url, {
      provider: "emailengine",
      source: "email",
      secret: SOURCE_SECRETS.emailengine,
    });
    expect([(await mail(exportOf(252))).status, (await mail(exportOf(253))).status]).toEqual([
      202, 422,
    ]);
    expect((await api(`/v1/jobs?account=ee-${"a".repeat(252)}`)).status).toBe(200);
  });
});

describe("everybody else", () => {
  const ROUTES: readonly (readonly [method: string, path: string])[] = [
    ["GET", "/v1/jobs"],
    ["GET", "/v1/jobs/comments/shown"],
    ["GET", "/v1/jobs/comments/shown/events"],
    ["POST", "/v1/jobs/comments/shown/replay"],
    ["DELETE", "/v1/jobs/comments/shown"],
    ["GET", "/v1/sources"],
    ["GET", "/v1/sources/comments/rejected"],
    ["GET", "/v1/subscribers"],
    ["POST", "/v1/rules/simulate"],
    ["POST", "/v1/tokens"],
    ["GET", "/v1/nothing"],
  ];

  test.each(ROUTES)("is refused: %s %s", async (method, path) => {
    const { token } = (
      await api<{ token: string }>("/v1/tokens", {
        method: "POST",
        body: { account: "globex", expiresIn: 60 },
      })
    ).body;
    const answers = await Promise.all(
      [null, "wrong", `${ADMIN_TOKEN}x`, ADMIN_TOKEN.slice(0, -1), token].map((given) =>
        api(path, { method, token: given }),
      ),
    );
    expect(answers.map(({ headers }) => headers.get("content-type"))).toEqual(
      answers.map(() => "application/problem+json"),
    );
    const strangers = answers.slice(0, -1);
    expect(strangers.map(({ status }) => status)).toEqual(strangers.map(() => 401));
    expect(strangers.map(({ headers }) => headers.get("www-authenticate"))).toEqual(
      strangers.map(() => expect.stringMatching(/^Bearer/)),
    );
    // To the holder of another account's stream token, a job's stream does not exist.
    expect(answers.at(-1)?.status).toBe(path.endsWith("/events") ? 404 : 401);
  });
});

describe("what does not exist", () => {
  test.each([
    ["GET", "/v1/jobs/comments/nobody"],
    ["GET", "/v1/jobs/nobody/nobody"],
    ["GET", "/v1/jobs/comments/nobody/events"],
    ["GET", `/v1/jobs/comments/${"g".repeat(2_000)}`],
    ["POST", "/v1/jobs/comments/nobody/replay"],
    ["DELETE", "/v1/jobs/comments/nobody"],
    ["GET", "/v1/sources/nobody/rejected"],
    ["GET", "/v1/sources/nobody"],
    ["GET", "/v1/subscribers/nobody"],
    ["GET", "/v2/jobs"],
    ["GET", "/v1"],
  ])("is a 404, as a problem: %s %s", async (method, path) => {
    const { status, headers, body } = await api(path, { method });
    expect([status, headers.get("content-type"), body]).toEqual([
      404,
      "application/problem+json",
      expect.objectContaining({
        type: "/docs/problems/not-found",
        status: 404,
        title: expect.any(String),
      }),
    ]);
  });

  test.each([
    [{ subscribers: ["nobody"] }, 422],
    [{ subscribers: [] }, 422],
    [{ since: -1 }, 422],
    [{ since: "1" }, 422],
    [{ other: 1 }, 422],
    ["nonsense", 422],
  ])("cannot be replayed: %j", async (body, expected) => {
    const { status, headers } = await api("/v1/jobs/comments/nobody/replay", {
      method: "POST",
      body: body as JsonObject | string,
    });
    expect([status, headers.get("content-type")]).toEqual([expected, "application/problem+json"]);
  });
});
