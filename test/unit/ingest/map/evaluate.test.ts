// What a map makes of a request: its events, ids and details, and what refuses it.

import { describe, expect, test } from "vitest";
import { JOB_EVENTS } from "../../../../src/model/event.ts";
import type { Json } from "../../../../src/kernel/json.ts";
import { input, issues, job, map, outcomes, report } from "./build.ts";

/** The name of ours for a name of theirs; the reason when it is ignored. */
function named(values: Readonly<Record<string, string>>, name: Json): string {
  const [outcome] = outcomes(map({ event: { path: "name", values } }), input({ name, guid: "g" }));
  if (outcome === undefined) throw new Error("no outcome");
  return outcome.kind === "job" ? outcome.event : outcome.reason;
}

describe("the event", () => {
  const values = {
    "*": "job.progress",
    "run.*": "job.started",
    "run.*.failed": "job.failed",
    "run.build.ok": "job.finished",
    "7": "job.created",
    true: "job.requeued",
  };

  test.each<[Json, string]>([
    ["run.build.ok", "job.finished"],
    // The first glob as written, not the longest.
    ["run.build.failed", "job.started"],
    ["run.", "job.started"],
    ["anything", "job.progress"],
    [7, "job.created"],
    ["7", "job.created"],
    [true, "job.requeued"],
    ["__proto__", "job.progress"],
    ["constructor", "job.progress"],
    [null, "unknown-event: the map names no event for this body"],
    ["", "unknown-event: the map names no event for this body"],
    [{ a: 1 }, "unknown-event: the map names no event for this body"],
    [["run.build.ok"], "unknown-event: the map names no event for this body"],
  ])("%j: exact, then globs, then *", (name, expected) => {
    expect(named(values, name)).toBe(expected);
  });

  test.each([
    ["a*c", "abc", true],
    ["a*c", "ac", true],
    ["ab*ba", "aba", false],
    ["*b*", "abc", true],
    ["*a*a*", "a", false],
    ["a*", "b", false],
    ["a.c", "abc", false],
    ["**", "x", true],
    ["a", "ab", false],
    ["*a*b", "ab", true],
    ["*a*b", "b", false],
  ])("%s matches %s: %s", (glob, name, matches) => {
    expect(named({ [glob]: "job.failed" }, name) === "job.failed").toBe(matches);
  });

  test("a name that is written as a glob is tried in the order of the table", () => {
    const globs = { "r*": "job.started", "run.*": "job.failed" };
    expect(named(globs, "run.*")).toBe("job.started");
    expect(named({ "**": "job.progress", "a*": "job.failed" }, "ab")).toBe("job.failed");
  });

  test("what is not in the table is ignored, and the reason repeats a part of it", () => {
    expect(named({ a: "job.failed" }, "b".repeat(500))).toBe(`unknown-event: ${"b".repeat(64)}`);
    expect(named({ a: "job.failed" }, "job.failed")).toBe("unknown-event: job.failed");
  });

  test("without a table the names are ours", () => {
    const events = JOB_EVENTS.map((event) => outcomes(map(), input({ event, guid: "g" }))[0]?.kind);
    const own = JOB_EVENTS.map((event) =>
      ["job.stalled", "job.archived"].includes(event) ? "ignored" : "job",
    );
    expect(events).toEqual(own);
    expect(outcomes(map(), input({ event: "toString", guid: "g" }))[0]?.kind).toBe("ignored");
  });

  test("is decided before a job is missed: a test post is ignored", () => {
    expect(outcomes(map(), input({ event: "ping" }))).toEqual([
      { kind: "ignored", reason: "unknown-event: ping" },
    ]);
  });

  test.each<Json>([null, 1, "text", [], [[1]], {}])("a body that is %j has none", (body) => {
    expect(outcomes(map(), input(body))).toEqual([
      { kind: "ignored", reason: "unknown-event: the map names no event for this body" },
    ]);
  });
});

