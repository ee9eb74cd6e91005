import { exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";

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

describe.each([
  ["/client.js", "text/javascript; charset=utf-8", true],
  ["/react.js", "text/javascript; charset=utf-8", true],
  ["/console.js", "text/javascript; charset=utf-8", false],
  ["/console.css", "text/css; charset=utf-8", false],
] as const)("%s", (path, type, open) => {
  test("is served with its type, and may be kept for five minutes", async () => {
    const answer = await get(path);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": type,
      "cache-control": "public, max-age=300",
      "x-content-type-options": "nosniff",
    });
    expect(answer.headers.get("access-control-allow-origin")).toBe(open ? "*" : null);
    expect((await answer.text()).length).toBeGreaterThan(100);
  });

  test("is not sent again to who has it", async () => {
    const etag = (await get(path)).headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[\w-]{22}"$/);
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
