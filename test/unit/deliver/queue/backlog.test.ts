// The unfinished deliveries in memory, by job.

import { describe, expect, test } from "vitest";
import { Backlog } from "../../../../src/deliver/queue/backlog.ts";
import { MINUTE, SECOND } from "../../../../src/kernel/time.ts";
import { NOW, row } from "./builders.ts";

const awake = (backlog: Backlog, now = NOW): readonly (readonly number[])[] =>
  [...backlog.awake(now)].map((queue) => queue.map(({ n }) => n));

describe("the backlog", () => {
  test("keeps the rows of a job in order, also when an old one returns", () => {
    const backlog = new Backlog();
    for (const one of [row(2), row(4), row(3, { job: "b" }), row(1), row(4, { attempts: 1 })])
      backlog.put(one);
    expect(
      [...backlog.jobQueues()].map((queue) => queue.map(({ n, attempts }) => [n, attempts])),
    ).toEqual([
      [
        [1, 0],
        [2, 0],
        [4, 1],
      ],
      [[3, 0]],
    ]);
    expect(backlog.size).toBe(4);
    expect(backlog.lowestFresh()).toBe(1);
    backlog.remove(1);
    backlog.remove(3);
    backlog.remove(99);
    expect([...backlog.jobQueues()].map((queue) => queue.map(({ n }) => n))).toEqual([[2, 4]]);
    expect(backlog.lowestFresh()).toBe(2);
  });

  test("keeps events without a job apart", () => {
    const backlog = new Backlog();
    for (const n of [1, 2, 3]) backlog.put(row(n, { job: null }));
    expect([...backlog.jobQueues()]).toHaveLength(3);
  });

  test("lets jobs rest until their instant comes or they change", () => {
    const backlog = new Backlog();
    for (const one of [row(1), row(2, { job: "b" }), row(3, { job: "c" })]) backlog.put(one);
    expect(awake(backlog)).toEqual([[1], [2], [3]]);
    backlog.rest("comments/g1", NOW + MINUTE);
    backlog.rest("b", NOW + SECOND);
    backlog.rest("c", null);
    expect([awake(backlog), backlog.nextWake()]).toEqual([[], NOW + SECOND]);
    expect(awake(backlog, NOW + SECOND)).toEqual([[2]]);
    backlog.touch(row(3, { job: "c" }));
    backlog.put(row(4));
    expect([awake(backlog), backlog.nextWake()]).toEqual([[[2], [3], [1, 4]], null]);
    backlog.remove(2);
    expect([awake(backlog), backlog.awakeCount]).toEqual([[[3], [1, 4]], 2]);
    backlog.rest("c", NOW);
    backlog.rest("comments/g1", null);
    backlog.awakenAll();
    expect(awake(backlog)).toEqual([[1, 4], [3]]);
    expect([backlog.oldest(), backlog.get(2)]).toEqual([NOW, undefined]);
  });

  test("forgets progress windows that are over", () => {
    const backlog = new Backlog();
    backlog.progressSent("a", NOW, MINUTE);
    backlog.progressSent("b", NOW + 30 * SECOND, MINUTE);
    backlog.progressSent("a", NOW + 40 * SECOND, MINUTE);
    backlog.progressSent("c", NOW + 95 * SECOND, MINUTE);
    expect([...backlog.progressSentAt]).toEqual([
      ["a", NOW + 40 * SECOND],
      ["c", NOW + 95 * SECOND],
    ]);
  });
});
