// The index of a source in parts: where a job's row is, whatever happens.

import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startOfDay } from "../../../src/model/index-parts.ts";
import { BUSY_NEW_JOBS, BUSY_WINDOW, PARTS_PER_DAY } from "../../../src/source/index/spread.ts";
import { runs } from "../runs.ts";
import { busy, Job, listed, NOON, refOf, SOURCE, TODAY } from "./indexed-jobs.ts";
import { Indexes, newIsolate } from "./indexes.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

const nameOf = ({ part }: Job): string => `${SOURCE}/${TODAY}/${part}`;

describe("a source of few jobs", () => {
  test("has one object, and its list is one call", async () => {
    const [world, isolate] = [new Indexes(), await newIsolate()];
    for (let n = 0; n < 50; n += 1) await new Job(world, isolate, refOf(`g${n}`, NOON + n)).tell();
    world.takeLoads();
    expect(await listed(world, 100)).toHaveLength(50);
    expect([...world.takeLoads()]).toEqual([[SOURCE, { calls: 1, rows: 0 }]]);
    expect(world.names()).toEqual([SOURCE]);
  });

  test("stays together however many it has in a day, if they do not come at once", async () => {
    const [world, isolate] = [new Indexes(), await newIsolate()];
    const apart = BUSY_WINDOW / BUSY_NEW_JOBS + 1;
    for (let n = 0; n < 3 * BUSY_NEW_JOBS; n += 1) {
      vi.setSystemTime(NOON + n * apart);
      await new Job(world, isolate, refOf(`g${n}`, NOON + n * apart)).tell();
    }
    expect(world.names()).toEqual([SOURCE]);
  });
});

