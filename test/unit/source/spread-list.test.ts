// The list of a source of which busy days are in parts.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ofSources } from "../../../src/api/jobs-list.io.ts";
import type { JobRef } from "../../../src/model/messages.ts";
import { BUSY_NEW_JOBS, daysOfPage, PARTS_PER_DAY } from "../../../src/source/index/spread.ts";
import { busy, Job, listed, NOON, refOf, SOURCE } from "./indexed-jobs.ts";
import { Indexes, newIsolate } from "./indexes.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the list of a busy source", () => {
  test("holds every job once and in order, in pages of any size, while others come", async () => {
    const [world, isolate] = [new Indexes(), await newIsolate()];
    await busy(world, isolate);
    const jobs: JobRef[] = [];
    for (let n = 0; n < 400; n += 1) {
      // Four days, and many jobs of one instant.
      const createdAt = NOON - (n % 4) * 86_400_000 + Math.floor(n / 40);
      const status = n % 100 === 0 ? "error" : "done";
      const ref = refOf(`${n % 2 === 0 ? "\u{1f600}" : "\uff5e"}${n}`, createdAt, { status });
      jobs.push(ref);
      await new Job(world, isolate, ref).tell();
    }
    const all = await listed(world, 100);
    expect(all).toHaveLength(BUSY_NEW_JOBS + 400);
    expect(new Set(all).size).toBe(all.length);
    expect(await listed(world, 23)).toEqual(all);
    const inOrder = jobs.toSorted((left, right) => right.createdAt - left.createdAt);
    const times = new Map(jobs.map(({ guid, createdAt }) => [guid, createdAt]));
    const read = all.filter((guid) => times.has(guid)).map((guid) => times.get(guid));
    expect(read).toEqual(inOrder.map(({ createdAt }) => createdAt));
    const errors = all.filter((guid) =>
      jobs.some((one) => one.guid === guid && one.status === "error"),
    );
    expect(errors).toHaveLength(4);
    expect(await listed(world, 3, { status: "error" })).toEqual(errors);
    const bounds = { since: NOON - 86_400_000, until: NOON - 86_400_000 + 5 };
    expect((await listed(world, 50, bounds)).toSorted()).toEqual(
      jobs
        .filter(({ createdAt }) => createdAt >= bounds.since && createdAt < bounds.until)
        .map(({ guid }) => guid)
        .toSorted(),
    );
  });

  test("reads no more parts for one page than its bound, and never more than six at once", async () => {
    const [world, isolate] = [new Indexes(), await newIsolate()];
    await busy(world, isolate);
    for (let day = 0; day < 6; day += 1)
      for (let n = 0; n < 300; n += 1)
        await new Job(world, isolate, refOf(`${day}-${n}`, NOON - day * 86_400_000)).tell();
    let [open, most, calls] = [0, 0, 0];
    const { getByName } = world.env.SOURCE;
    world.env.SOURCE.getByName = ((name: string) => {
      const { jobs } = getByName(name) as unknown as { jobs: (query: unknown) => Promise<unknown> };
      return {
        jobs: async (query: unknown) => {
          [open, calls] = [open + 1, calls + 1];
          most = Math.max(most, open);
          const found = await jobs(query);
          open -= 1;
          return found;
        },
      };
    }) as unknown as typeof getByName;
    const page = await ofSources(world.env, [SOURCE], { status: "none" }, 50)(undefined, 50);
    expect(page).toMatchObject({ ok: true, value: { rows: [], more: false } });
    expect([most, calls]).toEqual([6, 1 + 3 * PARTS_PER_DAY]);
    world.env.SOURCE.getByName = getByName;
    expect(await listed(world, 100, { status: "none" })).toEqual([]);
    expect(await listed(world, 100)).toHaveLength(BUSY_NEW_JOBS + 6 * 300);
  });

  test.each([
    [[], { days: [], nextDay: null }],
    [[{ day: 3, part: 1 }], { days: [{ day: 3, parts: [1] }], nextDay: null }],
    [
      [3, 3, 2, 1].map((day, part) => ({ day, part })),
      {
        days: [
          { day: 3, parts: [0, 1] },
          { day: 2, parts: [2] },
        ],
        nextDay: 1,
      },
    ],
    [
      [3, 3, 3, 3, 2].map((day, part) => ({ day, part })),
      { days: [{ day: 3, parts: [0, 1, 2, 3] }], nextDay: 2 },
    ],
  ])("reads whole days: %j", (parts, days) => {
    expect(daysOfPage(parts, 3)).toEqual(days);
  });
});
