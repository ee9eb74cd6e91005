// What the API says about wrong queries and bodies.

import { expect, test } from "vitest";
import { parse } from "../../../../src/api/request/parse.ts";
import {
  JobsQuery,
  ReplayManyRequest,
  ReplayRequest,
  TokenRequest,
} from "../../../../src/api/request/query.ts";

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
