// The state of a job is the same for whoever reads its events and for whoever asks the relay.

import { array, nat, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { decideArchived } from "../../../src/job/decide.ts";
import { snapshotOf, type StoredUpdate } from "../../../src/job/state.ts";
import { envelopeOf } from "../../../src/job/view/envelope.ts";
import type { JobEnvelope, JobEvent, JobSnapshot } from "../../../src/model/event.ts";
import { reduceJob, type ReducedJob } from "../../../src/model/reduce.ts";
import { POLICY } from "../job/builders.ts";
import { SimulatedJob, type Step } from "../job/driver.ts";
import { schedules, scheduleOf } from "../job/schedule.ts";
import { falsified } from "../kernel/falsified.ts";

const envelope = (seq: number, change: Partial<JobEnvelope> = {}): JobEnvelope => ({
  version: "v3-beta",
  event: "job.progress",
  guid: "g1",
  status: "progress",
  url: null,
  details: { guid: "g1", status: "progress" },
  id: `evt_${change.guid ?? "g1"}_${seq}`,
  seq,
  attempt: 1,
  source: "comments",
  account: "acme",
  time: `2026-11-21T19:00:0${seq % 10}.000Z`,
  ...change,
});

const snapshot = (change: Partial<JobSnapshot> = {}): JobSnapshot => ({
  source: "comments",
  guid: "g1",
  account: "acme",
  provider: "exportcomments",
  status: "progress",
  event: "job.progress",
  current: 5,
  total: 10,
  url: null,
  error: null,
  attempt: 1,
  seq: 2,
  createdAt: "2026-11-21T19:00:00.000Z",
  updatedAt: "2026-11-21T19:00:01.000Z",
  finishedAt: null,
  stalled: false,
  absorbed: 3,
  late: 1,
  conflicts: 0,
  details: {},
  ...change,
});

describe("reducing a job's state by an event", () => {
  test("numbers come from the event, then from its details, then stay", () => {
    const one = reduceJob(snapshot(), envelope(3, { current: 7, total: 10 }));
    expect([one.current, one.total, one.seq]).toEqual([7, 10, 3]);
    const two = reduceJob(
      one,
      envelope(4, {
        event: "job.finished",
        status: "done",
        details: { totalExported: 10, total: 10 },
      }),
    );
    expect([two.current, two.total, two.finishedAt]).toEqual([10, 10, "2026-11-21T19:00:04.000Z"]);
    const three = reduceJob(one, envelope(4, { event: "job.stalled" }));
    expect([three.current, three.total, three.stalled]).toEqual([7, 10, true]);
  });

  test("a new attempt starts over", () => {
    const failed = reduceJob(
      snapshot(),
      envelope(3, { event: "job.failed", status: "error", details: { error: "too slow" } }),
    );
    expect([failed.error, failed.finishedAt]).toEqual(["too slow", "2026-11-21T19:00:03.000Z"]);
    const again = reduceJob(
      failed,
      envelope(4, { event: "job.requeued", status: "queueing", attempt: 2 }),
    );
    expect([again.error, again.finishedAt, again.current, again.total, again.attempt]).toEqual([
      null,
      null,
      null,
      null,
      2,
    ]);
  });

  test.each([
    ["job.finished", true],
    ["job.failed", true],
    ["bulk_download.ready", true],
    ["bulk_download.failed", true],
    ["job.created", false],
    ["job.convert.done", false],
    ["job.archived", false],
    ["job.stalled", false],
  ] satisfies readonly (readonly [JobEvent, boolean])[])("%s ends the job: %s", (name, ends) => {
    expect(reduceJob(undefined, envelope(1, { event: name })).finishedAt !== null).toBe(ends);
  });

  test("what an event that follows the end says does not undo it", () => {
    const done = reduceJob(snapshot(), envelope(3, { event: "job.finished", status: "done" }));
    expect(reduceJob(done, envelope(4, { event: "job.archived", status: "done" })).finishedAt).toBe(
      "2026-11-21T19:00:03.000Z",
    );
  });

  test("what was dropped for a value is counted, and what makes no event stays", () => {
    expect(reduceJob(snapshot(), envelope(3, { absorbed: 9 }))).toMatchObject({
      absorbed: 12,
      late: 1,
      conflicts: 0,
      provider: "exportcomments",
    });
    const first = reduceJob(undefined, envelope(1));
    expect(first).toMatchObject({ absorbed: 0, late: 0, conflicts: 0 });
    expect(first).not.toHaveProperty("provider");
  });
});

/** The members in alphabetical order, inside as well. */
const sorted = (value: object): object =>
  Object.fromEntries(
    Object.entries(value)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, member]): [string, unknown] => [
        name,
        typeof member === "object" && member !== null ? sorted(member as object) : member,
      ]),
  );

