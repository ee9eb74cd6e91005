import { describe, expect, test } from "vitest";
import type { JobState } from "../../../src/client/index.ts";
import { linkOf, readLink, wordsOfJob, wordsOfRefusal } from "../../../src/watch/words.ts";
import { job } from "../console/builders.ts";

const ENDED = { finishedAt: "2026-11-21T19:01:00.000Z" } as const;
const FILE = "https://files.example.com/g1.csv";

test("a job of which only the total is known has got nowhere yet", () => {
  expect(wordsOfJob(job({ current: null }))).toMatchObject({ share: 0 });
});

describe("a job in words", () => {
  test.each([
    [
      "queued",
      job({ status: "queueing", current: null, total: null }),
      "waiting",
      "Waiting in the queue",
      null,
      "",
    ],
    ["running", job(), "running", "Running", 0.452, "678 of 1,500"],
    ["without a total", job({ total: null }), "running", "Running", null, "678"],
    [
      "with a total of nothing",
      job({ current: 0, total: 0 }),
      "running",
      "Running",
      null,
      "0 of 0",
    ],
    ["past its total", job({ current: 1_600 }), "running", "Running", 1, "1,600 of 1,500"],
    [
      "silent",
      job({ stalled: true, event: "job.stalled" }),
      "running",
      "Running, but silent for a while",
      0.452,
      "678 of 1,500",
    ],
    [
      "done",
      job({ status: "done", event: "job.finished", ...ENDED }),
      "done",
      "Done",
      1,
      "678 of 1,500",
    ],
    [
      "a bulk download",
      job({ status: "ready", event: "bulk_download.ready", ...ENDED }),
      "done",
      "Done",
      1,
      "678 of 1,500",
    ],
    [
      "failed",
      job({ status: "error", event: "job.failed", ...ENDED }),
      "failed",
      "Failed",
      0.452,
      "678 of 1,500",
    ],
    [
      "done, its conversion failed",
      job({ status: "error", event: "job.convert.failed", ...ENDED }),
      "done",
      "Done",
      1,
      "678 of 1,500",
    ],
  ] satisfies readonly (readonly [string, JobState, string, string, number | null, string])[])(
    "%s",
    (_, state, ...wanted) => {
      const { tone, state: words, share, numbers } = wordsOfJob(state);
      expect([tone, words, share, numbers]).toEqual(wanted);
    },
  );

  test("has the name that the provider gave it, cut where it is long", () => {
    expect(wordsOfJob(job()).title).toBeNull();
    expect(wordsOfJob(job({ details: { title: " ", name: "Reviews" } })).title).toBe("Reviews");
    expect(wordsOfJob(job({ details: { title: 7 } })).title).toBeNull();
    expect(wordsOfJob(job({ details: { title: "x".repeat(400) } })).title).toHaveLength(301);
  });

  test("links its file once it is done", () => {
    expect(wordsOfJob(job({ url: FILE })).link).toBeNull();
    expect(wordsOfJob(job({ status: "done", url: FILE, ...ENDED })).link).toBe(FILE);
  });

  test.each([
    [null, null],
    [FILE, FILE],
    ["http://files.example.com/a", "http://files.example.com/a"],
    ["javascript:alert(1)", null],
    ["JaVaScRiPt:alert(1)", null],
    ["data:text/html,x", null],
    ["//files.example.com/a", null],
    ["g1.csv", null],
    ["", null],
  ])("may link %j: %j", (url, link) => {
    expect(linkOf(url)).toBe(link);
  });

  test("that failed without a number stands still", () => {
    const failed = job({ status: "error", event: "job.failed", total: null, ...ENDED });
    expect(wordsOfJob(failed).share).toBe(0);
  });

  test("says what went wrong", () => {
    const failed = { status: "error", event: "job.failed", ...ENDED } as const;
    expect(wordsOfJob(job({ ...failed, error: "The post is private" })).error).toBe(
      "The post is private",
    );
    expect(wordsOfJob(job(failed)).error).toBe("No reason was given.");
    expect(wordsOfJob(job()).error).toBe("");
  });
});

/** A token that claims that; nobody checks its signature in a page. */
const tokenOf = (claims: object): string =>
  `eyJ.${btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(claims))))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "")}.c2ln`;

describe("a link", () => {
  test("holds the job in its path and a token after the #", () => {
    const token = tokenOf({ sub: "Ünïcode/acme", exp: 1_800_000_000 });
    expect(readLink("/watch/comments/a%2Fb%20%C3%BC", `#${token}`)).toEqual({
      source: "comments",
      guid: "a/b ü",
      token,
      account: "Ünïcode/acme",
      exp: 1_800_000_000,
    });
  });

  test.each([
    ["no token", "/watch/comments/g1", ""],
    ["half a token", "/watch/comments/g1", "#eyJhbGciOiJIUzI1NiJ9"],
    [
      "a token cut inside its claims",
      "/watch/comments/g1",
      `#${tokenOf({ sub: "acme", exp: 1 }).slice(0, 12)}`,
    ],
    ["claims that are no JSON", "/watch/comments/g1", "#eyJ.YQ.c2ln"],
    ["no account", "/watch/comments/g1", `#${tokenOf({ exp: 1 })}`],
    ["no job", "/watch/comments/", `#${tokenOf({ sub: "acme", exp: 1 })}`],
    ["a broken escape", "/watch/comments/%E0%A4%A", `#${tokenOf({ sub: "acme", exp: 1 })}`],
  ])("with %s is not complete", (_, path, fragment) => {
    expect(readLink(path, fragment)).toBeNull();
  });

  test.each([
    [4_500, true, /expired/, false],
    [4_599, true, /expired/, false],
    [4_500, false, /not valid/, false],
    [4_507, false, /not begun yet/, true],
    [undefined, false, /not valid/, false],
  ])("refused with %s (over: %s) is told in plain words", (code, isOver, text, isLater) => {
    const words = wordsOfRefusal(code, isOver);
    expect([text.test(words.text), words.isLater]).toEqual([true, isLater]);
  });
});
