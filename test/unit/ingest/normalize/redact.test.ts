import { expect, test } from "vitest";
import { redact, redactBody } from "../../../../src/ingest/normalize/redact.ts";

const DOCUMENT = {
  emails: ["a@example.com"],
  options: { token: "t", limit: 3 },
  users: [{ email: "b@example.com", id: 1 }, { email: "c@example.com", id: 2 }, 7],
  progress: { a: { secret: 1, kept: 1 }, b: { secret: 2 } },
};

test.each([
  ["nothing", [], DOCUMENT],
  [
    "a member",
    ["emails"],
    { options: DOCUMENT.options, users: DOCUMENT.users, progress: DOCUMENT.progress },
  ],
  ["a member within", ["options.token"], { ...DOCUMENT, options: { limit: 3 } }],
  [
    "a member of every element",
    ["users.*.email"],
    { ...DOCUMENT, users: [{ id: 1 }, { id: 2 }, 7] },
  ],
  [
    "a member of every member",
    ["progress.*.secret"],
    { ...DOCUMENT, progress: { a: { kept: 1 }, b: {} } },
  ],
  ["one element", ["users.1"], { ...DOCUMENT, users: [DOCUMENT.users[0], 7] }],
  ["every element", ["emails.*"], { ...DOCUMENT, emails: [] }],
  ["everything", ["*"], {}],
  [
    "both a member and what is in it",
    ["options.token", "options"],
    { emails: DOCUMENT.emails, users: DOCUMENT.users, progress: DOCUMENT.progress },
  ],
  ["two paths below one member", ["options.token", "options.limit"], { ...DOCUMENT, options: {} }],
  ["what is not there", ["nope", "emails.name", "options.token.deeper", "users.9"], DOCUMENT],
  ["members that every object inherits", ["constructor", "toString", "__proto__.x"], DOCUMENT],
])("removes %s", (_, paths, expected) => {
  expect(redact(DOCUMENT, paths)).toEqual(expected);
});

test.each([
  ["each event of a list", [{ token: "t", n: 1 }, 7], [{ n: 1 }, 7]],
  ["what becomes details", { data: { token: "t", n: 1 } }, { data: { n: 1 } }],
  ["nothing of a text", "token", "token"],
  ["nothing of null", null, null],
] as const)("removes from a body %s", (_, body, expected) => {
  expect(redactBody(body, ["token"])).toEqual(expected);
});
