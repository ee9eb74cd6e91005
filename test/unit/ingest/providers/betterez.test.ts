import { describe, expect, test } from "vitest";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { betterez, contextOf } from "../../../../src/ingest/providers/betterez.ts";
import { parseBody, type Json, type JsonObject } from "../../../../src/kernel/json.ts";
import { complaints, outcomes, report } from "../build.ts";

const event = (data: JsonObject = {}, envelope: JsonObject = {}): Json => ({
  id: "7ec09d11",
  attemptId: "d42c1225",
  created: 1779974953,
  event: "report.export.started",
  livemode: true,
  ...envelope,
  data: { accountId: "acc", reportId: "r", ...data },
});

const DATA: JsonObject = {
  accountId: "acc",
  reportId: "r",
  customReportId: "c",
  reportTypeId: "t",
  createdBy: "u",
  format: "csv",
  deliveryMethod: "Email",
  emails: ["b@example.com", "a@example.com"],
  columns: ["x", "y"],
  filters: { status: "paid", range: { from: 1, to: null } },
  bucket: {},
};

describe("the correlation context", () => {
  test.each<[string, JsonObject]>([
    ["emails in another order", { ...DATA, emails: ["a@example.com", "b@example.com"] }],
    [
      "keys in another order",
      {
        ...Object.fromEntries(Object.entries(DATA).toReversed()),
        filters: { range: { to: null, from: 1 }, status: "paid" },
      },
    ],
    ["null left out", { ...DATA, filters: { status: "paid", range: { from: 1 } } }],
    [
      "null put in",
      { ...DATA, filters: { status: "paid", providerIds: null, range: { from: 1 } } },
    ],
    [
      "what only one of both carries",
      { ...DATA, fileName: "x.csv", createdAt: { value: "2026-05-20T17:24:50.130Z", offset: 0 } },
    ],
    ["the report type's name", { ...DATA, reportTypeName: "transactions" }],
  ])("is the same with %s", (_, data) => {
    expect(contextOf(data)).toBe(contextOf(DATA));
  });

  test.each<[string, JsonObject]>([
    ...[
      "accountId",
      "reportId",
      "customReportId",
      "reportTypeId",
      "createdBy",
      "format",
      "deliveryMethod",
    ].map((key): [string, JsonObject] => [key, { ...DATA, [key]: "other" }]),
    ["an email", { ...DATA, emails: ["a@example.com"] }],
    ["a column", { ...DATA, columns: ["x"] }],
    ["the order of columns", { ...DATA, columns: ["y", "x"] }],
    ["a filter", { ...DATA, filters: { status: "open", range: { from: 1 } } }],
    ["the bucket", { ...DATA, bucket: { name: "b" } }],
    ["a field left out", { ...DATA, createdBy: null }],
  ])("differs by %s", (_, data) => {
    expect(contextOf(data)).not.toBe(contextOf(DATA));
  });

  test("a field that is absent equals one that is null", () => {
    const { customReportId: _, ...standard } = DATA;
    expect(contextOf(standard)).toBe(contextOf({ ...DATA, customReportId: null }));
  });

  test("values cannot move from one field to another", () => {
    expect(contextOf({ reportId: 'r","x":"' })).not.toBe(contextOf({ reportId: "r", x: "" }));
    expect(contextOf({ reportId: "a" })).not.toBe(contextOf({ createdBy: "a" }));
  });
});

test.each([
  [
    "data.createdAt.value",
    { createdAt: { value: "2026-05-20T17:24:50.130Z", offset: 0 } },
    {},
    Date.UTC(2026, 4, 20, 17, 24, 50, 130),
  ],
  ["created in seconds", {}, {}, 1779974953000],
  ["created in milliseconds", { createdAt: null }, { created: 1779974953123 }, 1779974953123],
  ["created, the value being unreadable", { createdAt: { value: "soon" } }, {}, 1779974953000],
  ["nothing", {}, { created: null }, null],
  ["nothing, both being unreadable", { createdAt: { offset: 0 } }, { created: -5 }, null],
])("a run's instant is taken from %s", (_, data, envelope, createdAt) => {
  const { subject } = report(betterez, event(data, envelope));
  expect(subject.kind === "run" && subject.createdAt).toBe(createdAt);
});

test("the event's own instant is created, however data.createdAt differs", () => {
  expect(
    report(betterez, event({ createdAt: { value: "2020-01-01T00:00:00.000Z", offset: 0 } }))
      .occurredAt,
  ).toBe(1779974953000);
});

test.each([
  [{}, "7ec09d11"],
  [{ id: null }, null],
  [{ id: "" }, null],
])("with %j the key is %j, never the attempt's id", (envelope, key) => {
  expect(report(betterez, event({}, envelope)).key).toBe(key);
});

test("members of the data are kept before those of the envelope, and livemode with them", () => {
  expect(report(betterez, event({ id: "inner" })).rest).toEqual({
    accountId: "acc",
    reportId: "r",
    id: "inner",
    attemptId: "d42c1225",
    livemode: true,
  });
});

test("a report without an account id leaves the account to the source", () => {
  expect(report(betterez, event({ accountId: null })).account).toBeNull();
});

test.each([
  "transaction.created",
  "report.export.failed",
  "mmanifests.status.bulkProcessed",
  "__proto__",
])("%s is ignored", (name) => {
  expect(outcomes(betterez, { event: name, data: 7 })).toEqual([
    { kind: "ignored", reason: `unknown-event: ${name}` },
  ]);
});

test.each([
  ["no event", { id: "x", data: {} }, ["event"]],
  ["no data", { event: "report.export.started" }, ["data"]],
  ["data that is a list", { event: "report.export.started", data: [1] }, ["data"]],
  ["data that is text", { event: "report.export.started", data: "x" }, ["data"]],
])("%s is malformed", (_, json, paths) => {
  expect(complaints(betterez, json)).toEqual(paths);
});

test.each([
  ["an account id that is a number", event({ accountId: 5 })],
  ["an id that is a number", event({}, { id: 5 })],
  ["an id that is null", event({}, { id: null })],
  ["created that is text", event({}, { created: "1779974953" })],
  ["createdAt that is text", event({ createdAt: "2026-05-20T17:24:50.130Z" })],
  ["createdAt that is a list", event({ createdAt: [] })],
  ["createdAt whose value is a number", event({ createdAt: { value: 1 } })],
  ["an empty object of PHP as data", { event: "report.export.started", data: [] }],
])("%s refuses nothing", (_, json) => {
  expect(complaints(betterez, json)).toEqual([]);
});

test("what cannot be read counts as left out and is kept", () => {
  const read = report(
    betterez,
    event({ accountId: 5, createdAt: "soon" }, { id: 7, created: "x" }),
  );
  expect(read).toMatchObject({ account: null, key: null, occurredAt: null });
  expect(read.rest).toMatchObject({ accountId: 5, createdAt: "soon", id: 7 });
});

test("created is read whatever way its number is written", () => {
  const text = JSON.stringify(event()).replace("1779974953", "1779974953.0");
  const json = parseBody(utf8(text));
  expect(json.ok && report(betterez, json.value).occurredAt).toBe(1779974953000);
});
