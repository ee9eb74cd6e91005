import { env, exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { app } from "../../../src/app.ts";

const get = (path: string, init?: RequestInit): Promise<Response> =>
  exports.default.fetch(new Request(`https://relay.example.com${path}`, init));

describe("the console's page", () => {
  test("may load and reach nothing but its own relay, and is never kept", async () => {
    const answer = await get("/");
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy":
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
    const page = await answer.text();
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=|<style/);
    for (const [, path = ""] of page.matchAll(/(?:src|href)="(\/[^"]*)"/g))
      expect((await get(path)).status).toBe(200);
  });
});

test("the page says when Cloudflare Access vouches for the operator", async () => {
  const headers = { "cf-access-jwt-assertion": "signed" };
  const [behind, open] = await Promise.all([get("/", { headers }), get("/")]);
  expect(await behind.text()).toContain('<html lang="en" data-access="">');
  expect(behind.headers.get("content-security-policy")).toBe(
    open.headers.get("content-security-policy"),
  );
  expect(await open.text()).not.toContain("data-access");
});

describe.each([
  ["/client.js", "text/javascript; charset=utf-8", "public, max-age=300", "*"],
  ["/react.js", "text/javascript; charset=utf-8", "public, max-age=300", "*"],
  ["/console.js", "text/javascript; charset=utf-8", "no-cache", null],
  ["/console.css", "text/css; charset=utf-8", "no-cache", null],
] as const)("%s", (path, type, kept, origins) => {
  test("is served with its type, and says how long it may be kept", async () => {
    const answer = await get(path);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": type,
      "cache-control": kept,
      "x-content-type-options": "nosniff",
    });
    expect(answer.headers.get("access-control-allow-origin")).toBe(origins);
    expect((await answer.text()).length).toBeGreaterThan(100);
  });

  test("is not sent again to who has it", async () => {
    const etag = (await get(path)).headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[\w-]{22,}"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const answer = await get(path, { headers: { "if-none-match": known } });
      expect([answer.status, await answer.text(), answer.headers.get("etag")]).toEqual([
        304,
        "",
        etag,
      ]);
    }
    expect((await get(path, { headers: { "if-none-match": '"other"' } })).status).toBe(200);
  });

  test("answers HEAD with the same headers and no body", async () => {
    const [head, full] = await Promise.all([get(path, { method: "HEAD" }), get(path)]);
    expect([head.status, await head.text(), head.headers.get("etag")]).toEqual([
      200,
      "",
      full.headers.get("etag"),
    ]);
  });
});

/** An answer of the script alone. */
const bare = (path: string): Promise<Response> =>
  Promise.resolve(
    app.fetch(new Request(`https://relay.example.com${path}`), { ...env, ASSETS: undefined }),
  );

describe("without its static assets", () => {
  test.each(["/", "/console.js", "/console.css"])("the relay says so at %s", async (path) => {
    const answer = await bare(path);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await answer.json()).toMatchObject({ title: "Static assets are missing" });
  });

  test.each([
    ["/healthz", 200],
    ["/client.js", 200],
    ["/react.js", 200],
    ["/v1/jobs", 401],
    ["/no-such-path", 404],
  ])("the relay answers %s as usual", async (path, status) => {
    expect((await bare(path)).status).toBe(status);
  });
});

describe("the directory of static assets", () => {
  test.each(["/console/index.html", "/console/console.js", "/index.html", "/console/"])(
    "is not reached by its own path %s",
    async (path) => {
      const answer = await get(path);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([
        404,
        "application/problem+json",
      ]);
    },
  );
});
