// Counts of deliveries by state, followed from change to change.

import { expect, test } from "vitest";
import { DeliveryCounts } from "../../../src/deliver/storage/delivery-counts.ts";

test("counts are unknown until they are set, and changes before that are not counted", () => {
  const counts = new DeliveryCounts();
  counts.move(null, "pending");
  expect(counts.value).toBeNull();
});

test("counts follow new deliveries and changes of state", () => {
  const counts = new DeliveryCounts();
  counts.set(new Map([["pending", 2]]));
  counts.move(null, "pending");
  counts.move("pending", "delivered");
  expect(Object.fromEntries(counts.value ?? [])).toEqual({ pending: 2, delivered: 1 });
});

test("a delivery that is removed leaves its state", () => {
  const counts = new DeliveryCounts();
  counts.set(new Map([["dead", 2]]));
  counts.move("dead", null);
  expect(counts.value).toEqual(new Map([["dead", 1]]));
  counts.move("dead", null);
  expect(counts.value).toEqual(new Map());
});
