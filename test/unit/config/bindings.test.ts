// Which bindings a relay needs to run.

import { expect, test } from "vitest";
import { settingsOf, settingsOrNull, settingsOrThrow } from "../../../src/config/load.ts";
import { subscriberConfig } from "../../../src/deliver/subscriber-config.ts";
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

test("bindings that are missing are named with what is wrong in the configuration", () => {
  const env = { ...BINDINGS, JOB: undefined, SOURCES: [SOURCE], LOG_LEVEL: "loud" };
  expect(problems(env).map((problem) => problem.split(":")[0])).toEqual(["JOB", "LOG_LEVEL"]);
});

const VALID = { ...BINDINGS, SOURCES: [SOURCE] };
const INVALID = { ...BINDINGS, SOURCES: [SOURCE], LOG_LEVEL: "loud" };

test("an invalid configuration is none, and is not to be worked with", () => {
  expect(settingsOrNull(INVALID)).toBeNull();
  expect(() => settingsOrThrow(INVALID)).toThrow("the configuration is invalid");
  expect(settingsOrNull(VALID)?.sources.has("comments")).toBe(true);
  expect(settingsOrThrow(VALID)).toBe(settingsOrNull(VALID));
});

test("a subscriber is absent from a valid configuration, and unknown by an invalid one", () => {
  const crm = { id: "crm", url: "https://crm.example.com/", secrets: ["CRM"] };
  const env = { ...VALID, SUBSCRIBERS: [crm], CRM: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };
  expect(subscriberConfig(env, "crm")).toMatchObject({ subscriber: { id: "crm" } });
  expect(subscriberConfig(env, "erp")).toBe("absent");
  expect(subscriberConfig(INVALID, "crm")).toBe("invalid");
});
