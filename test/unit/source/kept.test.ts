import { describe, expect, test } from "vitest";
import {
  KEPT_FOR,
  keepingOf,
  MAX_KEPT,
  MAX_KEPT_BYTES_PER_DAY,
  MAX_KEPT_PER_DAY,
  type KeptSize,
} from "../../../src/source/kept.ts";
import { DAY } from "../../../src/kernel/time.ts";

const NOW = 20_000 * DAY + 5;

const kept = (n: number, at: number, bytes = 10): KeptSize => ({ n, at, bytes });

describe("what a source keeps of refused requests", () => {
  test("is bounded in bytes by the day, which begins anew at midnight UTC", () => {
    const today = [kept(1, NOW, MAX_KEPT_BYTES_PER_DAY - 1)];
    expect(keepingOf([], NOW).room).toBe(MAX_KEPT_BYTES_PER_DAY);
    expect(keepingOf(today, NOW + 1).room).toBe(1);
    expect(keepingOf(today, NOW + DAY).room).toBe(MAX_KEPT_BYTES_PER_DAY);
  });

  test("is bounded in number by the day", () => {
    const today = Array.from({ length: MAX_KEPT_PER_DAY }, (_, index) => kept(index, NOW, 1));
    expect(keepingOf(today.slice(1), NOW).room).toBeGreaterThan(0);
    expect(keepingOf(today, NOW).room).toBe(0);
  });

  test("leaves after some days, and the oldest when there are too many", () => {
    const old = kept(1, NOW - KEPT_FOR - 1);
    const fresh = kept(2, NOW - KEPT_FOR);
    expect(keepingOf([fresh, old], NOW).leaving).toEqual([1]);
    const many = Array.from({ length: MAX_KEPT }, (_, index) => kept(index, NOW - DAY - index));
    expect(keepingOf(many, NOW).leaving).toEqual([MAX_KEPT - 1]);
  });
});
