// The door, from outside: every answer of the README's table, at the limit and one over, over
// plain HTTP.

import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { ADMIN_TOKEN, SOURCE_SECRETS, startRelay, type Relay } from "../support/relay.ts";

/** The largest body of the source under test, in bytes. */
const MAX_BODY = 2_000;

let relay: Relay;

beforeAll(async () => {
  relay = await startRelay({
    vars: {
      SOURCES: [
        {
          id: "comments",
          provider: "exportcomments",
          secrets: ["COMMENTS_SECRET"],
          account: "acme",
          maxBody: MAX_BODY,
        },
        { id: "rotating", provider: "exportcomments", secrets: ["NEW_SECRET", "COMMENTS_SECRET"] },
        { id: "email", provider: "emailengine", secrets: ["EMAIL_SECRET"] },
        { id: "reports", provider: "betterez", secrets: ["REPORTS_SECRET"] },
        { id: "open", provider: "exportcomments", verify: "none" },
      ],
      NEW_SECRET: "the-next-secret",
    },
  });
});
afterAll(() => relay.stop());

const hex = (body: string | Uint8Array, secret: string = SOURCE_SECRETS.exportcomments): string =>
  createHmac("sha256", secret).update(body).digest("hex");

interface Sent {
  readonly source?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly path?: string;
}

async function post(
  body: string | Uint8Array,
  { source = "comments", method = "POST", headers = {}, path = `/hooks/${source}` }: Sent = {},
): Promise<Response> {
  return fetch(relay.url + path, {
    method,
    redirect: "manual",
    headers: { "content-type": "application/json", "x-signature": hex(body), ...headers },
    ...(method === "GET" || method === "HEAD" ? {} : { body: body as BodyInit }),
  });
}

const created = (guid: string, members: object = {}): string =>
  JSON.stringify({
    version: "v3-beta",
    event: "job.created",
    guid,
    status: "queueing",
    url: null,
    details: { guid, status: "queueing" },
    ...members,
  });

/** A signed body of exactly `size` bytes. */
const bodyOf = (guid: string, size: number): string => {
  const empty = created(guid, { filler: "" }).length;
  return created(guid, { filler: "x".repeat(size - empty) });
};

const jobStatus = async (source: string, guid: string): Promise<number> =>
  (
    await fetch(`${relay.url}/v1/jobs/${source}/${guid}`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    })
  ).status;

