// The description of the API as the relay serves it.

import { exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { PROBLEM_TYPES } from "../../../src/kernel/problem.ts";
import { EVENTS } from "../../../src/api/description/events.ts";
import { OPERATIONS } from "../../../src/api/description/operations.ts";
import { app } from "../../../src/app.ts";

const get = (path: string, init: RequestInit = {}): Promise<Response> =>
  exports.default.fetch(`http://relay.test${path}`, init);

describe("the description", () => {
  test.each([
    ["/openapi.json", "application/json", { openapi: "3.1.0" }],
    ["/asyncapi.json", "application/json", { asyncapi: "3.0.0" }],
    ["/schemas/job.progress.json", "application/schema+json", { title: "job.progress" }],
    ["/schemas/relay.subscriber.failing.json", "application/schema+json", { type: "object" }],
  ])("%s is open to every origin", async (path, type, document) => {
    const answer = await get(path, { headers: { origin: "https://elsewhere.example" } });
    expect([
      answer.status,
      answer.headers.get("content-type"),
      answer.headers.get("access-control-allow-origin"),
    ]).toEqual([200, type, "*"]);
    expect(await answer.json()).toMatchObject(document);
  });

  test("is answered 304 while it is the same", async () => {
    const first = await get("/openapi.json");
    await first.body?.cancel();
    const etag = first.headers.get("etag") ?? "";
    const again = await get("/openapi.json", { headers: { "if-none-match": etag } });
    expect([etag === "", again.status]).toEqual([false, 304]);
  });

  test("has a page that loads nothing but its own style", async () => {
    const answer = await get("/docs");
    const page = await answer.text();
    expect([answer.status, answer.headers.get("content-security-policy")]).toEqual([
      200,
      expect.stringMatching(/^default-src 'none'; style-src 'self'; frame-ancestors 'none'/),
    ]);
    expect(page).not.toMatch(/<script|style=|src=|https?:\/\/(?!files\.example\.com|\S*example)/);
    expect((await get("/docs.css")).headers.get("content-type")).toBe("text/css; charset=utf-8");
  });

  test.each(PROBLEM_TYPES)("has a page for the problem %s", async (type) => {
    const answer = await get(`/docs/problems/${type}`);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([
      200,
      "text/html; charset=utf-8",
    ]);
    await answer.body?.cancel();
  });

  test("has a schema for every event", async () => {
    for (const { name } of EVENTS) {
      const answer = await get(`/schemas/${name}.json`);
      expect([name, answer.status]).toEqual([name, 200]);
      await answer.body?.cancel();
    }
  });

  test.each(["/docs/problems/nothing", "/schemas/nothing.json", "/schemas/..%2Fopenapi.json"])(
    "%s is not found",
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );

  test("the type of a problem is the address of its page", async () => {
    const { type } = await (await get("/v1/jobs")).json<{ type: string }>();
    expect((await get(new URL(type, "http://relay.test/v1/jobs").pathname)).status).toBe(200);
  });
});

/** Files of the console and of browsers: they are no part of the API. */
const FILES = /^\/(?:$|console|client|react|element|docs\.css|watch|webhook|favicon)/;

test("every route is described, and everything that is described is a route", () => {
  const routes = new Set(
    app.routes
      .filter(({ method, path }) => method !== "ALL" && method !== "OPTIONS" && !FILES.test(path))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{}")}`),
  );
  const described = OPERATIONS.filter(({ tag }) => tag !== "Webhooks").map(
    ({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}(?:\.json)?/g, "{}")}`,
  );
  expect([...routes].toSorted()).toEqual([...new Set(described)].toSorted());
});
