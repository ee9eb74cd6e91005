// When an update counts as seen before.

import { describe, expect, test } from "vitest";
import { ID_MEMORY, isRepetition, keyText } from "../../../src/job/dedupe.ts";

const id = { kind: "id", value: "m-1" } as const;
const body = { kind: "body", value: "ab12" } as const;

test("an id is remembered for 72 hours", () => {
  expect(ID_MEMORY).toBe(259_200_000);
});

describe("isRepetition", () => {
  test.each([
    {
      name: "an unknown id is new",
      key: id,
      sighting: undefined,
      lifecycleCount: 0,
      now: 0,
      repeated: false,
    },
    {
      name: "an unknown body is new",
      key: body,
      sighting: undefined,
      lifecycleCount: 0,
      now: 0,
      repeated: false,
    },
    {
      name: "an id in the same millisecond",
      key: id,
      sighting: { at: 5, lifecycleCount: 1 },
      lifecycleCount: 1,
      now: 5,
      repeated: true,
    },
    {
      name: "an id in a later lifecycleCount",
      key: id,
      sighting: { at: 5, lifecycleCount: 1 },
      lifecycleCount: 9,
      now: 6,
      repeated: true,
    },
    {
      name: "an id one millisecond before 72 h",
      key: id,
      sighting: { at: 5, lifecycleCount: 1 },
      lifecycleCount: 1,
      now: 259_200_004,
      repeated: true,
    },
    {
      name: "an id at 72 h is new again",
      key: id,
      sighting: { at: 5, lifecycleCount: 1 },
      lifecycleCount: 1,
      now: 259_200_005,
      repeated: false,
    },
    {
      name: "an id although the clock went back",
      key: id,
      sighting: { at: 5_000, lifecycleCount: 1 },
      lifecycleCount: 1,
      now: 0,
      repeated: true,
    },
    {
      name: "a body in the same lifecycleCount",
      key: body,
      sighting: { at: 5, lifecycleCount: 2 },
      lifecycleCount: 2,
      now: 6,
      repeated: true,
    },
    {
      name: "a body in the same lifecycleCount, however long ago",
      key: body,
      sighting: { at: 5, lifecycleCount: 2 },
      lifecycleCount: 2,
      now: 9e12,
      repeated: true,
    },
    {
      name: "a body after another lifecycle event is new",
      key: body,
      sighting: { at: 5, lifecycleCount: 2 },
      lifecycleCount: 3,
      now: 5,
      repeated: false,
    },
  ])("$name: $repeated", ({ key, sighting, lifecycleCount, now, repeated }) => {
    expect(isRepetition(key, sighting, lifecycleCount, now)).toBe(repeated);
  });
});

test("an id and a body of the same text are two keys", () => {
  expect([keyText({ kind: "id", value: "x" }), keyText({ kind: "body", value: "x" })]).toEqual([
    "id:x",
    "body:x",
  ]);
});
