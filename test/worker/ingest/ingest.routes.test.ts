import { env, exports } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ingestRoutes } from "../../../src/ingest/ingest.routes.ts";
import { toBase64Url, toHex, utf8 } from "../../../src/kernel/bytes.ts";
import { hmacSha256 } from "../../../src/kernel/hmac.io.ts";

const JSON_TYPE = { "content-type": "application/json" };

/** Sends to the Worker under test. */
const send = (path: string, init: RequestInit<RequestInitCfProperties> = {}): Promise<Response> =>
  exports.default.fetch(`http://relay.test${path}`, { redirect: "manual", ...init });

/** Posts a body that ExportComments signed. */
async function post(
  body: string,
  headers: Readonly<Record<string, string>> = {},
  path: string = "/hooks/comments",
): Promise<Response> {
  const signature = toHex(await hmacSha256(env.COMMENTS_SECRET, utf8(body)));
  return send(path, {
    method: "POST",
    body,
    headers: { ...JSON_TYPE, "x-signature": signature, ...headers },
  });
}

/**
 * Posts the end of an export that EmailEngine signed; no subscriber of the Worker under test wants
 * it.
 */
async function postExport(
  exportId: string,
  { path = "/hooks/email", front = "", type = "application/json" } = {},
): Promise<Response> {
  const data = { exportId, messagesExported: 1, messagesSkipped: 0 };
  const body = front + JSON.stringify({ account: "a", event: "exportCompleted", data });
  const signature = toBase64Url(await hmacSha256(env.EMAIL_SECRET, utf8(body)));
  const headers = {
    "content-type": type,
    "x-ee-wh-signature": signature,
    "x-ee-wh-event-id": `event of ${exportId}`,
  };
  return send(path, { method: "POST", body, headers });
}

/** Status and body, the type URI left out. */
async function told(response: Response): Promise<unknown> {
  return { status: response.status, body: await response.json() };
}

const created = (guid: string): string =>
  JSON.stringify({
    version: "v3-beta",
    event: "job.created",
    guid,
    status: "queueing",
    url: null,
    details: {},
  });

afterEach(() => {
  vi.restoreAllMocks();
});

const padded = (size: number): string => {
  const [head, tail] = ['{"event":"not.ours","pad":"', '"}'];
  return head + "x".repeat(size - head.length - tail.length) + tail;
};

