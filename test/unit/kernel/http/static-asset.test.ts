import { describe, expect, test } from "vitest";
import { staticAsset } from "../../../../src/kernel/http/static-asset.io.ts";
import { fileResponse, isKnownTag } from "../../../../src/kernel/http/static-file.ts";

describe("a version that a browser has", () => {
  test.each([
    { asked: '"a"', etag: '"a"', known: true },
    { asked: 'W/"a"', etag: '"a"', known: true },
    { asked: '"a"', etag: 'W/"a"', known: true },
    { asked: '"b", W/"a"', etag: '"a"', known: true },
    { asked: '"b"', etag: '"a"', known: false },
    { asked: "", etag: '"a"', known: false },
    { asked: null, etag: '"a"', known: false },
  ])("is known from $asked when the file is $etag: $known", ({ asked, etag, known }) => {
    expect(isKnownTag(asked, etag)).toBe(known);
  });
});

describe("a static asset", () => {
  const headers = { "content-type": "text/plain", "cache-control": "no-cache" };
  const request = new Request("https://relay.example.com/page?token=secret");

  test("is read by its path alone, and keeps none of the headers of its store", async () => {
    const asked: string[] = [];
    const assets = {
      fetch: (url: URL) => {
        asked.push(String(url));
        return Promise.resolve(
          new Response("text", { headers: { etag: '"1"', "cache-control": "max-age=9", x: "y" } }),
        );
      },
    } as unknown as Fetcher;
    const answer = await staticAsset(assets, request, "/a/b.txt", headers);
    expect(asked).toEqual(["https://relay.example.com/a/b.txt"]);
    expect(Object.fromEntries(answer.headers)).toEqual({
      "cache-control": "no-cache",
      "content-type": "text/plain",
      "x-content-type-options": "nosniff",
      etag: '"1"',
    });
  });

  test("that is not there is 404, without assets it is 503", async () => {
    const assets = {
      fetch: () => Promise.resolve(new Response("gone", { status: 404 })),
    } as unknown as Fetcher;
    const [missing, none] = await Promise.all([
      staticAsset(assets, request, "/a", headers),
      staticAsset(undefined, request, "/a", headers),
    ]);
    expect([missing.status, none.status]).toEqual([404, 503]);
  });
});

describe("a file of the script", () => {
  const file = { text: "let a;", etag: '"1"' };
  const ask = (name: string, tag?: string, more?: Readonly<Record<string, string>>) =>
    fileResponse(
      new Request("https://relay.example.com/a", {
        headers: tag === undefined ? {} : { "if-none-match": tag },
      }),
      name,
      file,
      more,
    );

  test.each([
    ["client.js", "text/javascript; charset=utf-8"],
    ["watch.min.css", "text/css; charset=utf-8"],
    ["notes.txt", "text/plain; charset=utf-8"],
    ["js", "text/javascript; charset=utf-8"],
    ["", "text/plain; charset=utf-8"],
  ])("%j is served as %s", async (name, type) => {
    const answer = ask(name);
    expect(answer.headers.get("content-type")).toBe(type);
    expect([answer.status, await answer.text()]).toEqual([200, "let a;"]);
  });

  test("is fresh for five minutes, and is served with the headers that are given", () => {
    const headers = { "cache-control": "no-cache", "x-more": "1" };
    expect(Object.fromEntries(ask("a.css").headers)).toEqual({
      "content-type": "text/css; charset=utf-8",
      "cache-control": "public, max-age=300",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      etag: '"1"',
    });
    expect(Object.fromEntries(ask("a.css", undefined, headers).headers)).toMatchObject(headers);
  });

  test("that a browser has is not sent again", async () => {
    const answer = ask("a.css", 'W/"1"');
    expect([answer.status, await answer.text(), answer.headers.get("etag")]).toEqual([
      304,
      "",
      '"1"',
    ]);
    expect(ask("a.css", '"2"').status).toBe(200);
  });
});
