// Thousands of random lives of a job: duplicates, reordering, requeues, silence, late alarms,
// leaping clocks, evictions at any step.

import { constantFrom, property } from "fast-check";
import { describe, expect, test } from "vitest";
import type { Policy } from "../../../src/job/policy.ts";
import { play, type SimulatedJob, type Step } from "./driver.ts";
import { broken, brokenWindow } from "./invariants.ts";
import { anUpdate, POLICY, progress } from "./builders.ts";
import { schedules, scheduleOf } from "./schedule.ts";
import { falsified } from "../kernel/falsified.ts";

const POLICIES: readonly Policy[] = [
  POLICY,
  { ...POLICY, throttle: 2_000, stallAfter: 0 },
  { ...POLICY, stallAfter: 3_000 },
];

const policies = constantFrom(...POLICIES);

/** Time enough for whatever waits. */
const REST: Step = { kind: "pass", ms: 10_000 };

/** Everything about a life that anyone can see. */
const seen = (job: SimulatedJob): string =>
  JSON.stringify([
    job.emitted.map(({ envelope }) => envelope),
    job.applied.map(({ outcome }) => outcome),
    job.state,
  ]);

/** Fails with the sentences that do not hold; a matcher per run would cost more than the run. */
function holds(sentences: readonly string[]): void {
  if (sentences.length > 0) throw new Error(sentences.join("; "));
}

describe("any life of a job", () => {
  test(
    "keeps order, numbers, window, end and sums, and is the same with and without evictions",
    { timeout: 30_000 },
    () => {
      expect(
        falsified(
          property(schedules(24), policies, (values, policy) => {
            const steps = [...scheduleOf(values, false), REST];
            const evicted = play(policy, steps);
            holds([...broken(evicted), ...brokenWindow(evicted, policy)]);
            const undisturbed = play(
              policy,
              steps.filter(({ kind }) => kind !== "evict"),
            );
            if (seen(evicted) !== seen(undisturbed))
              throw new Error("an eviction changed what was said");
          }),
          10_000,
        ),
      ).toEqual([]);
    },
  );

  test("without a throttle emits every new value at once", () => {
    expect(
      falsified(
        property(schedules(24), (values) => {
          const job = play({ ...POLICY, throttle: 0 }, scheduleOf(values, false));
          holds(broken(job));
          if (job.applied.some(({ outcome }) => outcome === "absorbed"))
            throw new Error("something was absorbed");
        }),
        1_000,
      ),
    ).toEqual([]);
  });

  test(
    "keeps its order, numbers and end while the clock leaps backwards",
    { timeout: 30_000 },
    () => {
      expect(
        falsified(
          property(schedules(24), policies, (values, policy) => {
            const steps = scheduleOf(values, true);
            const evicted = play(policy, steps);
            holds(broken(evicted));
            const undisturbed = play(
              policy,
              steps.filter(({ kind }) => kind !== "evict"),
            );
            if (seen(evicted) !== seen(undisturbed))
              throw new Error("an eviction changed what was said");
          }),
          2_000,
        ),
      ).toEqual([]);
    },
  );

  test("emits a new value within one window, whatever the clock did before", () => {
    expect(
      falsified(
        property(schedules(16), policies, (values, policy) => {
          const job = play(policy, scheduleOf(values, true));
          if (job.state?.lifecycle.phase === "finished" || job.state?.lifecycle.phase === "failed")
            job.apply(anUpdate({ event: "job.requeued", key: { kind: "id", value: "again" } }));
          job.apply(progress(99, { key: { kind: "id", value: "now" } }));
          job.pass(policy.throttle);
          const last = job.emitted.findLast(({ envelope }) => envelope.event === "job.progress");
          if (last?.from?.update.key.value !== "now") throw new Error("it did not");
        }),
        2_000,
      ),
    ).toEqual([]);
  });
});

describe("a busy hour", () => {
  test("of ten reports a second is 721 progress events, each the newest", () => {
    const steps: Step[] = Array.from({ length: 36_000 }, (_, index) => [
      {
        kind: "update",
        update: progress(index, { total: 36_000, key: { kind: "id", value: `m-${index}` } }),
      } as const,
      { kind: "pass", ms: 100 } as const,
    ]).flat();
    const job = play(POLICY, [...steps, { kind: "pass", ms: 5_000 }]);
    expect(job.emitted.length).toBe(721);
    expect(
      job.emitted.slice(0, 3).map(({ envelope, at }) => ({
        current: envelope.current,
        absorbed: envelope.absorbed,
        at,
      })),
    ).toEqual([
      { current: 0, absorbed: undefined, at: 1_000_000 },
      { current: 49, absorbed: 48, at: 1_005_000 },
      { current: 99, absorbed: 49, at: 1_010_000 },
    ]);
    expect(job.emitted.at(-1)?.envelope.current).toBe(35_999);
    expect(job.state?.absorbed).toBe(36_000 - 721);
  });
});
