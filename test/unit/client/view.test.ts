import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createView, type Frame, type JobState } from "../../../src/client/view.ts";
import { reduceJob } from "../../../src/model/reduce.ts";
import type { JobEnvelope, JobSnapshot, SubscriptionMessage } from "../../../src/model/event.ts";
import { runs } from "../runs.ts";
import { jobWithHistory as snapshot, progressEvent as envelope } from "../model/builders.ts";

const JOB = { source: "comments", guid: "g1" };
const event = (cursor: string, value: JobEnvelope | SubscriptionMessage): Frame => ({
  type: "event",
  cursor,
  event: value,
});

describe("a job's view", () => {
  test("a snapshot replaces the state and is told", () => {
    const view = createView(JOB, "");
    expect(
      view.take({ type: "hello", cursor: "c2", recovered: false, snapshot: snapshot() }),
    ).toEqual(snapshot());
    expect([view.cursor, view.snapshot]).toEqual(["c2", snapshot()]);
  });

  test("a resumed stream tells nothing by itself", () => {
    const view = createView(JOB, "c2");
    expect(view.take({ type: "hello", cursor: "c2", recovered: true })).toBeUndefined();
    expect(view.snapshot).toBeUndefined();
  });

  test("an event is told once, however often it comes", () => {
    const view = createView(JOB, "");
    expect(view.take(event("c1", envelope(1)))).toEqual(envelope(1));
    expect(view.take(event("c1", envelope(1)))).toBeUndefined();
    expect(view.cursor).toBe("c1");
  });

  test("the account's stream is narrowed to the job", () => {
    const view = createView(JOB, "");
    const jobs = [snapshot({ guid: "g2" }), snapshot({ source: "email" }), snapshot()];
    expect(
      view.take({
        type: "hello",
        cursor: "c1",
        recovered: false,
        snapshot: { account: "acme", jobs },
      }),
    ).toEqual(snapshot());
    expect(
      view.take(event("c2", envelope(3, { source: "email", id: "evt_other" }))),
    ).toBeUndefined();
    expect(view.cursor).toBe("c2");
    expect(view.snapshot).toEqual(snapshot());
  });

  test("a job that does not exist yet has no state", () => {
    const view = createView(JOB, "");
    expect(
      view.take({
        type: "hello",
        cursor: "c1",
        recovered: false,
        snapshot: { account: "acme", jobs: [] },
      }),
    ).toBeUndefined();
    expect(view.snapshot).toBeUndefined();
    view.take(event("c2", envelope(1, { event: "job.created", status: "queueing" })));
    expect(view.snapshot).toMatchObject({
      event: "job.created",
      seq: 1,
      createdAt: "2026-11-21T19:00:01.000Z",
      current: null,
    });
  });
});

const account = (jobs: readonly JobSnapshot[]): Frame => ({
  type: "hello",
  cursor: "c0",
  recovered: false,
  snapshot: { account: "acme", jobs },
});
const guids = (state: unknown): readonly string[] =>
  (state as { jobs: readonly JobState[] }).jobs.map(({ guid }) => guid);

describe("an account's view", () => {
  test("jobs keep their places, new ones come first", () => {
    const view = createView(null, "");
    view.take(account([snapshot({ guid: "g2" }), snapshot({ guid: "g1" })]));
    view.take(event("c1", envelope(3, { guid: "g1", current: 9 })));
    expect(guids(view.snapshot)).toEqual(["g2", "g1"]);
    view.take(event("c2", envelope(1, { guid: "g3" })));
    expect(guids(view.snapshot)).toEqual(["g3", "g2", "g1"]);
  });

  test("the state holds a hundred jobs at most", () => {
    const view = createView(null, "");
    view.take(account(Array.from({ length: 100 }, (_, index) => snapshot({ guid: `g${index}` }))));
    view.take(event("c1", envelope(1, { guid: "new" })));
    expect(guids(view.snapshot)).toHaveLength(100);
    expect(guids(view.snapshot)[0]).toBe("new");
    expect(guids(view.snapshot)).not.toContain("g99");
  });

  test("messages about the account are told and change no job", () => {
    const view = createView(null, "");
    view.take(account([snapshot()]));
    const message = {
      type: "subscription.updated",
      id: "evt_s",
      source: "comments",
      account: "acme",
      time: "t",
      plan: "pro",
    } as const;
    expect(view.take(event("c1", message))).toEqual(message);
    expect(guids(view.snapshot)).toEqual(["g1"]);
  });
});

/**
 * A relay's log of one job and what a client is sent from a cursor on: all of it, or a snapshot
 * when the log was trimmed.
 */
const serve = (log: readonly JobEnvelope[], since: string, first: number): readonly Frame[] => {
  const after = since === "" ? -1 : Number(since);
  if (after < first) {
    const newest = log.at(-1);
    return [
      {
        type: "hello",
        cursor: String(log.length),
        recovered: false,
        snapshot: newest && reduceJob(newest, {}),
      },
    ];
  }
  return [
    { type: "hello", cursor: since, recovered: true },
    ...log.slice(after).map((one) => event(String(one.seq), one)),
  ];
};

describe("over any number of broken connections", () => {
  /**
   * Each connection: events written before it, how many frames arrive before it breaks, how many
   * events the relay has forgotten.
   */
  const connections = fc.array(fc.tuple(fc.nat(5), fc.nat(8), fc.nat(3), fc.nat(4)), {
    minLength: 1,
    maxLength: 15,
  });

  test("every event is told once and in order, or a state that holds it is", () => {
    fc.assert(
      fc.property(connections, (story) => {
        const view = createView(JOB, "");
        const log: JobEnvelope[] = [];
        const append = (count: number): readonly JobEnvelope[] => {
          const added = Array.from({ length: count }, (_, index) =>
            envelope(log.length + index + 1),
          );
          log.push(...added);
          return added;
        };
        let first = 0;
        let known = 0;
        for (const [written, arrive, forgotten, live] of story) {
          append(written);
          first = Math.min(log.length, first + forgotten);
          const missed = serve(log, view.cursor, first);
          const frames = [...missed, ...append(live).map((one) => event(String(one.seq), one))];
          for (const frame of frames.slice(0, arrive)) {
            const item = view.take(frame);
            if (item === undefined) continue;
            const { seq } = item as JobEnvelope;
            // A state may leave events out, an event may not.
            expect("updatedAt" in item ? seq >= known : seq === known + 1).toBe(true);
            known = seq;
          }
          expect((view.snapshot as JobState | undefined)?.seq ?? 0).toBe(known);
        }
      }),
      { numRuns: runs(2_000) },
    );
  });

  test("a connection that repeats what was told repeats nothing to the listener", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 80 }), (starts) => {
        const view = createView(JOB, "");
        const told: number[] = [];
        let end = 0;
        for (const start of starts) {
          // From a place at or before the one that is known, a little further than that.
          const from = Math.min(start, end + 1);
          for (let seq = from; seq <= from + 3; seq += 1) {
            const item = view.take(event(String(seq), envelope(seq)));
            if (item !== undefined) told.push((item as JobEnvelope).seq);
            end = Math.max(end, seq);
          }
        }
        expect(told).toEqual(Array.from({ length: end }, (_, index) => index + 1));
      }),
    );
  });
});
