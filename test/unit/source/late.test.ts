// What comes late to the index of a source: of a job that an operator has erased nothing is added.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DAY } from "../../../src/kernel/time.ts";
import { busy, Job, listed, NOON, refOf, SOURCE, TODAY } from "./indexed-jobs.ts";
import { Indexes, newIsolate } from "./indexes.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

const ERASED_AT = NOON + 5;

test("a call of before an erasure adds nothing, and the next life of the job is listed", async () => {
  const [world, isolate] = [new Indexes(), await newIsolate()];
  const late = new Job(world, isolate, refOf("g1", NOON));
  for (const isNew of [false, true]) {
    await late.tell();
    expect(await listed(world, 10)).toEqual(isNew ? [] : ["g1"]);
    if (!isNew) await late.erase(ERASED_AT);
    world.evict();
  }
  const next = new Job(world, isolate, refOf("g1", ERASED_AT + 1));
  await next.tell();
  await late.tell({ status: "done", updatedAt: ERASED_AT });
  // The call that erases comes once more.
  await late.erase(ERASED_AT);
  expect(await listed(world, 10)).toEqual(["g1"]);
  expect(next.ref.status).toBe("queueing");
});

test.for([true, false])("nor to a part, whether it had the job (%s)", async (wasThere) => {
  const [world, isolate] = [new Indexes(), await newIsolate()];
  const first = await busy(world, isolate);
  await new Job(world, isolate, refOf("asked", NOON)).tell();
  const job = new Job(world, isolate, refOf("g1", NOON));
  expect(job.part).toBeGreaterThan(0);
  if (wasThere) await job.tell();
  await job.erase(ERASED_AT);
  world.evict();
  await job.tell();
  expect(await listed(world, 1_000)).toHaveLength(first.length + 1);

  // A day later nothing comes any more, and the part is let go.
  const name = `${SOURCE}/${TODAY}/${job.part}`;
  expect(world.names()).toContain(name);
  vi.setSystemTime(ERASED_AT + DAY);
  await world.env.SOURCE.getByName(name).forget("none", 0);
  expect(world.names()).not.toContain(name);
});

test("a job that expires leaves nothing behind", async () => {
  const [world, isolate] = [new Indexes(), await newIsolate()];
  await busy(world, isolate);
  await new Job(world, isolate, refOf("asked", NOON)).tell();
  const job = new Job(world, isolate, refOf("g1", NOON));
  await job.tell();
  world.takeLoads();
  await job.erase();
  expect(world.names()).not.toContain(`${SOURCE}/${TODAY}/${job.part}`);
});
