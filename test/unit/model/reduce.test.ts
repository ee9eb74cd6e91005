// The state of a job is the same for whoever reads its events and for whoever asks the relay.

import { array, nat, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { decideArchived } from "../../../src/job/decide.ts";
import { snapshotOf, type StoredUpdate } from "../../../src/job/state.ts";
import { envelopeOf } from "../../../src/job/view/envelope.ts";
import { restOf } from "../../../src/job/view/rest.ts";
import type { JobEnvelope, JobEvent, JobSnapshot } from "../../../src/model/event.ts";
import { reduceJob, type JobRest } from "../../../src/model/reduce.ts";
import { POLICY } from "../job/builders.ts";
import { SimulatedJob, type Step } from "../job/driver.ts";
import { schedules, scheduleOf } from "../job/schedule.ts";
import { falsified } from "../kernel/falsified.ts";
import { jobWithHistory as snapshot, progressEvent as envelope } from "./builders.ts";

/** The job as its object shows it after an event: what the event and its rest say. */
const shown = (event: JobEnvelope, rest: JobRest = {}): JobSnapshot => reduceJob(event, rest);

describe("reducing an event to its job", () => {
  test("numbers come from the event, then from its details, then from what stands beside it", () => {
    const progress = shown(envelope(3, { current: 7, total: 10 }));
    expect([progress.current, progress.total, progress.seq]).toEqual([7, 10, 3]);
    const end = shown(
      envelope(4, {
        event: "job.finished",
        status: "done",
        details: { totalExported: 10, total: 10 },
      }),
    );
    expect([end.current, end.total, end.finishedAt]).toEqual([10, 10, "2026-11-21T19:00:04.000Z"]);
    const stalled = shown(envelope(4, { event: "job.stalled" }), { current: 7, total: 10 });
    expect([stalled.current, stalled.total, stalled.stalled]).toEqual([7, 10, true]);
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
    expect(shown(envelope(1, { event: name })).finishedAt !== null).toBe(ends);
  });

  test("what stands beside it comes before what is read from it", () => {
    const rest = {
      provider: "generic",
      createdAt: "2026-11-21T18:00:00.000Z",
      absorbed: 9,
      late: 1,
    };
    expect(shown(envelope(3, { absorbed: 2 }), rest)).toMatchObject(rest);
  });

  test("without anything beside it, the job before it helps", () => {
    expect(reduceJob(envelope(3), undefined, snapshot({ late: 2 }))).toMatchObject({
      seq: 3,
      late: 2,
      provider: "exportcomments",
      createdAt: "2026-11-21T19:00:00.000Z",
    });
  });

  test("a job that is created anew has nothing of the one before", () => {
    const event = envelope(1, { event: "job.created" });
    const was = snapshot({ absorbed: 7, late: 2, conflicts: 1 });
    expect(reduceJob(event, { provider: "generic" }, was)).toMatchObject({
      provider: "generic",
      absorbed: 0,
      late: 0,
      conflicts: 0,
      createdAt: event.time,
    });
  });
});

describe("what stands beside an event", () => {
  test("is the provider alone, where the event says everything else", () => {
    const event = envelope(1, { current: 5, total: 10, absorbed: 3 });
    const job = { ...snapshot({ seq: 1, late: 0, details: event.details }), createdAt: event.time };
    expect(restOf({ ...job, updatedAt: event.time }, event)).toEqual({
      provider: "exportcomments",
    });
  });

  test("is small, whatever the details are", () => {
    const event = envelope(9, {
      details: { guid: "g1", status: "progress", note: "x".repeat(9_999) },
    });
    const rest = restOf(snapshot({ seq: 9, details: event.details }), event);
    expect(JSON.stringify(rest).length).toBeLessThan(250);
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

/** An event as viewers get it: through JSON, with what it does not say of the job. */
const sent = (job: JobSnapshot, event: JobEnvelope): JobSnapshot => {
  const text = JSON.stringify({ event, job: restOf(job, event) });
  const frame = JSON.parse(text) as { readonly event: JobEnvelope; readonly job: JobRest };
  return reduceJob(frame.event, frame.job);
};

test(
  "any life of a job reduces to the relay's own snapshot after every event, whatever came before",
  { timeout: 30_000 },
  () => {
    const met = { late: 0, conflicts: 0, absorbed: 0, stalled: 0, requeued: 0 };
    expect(
      falsified(
        property(schedules(24), array(nat(41), { minLength: 72 }), (values, choices) => {
          const job = new SimulatedJob(POLICY, 1_000_000);
          for (const [index, step] of scheduleOf(values, true).entries()) {
            const events = stepped(job, step, choices[index] ?? 1);
            const [event] = events.slice(-1);
            if (event === undefined || job.state === null) continue;
            const expected = snapshotOf(job.state);
            if (event.seq !== expected.seq) throw new Error("the newest event is not the last");
            const reduced = sent(expected, event);
            if (JSON.stringify(sorted(expected)) !== JSON.stringify(sorted(reduced)))
              throw new Error(`${JSON.stringify(expected)} is not ${JSON.stringify(reduced)}`);
            met.late += expected.late;
            met.conflicts += expected.conflicts;
            met.absorbed += expected.absorbed - (event.absorbed ?? 0);
            met.stalled += Number(expected.stalled);
            met.requeued += Number(expected.attempt > 1);
          }
        }),
        3_000,
      ),
    ).toEqual([]);
    expect(Object.values(met).every((count) => count > 0)).toBe(true);
  },
);
