// The unfinished deliveries in memory, by job.

import { describe, expect, test } from "vitest";
import { Backlog } from "../../../../src/deliver/queue/backlog.ts";
import { MINUTE, SECOND } from "../../../../src/kernel/time.ts";
import { NOW, row } from "./builders.ts";

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
    expect(backlog.lowest()).toBe(1);
    backlog.remove(1);
    backlog.remove(3);
    backlog.remove(99);
    expect([...backlog.jobQueues()].map((queue) => queue.map(({ n }) => n))).toEqual([[2, 4]]);
    expect(backlog.lowest()).toBe(2);
  });

  test("keeps events without a job apart", () => {
    const backlog = new Backlog();
    for (const n of [1, 2, 3]) backlog.put(row(n, { job: null }));
    expect([...backlog.jobQueues()]).toHaveLength(3);
  });

  test("names the jobs that changed until they are cleared", () => {
    const backlog = new Backlog();
    backlog.put(row(1));
    backlog.put(row(2, { job: "b" }));
    expect(backlog.changed()).toHaveLength(2);
    backlog.clearChanged();
    expect(backlog.changed()).toEqual([]);
    backlog.put(row(3));
    expect(backlog.changed().map((queue) => queue.map(({ n }) => n))).toEqual([[1, 3]]);
    backlog.remove(1);
    backlog.remove(3);
    expect(backlog.changed()).toEqual([]);
    expect(backlog.oldest()).toBe(NOW);
    backlog.remove(2);
    expect([backlog.oldest(), backlog.lowest(), backlog.get(2)]).toEqual([null, null, undefined]);
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
