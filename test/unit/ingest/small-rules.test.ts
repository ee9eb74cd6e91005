import { describe, expect, test } from "vitest";
import { scrub, webAddress } from "../../../src/ingest/normalize/fields.ts";
import { reasonOf, refusalOf, type IngestFault } from "../../../src/ingest/faults.ts";
import { handshake } from "../../../src/ingest/handshake.ts";
import { receiptOf } from "../../../src/ingest/receipt.ts";
import { traceparentOf } from "../../../src/ingest/request/trace.ts";
import type { Json } from "../../../src/kernel/json.ts";

describe("traceparentOf", () => {
  const VALID = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  test.each([VALID, VALID.replace("-01", "-00"), ` ${VALID} `])("continues %j", (header) => {
    expect(traceparentOf(header)).toBe(header.trim());
  });

  test.each([
    ["none", null],
    ["an empty one", ""],
    ["a later version", VALID.replace("00-", "01-")],
    ["the invalid version", VALID.replace("00-", "ff-")],
    ["a trace id of zeros", `00-${"0".repeat(32)}-00f067aa0ba902b7-01`],
    ["a parent id of zeros", `00-4bf92f3577b34da6a3ce929d0e0e4736-${"0".repeat(16)}-01`],
    ["upper case", VALID.toUpperCase()],
    ["a digit too few", VALID.slice(0, -1)],
    ["more behind it", `${VALID}-extra`],
  ])("does not continue %s", (_, header) => {
    expect(traceparentOf(header)).toBeNull();
  });
});

describe("the abuse-protection handshake", () => {
  test.each([
    [
      "grants the asking origin any rate",
      { origin: "eventgrid.example", rate: null },
      { allow: "POST", "webhook-allowed-origin": "eventgrid.example", "webhook-allowed-rate": "*" },
    ],
    [
      "grants the rate asked for",
      { origin: "a.example", rate: "120" },
      { allow: "POST", "webhook-allowed-origin": "a.example", "webhook-allowed-rate": "120" },
    ],
    [
      "answers an odd rate with any",
      { origin: "a.example", rate: "-1" },
      { allow: "POST", "webhook-allowed-origin": "a.example", "webhook-allowed-rate": "*" },
    ],
    [
      "answers a rate of 0 with any",
      { origin: "a.example", rate: "0" },
      { allow: "POST", "webhook-allowed-origin": "a.example", "webhook-allowed-rate": "*" },
    ],
    [
      "grants nothing to who does not ask",
      { origin: null, rate: "120" },
      { allow: "POST, OPTIONS" },
    ],
  ])("%s", (_, request, expected) => {
    expect(handshake(request)).toEqual(expected);
  });
});

describe("refusals", () => {
  const all: readonly IngestFault[] = [
    { kind: "misconfigured" },
    { kind: "unknown-source" },
    { kind: "method" },
    { kind: "media", reason: "charset" },
    { kind: "body", reason: "too-large" },
    { kind: "body", reason: "interrupted" },
    { kind: "unverified", reason: "too-old" },
    { kind: "unreadable", reason: "too-deep" },
    {
      kind: "malformed",
      issues: [
        { path: "guid", message: "no job id" },
        { path: "", message: "no object" },
      ],
    },
    { kind: "overgrown" },
    { kind: "unavailable", reason: "overloaded" },
  ];

  test("each fault has its status", () => {
    expect(all.map((fault) => refusalOf(fault).problem.status)).toEqual([
      503, 404, 405, 415, 413, 400, 401, 400, 422, 413, 503,
    ]);
  });

  test("each fault has its exact reason in the log", () => {
    expect(all.map(reasonOf)).toEqual([
      "misconfigured",
      "unknown-source",
      "method",
      "charset",
      "too-large",
      "interrupted",
      "too-old",
      "too-deep",
      "guid: no job id; body: no object",
      "overgrown",
      "overloaded",
    ]);
  });

  test("what is worth another try says when, and a wrong method says which are right", () => {
    expect(all.map((fault) => refusalOf(fault).headers)).toEqual([
      { "retry-after": "30" },
      {},
      { allow: "POST, OPTIONS" },
      ...Array.from({ length: 7 }, () => ({})),
      { "retry-after": "5" },
    ]);
  });

  test("all unverified requests are told the same", () => {
    const reasons = ["missing", "malformed", "mismatch", "too-old", "too-new"] as const;
    const told = new Set(
      reasons.map((reason) => JSON.stringify(refusalOf({ kind: "unverified", reason }))),
    );
    expect(told.size).toBe(1);
  });

  test("a malformed event's issues are in the answer", () => {
    const issues = [{ path: "guid", message: "no job id" }];
    expect(refusalOf({ kind: "malformed", issues }).problem).toEqual({
      status: 422,
      title: "Unprocessable Content",
      detail: "The event is malformed.",
      issues,
    });
  });
});