describe("what is refused", () => {
  test.each([
    ["an unknown source", "/hooks/nobody"],
    ["no source", "/hooks"],
    ["no source, with a slash", "/hooks/"],
    ["more behind the source", "/hooks/comments/x"],
    ["a source by an inherited name", "/hooks/constructor"],
  ])("%s: 404, as a problem", async (_, path) => {
    const response = await post(created("x"), {}, path);
    expect([response.status, response.headers.get("content-type")]).toEqual([
      404,
      "application/problem+json",
    ]);
  });

  test.each(["GET", "HEAD", "PUT", "PATCH", "DELETE"])(
    "%s: 405 with the right methods",
    async (method) => {
      const response = await send("/hooks/comments", { method });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "POST, OPTIONS"]);
    },
  );

  test.each([
    ["no media type", { "content-type": "" }, 415],
    ["a form's media type", { "content-type": "application/x-www-form-urlencoded" }, 415],
    ["a compressed body", { "content-encoding": "gzip" }, 415],
    ["no signature", { "x-signature": "" }, 401],
    ["a wrong signature", { "x-signature": "0".repeat(64) }, 401],
    ["a signature that is none", { "x-signature": "abc" }, 401],
  ])("%s", async (_, headers, status) => {
    expect((await post(created("x"), headers)).status).toBe(status);
  });

  test("all unverified requests are answered alike, byte for byte", async () => {
    const answers = await Promise.all(
      ["", "abc", "0".repeat(64)].map((signature) =>
        post(created("x"), { "x-signature": signature }),
      ),
    );
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(new Set(texts).size).toBe(1);
  });

  test.each([
    ["an empty body", ""],
    ["a body of spaces", "  \n"],
    ["text that is no JSON", "{oops"],
    ["a body nested deeper than 64 levels", `{"event":"x","a":${"[".repeat(64)}${"]".repeat(64)}}`],
  ])("%s: 400, once it is verified", async (_, body) => {
    expect((await post(body)).status).toBe(400);
    expect((await post(body, { "x-signature": "" })).status).toBe(401);
  });

  test("a body nested 64 levels deep is read", async () => {
    expect((await post(`{"event":"x","a":${"[".repeat(63)}${"]".repeat(63)}}`)).status).toBe(202);
  });

  test("bytes that are not UTF-8: 400", async () => {
    const body = Uint8Array.of(0x7b, 0xff, 0x7d);
    const signature = toHex(await hmacSha256(env.COMMENTS_SECRET, body));
    const response = await send("/hooks/comments", {
      method: "POST",
      body,
      headers: { ...JSON_TYPE, "x-signature": signature },
    });
    expect(response.status).toBe(400);
  });

  test("a malformed event: 422 with everything that is wrong", async () => {
    const response = await post(
      JSON.stringify({ event: "job.progress", guid: `..\n${"x".repeat(255)}` }),
    );
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      status: 422,
      issues: [
        { path: "guid", message: "must have at most 255 characters" },
        { path: "guid", message: "must not contain control characters" },
      ],
    });
  });

  test("a field that is not needed refuses nothing", async () => {
    const fields = { current: -1, total: "2", url: 5, version: 3, details: [] };
    const response = await post(
      JSON.stringify({ event: "job.progress", guid: "fields", ...fields }),
    );
    expect(response.status).toBe(202);
  });

  test("a webhook without a job id: 422", async () => {
    const response = await post(
      '{"event":"export.created","status":"processing","platform":"youtube","message_id":"msg_abc123"}',
    );
    expect(await response.json()).toMatchObject({ status: 422, issues: [{ path: "guid" }] });
  });

  test("a body at the limit is taken, one byte over it is not, however it is sent", async () => {
    expect((await post(padded(1_048_576))).status).toBe(202);
    const over = padded(1_048_577);
    expect((await post(over)).status).toBe(413);
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const feeding = (async () => {
      try {
        await writer.write(utf8(over));
        await writer.close();
      } catch {
        // The relay stopped reading.
      }
    })();
    const streamed = await send("/hooks/comments", {
      method: "POST",
      body: readable,
      headers: { ...JSON_TYPE, "x-signature": "abc" },
    });
    await feeding;
    expect(streamed.status).toBe(413);
  });
});

describe("the handshake", () => {
  test("grants the asking origin", async () => {
    const headers = {
      "webhook-request-origin": "eventgrid.example",
      "webhook-request-rate": "120",
    };
    const response = await send("/hooks/comments", { method: "OPTIONS", headers });
    expect([
      response.status,
      response.headers.get("allow"),
      response.headers.get("webhook-allowed-origin"),
      response.headers.get("webhook-allowed-rate"),
    ]).toEqual([204, "POST", "eventgrid.example", "120"]);
  });

  test("a browser's preflight is granted nothing", async () => {
    const headers = { origin: "https://evil.example", "access-control-request-method": "POST" };
    const response = await send("/hooks/comments", { method: "OPTIONS", headers });
    expect([
      response.status,
      response.headers.get("webhook-allowed-origin"),
      response.headers.get("access-control-allow-origin"),
    ]).toEqual([204, null, null]);
  });

  test("an unknown source has none", async () => {
    expect((await send("/hooks/nobody", { method: "OPTIONS" })).status).toBe(404);
  });
});

const emit = async (event: string, id: string, value: string) => {
  const body = JSON.stringify({
    id,
    created: 1779974953,
    event,
    data: { accountId: "acc", reportId: "routes", createdAt: { value, offset: 0 } },
  });
  const mac = toHex(await hmacSha256(env.REPORTS_SECRET, utf8(`1779974953.${body}`)));
  const headers = { ...JSON_TYPE, "x-btrz-signature": `t=1779974953,s=old,s2=${mac}` };
  const response = await send("/hooks/reports", { method: "POST", body, headers });
  return (await response.json()) as { result: string; job: { source: string; guid: string } };
};

