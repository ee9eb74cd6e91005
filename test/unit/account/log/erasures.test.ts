import { describe, expect, test } from "vitest";
import {
  jobOf,
  missingUpTo,
  surplusErasures,
  type Erasure,
} from "../../../../src/account/log/erasures.ts";

const erasures: readonly Erasure[] = [
  { newest: 7, job: jobOf("a"), exports: 6, webhooks: 7 },
  { newest: 9, job: jobOf("b"), exports: 9, webhooks: 0 },
];

describe("what erased jobs leave missing", () => {
  test.each([
    [["exports:acme"], 9],
    [["webhooks:acme"], 7],
    [["user:acme"], 0],
    [["export.a.job"], 6],
    [["export.b.job"], 9],
    [["export.c.job"], 0],
    [["export.a.job", "webhooks:acme"], 7],
    [["exports:other"], 0],
    [[], 0],
  ])("on %j is everything up to %i", (channels, offset) => {
    expect(missingUpTo(erasures, channels, "acme")).toBe(offset);
  });

  test("is nothing while no job was erased", () => {
    expect(missingUpTo([], ["exports:acme"], "acme")).toBe(0);
  });
});

const many = (count: number): readonly Erasure[] =>
  Array.from({ length: count }, (_, index) => ({
    newest: index + 1,
    job: "",
    exports: index + 1,
    webhooks: 0,
  }));

describe("more than 1,000 erasures", () => {
  test.each([
    [1_000, 0],
    [1_001, 501],
  ])("are halved: of %i the oldest %i are forgotten", (count, surplus) => {
    expect(surplusErasures(many(count)).length).toBe(surplus);
  });
});
