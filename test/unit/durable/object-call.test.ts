import { describe, expect, test } from "vitest";
import { afterFailure } from "../../../src/durable/object-call.ts";
import { callObject } from "../../../src/durable/object-call.io.ts";
import { platformErrors, thrownAs } from "../../support/platform/platform-errors.ts";

const failure = (flags: object) => Object.assign(new Error("object failed"), flags);

describe("callObject", () => {
  test("gives up after the third try", async () => {
    let tries = 0;
    const call = async (): Promise<never> => {
      tries += 1;
      throw failure({ retryable: true });
    };
    expect(await callObject(call)).toEqual({
      ok: false,
      fault: { reason: "unreachable", message: "object failed" },
    });
    expect(tries).toBe(3);
  });

  test("does not ask again when the object's code threw", async () => {
    let tries = 0;
    const call = (): Promise<never> => {
      tries += 1;
      throw new TypeError("bug");
    };
    expect(await callObject(call)).toEqual({
      ok: false,
      fault: { reason: "threw", message: "bug" },
    });
    expect(tries).toBe(1);
  });
});

test.each(platformErrors("object", "storage"))(
  "$text is a failure of the platform, and no mistake of an object",
  (error) => {
    const next = afterFailure(thrownAs(error), 3, 0);
    const fault = error.overloaded === true ? "overloaded" : "unreachable";
    expect(next).toEqual({ kind: "give-up", fault });
  },
);

test.each([
  "no such table: jobs: SQLITE_ERROR",
  "string or blob too big: SQLITE_TOOBIG",
  "UNIQUE constraint failed: event.seq: SQLITE_CONSTRAINT",
  "Cannot read properties of undefined (reading 'seq')",
  "the configuration is invalid",
])("%s is a mistake of an object", (text) => {
  expect(afterFailure(new Error(text), 1, 0)).toEqual({ kind: "give-up", fault: "threw" });
});

test.each([
  [
    "the first failure waits half at least",
    failure({ retryable: true }),
    { tries: 1, chance: 0 },
    { kind: "again", wait: 25 },
  ],
  [
    "and all at most",
    failure({ retryable: true }),
    { tries: 1, chance: 0.9999 },
    { kind: "again", wait: 50 },
  ],
  [
    "the second waits twice as long",
    failure({ retryable: true }),
    { tries: 2, chance: 0 },
    { kind: "again", wait: 50 },
  ],
  [
    "the third is the last",
    failure({ retryable: true }),
    { tries: 3, chance: 0 },
    { kind: "give-up", fault: "unreachable" },
  ],
  [
    "an overloaded object is left alone",
    failure({ overloaded: true }),
    { tries: 1, chance: 0 },
    { kind: "give-up", fault: "overloaded" },
  ],
  [
    "though it says retryable",
    failure({ overloaded: true, retryable: true }),
    { tries: 1, chance: 0 },
    { kind: "give-up", fault: "overloaded" },
  ],
  [
    "flags that are no booleans count for nothing",
    failure({ overloaded: "yes", retryable: 1 }),
    { tries: 1, chance: 0 },
    { kind: "give-up", fault: "threw" },
  ],
  [
    "an error without flags is a bug",
    new Error("x"),
    { tries: 1, chance: 0 },
    { kind: "give-up", fault: "threw" },
  ],
  [
    "and so is anything else that is thrown",
    null,
    { tries: 1, chance: 0 },
    { kind: "give-up", fault: "threw" },
  ],
  ["text too", "retryable", { tries: 1, chance: 0 }, { kind: "give-up", fault: "threw" }],
])("%s", (_, error, { tries, chance }, expected) => {
  expect(afterFailure(error, tries, chance)).toEqual(expected);
});
