// A job's state as its row holds it: rows of earlier versions are read, and are written in the same
// form.

import { describe, expect, test } from "vitest";
import { applyRecord, needsUpdate } from "../../../../src/job/records.ts";
import {
  stateFrom,
  storedStateOf,
  type StoredState,
} from "../../../../src/job/storage/stored-state.ts";
import { job, progress } from "../builders.ts";

/** The row of a job that emitted 10 of 100 while 30 wait in record 3, as version 0.1.0 wrote it. */
const ROW =
  '{"source":"comments","guid":"g-1","provider":"exportcomments","account":"acme","life":{"attempt":1,"phase":"running","requeued":false,"beganAt":null,"seen":["job.started"]},"window":{"lastAt":2000,"pending":3,"dropped":2},"mark":{"current":30,"total":100,"details":"5a56d1e7f6bbc27f"},"shown":{"current":10,"total":100,"details":"5a56d1e7f6bbc27f"},"seq":2,"era":1,"record":3,"event":"job.progress","status":"progress","url":null,"error":null,"current":10,"total":100,"createdAt":1000,"updatedAt":2000,"finishedAt":null,"heardAt":4000,"stalled":false,"absorbed":2,"late":0,"conflicts":0}';

const thirty = progress(30);
const state = stateFrom(JSON.parse(ROW) as StoredState, {
  envelope: { url: null, details: { totalExported: 10 } },
  pending: { update: thirty, record: 3 },
});

describe("a stored state", () => {
  test("of version 0.1.0 is read", () => {
    expect(state).toEqual(
      job({
        window: { lastAt: 2_000, pending: { update: thirty, record: 3 }, dropped: 2 },
        progress: { current: 30, total: 100, details: "5a56d1e7f6bbc27f" },
        shownProgress: { current: 10, total: 100, details: "5a56d1e7f6bbc27f" },
        seq: 2,
        lastRecord: 3,
        event: "job.progress",
        current: 10,
        total: 100,
        details: { totalExported: 10 },
        updatedAt: 2_000,
        lastUpdateAt: 4_000,
        absorbed: 2,
      }),
    );
  });

  test("is written with the members that version 0.1.0 gave it, but what the event has", () => {
    const { url: _, error: __, ...rest } = JSON.parse(ROW) as Record<string, unknown>;
    expect(storedStateOf(state, { url: null, details: {} })).toEqual(rest);
  });

  test.each([
    { name: "of the event's own", url: "https://x.example/f", error: "gone" },
    { name: "that differ from the event's", url: "https://x.example/other", error: null },
    { name: "that are null beside the event's", url: null, error: "else" },
  ])("is read as it was written, with url and error $name", ({ url, error }) => {
    const envelope = { url: "https://x.example/f", details: { error: "gone" } };
    const before = job({ url, error, details: envelope.details });
    const text = JSON.stringify(storedStateOf(before, envelope));
    const read = stateFrom(JSON.parse(text) as StoredState, { envelope, pending: null });
    expect(read).toEqual(before);
  });

  test("takes in a record of version 0.1.0", () => {
    const heard =
      '{"event":"job.progress","source":"comments","provider":"exportcomments","account":"acme","guid":"g-1","key":{"kind":"id","value":"m-40"},"url":null,"current":40,"total":100,"error":null,"details":{},"occurredAt":null,"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}';
    const update = JSON.parse(heard) as typeof thirty;
    const next = applyRecord(state, { n: 4, at: 5_000, reason: "absorbed", update });
    expect(next.window).toEqual({ lastAt: 2_000, pending: { update, record: 4 }, dropped: 3 });
  });
});

test.each([
  ["absorbed", true],
  ["unchanged", true],
  ["late", false],
  ["conflict", false],
  ["duplicate", false],
  ["amended", false],
] as const)("the state after a record that is %s depends on its update: %s", (reason, needs) => {
  expect(needsUpdate(reason)).toBe(needs);
});

test("a state that has not been told is stored and read as such, and only then", () => {
  const envelope = { url: null, details: {} };
  const stored = storedStateOf(job({ untold: true }), envelope);
  expect(stored.untold).toBe(true);
  expect(stateFrom(stored, { envelope, pending: null }).untold).toBe(true);
  expect(storedStateOf(job({ untold: false }), envelope)).not.toHaveProperty("untold");
});
