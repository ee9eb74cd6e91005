// The ids of deliveries.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deliveryId, rowOfDelivery } from "../../../src/deliver/delivery.ts";

describe("a delivery's id", () => {
  test("names its row", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 50 }), (n) => {
        expect(rowOfDelivery(deliveryId(n, "0a0b0c0d"))).toBe(n);
      }),
    );
  });

  test.each([
    "",
    "dlv_",
    "dlv_1",
    "dlv_1_",
    "evt_1_0a",
    "dlv_1_0A",
    "dlv_-1_0a",
    "dlv_1_0a ",
    "dlv_12345678901_0a",
    "dlv__0a",
  ])("%j is none", (id) => {
    expect(rowOfDelivery(id)).toBeNull();
  });
});
