// Progress that the job itself counts, because the provider sends no number.

import { describe, expect, test } from "vitest";
import { decideDue, decideUpdate } from "../../../src/job/decide.ts";
import { withCount } from "../../../src/job/progress.ts";
import { applyRecord } from "../../../src/job/records.ts";
import type { JobState, StoredUpdate } from "../../../src/job/state.ts";
import { anUpdate, POLICY } from "./builders.ts";

const counted = (id: string, fields: Partial<StoredUpdate> = {}): StoredUpdate =>
  anUpdate({ counts: true, key: { kind: "id", value: id }, ...fields });

interface Step {
  readonly state: JobState;
  /** `current` of the event; `null` when nothing was emitted. */
  readonly current: number | null;
}

/** What an update leaves behind and emits; `isSeen` for one whose key was accepted before. */
function after(state: JobState | null, sent: StoredUpdate, now: number, isSeen = false): Step {
  const update = withCount(state, sent);
  const sighting = isSeen ? { lifecycleCount: 0 } : undefined;
  const decision = decideUpdate(state, update, { sighting, policy: POLICY, now });
  if (decision.kind === "emit") {
    const { emission } = decision;
    return { state: emission.state, current: emission.update?.current ?? null };
  }
  if (state === null) throw new Error("the first update of a job is emitted");
  if (decision.kind !== "record") return { state, current: null };
  const record = { n: state.lastRecord + 1, at: now, reason: decision.reason, update };
  return { state: applyRecord(state, record), current: null };
}

describe("a count", () => {
  test("goes up by one with each accepted progress event, absorbed ones included", () => {
    const first = after(null, counted("1"), 1_000);
    const second = after(first.state, counted("2"), 2_000);
    const third = after(second.state, counted("3"), 3_000);
    const due = decideDue(third.state, POLICY, 6_000);
    expect([first.current, second.current, third.current, due?.update?.current]).toEqual([
      1,
      null,
      null,
      3,
    ]);
    expect(due?.update?.details).toEqual({ totalExported: 3 });
  });

  test("does not count what was seen before", () => {
    const first = after(null, counted("1"), 1_000);
    const again = after(first.state, counted("1"), 9_000, true);
    expect(after(again.state, counted("2"), 10_000).current).toBe(2);
  });

  test("is the last number of the end, and starts anew with the next attempt", () => {
    const first = after(null, counted("1"), 1_000);
    const second = after(first.state, counted("2"), 9_000);
    const failed = after(second.state, counted("3", { event: "job.failed" }), 10_000);
    expect(failed.current).toBe(2);
    const late = after(failed.state, counted("4"), 11_000);
    expect([late.current, late.state.late]).toEqual([null, 1]);
    const again = after(late.state, counted("5", { event: "job.requeued" }), 12_000);
    expect(after(again.state, counted("6"), 20_000).current).toBe(1);
  });

  test("takes the place of no number that the provider sends", () => {
    expect(withCount(null, anUpdate({ current: 7 })).current).toBe(7);
  });
});
