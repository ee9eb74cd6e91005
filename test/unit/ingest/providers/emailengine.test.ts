import { describe, expect, test } from "vitest";
import { emailengine } from "../../../../src/ingest/providers/emailengine.ts";
import type { Json, JsonObject } from "../../../../src/kernel/json.ts";
import { complaints, outcomes, report } from "../build.ts";

const completed = (data: JsonObject = {}, envelope: JsonObject = {}): Json => ({
  serviceUrl: "https://ee.example.com",
  account: "user123",
  date: "2025-01-15T14:30:00.000Z",
  event: "exportCompleted",
  ...envelope,
  data: { exportId: "exp_1", messagesExported: 90, messagesSkipped: 10, ...data },
});

const read = (json: Json, headers: Readonly<Record<string, string>> = {}) =>
  report(emailengine, json, headers);

test("a failed export, as the code sends it", () => {
  const json = {
    serviceUrl: null,
    account: "user123",
    date: "2025-01-15T14:30:00.000Z",
    event: "exportFailed",
    data: {
      exportId: "exp_abc123def456abc123def456",
      error: "IMAP connection lost",
      errorCode: "ETIMEDOUT",
      phase: "exporting",
      messagesExported: 40,
      messagesQueued: 100,
    },
  };
  expect(read(json, { "X-EE-Wh-Event-Id": "6f1c" })).toEqual({
    kind: "job",
    event: "job.failed",
    subject: { kind: "guid", guid: "exp_abc123def456abc123def456" },
    account: "user123",
    key: "6f1c",
    url: null,
    current: 40,
    total: 100,
    standard: { totalExported: 40, total: 100, download_link: null, error: "IMAP connection lost" },
    rest: {
      serviceUrl: null,
      account: "user123",
      exportId: "exp_abc123def456abc123def456",
      error: "IMAP connection lost",
      errorCode: "ETIMEDOUT",
      phase: "exporting",
      messagesExported: 40,
      messagesQueued: 100,
    },
    occurredAt: Date.UTC(2025, 0, 15, 14, 30),
  });
});

test("what newer versions add is kept beside the data", () => {
  const added = {
    folders: ["INBOX", "\\Sent"],
    startDate: "2025-01-01T00:00:00.000Z",
    endDate: "2025-01-15T00:00:00.000Z",
    expiresAt: "2025-01-16T14:30:00.000Z",
  };
  expect(read(completed(added, { path: "INBOX" })).rest).toEqual({
    serviceUrl: "https://ee.example.com",
    account: "user123",
    path: "INBOX",
    exportId: "exp_1",
    messagesExported: 90,
    messagesSkipped: 10,
    ...added,
    skipRate: 0.1,
  });
});

describe("the skip rate", () => {
  test.each([
    [0, 0, 0],
    [0, 5, 1],
    [5, 0, 0],
    [90, 10, 0.1],
  ])("of %i exported and %i skipped is %d", (messagesExported, messagesSkipped, skipRate) => {
    const { rest, total } = read(completed({ messagesExported, messagesSkipped }));
    expect([rest.skipRate, total]).toEqual([skipRate, messagesExported + messagesSkipped]);
  });

  test("is left out where a number is missing, and when the export failed", () => {
    expect(read(completed({ messagesSkipped: null })).rest).not.toHaveProperty("skipRate");
    expect(read(completed({}, { event: "exportFailed" })).rest).not.toHaveProperty("skipRate");
  });
});

