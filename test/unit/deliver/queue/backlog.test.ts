// The unfinished deliveries in memory, by job.

import { describe, expect, test } from "vitest";
import { Backlog } from "../../../../src/deliver/queue/backlog.ts";
import { MINUTE, SECOND } from "../../../../src/kernel/time.ts";
import { failing, NOW, row } from "./builders.ts";

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

  test("counts a job's rows, and those that were not attempted or start over", () => {
    const backlog = new Backlog();
    for (const one of [row(1, { ...failing }), row(2), row(3), row(4, { job: "b" })])
      backlog.put(one);
    expect([backlog.lengthOf("comments/g1"), backlog.freshOf("comments/g1")]).toEqual([3, 2]);
    expect([backlog.lengthOf("c"), backlog.freshOf("c")]).toEqual([0, 0]);
    expect(backlog.lowestFresh()).toBe(2);
    expect([...backlog.rows()].map(({ n }) => n)).toEqual([1, 2, 3, 4]);
    backlog.remove(4);
    expect([backlog.size, backlog.lengthOf("b")]).toEqual([3, 0]);
  });

  test("of nothing but failed rows has no fresh one, and without rows no oldest", () => {
    const backlog = new Backlog();
    expect([backlog.oldest(), backlog.lowestFresh(), backlog.nextWake()]).toEqual([
      null,
      null,
      null,
    ]);
    backlog.put(row(2, { ...failing, at: NOW - SECOND }));
    backlog.put(row(1, { ...failing, at: NOW - MINUTE }));
    backlog.put(row(3, { ...failing, at: NOW }));
    expect([backlog.oldest(), backlog.lowestFresh()]).toEqual([NOW - MINUTE, null]);
  });

  test("names the jobs that sleep until an instant, not those that wait for a change", () => {
    const backlog = new Backlog();
    for (const one of [row(1), row(2, { job: "b" }), row(3, { job: "c" })]) backlog.put(one);
    backlog.rest("b", NOW + SECOND);
    backlog.rest("c", null);
    expect([...backlog.asleep()].map(([queue, until]) => [queue[0]?.n, until])).toEqual([
      [2, NOW + SECOND],
    ]);
    expect(backlog.awakeCount).toBe(1);
    backlog.rest("b", NOW + MINUTE);
    expect([...backlog.asleep()]).toHaveLength(1);
    expect(backlog.nextWake()).toBe(NOW + MINUTE);
    backlog.rest("b", null);
    expect([[...backlog.asleep()], backlog.nextWake()]).toEqual([[], null]);
  });

  test("lets a job that it does not have neither rest nor wake", () => {
    const backlog = new Backlog();
    backlog.rest("gone", NOW + SECOND);
    expect(backlog.nextWake()).toBe(null);
    backlog.touch({ job: "gone", n: 1 });
    expect([backlog.awakeCount, awake(backlog)]).toEqual([0, []]);
  });

  test("forgets a job whose last row left, also one that slept", () => {
    const backlog = new Backlog();
    backlog.put(row(1));
    backlog.rest("comments/g1", NOW + SECOND);
    backlog.remove(1);
    expect([backlog.nextWake(), [...backlog.jobQueues()], awake(backlog, NOW + MINUTE)]).toEqual([
      null,
      [],
      [],
    ]);
  });

  test("wakes all, those that slept and those that waited for a change", () => {
    const backlog = new Backlog();
    for (const one of [row(1), row(2, { job: "b" }), row(3, { job: "c" })]) backlog.put(one);
    backlog.rest("b", NOW + SECOND);
    backlog.rest("c", null);
    backlog.awakenAll();
    expect([backlog.awakeCount, backlog.nextWake(), [...backlog.asleep()]]).toEqual([3, null, []]);
  });

  test("names what may leave in turns: due, not under way, and of no job that sleeps", () => {
    const backlog = new Backlog();
    backlog.put(row(1));
    backlog.put(row(2));
    backlog.put(row(3, { due: NOW + 1 }));
    backlog.put(row(4, { job: "b" }));
    backlog.put(row(5, { job: "b" }));
    backlog.put(row(6, { job: "c" }));
    backlog.put(row(7, { job: "d" }));
    backlog.rest("b", null);
    backlog.rest("c", NOW + SECOND);
    expect([...backlog.upcoming(NOW, new Set([7]))]).toEqual([1, 4, 2, 5]);
    expect([...backlog.upcoming(NOW + 1, new Set())]).toEqual([1, 7, 4, 2, 5, 3]);
  });

  test("names what may leave once, however the job's rest changed", () => {
    const backlog = new Backlog();
    for (const one of [row(1), row(2, { job: "b" }), row(3, { job: "c" })]) backlog.put(one);
    backlog.rest("b", null);
    backlog.rest("c", null);
    backlog.touch({ job: "b", n: 2 });
    expect([...backlog.upcoming(NOW, new Set())]).toEqual([1, 2, 3]);
    backlog.rest("c", NOW + SECOND);
    expect([...backlog.upcoming(NOW, new Set())]).toEqual([1, 2]);
    backlog.rest("b", null);
    backlog.awakenAll();
    expect([...backlog.upcoming(NOW, new Set())]).toEqual([1, 2, 3]);
  });

  test("lets a job whose row left wait for its next turn behind the others", () => {
    const backlog = new Backlog();
    for (const one of [row(1), row(2), row(3), row(4, { job: "b" })]) backlog.put(one);
    backlog.remove(2);
    expect(awake(backlog)).toEqual([[4], [1, 3]]);
  });

  test("keeps a window open to the millisecond", () => {
    const backlog = new Backlog();
    backlog.progressSent("a", NOW, MINUTE);
    backlog.progressSent("b", NOW + MINUTE - 1, MINUTE);
    expect([...backlog.progressSentAt.keys()]).toEqual(["a", "b"]);
    backlog.progressSent("c", NOW + MINUTE, MINUTE);
    expect([...backlog.progressSentAt.keys()]).toEqual(["b", "c"]);
  });
});
