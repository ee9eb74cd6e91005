import { describe, expect, test } from "vitest";
import {
  LEAST_READ,
  ViewerAllowances,
  WorkAllowance,
} from "../../../../src/stream/sockets/work-allowance.ts";

const LIMIT = { burst: 1_000, perSecond: 100 };

describe("the work that connections may cause", () => {
  test("is a burst at first, then as much as time brings back, and never more than the burst", () => {
    const work = new WorkAllowance(LIMIT, 5_000);
    expect(work.available(5_000)).toBe(1_000);
    work.spend(400);
    expect([work.available(5_000), work.available(6_000), work.available(6_500)]).toEqual([
      600, 700, 750,
    ]);
    expect(work.available(60_000)).toBe(1_000);
  });

  test("may be overdrawn once, and is then to be waited for", () => {
    const work = new WorkAllowance(LIMIT, 0);
    work.spend(1_500);
    expect([work.available(0), work.available(5_000), work.available(5_010)]).toEqual([-500, 0, 1]);
  });

  test("does not grow when a clock goes back", () => {
    const work = new WorkAllowance(LIMIT, 9_000);
    work.spend(1_000);
    expect([work.available(4_000), work.available(5_000)]).toEqual([0, 100]);
  });

  test("leaves something to a read that is never refused, less after a flood", () => {
    const limit = { burst: 2 * LEAST_READ, perSecond: LEAST_READ };
    const work = new WorkAllowance(limit, 0);
    expect(work.readable(0)).toBe(2 * LEAST_READ);
    work.spend(2 * LEAST_READ);
    expect(work.readable(0)).toBe(LEAST_READ);
    work.spend(2 * LEAST_READ + 1);
    expect([work.readable(0), work.readable(1_000)]).toEqual([LEAST_READ / 8, LEAST_READ]);
  });
});

describe("the allowances of viewers", () => {
  test("are one for each, whatever number of connections asks for it", () => {
    const viewers = new ViewerAllowances(LIMIT);
    viewers.of("a", 0).spend(900);
    expect([viewers.of("a", 0).available(0), viewers.of("b", 0).available(0)]).toEqual([
      100, 1_000,
    ]);
  });

  test("are forgotten when nothing is missing, and never before", () => {
    const viewers = new ViewerAllowances(LIMIT);
    viewers.of("greedy", 0).spend(900);
    for (let n = 0; n < 1_000; n += 1) viewers.of(`v${n}`, 0);
    expect(viewers.size).toBeLessThanOrEqual(65);
    expect(viewers.of("greedy", 0).available(0)).toBe(100);
  });
});