describe("the download address", () => {
  test.each([
    [
      "a plain one",
      "https://ee.example.com",
      "https://ee.example.com/v1/account/user123/export/exp_1/download",
    ],
    [
      "a trailing slash",
      "https://ee.example.com/",
      "https://ee.example.com/v1/account/user123/export/exp_1/download",
    ],
    [
      "a path",
      "http://10.0.0.1:3000/ee//",
      "http://10.0.0.1:3000/ee/v1/account/user123/export/exp_1/download",
    ],
    [
      "a query",
      "https://ee.example.com/?x=1",
      "https://ee.example.com/v1/account/user123/export/exp_1/download",
    ],
    [
      "a path, a query and a fragment",
      "https://ee.example.com/ee/?x=/y#/z",
      "https://ee.example.com/ee/v1/account/user123/export/exp_1/download",
    ],
    [
      "many slashes inside",
      `https://ee.example.com${"/".repeat(1_000_000)}a/`,
      `https://ee.example.com${"/".repeat(1_000_000)}a/v1/account/user123/export/exp_1/download`,
    ],
    ["none", null, null],
    ["an empty one", "", null],
    ["no web address", "javascript:alert(1)", null],
  ])("with %s as serviceUrl", (_, serviceUrl, url) => {
    const { url: got, standard } = read(completed({}, { serviceUrl }));
    expect([got, standard.download_link]).toEqual([url, url]);
  });

  test("a failed export has none", () => {
    const { url, standard } = read(completed({}, { event: "exportFailed" }));
    expect([url, standard.download_link]).toEqual([null, null]);
  });

  test("account and export are escaped", () => {
    expect(read(completed({ exportId: "a/b" }, { account: "u ser/../x?" })).url).toBe(
      "https://ee.example.com/v1/account/u%20ser%2F..%2Fx%3F/export/a%2Fb/download",
    );
  });
});

test.each([
  [{ "x-ee-wh-event-id": "abc" }, "abc"],
  [{ "x-ee-wh-event-id": " " }, null],
  [{ "x-ee-wh-id": "17" }, null],
  [{}, null],
])("with the headers %j the event's id is %j", (headers, key) => {
  expect(read(completed(), headers).key).toBe(key);
});

test.each([
  ["2025-01-15T14:30:00.000Z", Date.UTC(2025, 0, 15, 14, 30)],
  ["2025-01-15", null],
  ["", null],
  [null, null],
])("the date %j is the instant %s", (date, occurredAt) => {
  expect(read(completed({}, { date })).occurredAt).toBe(occurredAt);
});

test.each(["messageNew", "test", "accountInitialized", "exportStarted", "constructor"])(
  "%s is ignored, whatever else is in it",
  (event) => {
    expect(
      outcomes(emailengine, { serviceUrl: null, account: null, event, data: { nonce: "x" } }),
    ).toEqual([{ kind: "ignored", reason: `unknown-event: ${event}` }]);
  },
);

test.each([
  ["no event", { account: "a", data: {} }, ["event"]],
  ["what a map function may return", ["x"], [""]],
  ["no data", { account: "a", event: "exportCompleted" }, ["data"]],
  ["no export id", completed({ exportId: null }), ["data.exportId"]],
  ["an export id that is a number", completed({ exportId: 3 }), ["data.exportId"]],
  ["an export id that no path can name", completed({ exportId: ".." }), ["data.exportId"]],
])("%s is malformed", (_, json, paths) => {
  expect(complaints(emailengine, json)).toEqual(paths);
});

test.each([
  ["no account", completed({}, { account: null })],
  ["an empty account", completed({}, { account: "" })],
  ["an account that is a number", completed({}, { account: 3 })],
  ["a count that is text", completed({ messagesExported: "90" })],
  ["a count below 0", completed({ messagesSkipped: -1 })],
  ["an error that is no text", completed({ error: {} })],
  ["an error that is an empty object of PHP", completed({ error: [] })],
  ["a date that is a number", completed({}, { date: 1 })],
  ["a serviceUrl that is a number", completed({}, { serviceUrl: 1 })],
])("%s refuses nothing", (_, json) => {
  expect(complaints(emailengine, json)).toEqual([]);
});

test("what cannot be read counts as left out and is kept", () => {
  const json = completed({ messagesExported: "90", error: {} }, { account: 3, serviceUrl: 1 });
  expect(read(json)).toMatchObject({ account: null, url: null, current: null, total: null });
  expect(read(json).rest).toMatchObject({
    account: 3,
    serviceUrl: 1,
    messagesExported: "90",
    error: {},
  });
});
