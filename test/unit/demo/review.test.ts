// The demonstration has to notice when the relay breaks a promise.

import { describe, expect, test } from "vitest";
import type { JobEnvelope } from "../../../src/model/event.ts";
import type { Posted } from "../../../src/cli/play.ts";
import { review, tally, type Arrival, type Transcript } from "../../../src/demo/review.ts";
import { arrivalLine, summary } from "../../../src/demo/view.ts";
import { plain } from "../../../src/cli/paint.ts";

const event = (seq: number, name: JobEnvelope["event"], second: number): JobEnvelope => ({
  version: "v3-beta",
  event: name,
  guid: "g1",
  status: "progress",
  url: null,
  details: {},
  id: `evt_${seq}`,
  seq,
  attempt: 1,
  source: "comments",
  account: "demo",
  time: new Date(Date.parse("2026-11-21T19:00:00.000Z") + second * 1_000).toISOString(),
});

const EVENTS = [
  event(1, "job.created", 0),
  event(2, "job.progress", 1),
  event(3, "job.progress", 6),
  event(4, "job.finished", 7),
] as const;

const arrived = (job: JobEnvelope, parts: Partial<Arrival> = {}): Arrival => ({
  event: job,
  valid: true,
  answered: 204,
  ...parts,
});

const posted = (parts: Partial<Posted> = {}): Posted => ({
  label: "comments job.progress",
  status: 202,
  result: "accepted",
  expected: "accepted",
  events: [],
  ...parts,
});

const GOOD: Transcript = {
  fetched: 0,
  posted: [
    posted({ events: ["evt_1"] }),
    posted({ events: ["evt_2"] }),
    posted(),
    posted(),
    posted({ events: ["evt_4"] }),
    posted({ result: "duplicate", expected: "duplicate" }),
  ],
  arrivals: EVENTS.map((job) => arrived(job)),
  streamed: EVENTS,
  window: 5_000,
};

const problems = (parts: Partial<Transcript>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    review({ ...GOOD, ...parts }).flatMap((check) =>
      check.problem === null ? [] : [[check.label, check.problem]],
    ),
  );

describe("the review", () => {
  test("finds nothing wrong with a good run", () => {
    expect(problems({})).toEqual({});
  });

  test("finds nothing wrong with a refused delivery that is repeated", () => {
    expect(
      problems({ arrivals: [arrived(EVENTS[0], { answered: 503 }), ...GOOD.arrivals] }),
    ).toEqual({});
  });

  test("a webhook that was not answered as expected", () => {
    expect(problems({ posted: [posted({ status: 401, result: "unauthorized" })] })).toEqual({
      "webhooks answered as expected": "comments job.progress: 401 unauthorized, expected accepted",
    });
    expect(problems({ posted: [posted({ expected: "duplicate" })] })).toHaveProperty(
      "webhooks answered as expected",
    );
  });

  test("one signature that does not verify", () => {
    expect(
      problems({ arrivals: EVENTS.map((job, index) => arrived(job, { valid: index !== 2 })) }),
    ).toEqual({
      "signatures valid": "1 invalid",
    });
  });

  test("nothing at all arriving", () => {
    expect(problems({ arrivals: [], streamed: [] })).toMatchObject({
      "signatures valid": "nothing arrived",
      "every emitted event delivered": "3 missing",
    });
  });

  test("an event that only the stream showed", () => {
    expect(problems({ arrivals: GOOD.arrivals.slice(0, 3) })).toEqual({
      "every emitted event delivered": "1 missing",
      "each job ends with its last event": "comments/g1 ends with job.progress",
      "stream equals deliveries": "comments/g1: 3 delivered, 4 streamed",
    });
  });

  test("an event that only the subscriber got", () => {
    expect(problems({ streamed: EVENTS.slice(0, 3) })).toEqual({
      "stream equals deliveries": "comments/g1: 4 delivered, 3 streamed",
    });
  });

  test("two events in the wrong order", () => {
    const [first, second, third, fourth] = EVENTS;
    const swapped = [first, third, second, fourth];
    expect(problems({ arrivals: swapped.map((job) => arrived(job)) })).toMatchObject({
      "order kept, no gap": "comments/g1: 1, 3, 2, 4",
    });
  });

  test("an event delivered twice although it was taken", () => {
    expect(problems({ arrivals: [...GOOD.arrivals, arrived(EVENTS[3])] })).toHaveProperty(
      "order kept, no gap",
    );
  });

  test("progress a millisecond too early", () => {
    const early = { ...EVENTS[2], time: "2026-11-21T19:00:05.999Z" };
    const events = [EVENTS[0], EVENTS[1], early, EVENTS[3]];
    expect(problems({ arrivals: events.map((job) => arrived(job)), streamed: events })).toEqual({
      "one progress per 5 s": "comments/g1: 4999 ms apart",
    });
  });
});

describe("the numbers", () => {
  test("an update is emitted, absorbed or a duplicate; a repeated delivery counts once as an event", () => {
    expect(
      tally({ ...GOOD, arrivals: [arrived(EVENTS[0], { answered: 503 }), ...GOOD.arrivals] }),
    ).toEqual({
      fetched: 0,
      updatesIn: 6,
      eventsOut: 4,
      absorbed: 1,
      duplicates: 1,
      deliveries: 5,
      retried: 1,
    });
  });
});

describe("what the demonstration shows", () => {
  test("a line per delivery", () => {
    const progress = { ...EVENTS[1], current: 678, total: 1500, absorbed: 4 };
    expect(
      arrivalLine({ at: 12_345, event: progress, valid: true, attempt: 2, answered: 503 }, plain),
    ).toBe(
      " +12.3s  #2  job.progress  comments  g1       678/1,500  4 absorbed  ✓ signed  attempt 2  answered 503 on purpose",
    );
  });

  test("a bad signature cannot be overlooked", () => {
    expect(
      arrivalLine({ at: 0, event: EVENTS[0], valid: false, attempt: 1, answered: 204 }, plain),
    ).toContain("✗ signature");
  });

  test("the table marks what is off", () => {
    const text = summary(
      tally(GOOD),
      [
        { label: "one", detail: "fine", problem: null },
        { label: "two", detail: "", problem: "broken" },
      ],
      plain,
    );
    expect(text.split("\n").slice(-3, -1)).toEqual([
      "one                        ✓ fine",
      "two                        ✗ broken",
    ]);
  });
});
