// When an update counts as seen before.

import { describe, expect, test } from "vitest";
import { isRepetition, keyText } from "../../../src/job/dedupe.ts";

const id = { kind: "id", value: "m-1" } as const;
const body = { kind: "body", value: "ab12" } as const;

describe("isRepetition", () => {
  test.each([
    {
      name: "an unknown id is new",
      key: id,
      sighting: undefined,
      lifecycleCount: 0,
      repeated: false,
    },
    {
      name: "an unknown body is new",
      key: body,
      sighting: undefined,
      lifecycleCount: 0,
      repeated: false,
    },
    {
      name: "an id that was seen",
      key: id,
      sighting: { lifecycleCount: 1 },
      lifecycleCount: 1,
      repeated: true,
    },
    {
      name: "an id that was seen before other lifecycle events",
      key: id,
      sighting: { lifecycleCount: 1 },
      lifecycleCount: 9,
      repeated: true,
    },
    {
      name: "a body that was seen since the last lifecycle event",
      key: body,
      sighting: { lifecycleCount: 2 },
      lifecycleCount: 2,
      repeated: true,
    },
    {
      name: "a body after another lifecycle event is new",
      key: body,
      sighting: { lifecycleCount: 2 },
      lifecycleCount: 3,
      repeated: false,
    },
  ])("$name: $repeated", ({ key, sighting, lifecycleCount, repeated }) => {
    expect(isRepetition(key, sighting, lifecycleCount)).toBe(repeated);
  });
});

test("an id and a body of the same text are two keys", () => {
  expect([keyText({ kind: "id", value: "x" }), keyText({ kind: "body", value: "x" })]).toEqual([
    "id:x",
    "body:x",
  ]);
});

const long = (end: string): string => `${"é".repeat(1_000_000)}${end}`;

describe("a long id", () => {
  test("takes a short key, and two that end differently take two", () => {
    const [one, other] = ["a", "b"].map((end) => keyText({ kind: "id", value: long(end) }));
    expect(one).not.toBe(other);
    expect(one).toBe(keyText({ kind: "id", value: long("a") }));
    expect((one ?? "").length).toBeLessThan(600);
  });

  test("of 500 characters is kept as it is, one of 501 is not", () => {
    expect([500, 501].map((length) => keyText({ kind: "id", value: "x".repeat(length) }))).toEqual([
      `id:${"x".repeat(500)}`,
      expect.stringMatching(/^id:x{500}#501#[0-9a-f]{16}$/),
    ]);
  });
});
