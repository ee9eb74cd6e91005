// What the API says about wrong queries and bodies.

import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { parameterProblem, parse, readEvent, readJson } from "../../../../src/api/request/parse.ts";
import { cursorOf } from "../../../../src/api/lists/paging.ts";
import {
  JobsQuery,
  ReplayManyRequest,
  ReplayRequest,
  TokenRequest,
} from "../../../../src/api/request/query.ts";
import { writeJson } from "../../../../src/kernel/json.ts";

test("a status that no job can have is refused with those that exist", () => {
  expect(parse(JobsQuery, { status: "finished" }, 400)).toEqual({
    ok: false,
    fault: {
      status: 400,
      title: "Bad Request",
      issues: [
        { path: "status", message: "must be one of queueing, progress, done, error, ready" },
      ],
    },
  });
});

test("a missing member is required, and one of another type is named by its type", () => {
  expect(parse(TokenRequest, { account: 5 }, 422)).toMatchObject({
    fault: {
      issues: [
        { path: "account", message: "must be of type string" },
        { path: "expiresIn", message: "is required" },
      ],
    },
  });
});

test.each([
  [{ watch: { source: "comments", guid: "g1" } }, []],
  [{ watch: { source: "../x", guid: "g1" } }, ["watch.source"]],
  [{ watch: { source: "comments", guid: "" } }, ["watch.guid"]],
  [{ watch: { source: "comments" } }, ["watch.guid"]],
  [{ watch: { source: "comments", guid: "g1" }, channels: ["exports:acme"] }, ["channels"]],
])("a token for %j is refused at %j", (opens, paths) => {
  const parsed = parse(TokenRequest, { account: "acme", expiresIn: 60, ...opens }, 422);
  const issues = parsed.ok ? [] : (parsed.fault.issues ?? []);
  expect(issues.map(({ path }) => path)).toEqual(paths);
});

test.each([
  [
    "a number that is too large",
    JobsQuery,
    { limit: "999" },
    { path: "limit", message: "must be a whole number from 1 to 100" },
  ],
  [
    "a number that is not whole",
    JobsQuery,
    { limit: "1.5" },
    { path: "limit", message: "must be a whole number from 1 to 100" },
  ],
  [
    "text that is empty",
    JobsQuery,
    { source: "" },
    { path: "source", message: "Too small: expected string to have >=1 characters" },
  ],
  [
    "a cursor of nothing",
    JobsQuery,
    { cursor: "zz" },
    { path: "cursor", message: "is not a cursor of this list" },
  ],
  [
    "a cursor that is longer than any",
    JobsQuery,
    { cursor: "a".repeat(4_097) },
    { path: "cursor", message: "is not a cursor of this list" },
  ],
  [
    "what is no instant",
    ReplayManyRequest,
    { since: "today" },
    { path: "since", message: "Invalid ISO datetime" },
  ],
  [
    "a member that nothing reads",
    ReplayRequest,
    { since: 1, more: 2 },
    { path: "more", message: "is unknown; allowed are subscribers, since" },
  ],
  [
    "an empty list",
    ReplayRequest,
    { subscribers: [] },
    { path: "subscribers", message: "Too small: expected array to have >=1 items" },
  ],
])("%s is refused in words", (_, schema, document, issue) => {
  expect(parse(schema, document, 422)).toMatchObject({ fault: { issues: [issue] } });
});

test("a cursor is read as the place where its page begins", () => {
  const place = { createdAt: 5, source: "comments", guid: "g1" };
  expect(parse(JobsQuery, { cursor: cursorOf(place) }, 400)).toMatchObject({
    ok: true,
    value: { cursor: place },
  });
});

test("what is allowed is parsed", () => {
  expect(parse(JobsQuery, { source: "comments" }, 400)).toMatchObject({
    ok: true,
    value: { source: "comments", limit: 50 },
  });
});

test("of members that nothing reads each is an issue, those further inside by their place", () => {
  const document = { since: 1, a: 1, b: 2 };
  expect(parse(ReplayRequest, document, 400)).toEqual({
    ok: false,
    fault: {
      status: 400,
      title: "Bad Request",
      issues: [
        { path: "a", message: "is unknown; allowed are subscribers, since" },
        { path: "b", message: "is unknown; allowed are subscribers, since" },
      ],
    },
  });
  const watch = { source: "comments", guid: "g1", more: 1 };
  expect(parse(TokenRequest, { account: "acme", expiresIn: 60, watch }, 422)).toMatchObject({
    fault: {
      title: "Unprocessable Content",
      issues: [{ path: "watch", message: 'Unrecognized key: "more"' }],
    },
  });
});

describe("the names of a query", () => {
  test("are right when each is known and given once", () => {
    expect(parameterProblem(["source", "limit"], JobsQuery)).toBeNull();
    expect(parameterProblem([], undefined)).toBeNull();
  });

  test("are refused one by one, with what is allowed", () => {
    expect(parameterProblem(["limit", "x", "limit", "x"], ReplayRequest)).toEqual({
      status: 400,
      title: "Bad Request",
      issues: [
        { path: "limit", message: "is unknown; allowed are subscribers, since" },
        { path: "x", message: "is unknown; allowed are subscribers, since" },
      ],
    });
    expect(parameterProblem(["since", "since"], ReplayRequest)).toMatchObject({
      issues: [{ path: "since", message: "must be given once" }],
    });
    expect(parameterProblem(["x"], undefined)).toMatchObject({
      issues: [{ path: "x", message: "is unknown; nothing is allowed here" }],
    });
  });

  test("of a document that is no object are none", () => {
    expect(parameterProblem(["x"], z.string())).toMatchObject({
      issues: [{ message: "is unknown; nothing is allowed here" }],
    });
  });
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

describe("a body", () => {
  test.each([
    ["JSON", readJson, '{"a":[1]}', { a: [1] }],
    ["nothing, which is an empty object", readJson, "", {}],
    ["white space, which is an empty object", readJson, " \n", {}],
    ["a byte order mark and nothing", readJson, "\ufeff", {}],
    ["what is no JSON", readJson, "{a:1}", null],
    ["levels that are too deep", readJson, nested(65), null],
    ["nothing for an event", readEvent, "", {}],
    ["what is no JSON for an event", readEvent, "{a:1}", null],
    ["levels that are too deep for an event", readEvent, nested(65), null],
  ])("of %s is read", (_, read, text, value) => {
    expect(read(bytes(text))).toEqual(value);
  });

  test("may have 64 levels", () => {
    expect(JSON.stringify(readJson(bytes(nested(64))))).toBe(nested(64));
  });

  test("that is not UTF-8 is none", () => {
    expect([readJson(Uint8Array.of(0xff)), readEvent(Uint8Array.of(0xff))]).toEqual([null, null]);
  });

  test("of an event keeps the digits of its numbers", () => {
    const body = bytes('{"n":9007199254740993}');
    expect(writeJson(readEvent(body))).toBe('{"n":9007199254740993}');
    expect(writeJson(readJson(body))).toBe('{"n":9007199254740992}');
  });
});