const ignored = (reason: string) => ({ kind: "ignored", reason }) as const;

describe("receiptOf", () => {
  const job = { source: "comments", guid: "g" };
  const stored = (
    result: "accepted" | "duplicate",
    events: readonly string[],
    of: typeof job | null = job,
  ) => ({ kind: "stored", answer: { result, events }, job: of }) as const;

  test.each([
    [
      "one accepted",
      [stored("accepted", ["evt_1"])],
      { result: "accepted", events: ["evt_1"], job },
    ],
    ["one recorded only", [stored("accepted", [])], { result: "accepted", events: [], job }],
    ["a duplicate", [stored("duplicate", [])], { result: "duplicate", events: [], job }],
    [
      "an account's event: no job",
      [stored("accepted", ["evt_1"], null)],
      { result: "accepted", events: ["evt_1"] },
    ],
    ["an ignored one", [ignored("not modelled")], { result: "ignored", reason: "not modelled" }],
    [
      "several ignored alike",
      [ignored("a"), ignored("b"), ignored("a")],
      { result: "ignored", reason: "a; b" },
    ],
    ["an empty batch", [], { result: "ignored", reason: "the request holds no event" }],
    [
      "a batch for one job",
      [stored("duplicate", []), stored("accepted", ["evt_2"]), ignored("x")],
      { result: "accepted", events: ["evt_2"], job },
    ],
    [
      "a batch for two jobs",
      [
        stored("accepted", ["evt_1"]),
        stored("accepted", ["evt_2"], { source: "comments", guid: "h" }),
      ],
      { result: "accepted", events: ["evt_1", "evt_2"] },
    ],
    [
      "a batch for a job and its account",
      [stored("accepted", ["evt_1"], null), stored("accepted", ["evt_2"])],
      { result: "accepted", events: ["evt_1", "evt_2"] },
    ],
  ])("%s", (_, taken, expected) => {
    expect(receiptOf(taken)).toEqual(expected);
  });
});

describe("scrub", () => {
  test("drops __proto__ members at any depth, however they are spelled, and keeps everything else", () => {
    const hostile = JSON.parse(
      '{"__proto__":{"a":1},"b":[{"\\u005f_proto__":2,"c":3}],"constructor":{"prototype":4}}',
    ) as Json;
    const clean = scrub(hostile);
    expect(JSON.stringify(clean)).toBe('{"b":[{"c":3}],"constructor":{"prototype":4}}');
    expect(Object.getPrototypeOf(clean)).toBe(Object.prototype);
  });

  test.each([null, true, 0, "x", [[]]])("leaves %j as it is", (json) => {
    expect(scrub(json)).toEqual(json);
  });
});

test.each([
  ["https://a.example/f.zip?x=1", "https://a.example/f.zip?x=1"],
  ["http://a.example", "http://a.example"],
  ["/api/v3/job/1/download", "https://site.example/api/v3/job/1/download"],
  ["//evil.example/x", null],
  ["api/v3", null],
  ["javascript:alert(1)", null],
  ["ftp://a.example/f", null],
  ["data:text/html,x", null],
  ["", null],
  [null, null],
  [undefined, null],
])("the web address in %j is %j", (text, expected) => {
  expect(webAddress(text, "https://site.example")).toBe(expected);
});

test("a path is no web address where no site is known", () => {
  expect(webAddress("/x", null)).toBeNull();
});