describe("ids", () => {
  test.each<[Json, string]>([
    ["abc", "abc"],
    [30, "30"],
    ["gid://shopify/BulkOperation/1", "gid://shopify/BulkOperation/1"],
    ["null", "null"],
  ])("%j is the job %s", (guid, expected) => {
    expect(report(map(), input(job({ guid }))).subject).toEqual({ kind: "guid", guid: expected });
  });

  test.each<Json>([null, "", "  ", true, {}, ["g"], "a\u0000b", "x".repeat(256), "\ud800"])(
    "%j is no job",
    (guid) => {
      expect(issues(map(), input(job({ guid }))).map(({ path }) => path)).toEqual(["guid"]);
    },
  );

  test("to_string(null) is no id", () => {
    const refused = issues(map({ guid: "to_string(run.id)" }), input(job({ run: { id: null } })));
    expect(refused).toEqual([{ path: "guid", message: "the map finds no id" }]);
    expect(
      report(map({ guid: "to_string(run.id)" }), input(job({ run: { id: 7 } }))).subject,
    ).toEqual({
      kind: "guid",
      guid: "7",
    });
  });

  test("an account that cannot be one refuses, one that is missing does not", () => {
    const of = map({ account: "team" });
    expect(report(of, input(job({ team: 12 }))).account).toBe("12");
    expect(report(of, input(job())).account).toBeNull();
    expect(issues(of, input(job({ team: "a\nb" }))).map(({ path }) => path)).toEqual(["account"]);
  });

  test("the event's id comes from the body, the headers or the query", () => {
    const of = map({ id: 'delivery || "$headers"."x-id" || "$query".id' });
    const key = (
      body: Json,
      headers: Readonly<Record<string, string>>,
      query: Readonly<Record<string, string>>,
    ): unknown => report(of, input(body, { headers, query })).key;
    expect(key(job({ delivery: 5 }), {}, {})).toBe("5");
    expect(key(job(), { "x-id": "h" }, { id: "q" })).toBe("h");
    expect(key(job(), {}, { id: "q" })).toBe("q");
    expect(key(job(), {}, {})).toBeNull();
    expect(key(job({ $headers: { "x-id": "forged" } }), {}, {})).toBeNull();
  });
});

describe("details", () => {
  test("keep every field of the body, and never the headers or the query", () => {
    const body = job({ a: 1, nested: { b: [null] }, url: "https://source.example" });
    const found = report(
      map({ url: "file" }),
      input(body, { headers: { secret: "s" }, query: { token: "t" } }),
    );
    expect(found.rest).toEqual(body);
    expect(JSON.stringify(found)).not.toContain("secret");
    expect(found.standard).toEqual({
      url: "https://source.example",
      totalExported: null,
      total: null,
      download_link: null,
      json_url: null,
    });
  });

  test("a standard field of the body stands where the map finds nothing", () => {
    const body = job({ total: 9, totalExported: 3, download_link: "x", json_url: "y" });
    expect(report(map({ total: "none" }), input(body)).standard).toMatchObject({
      total: 9,
      totalExported: 3,
      download_link: "x",
      json_url: "y",
    });
    expect(report(map({ total: "`5`" }), input(body)).standard.total).toBe(5);
  });

  test("what is redacted is gone from every field but the ids", () => {
    const fields = {
      account: "who",
      error: "error",
      url: "files[0]",
      current: "done",
      total: "$.all",
      status: "word",
      time: "at",
    };
    const body = job({
      event: "job.failed",
      who: "acme",
      error: "secret",
      files: ["https://secret.example"],
      done: 1,
      all: 2,
      word: "secret",
      at: 1_700_000_000,
    });
    const redact = ["who", "guid", "error", "files", "done", "all", "word", "at"];
    const found = report(map(fields), input(body, { redact }));
    expect(found).toMatchObject({
      account: "acme",
      subject: { guid: "g" },
      current: null,
      total: null,
      url: null,
    });
    expect([found.occurredAt, found.standard.error, found.rest]).toEqual([
      null,
      "job.failed",
      { event: "job.failed" },
    ]);
  });
});
