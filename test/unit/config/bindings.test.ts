// Which bindings a relay needs to run.

import { expect, test } from "vitest";
import { settingsOf } from "../../../src/config/load.ts";
import { BINDINGS } from "../../support/bindings.ts";

const { UPSTREAM, IDEMPOTENCY, ...FIRST } = BINDINGS;
const SOURCE = { id: "comments", provider: "exportcomments", verify: "none" };
const POLLED = {
  id: "email",
  provider: "emailengine",
  verify: "none",
  poll: { url: "https://mail.example.com", tokenSecret: "TOKEN" },
};

const problems = (env: object): readonly string[] => {
  const settings = settingsOf(env);
  return settings.ok ? [] : settings.fault;
};

test("a configuration of the first version, which has fewer objects, goes on working", () => {
  expect(problems({ ...FIRST, SOURCES: [SOURCE] })).toEqual([]);
});

test.each(["JOB", "ACCOUNT", "FAN", "SUBSCRIBER", "CORRELATION", "SOURCE"])(
  "without %s nothing works, and it is named",
  (name) => {
    const env = { ...BINDINGS, SOURCES: [SOURCE], [name]: undefined };
    expect(problems(env).map((problem) => problem.split(":")[0])).toEqual([name]);
  },
);

test("a source with a connector needs the object of connectors", () => {
  const env = { SOURCES: [POLLED], TOKEN: "a token" };
  expect(problems({ ...FIRST, IDEMPOTENCY, ...env })).toEqual([
    "UPSTREAM: no binding of this name, it has to bind the Durable Object Upstream",
  ]);
  expect(problems({ ...FIRST, UPSTREAM, ...env })).toEqual([]);
});
