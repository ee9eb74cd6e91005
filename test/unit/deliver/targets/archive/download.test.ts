// Which file is stored, under which key, and how its download follows redirects.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JobEnvelope, JobEvent } from "../../../../../src/model/event.ts";
import {
  archiveKey,
  classifyAnswer,
  downloadOf,
  fileSize,
  firstHop,
  nextHop,
} from "../../../../../src/deliver/targets/archive/download.ts";
import { runs } from "../../../runs.ts";

const finished: JobEnvelope = {
  version: "v3-beta",
  event: "job.finished",
  guid: "b4219d47",
  status: "done",
  url: "https://files.example.com/exports/12345.xlsx",
  details: {},
  id: "evt_1",
  seq: 3,
  attempt: 1,
  source: "comments",
  account: "acme",
  time: "2026-11-21T19:00:00.000Z",
};

const bytes = (text: string): number => new TextEncoder().encode(text).byteLength;

describe("the file of an event", () => {
  test.each(["job.finished", "job.convert.done", "bulk_download.ready"] as const)(
    "is announced by %s",
    (event) => {
      expect(downloadOf({ ...finished, event })).toEqual({
        url: "https://files.example.com/exports/12345.xlsx",
        source: "comments",
        guid: "b4219d47",
        eventId: "evt_1",
        event,
      });
    },
  );

  test.each([
    "job.created",
    "job.started",
    "job.progress",
    "job.failed",
    "job.requeued",
    "job.convert.failed",
    "bulk_download.failed",
    "job.stalled",
    "job.archived",
  ] satisfies readonly JobEvent[])("is not announced by %s, even with a URL", (event) => {
    expect(downloadOf({ ...finished, event })).toBeNull();
  });

  test.each([null, ""])("is not announced without a URL (%j)", (url) => {
    expect(downloadOf({ ...finished, url })).toBeNull();
  });

  test("is not announced by messages about an account", () => {
    const { id, source, account, time } = finished;
    expect(
      downloadOf({
        type: "subscription.updated",
        id,
        source,
        account,
        time,
        url: "https://a.example/b",
      }),
    ).toBeNull();
  });
});

/** The key of a file of job `g1`, from a URL that ends in `f.csv` by default. */
const key = (more: { url?: string; guid?: string }, disposition: string | null = null) =>
  archiveKey(
    { url: "https://a.example/f.csv", source: "comments", guid: "g1", ...more },
    disposition,
  );

describe("the key of a file", () => {
  test.each([
    ["the answer's name", {}, 'attachment; filename="named.csv"', "comments/g1/named.csv"],
    ["the URL's name without an answer's", {}, null, "comments/g1/f.csv"],
    [
      "the URL's name when the answer's is unusable",
      {},
      'attachment; filename="../../"',
      "comments/g1/f.csv",
    ],
    [
      "the action of a URL that ends in one",
      { url: "https://ee.example/v1/account/a/export/exp_1/download" },
      null,
      "comments/g1/download",
    ],
    [
      "export.bin when nothing has a name",
      { url: "https://a.example/" },
      null,
      "comments/g1/export.bin",
    ],
    [
      "export.bin when the URL's name climbs",
      { url: "https://a.example/x%2F..%2F.." },
      null,
      "comments/g1/export.bin",
    ],
    ["an encoded guid with slashes", { guid: "a/b\\c" }, null, "comments/a%2Fb%5Cc/f.csv"],
    ["an encoded guid that climbs", { guid: "../.." }, null, "comments/.%2E%2F.%2E/f.csv"],
    ["an encoded guid of one dot", { guid: "." }, null, "comments/%2E/f.csv"],
    ["an encoded guid with a percent sign", { guid: "a%2Fb" }, null, "comments/a%252Fb/f.csv"],
    ["an empty guid as a percent sign", { guid: "" }, null, "comments/%/f.csv"],
    ["a readable guid as it is", { guid: "exp_6f-Ž 1" }, null, "comments/exp_6f-Ž 1/f.csv"],
  ])("has %s", (_, more, disposition, expected) => {
    expect(key(more, disposition)).toEqual({ ok: true, value: expected });
  });

  test("takes a guid of 700 bytes and refuses one of 701", () => {
    const file = `attachment; filename="${"n".repeat(300)}.csv"`;
    const longest = archiveKey(
      { url: "https://a.example/", source: "s".repeat(32), guid: "g".repeat(700) },
      file,
    );
    expect(longest.ok && bytes(longest.value)).toBe(32 + 1 + 700 + 1 + 255);
    expect(key({ guid: "g".repeat(701) })).toEqual({
      ok: false,
      fault: "the guid is too long for a key (over 700 bytes)",
    });
  });

  const hostile = fc.string({
    unit: fc.constantFrom(
      "a",
      "B",
      "/",
      "\\",
      ".",
      "..",
      "%",
      "\0",
      "\n",
      "é",
      "😀",
      "\u202E",
      '"',
      ";",
      "\uD800",
      " ",
    ),
    maxLength: 60,
  });

  test("stays in its place and in R2's bounds for hostile guids, names and URLs", () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (guid, name, path) => {
        const made = key(
          { guid, url: `https://a.example/${path}` },
          `attachment; filename="${name}"`,
        );
        expect(made.ok && made.value).toMatch(
          /^comments\/[^/\\\p{Cc}\p{Cf}\p{Cs}]+\/[^/\\\p{Cc}\p{Cf}\p{Cs}]+$/u,
        );
        expect(made.ok && (made.value.includes("..") || bytes(made.value) > 1_024)).toBe(false);
      }),
    );
  });

  test("is never shared by two guids", () => {
    const guid = fc.string({
      unit: fc.constantFrom("/", ".", "%", "2", "E", "F", "\\", "5", "C", "\0", "0"),
      maxLength: 6,
    });
    fc.assert(
      fc.property(guid, guid, (left, right) => {
        fc.pre(left !== right);
        expect(key({ guid: left })).not.toEqual(key({ guid: right }));
      }),
      { numRuns: runs(1_000) },
    );
  });
});

