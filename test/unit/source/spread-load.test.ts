// What each object has to do while many jobs begin and many events pass.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Settings } from "../../../src/config/settings.ts";
import { destinationsOf } from "../../../src/job/outbox/destinations.ts";
import { sendAll } from "../../../src/job/outbox/send.io.ts";
import { snapshotOf } from "../../../src/job/state.ts";
import { envelopeOf } from "../../../src/job/view/envelope.ts";
import { BUSY_NEW_JOBS, PARTS_PER_DAY } from "../../../src/source/index/spread.ts";
import { job as jobState } from "../job/builders.ts";
import { Job, NOON, refOf, SOURCE } from "./indexed-jobs.ts";
import { Indexes, newIsolate } from "./indexes.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What pages of one event have in common. */
const BATCH = {
  last: 3,
  attempted: 2,
  provider: "generic",
  part: undefined,
  trailing: false,
  moves: [],
  routes: new Map<string, number>(),
  attempts: [],
  keep: () => true,
} as const;

const NO_SUBSCRIBERS = { subscribers: new Map(), rules: [] } as unknown as Settings;

describe("5,000 new jobs a second of one source, from 50 isolates", () => {
  const RATE = 5_000;
  const SECONDS = 2;
  /** New jobs of one isolate that are under way before the first of them is answered. */
  const AT_ONCE = 10;

  test("put a flat and bounded load on each object", async () => {
    const world = new Indexes();
    const isolates = await Promise.all(Array.from({ length: 50 }, () => newIsolate()));
    const loads: ReadonlyMap<string, { readonly calls: number; readonly rows: number }>[] = [];
    for (let second = 0; second < SECONDS; second += 1) {
      for (let n = 0; n < RATE; n += AT_ONCE) {
        const isolate = isolates[(n / AT_ONCE) % isolates.length];
        if (isolate === undefined) continue;
        vi.setSystemTime(NOON + second * 1_000 + Math.floor((n * 1_000) / RATE));
        const jobs = Array.from(
          { length: AT_ONCE },
          (_, k) => new Job(world, isolate, refOf(`${second}-${n + k}`, Date.now())),
        );
        await Promise.all(jobs.map((job) => job.tell()));
        // A job tells its index three times: its beginning, its first progress, its end.
        for (const job of jobs) await job.tell({ status: "progress", updatedAt: Date.now() + 1 });
        for (const job of jobs) await job.tell({ status: "done", updatedAt: Date.now() + 2 });
      }
      loads.push(world.takeLoads());
    }
    const [first, ...later] = loads;
    // Its own object takes the jobs that it needs to see that it is busy, and refers others.
    expect(first?.get(SOURCE)?.calls).toBeLessThan(
      3 * BUSY_NEW_JOBS + 50 * AT_ONCE + PARTS_PER_DAY + 100,
    );
    for (const load of later) {
      expect(load.get(SOURCE)).toBeUndefined();
      expect(load.size).toBe(PARTS_PER_DAY);
      const busiest = Math.max(...[...load.values()].map(({ calls }) => calls));
      expect(busiest).toBeLessThan(300);
      expect(Math.max(...[...load.values()].map(({ rows }) => rows))).toBeLessThan(300);
    }
  });
});

describe("2,000 events a second over 1,000 accounts", () => {
  test("are two calls a second for each account, and none for what all have in common", async () => {
    const world = new Indexes();
    const calls = new Map<string, number>();
    const publish = (account: string) => (): Promise<void> => {
      calls.set(account, (calls.get(account) ?? 0) + 1);
      return Promise.resolve();
    };
    const env = {
      ...world.env,
      ACCOUNT: { getByName: (account: string) => ({ publish: publish(account) }) },
    } as unknown as Env;
    for (let n = 0; n < 2_000; n += 1) {
      const event = "job.progress";
      const state = jobState({ guid: `g${n}`, account: `account-${n % 1_000}`, event, seq: 3 });
      const emission = { event, update: null, record: null, absorbed: 0, state } as const;
      const envelope = envelopeOf(emission, `evt_${n}`, NOON);
      const to = destinationsOf({ envelope, provider: "generic", before: event }, NO_SUBSCRIBERS);
      const sent = { seq: 3, envelope, to, traceparent: "", raw: null, size: 1 };
      await sendAll(env, {
        ...BATCH,
        snapshot: snapshotOf(state),
        ref: refOf(state.guid, NOON),
        lacks: to.map((destination) => ({ destination, events: [sent] })),
      });
    }
    expect(calls.size).toBe(1_000);
    expect(new Set(calls.values())).toEqual(new Set([2]));
    expect(world.takeLoads().size).toBe(0);
  });
});