describe("a busy source", () => {
  test("sends new jobs of that day to parts; those that it has stay where they are", async () => {
    const [world, isolate] = [new Indexes(), await newIsolate()];
    const [first] = await busy(world, isolate);
    const asked = new Job(world, isolate, refOf("asked", NOON));
    await asked.tell();
    const knows = new Job(world, isolate, refOf("knows", NOON));
    expect([asked.part, knows.part].map(Number).every((part) => part > 0)).toBe(true);
    world.takeLoads();
    await knows.tell();
    await asked.tell({ status: "done", updatedAt: NOON + 1 });
    const loads = [...world.takeLoads()].map(([name, load]) => [name, load.calls] as const);
    expect(new Map(loads)).toEqual(
      new Map([
        [SOURCE, 1],
        [nameOf(knows), 1],
        [nameOf(asked), 1],
      ]),
    );
    await first?.tell({ status: "done", updatedAt: NOON + 1 });
    expect(first?.part).toBeUndefined();
    expect((await listed(world, 100, { status: "done" })).toSorted()).toEqual(["asked", "first-0"]);
  });

  test("begins each day as a quiet one, by the day of the job and no other clock", async () => {
    const [world, isolate] = [new Indexes(), await newIsolate()];
    await busy(world, isolate);
    await new Job(world, isolate, refOf("asked", NOON)).tell();
    vi.setSystemTime(NOON + 60_000);
    const tomorrow = new Job(world, isolate, refOf("tomorrow", startOfDay(TODAY + 1)));
    await tomorrow.tell();
    expect(tomorrow.part).toBeUndefined();
    const today = new Job(world, isolate, refOf("last-of-today", startOfDay(TODAY + 1) - 1));
    await today.tell();
    expect(today.part).toBeGreaterThan(0);
  });

  test("knows its busy days and their parts after an eviction", async () => {
    const [world, isolate] = [new Indexes(), await newIsolate()];
    await busy(world, isolate);
    await new Job(world, isolate, refOf("one", NOON)).tell();
    world.evict();
    const other = new Job(world, await newIsolate(), refOf("two", NOON));
    expect(other.part).toBeUndefined();
    await other.tell();
    expect(other.part).toBeGreaterThan(0);
    expect(await listed(world, 100)).toHaveLength(BUSY_NEW_JOBS + 2);
  });

  test("keeps a job that is told by an earlier version, which knows of no parts", async () => {
    const [world, isolate] = [new Indexes(), await newIsolate()];
    await busy(world, isolate);
    await new Job(world, isolate, refOf("one", NOON)).tell();
    const source = world.env.SOURCE.getByName(SOURCE);
    await source.index([refOf("old", NOON)]);
    expect(await listed(world, 100)).toContain("old");
    const upgraded = new Job(world, await newIsolate(), refOf("old", NOON));
    await upgraded.tell({ status: "done", updatedAt: NOON + 1 });
    expect(upgraded.part).toBeUndefined();
    expect(await listed(world, 100, { status: "done" })).toEqual(["old"]);
  });

  test("lets an empty part and an empty day go", async () => {
    const [world, isolate] = [new Indexes(), await newIsolate()];
    const first = await busy(world, isolate);
    const jobs = Array.from(
      { length: 200 },
      (_, n) => new Job(world, isolate, refOf(`${n}`, NOON)),
    );
    for (const job of jobs) await job.tell();
    expect(world.names().length).toBeGreaterThan(PARTS_PER_DAY / 2);
    for (const job of [...jobs, ...first]) await job.erase();
    expect(world.names()).toEqual([SOURCE]);
    world.takeLoads();
    expect(await listed(world, 10)).toEqual([]);
    expect([...world.takeLoads().keys()]).toEqual([SOURCE]);
  });

  test("lists a part before its first job is there, and after a closing that was not heard", async () => {
    const [world, isolate] = [new Indexes(), await newIsolate()];
    await busy(world, isolate);
    const job = new Job(world, isolate, refOf("one", NOON));
    await job.tell();
    world.away.add(SOURCE);
    await expect(job.erase()).rejects.toThrow("away");
    world.away.clear();
    expect(await listed(world, 100)).toHaveLength(BUSY_NEW_JOBS);
    const other = new Job(world, isolate, refOf("one", NOON));
    world.away.add(SOURCE);
    await expect(other.tell()).rejects.toThrow("away");
    world.away.clear();
    expect(await listed(world, 100)).toHaveLength(BUSY_NEW_JOBS);
    await other.tell();
    expect(await listed(world, 100)).toHaveLength(BUSY_NEW_JOBS + 1);
    await other.erase();
    expect(world.names()).toEqual([SOURCE]);
  });

  test("hears in order that a part is emptied and filled at once", async () => {
    const [world, isolate] = [new Indexes(), await newIsolate()];
    await busy(world, isolate);
    const [one, two] = ["a", "a"].map((guid) => new Job(world, isolate, refOf(guid, NOON)));
    await one?.tell();
    await Promise.all([one?.erase(), two?.tell(), two?.tell()]);
    const found = await listed(world, 100);
    expect(found.includes("a")).toBe(true);
    await two?.erase();
    expect(await listed(world, 100)).toHaveLength(BUSY_NEW_JOBS);
  });

  test("loses no job and lists none twice, whatever stops, fails or forgets on the way", async () => {
    const step = fc.record({
      job: fc.nat(11),
      what: fc.constantFrom("tell", "tell", "tell", "tell-and-stop", "erase", "evict", "home-away"),
      isolate: fc.nat(1),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const world = new Indexes();
        const isolates = [await newIsolate(), await newIsolate()];
        const [main] = isolates;
        if (main === undefined) return;
        const first = await busy(world, main);
        const jobs = new Map<number, Job>();
        let at = NOON;
        for (const { job: n, what, isolate } of steps) {
          at += 1;
          const kept = jobs.get(n);
          const born = refOf(`j${n}`, NOON - (n % 3) * 86_400_000);
          const job = kept ?? new Job(world, isolates[isolate] ?? main, born);
          if (what === "evict") world.evict();
          else if (what === "erase") {
            await kept?.erase();
            jobs.delete(n);
          } else if (what === "home-away") {
            world.away.add(SOURCE);
            await job.tell({ updatedAt: at }).catch(() => undefined);
            world.away.clear();
            jobs.set(n, job);
            // Its outbox tells it again.
            await job.tell({ updatedAt: at }, true);
          } else {
            jobs.set(n, job);
            await job.tell({ updatedAt: at }, what === "tell-and-stop");
          }
        }
        const wanted = [...jobs.values()].map(({ ref }) => ref.guid).toSorted();
        const found = await listed(world, 97);
        expect(found.filter((guid) => guid.startsWith("j")).toSorted()).toEqual(wanted);
        expect(found).toHaveLength(first.length + wanted.length);
        for (const job of [...jobs.values(), ...first]) await job.erase();
        expect(world.names()).toEqual([SOURCE]);
      }),
      { numRuns: runs(50) },
    );
  });
});