describe("a redirect", () => {
  const first = firstHop({ url: "https://files.example.com/a/b?c#fragment" });

  test("begins at the announced URL, trusted, without its fragment", () => {
    expect(first).toEqual({ url: "https://files.example.com/a/b?c", trusted: true });
  });

  test.each([
    [301, "/x", "https://files.example.com/x", true],
    [302, "x?y=1", "https://files.example.com/a/x?y=1", true],
    [303, "https://files.example.com/x#part", "https://files.example.com/x", true],
    [307, "https://other.example/x", "https://other.example/x", false],
    [308, "//other.example/x", "https://other.example/x", false],
    [302, "http://files.example.com/x", "http://files.example.com/x", false],
    [302, "https://files.example.com:8443/x", "https://files.example.com:8443/x", false],
    [
      302,
      "https://files.example.com.evil.example/x",
      "https://files.example.com.evil.example/x",
      false,
    ],
    [
      302,
      "https://files.example.com@evil.example/x",
      "https://files.example.com@evil.example/x",
      false,
    ],
  ])("%i to %s leads to %s, trusted: %j", (status, location, url, trusted) => {
    expect(nextHop(first, status, location)).toEqual({ url, trusted });
  });

  test("within a foreign origin stays untrusted", () => {
    const away = nextHop(first, 302, "https://other.example/x");
    expect(away && nextHop(away, 302, "/y")).toEqual({
      url: "https://other.example/y",
      trusted: false,
    });
  });

  test("back to the first origin does not win trust again", () => {
    const away = nextHop(first, 302, "https://other.example/x");
    expect(away && nextHop(away, 302, "https://files.example.com/y")).toEqual({
      url: "https://files.example.com/y",
      trusted: false,
    });
  });

  test.each([
    [200, "/x"],
    [300, "/x"],
    [304, "/x"],
    [302, null],
    [302, "https://"],
  ])("is none: %i to %j", (status, location) => {
    expect(nextHop(first, status, location)).toBeNull();
  });
});

describe("an answer to a download", () => {
  test.each([
    [200, "file"],
    [202, "no-file"],
    [204, "no-file"],
    [206, "no-file"],
    [302, "refused"],
    [401, "refused"],
    [404, "gone"],
    [410, "gone"],
    [429, "refused"],
    [503, "refused"],
  ])("%i means %s", (status, verdict) => {
    expect(classifyAnswer(status)).toBe(verdict);
  });

  test.each([
    ["5", null, 5],
    ["0", null, 0],
    ["5", "identity", 5],
    ["5", "", 5],
    ["5", "gzip", null],
    ["5", "br, gzip", null],
    [null, null, null],
    ["-5", null, null],
    ["5, 5", null, null],
    ["1e3", null, null],
    ["9".repeat(16), null, null],
  ])("of length %j in encoding %j has the size %j", (length, encoding, size) => {
    expect(fileSize(length, encoding)).toBe(size);
  });
});