/** A body that is nested so many levels deep. */
const nested = (levels: number): string =>
  `{"event":"job.created","guid":"deep","x":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;

describe("an accepted webhook", () => {
  test("is answered 202 with the emitted id and the job", async () => {
    const answer = await post(created("accepted-1"));
    const body = (await answer.json()) as { events: string[] };
    expect({ status: answer.status, body }).toEqual({
      status: 202,
      body: {
        result: "accepted",
        events: [expect.stringMatching(/^evt_[0-9a-z]+$/)],
        job: { source: "comments", guid: "accepted-1" },
      },
    });
    expect(await jobStatus("comments", "accepted-1")).toBe(200);
  });

  test("is a duplicate the second time", async () => {
    await post(created("accepted-2"));
    const answer = await post(created("accepted-2"));
    expect({ status: answer.status, body: await answer.json() }).toEqual({
      status: 202,
      body: { result: "duplicate", events: [], job: { source: "comments", guid: "accepted-2" } },
    });
  });

  test("may be signed with any secret of the source", async () => {
    const body = created("accepted-3");
    const answers = await Promise.all(
      ["the-next-secret", SOURCE_SECRETS.exportcomments].map((secret) =>
        post(body, { source: "rotating", headers: { "x-signature": hex(body, secret) } }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  });

  test("may begin with a byte order mark", async () => {
    const body = Buffer.concat([
      Buffer.from([0xef, 0xbb, 0xbf]),
      Buffer.from(created("accepted-4")),
    ]);
    expect((await post(body)).status).toBe(202);
  });

  test("may come unsigned where the source says so", async () => {
    const answer = await fetch(`${relay.url}/hooks/open`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: created("accepted-5"),
    });
    expect(answer.status).toBe(202);
  });

  test("that the relay does not model is ignored with a reason", async () => {
    const body = JSON.stringify({ event: "messageNew", account: "user123", data: {} });
    const signature = createHmac("sha256", SOURCE_SECRETS.emailengine)
      .update(body)
      .digest("base64url");
    const answer = await post(body, {
      source: "email",
      headers: { "x-ee-wh-signature": signature },
    });
    expect({ status: answer.status, body: await answer.json() }).toEqual({
      status: 202,
      body: { result: "ignored", reason: expect.any(String) },
    });
  });
});

async function exported(account: string, exportId: string): Promise<Response> {
  const body = JSON.stringify({
    serviceUrl: "https://mail.example.com",
    account,
    date: "2026-11-21T19:00:00.000Z",
    event: "exportCompleted",
    data: { exportId, status: "completed", messagesExported: 3, messagesSkipped: 0 },
  });
  const signature = createHmac("sha256", SOURCE_SECRETS.emailengine)
    .update(body)
    .digest("base64url");
  return post(body, { source: "email", headers: { "x-ee-wh-signature": signature } });
}

async function get(path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  return (await fetch(relay.url + path, { headers })).json();
}

describe("a guid that two accounts share", () => {
  test("belongs to the first: the second is refused, and the inspector says why", async () => {
    expect((await exported("first", "exp_shared")).status).toBe(202);
    const refused = await exported("second", "exp_shared");
    expect({ status: refused.status, body: await refused.json() }).toMatchObject({
      status: 422,
      body: { title: "Unprocessable Content" },
    });
    expect(await get("/v1/jobs/email/exp_shared")).toMatchObject({ account: "first", seq: 1 });
    await until(async () => {
      const { items } = (await get("/v1/sources/email/rejected")) as {
        readonly items: readonly { readonly status: number; readonly reason: string }[];
      };
      return items.some((one) => one.status === 422 && one.reason === "account-mismatch");
    });
  });
});

describe("a refused webhook", () => {
  test.each<{ name: string; body: string | Uint8Array; sent?: Sent; status: number }>([
    { name: "an empty body", body: "", status: 400 },
    { name: "white space alone", body: "  \n", status: 400 },
    { name: "text that is not JSON", body: "{nope", status: 400 },
    { name: "bytes that are not UTF-8", body: Uint8Array.of(0x7b, 0xff, 0x7d), status: 400 },
    { name: "nesting of 65 levels", body: nested(65), status: 400 },
    {
      name: "no signature",
      body: created("refused"),
      sent: { headers: { "x-signature": "" } },
      status: 401,
    },
    {
      name: "a wrong signature",
      body: created("refused"),
      sent: { headers: { "x-signature": "0".repeat(64) } },
      status: 401,
    },
    {
      name: "a signature that is no digest",
      body: created("refused"),
      sent: { headers: { "x-signature": "nope" } },
      status: 401,
    },
    {
      name: "a signature of another body",
      body: created("refused"),
      sent: { headers: { "x-signature": hex(created("other")) } },
      status: 401,
    },
    {
      name: "bad JSON with a wrong signature",
      body: "{nope",
      sent: { headers: { "x-signature": "0".repeat(64) } },
      status: 401,
    },
    {
      name: "an unknown source",
      body: created("refused"),
      sent: { source: "nobody" },
      status: 404,
    },
    {
      name: "a source that is a member of every object",
      body: created("refused"),
      sent: { source: "constructor" },
      status: 404,
    },
    { name: "no source", body: created("refused"), sent: { path: "/hooks" }, status: 404 },
    { name: "PUT", body: created("refused"), sent: { method: "PUT" }, status: 405 },
    { name: "GET", body: created("refused"), sent: { method: "GET" }, status: 405 },
    { name: "DELETE", body: created("refused"), sent: { method: "DELETE" }, status: 405 },
    { name: "a body one byte over the limit", body: bodyOf("refused", MAX_BODY + 1), status: 413 },
    {
      name: "text/plain",
      body: created("refused"),
      sent: { headers: { "content-type": "text/plain" } },
      status: 415,
    },
    {
      name: "a form",
      body: created("refused"),
      sent: { headers: { "content-type": "application/x-www-form-urlencoded" } },
      status: 415,
    },
    { name: "a list", body: "[]", status: 422 },
    { name: "a string", body: '"job.created"', status: 422 },
    { name: "no event", body: '{"guid":"refused"}', status: 422 },
    { name: "an event that is a number", body: '{"event":1,"guid":"refused"}', status: 422 },
    { name: "no job id", body: '{"event":"job.created"}', status: 422 },
    { name: "a job id that is a number", body: '{"event":"job.created","guid":5}', status: 422 },
    {
      name: "a job id that no path can name",
      body: '{"event":"job.progress","guid":"..","current":1,"total":5}',
      status: 422,
    },
  ])(
    "$name is answered $status with a problem, and stores nothing",
    async ({ body, sent, status }) => {
      const answer = await post(body, sent);
      expect({ status: answer.status, type: answer.headers.get("content-type") }).toEqual({
        status,
        type: "application/problem+json",
      });
      expect(await jobStatus("comments", "refused")).toBe(404);
    },
  );

  test.each([
    { name: "over the limit", sent: {}, status: 413 },
    { name: "of an unknown source", sent: { source: "nobody" }, status: 404 },
    { name: "by PUT", sent: { method: "PUT" }, status: 405 },
    { name: "of text", sent: { headers: { "content-type": "text/plain" } }, status: 415 },
    { name: "without a token", sent: { path: "/v1/rules/simulate" }, status: 401 },
  ])("of 8 MB $name is answered $status, and no connection is reset", async ({ sent, status }) => {
    const body = "x".repeat(8_000_000);
    const statuses: number[] = [];
    for (let sends = 0; sends < 5; sends += 1) statuses.push((await post(body, sent)).status);
    expect(new Set(statuses)).toEqual(new Set([status]));
  });

  test("at exactly the size limit is accepted", async () => {
    expect((await post(bodyOf("limit", MAX_BODY))).status).toBe(202);
  });

  test("nested exactly 64 levels is accepted", async () => {
    expect((await post(nested(64))).status).toBe(202);
  });

  test("that lies about its length is measured while it is read", async () => {
    const body = bodyOf("chunked", MAX_BODY + 1);
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < body.length; at += 100)
          controller.enqueue(Buffer.from(body.slice(at, at + 100)));
        controller.close();
      },
    });
    const answer = await fetch(`${relay.url}/hooks/comments`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-signature": hex(body) },
      body: stream,
      duplex: "half",
    } as RequestInit);
    expect(answer.status).toBe(413);
  });

  test("is told path and message of everything that is wrong", async () => {
    const answer = await post('{"event":"job.progress","guid":"a\\nb","current":"many"}');
    const { issues } = (await answer.json()) as {
      issues: readonly { path: string; message: string }[];
    };
    expect(issues).toEqual([{ path: "guid", message: "must not contain control characters" }]);
  });

  test("looks the same whatever is wrong with its signature", async () => {
    const body = created("alike");
    const answers = await Promise.all(
      ["", "nope", "0".repeat(64)].map((signature) =>
        post(body, { headers: { "x-signature": signature } }),
      ),
    );
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(new Set(texts).size).toBe(1);
  });

  test("too old by the source's tolerance is refused, within it accepted", async () => {
    const body = JSON.stringify({
      id: "bz-1",
      event: "report.export.started",
      created: 1779974953,
      data: { accountId: "a1", reportId: "r" },
    });
    const signed = (t: number): Record<string, string> => ({
      "x-btrz-signature": `t=${t},s=old,s2=${createHmac("sha256", SOURCE_SECRETS.betterez).update(`${t}.${body}`).digest("base64")}`,
    });
    const seconds = Math.floor(Date.now() / 1000);
    const old = await post(body, { source: "reports", headers: signed(seconds - 330) });
    const recent = await post(body, { source: "reports", headers: signed(seconds - 270) });
    expect([old.status, recent.status]).toEqual([401, 202]);
  });

  test("to a path with a trailing slash is not redirected", async () => {
    const answer = await post(created("slash"), { path: "/hooks/comments/" });
    expect(answer.status === 202 || answer.status === 404).toBe(true);
  });
});

test("OPTIONS grants the CloudEvents handshake", async () => {
  const answer = await fetch(`${relay.url}/hooks/comments`, {
    method: "OPTIONS",
    headers: { "webhook-request-origin": "sender.example.com", "webhook-request-rate": "120" },
  });
  expect({
    ok: answer.ok,
    allow: answer.headers.get("allow"),
    origin: answer.headers.get("webhook-allowed-origin"),
    rated: answer.headers.has("webhook-allowed-rate"),
  }).toEqual({
    ok: true,
    allow: expect.stringContaining("POST"),
    origin: "sender.example.com",
    rated: true,
  });
});

describe("a broken configuration", () => {
  test("names every problem at /healthz, and refuses webhooks in a way that makes providers try again", async () => {
    const broken = await startRelay({
      vars: {
        SOURCES: [{ id: "comments", provider: "exportcomments", secrets: ["NO_SUCH_SECRET"] }],
        SUBSCRIBERS: [
          {
            id: "crm",
            url: "https://crm.example.com/",
            secrets: ["SUBSCRIBER_SECRET"],
            colour: "red",
          },
        ],
        RULES: [{ id: "r", to: ["nobody"] }],
      },
    });
    try {
      const health = await fetch(`${broken.url}/healthz`);
      const { problems } = (await health.json()) as { problems: readonly string[] };
      const hook = await fetch(`${broken.url}/hooks/comments`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: "{}",
      });
      expect({
        health: health.status,
        named: ["SOURCES[0].secrets[0]", "SUBSCRIBERS[0]", "RULES[0].to[0]"].map((path) =>
          problems.some((problem) => problem.startsWith(path)),
        ),
        hook: hook.status,
        retry: Number(hook.headers.get("retry-after")) > 0,
      }).toEqual({ health: 503, named: [true, true, true], hook: 503, retry: true });
    } finally {
      await broken.stop();
    }
  });
});
