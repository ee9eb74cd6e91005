// What the API answers to methods, parameters and bodies that a route does not take.

import { exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";

const ADMIN = { authorization: "Bearer test-admin-token" };

const ask = (method: string, path: string, init: RequestInit = {}): Promise<Response> =>
  exports.default.fetch(`http://relay.test${path}`, { method, headers: ADMIN, ...init });

describe("a method that a path does not take", () => {
  test.each([
    ["POST", "/v1/jobs", "GET, HEAD, OPTIONS"],
    ["PUT", "/v1/jobs/comments/g1", "GET, HEAD, DELETE, OPTIONS"],
    ["GET", "/v1/jobs/comments/g1/replay", "POST, OPTIONS"],
    ["DELETE", "/healthz", "GET, HEAD, OPTIONS"],
    ["POST", "/", "GET, HEAD, OPTIONS"],
    ["POST", "/client.js", "GET, HEAD, OPTIONS"],
    ["POST", "/v1/jobs/comments/g1/stream", "GET, HEAD, OPTIONS"],
    ["PATCH", "/v1/accounts/acme/events", "GET, HEAD, OPTIONS"],
    ["GET", "/v1/wake", "POST, OPTIONS"],
  ])("%s %s is answered 405 with what it takes", async (method, path, allow) => {
    const answer = await ask(method, path);
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, allow]);
    expect(await answer.json()).toEqual({
      type: "/docs/problems/method-not-allowed",
      status: 405,
      title: "Method Not Allowed",
      detail: `This path takes ${allow}.`,
    });
  });

  test("HEAD is one where GET is", async () => {
    const answer = await ask("HEAD", "/v1/tokens");
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST, OPTIONS"]);
  });

  test("OPTIONS is answered with what a path takes, without CORS", async () => {
    const answer = await ask("OPTIONS", "/v1/jobs");
    expect([answer.status, answer.headers.get("allow")]).toEqual([204, "GET, HEAD, OPTIONS"]);
    expect([...answer.headers.keys()].filter((name) => name.startsWith("access-"))).toEqual([]);
  });

  test.each(["PUT", "OPTIONS", "GET"])("%s without a token is 401", async (method) => {
    expect((await ask(method, "/v1/wake", { headers: {} })).status).toBe(401);
  });

  test("HEAD is answered like GET without the body", async () => {
    const [get, head] = [await ask("GET", "/v1/jobs"), await ask("HEAD", "/v1/jobs")];
    expect([head.status, head.headers.get("content-type"), await head.text()]).toEqual([
      get.status,
      "application/json",
      "",
    ]);
    await get.body?.cancel();
  });

  test("a path that nothing takes is 404 with every method", async () => {
    for (const method of ["GET", "POST", "OPTIONS", "DELETE"])
      expect((await ask(method, "/v1/nothing?x=1")).status).toBe(404);
  });
});

const issuesOf = async (path: string, method = "GET") => {
  const answer = await ask(method, path);
  const { issues } = await answer.json<{ issues: unknown }>();
  return [answer.status, issues];
};

describe("a query", () => {
  test("with an unknown name is refused with the names that are allowed", async () => {
    expect(await issuesOf("/v1/jobs?acount=acme&limit=5&page=2")).toEqual([
      400,
      ["acount", "page"].map((path) => ({
        path,
        message:
          "is unknown; allowed are account, source, status, event, q, since, until, limit, cursor",
      })),
    ]);
    for (const [method, path] of [
      ["GET", "/v1/presets?x=1"],
      ["GET", "/v1/jobs/comments/g1?x=1"],
      ["POST", "/v1/subscribers/crm/pause?x=1"],
    ] as const)
      expect(await issuesOf(path, method)).toEqual([
        400,
        [{ path: "x", message: "is unknown; nothing is allowed here" }],
      ]);
    expect((await ask("HEAD", "/v1/subscribers?x=1")).status).toBe(400);
  });

  test("with a name given twice is refused", async () => {
    expect(await issuesOf("/v1/jobs?limit=1&limit=2")).toEqual([
      400,
      [{ path: "limit", message: "must be given once" }],
    ]);
  });

  test.each([
    ["status=finished", "must be one of queueing, progress, done, error, ready"],
    ["event=job.done", expect.stringMatching(/^must be one of job\.created, .*job\.archived$/)],
    ["limit=0", expect.any(String)],
    ["limit=101", expect.any(String)],
    ["limit=1e1", "must be a whole number from 1 to 100"],
    ["limit=", "must be a whole number from 1 to 100"],
    ["since=yesterday", expect.any(String)],
    ["until=2026-02-30T00:00:00Z", expect.any(String)],
    ["q=", "must have 1 to 255 characters"],
    [`q=${"x".repeat(256)}`, "must have 1 to 255 characters"],
    ["cursor=abc", "is not a cursor of this list"],
  ])("of %s is refused by its value", async (query, message) => {
    expect(await issuesOf(`/v1/jobs?${query}`)).toEqual([
      400,
      [{ path: query.split("=")[0], message }],
    ]);
  });

  test("is judged after the token", async () => {
    expect((await ask("GET", "/v1/jobs?x=1", { headers: {} })).status).toBe(401);
  });
});

describe("a body", () => {
  test.each([
    ['{"reason":"night"}', [{ path: "reason", message: "is unknown; nothing is allowed here" }]],
    ["[]", [{ path: "", message: "must be of type object" }]],
    ["{", [{ path: "", message: "must be of type object" }]],
  ])("of %s is refused where none is read", async (body, issues) => {
    for (const path of ["/v1/subscribers/crm/pause", "/v1/subscribers/crm/test", "/v1/wake"]) {
      const answer = await ask("POST", path, { body });
      expect([answer.status, await answer.json()]).toEqual([
        422,
        expect.objectContaining({ issues }),
      ]);
    }
  });

  test("may be empty or an empty object where none is read", async () => {
    for (const body of ["", " ", "{}"])
      expect((await ask("POST", "/v1/subscribers/crm/resume", { body })).status).toBe(200);
  });

  test("over the limit is refused while it is read", async () => {
    const body = `{"event":"${"x".repeat(2_097_152)}"}`;
    expect((await ask("POST", "/v1/rules/simulate", { body })).status).toBe(413);
    const parts = [body.slice(0, 1_000_000), body.slice(1_000_000)].map((part) =>
      new TextEncoder().encode(part),
    );
    const streamed = new ReadableStream<Uint8Array>({
      pull(controller) {
        const part = parts.shift();
        if (part === undefined) controller.close();
        else controller.enqueue(part);
      },
    });
    expect((await ask("POST", "/v1/tokens", { body: streamed })).status).toBe(413);
  });
});