describe("what is accepted", () => {
  test("a job's event is emitted once, and sent again it is a duplicate", async () => {
    const first = await told(await postExport("exp_1"));
    expect(first).toEqual({
      status: 202,
      body: {
        result: "accepted",
        events: [expect.stringMatching(/^evt_[0-9a-f]{24}$/)],
        job: { source: "email", guid: "exp_1" },
      },
    });
    expect(await told(await postExport("exp_1"))).toEqual({
      status: 202,
      body: { result: "duplicate", events: [], job: { source: "email", guid: "exp_1" } },
    });
  });

  test("a slash behind the source's id redirects nobody", async () => {
    expect((await postExport("exp_2", { path: "/hooks/email/" })).status).toBe(202);
  });

  test("a byte order mark in front and a media type with a suffix are taken", async () => {
    expect(
      (
        await postExport("exp_3", {
          front: "\ufeff",
          type: "application/vnd.x+json; charset=UTF-8",
        })
      ).status,
    ).toBe(202);
  });

  test("an event that the relay does not model is ignored, and says why", async () => {
    expect(await told(await post('{"event":"export.renamed"}'))).toEqual({
      status: 202,
      body: { result: "ignored", reason: "unknown-event: export.renamed" },
    });
  });

  test("an event of the account belongs to no job, and sent again it is a duplicate", async () => {
    const body = JSON.stringify({
      version: "v3-beta",
      event: "webhook.event.created",
      guid: "attempt-1",
      status: "200",
      url: null,
      details: {},
    });
    expect(await told(await post(body))).toEqual({
      status: 202,
      body: { result: "accepted", events: [expect.stringMatching(/^evt_[0-9a-f]{24}$/)] },
    });
    expect(await told(await post(body))).toEqual({
      status: 202,
      body: { result: "duplicate", events: [] },
    });
  });

  test("both events of a Betterez report belong to one job, sent again too", async () => {
    const started = await emit("report.export.started", "id-1", "2026-05-20T17:24:50.130Z");
    const completed = await emit("report.export.completed", "id-2", "2026-05-20T17:25:12.456Z");
    const again = await emit("report.export.completed", "id-2", "2026-05-20T17:25:12.456Z");
    expect(started.job.guid).toMatch(/^btz_[0-9a-f]{24}$/);
    expect([started.result, completed.result, again.result]).toEqual([
      "accepted",
      "accepted",
      "duplicate",
    ]);
    expect([completed.job, again.job]).toEqual([started.job, started.job]);
  });
});

/** Asks the routes themselves, under another environment. */
async function under(
  changes: Readonly<Record<string, unknown>>,
  body: string = created("later"),
): Promise<Response> {
  const signature = toHex(await hmacSha256(env.COMMENTS_SECRET, utf8(body)));
  const init = { method: "POST", body, headers: { ...JSON_TYPE, "x-signature": signature } };
  return ingestRoutes.request("/comments", init, { ...env, ...changes });
}

const failing = (flags: object) => ({
  JOB: {
    getByName: () => ({
      ingest: () => Promise.reject(Object.assign(new Error("object failed"), flags)),
    }),
  },
  LOG_LEVEL: "error",
});

describe("what cannot be taken now", () => {
  test("a broken configuration: 503, to be tried again", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const response = await under({ SOURCES: [{ id: "comments", provider: "nobody" }] });
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "30"]);
  });

  test.each([
    ["is overloaded", { overloaded: true }],
    ["keeps failing", { retryable: true }],
    ["threw", {}],
  ])("an object that %s: 503, to be tried again", async (_, flags) => {
    vi.spyOn(console, "error").mockReturnValue();
    const response = await under(failing(flags));
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
  });

  test("anything unexpected: 503, to be tried again", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const response = await under({ JOB: {} });
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
  });

  test("a refusal is one line in the log, with the exact reason and without secret, signature or body", async () => {
    const lines: unknown[] = [];
    vi.spyOn(console, "warn").mockImplementation((line) => lines.push(line));
    const init = {
      method: "POST",
      body: '{"private":"thing"}',
      headers: { ...JSON_TYPE, "x-signature": "f".repeat(64) },
    };
    const response = await ingestRoutes.request("/comments", init, { ...env, LOG_LEVEL: "info" });
    expect(response.status).toBe(401);
    expect(lines.map((line) => JSON.parse(String(line)) as unknown)).toEqual([
      {
        event: "ingest.refused",
        source: "comments",
        provider: "exportcomments",
        status: 401,
        reason: "wrong-secret",
      },
    ]);
  });
});
