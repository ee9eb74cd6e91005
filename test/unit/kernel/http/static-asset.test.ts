import { describe, expect, test } from "vitest";
import { staticAsset } from "../../../../src/kernel/http/static-asset.io.ts";
import { isKnownTag } from "../../../../src/kernel/http/static-file.ts";

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
