// What the API says about wrong queries and bodies.

import { expect, test } from "vitest";
import { JobsQuery, parse, TokenRequest } from "../../../src/api/query.ts";

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