const counted = { provider: null, absorbed: null, late: null, conflicts: null };

/** Gives an update what providers send with it: numbers in its details, a file, a reason. */
const dressed = (update: StoredUpdate, choice: number): StoredUpdate => {
  const { current, total, event } = update;
  const error = event === "job.failed" && choice % 2 === 0 ? "Rate limited" : null;
  const url = choice % 3 === 0 ? null : `https://files.example.com/${choice % 3}`;
  const details = {
    ...update.details,
    guid: update.guid,
    ...(current === null ? {} : { totalExported: current }),
    ...(total === null ? {} : { total }),
    ...(error === null ? {} : { error }),
  };
  return { ...update, url, error, details };
};

/** Plays one step; with it a file may be stored. */
function stepped(job: SimulatedJob, step: Step, choice: number): readonly JobEnvelope[] {
  const before = job.emitted.length;
  job.step(step.kind === "update" ? { ...step, update: dressed(step.update, choice) } : step);
  const events = job.emitted.slice(before).map(({ envelope: made }) => made);
  // A file that is stored while its job is silent leaves open whether the job was heard of.
  if (job.state === null || job.state.stalled || choice % 7 !== 0) return events;
  const file = { eventId: "evt_1", subscriber: "files", key: "k", size: 1, etag: "e" };
  const emission = decideArchived(job.state, file, job.now);
  job.state = emission.state;
  return [...events, envelopeOf(emission, `evt_a${emission.state.seq}`, job.now)];
}

/** True where an end or a requeue drops the value that waits. */
const cancels = (events: readonly JobEnvelope[]): boolean =>
  events.some(({ event }) => /^job\.(?:finished|failed|requeued)$|^bulk/.test(event));

test(
  "any life of a job reduces to the relay's own snapshot after every event",
  { timeout: 30_000 },
  () => {
    expect(
      falsified(
        property(schedules(24), array(nat(41), { minLength: 72 }), (values, choices) => {
          const job = new SimulatedJob(POLICY, 1_000_000);
          let reduced: ReducedJob | undefined;
          let untold = 0;
          for (const [index, step] of scheduleOf(values, false).entries()) {
            if (step.kind === "evict") continue;
            const before = job.state?.window;
            const events = stepped(job, step, choices[index] ?? 1);
            if (events.length === 0 || job.state === null) continue;
            reduced = events.reduce<ReducedJob | undefined>(reduceJob, reduced);
            const { window, absorbed } = job.state;
            if (before !== undefined && cancels(events))
              untold += before.dropped + (before.pending === null ? 0 : 1);
            if (reduced?.absorbed !== absorbed - window.dropped - untold)
              throw new Error(`${absorbed} were absorbed, not ${reduced?.absorbed}`);
            const shown = JSON.stringify(sorted({ ...snapshotOf(job.state), ...counted }));
            if (shown !== JSON.stringify(sorted({ ...reduced, ...counted })))
              throw new Error(`${shown} is not ${JSON.stringify(reduced)}`);
          }
        }),
        3_000,
      ),
    ).toEqual([]);
  },
);
