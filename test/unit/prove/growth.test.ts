// Growth is told from the later parts of a run, whatever waits to be collected meanwhile.

import { describe, expect, test } from "vitest";
import { bytesPerObject } from "../../prove/parts/growth.ts";

/** Samples of a run that keeps so many bytes of each object, and some that it collects later. */
const run = (kept: number, loose: (index: number) => number, count = 30) =>
  Array.from({ length: count }, (_, index) => {
    const made = (index + 1) * 100;
    return { made, bytes: 1_000_000 + made * kept + loose(index) };
  });

describe("the bytes that are kept of each object", () => {
  test("are those between the second third of a run and the last", () => {
    expect(bytesPerObject(run(8, () => 0))).toBe(8);
    expect(bytesPerObject(run(0, () => 0))).toBe(0);
  });

  test("are not what waits to be collected, and not what a start fills", () => {
    expect(bytesPerObject(run(0, (index) => (index % 3) * 500_000))).toBe(0);
    expect(bytesPerObject(run(0, (index) => -Math.max(0, 9 - index) * 90_000))).toBe(0);
  });

  test("are none where a run is too short to tell", () => {
    expect(bytesPerObject(run(8, () => 0, 2))).toBe(0);
  });
});
