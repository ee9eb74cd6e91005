// What `replay` asks the API for.

import { expect, test } from "vitest";
import { jobReplay } from "../../../src/cli/commands/inspect.ts";

test.each([
  [{}, {}],
  // The API's `since` is the last seq that is left out; --seq is the first that is sent.
  [{ seq: "1" }, { since: 0 }],
  [{ seq: "2" }, { since: 1 }],
  [{ to: "crm" }, { subscribers: ["crm"] }],
  [
    { to: " crm , bi", seq: "7" },
    { subscribers: ["crm", "bi"], since: 6 },
  ],
])("%j asks for %j", (terms, body) => expect(jobReplay(terms)).toEqual(body));

test.each(["0", "-1", "x", ""])("--seq %j is refused", (seq) =>
  expect(() => jobReplay({ seq })).toThrow("--seq must be a number of at least 1"),
);
