// Shapes of what is drawn at random.

import { describe, expect, test } from "vitest";
import {
  randomFraction,
  newDeliveryId,
  newEpoch,
  newEventId,
  newTraceparent,
} from "../../../src/kernel/random.io.ts";

describe("drawn values", () => {
  test.each([
    {
      name: "an event id has no dot: Standard Webhooks signs id.timestamp.body",
      draw: newEventId,
      shape: /^evt_[0-9a-f]{24}$/,
    },
    { name: "a delivery id", draw: newDeliveryId, shape: /^dlv_[0-9a-f]{24}$/ },
    { name: "an epoch", draw: newEpoch, shape: /^[0-9a-f]{12}$/ },
    {
      name: "a sampled trace context of version 00",
      draw: newTraceparent,
      shape: /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/,
    },
  ])("$name, never twice", ({ draw, shape }) => {
    const drawn = Array.from({ length: 500 }, draw);
    expect(drawn.filter((value) => !shape.test(value))).toEqual([]);
    expect(new Set(drawn).size).toBe(500);
  });

  test("chance is at least 0 and below 1", () => {
    expect(
      Array.from({ length: 500 }, randomFraction).filter((value) => !(value >= 0 && value < 1)),
    ).toEqual([]);
  });
});
