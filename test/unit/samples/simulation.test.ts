// A simulated job reads like a provider's traffic.

import { describe, expect, test } from "vitest";
import { SAMPLES } from "../../../src/samples/catalogue.ts";
import { simulation, type Step } from "../../../src/samples/simulation.ts";

const START = Date.parse("2026-11-21T19:00:00.000Z");

function ids(): () => string {
  let count = 0;
  return () => `id-${(count += 1)}`;
}

const played = (length = 16_000): readonly Step[] =>
  simulation("exportcomments", { start: START, newId: ids(), length, total: 1500 });

const runs = (names: readonly unknown[]): readonly unknown[] =>
  names.filter((name, index) => name !== names[index - 1]);

const progressIn = (steps: readonly Step[]): readonly number[] =>
  steps
    .filter((step) => step.body["event"] === "job.progress")
    .map((step) => Number(step.body["current"]));

const dataOf = (step: Step | undefined): Readonly<Record<string, unknown>> =>
  (step?.body["data"] ?? {}) as Readonly<Record<string, unknown>>;

describe("an ExportComments simulation", () => {
  test("fails once, is queued again, finishes, and says so twice", () => {
    expect(runs(played().map((step) => step.body["event"]))).toEqual([
      "job.created",
      "job.progress",
      "job.failed",
      "job.requeued",
      "job.progress",
      "job.finished",
      "export.finished",
    ]);
  });

  test("expects a duplicate for the flat form of the end, and for nothing else", () => {
    const steps = played();
    expect(steps.filter((step) => step.expect === "duplicate")).toEqual([steps.at(-1)]);
    expect(steps.at(-1)?.body).toMatchObject({
      event: "export.finished",
      guid: "id-1",
      message_id: "msg_id-2",
      total_exported: 1500,
    });
  });

  test("reports progress several times a second, never beyond the total, and never backwards within an attempt", () => {
    const steps = played();
    const failed = steps.findIndex((step) => step.body["event"] === "job.failed");
    for (const attempt of [progressIn(steps.slice(0, failed)), progressIn(steps.slice(failed))]) {
      expect(attempt.length).toBeGreaterThan(20);
      expect(attempt).toEqual(attempt.toSorted((left, right) => left - right));
      expect(attempt.at(-1)).toBeLessThanOrEqual(1500);
    }
    expect(progressIn(steps.slice(failed)).at(-1)).toBe(1500);
  });

  test.each([1_000, 5_000, 16_000, 60_000])(
    "its steps are in the order of their times when it takes %i ms",
    (length) => {
      const times = played(length).map((step) => step.at);
      expect(times).toEqual(times.toSorted((left, right) => left - right));
      expect(times[0]).toBe(0);
    },
  );

  test("all steps are about one job", () => {
    expect(new Set(played().map((step) => step.body["guid"]))).toEqual(new Set(["id-1"]));
  });
});

describe("the other simulations", () => {
  test("EmailEngine sends its event id in a header, not in the body", () => {
    const [step] = simulation("emailengine", { start: START, newId: ids(), length: 1, total: 1 });
    expect(step).toMatchObject({
      headers: { "x-ee-wh-event-id": "id-2" },
      body: {
        event: "exportCompleted",
        date: "2026-11-21T19:00:00.000Z",
        data: { exportId: "exp_id1", messagesExported: 1495, messagesSkipped: 5 },
      },
    });
  });

  test("Betterez joins two messages of different ids by what else they say", () => {
    const [started, completed] = simulation("betterez", {
      start: START,
      newId: ids(),
      length: 1,
      total: 1,
    });
    expect(started?.body["id"]).not.toBe(completed?.body["id"]);
    const { createdAt: startedAt, ...before } = dataOf(started);
    const { createdAt: completedAt, fileName, ...after } = dataOf(completed);
    expect(after).toEqual(before);
    expect([startedAt, completedAt, fileName]).toEqual([
      { value: "2026-11-21T19:00:00.000Z", offset: 0 },
      { value: "2026-11-21T19:00:05.000Z", offset: 0 },
      "transactions-id-6.csv",
    ]);
  });
});

describe("the catalogue of samples", () => {
  const subject = { guid: "job-1", current: 678, total: 1500, now: START, newId: ids() };
  const entries = Object.entries(SAMPLES).flatMap(([provider, samples]) =>
    Object.entries(samples).map(([event, make]) => ({ provider, event, make })),
  );

  test.each(entries)("$provider $event says its own name", ({ event, make }) => {
    expect(make(subject).body["event"]).toBe(event);
  });

  test("the first sample of ExportComments progress is the event reference's own", () => {
    expect(SAMPLES.exportcomments["job.progress"]?.(subject).body).toEqual({
      version: "v3-beta",
      event: "job.progress",
      guid: "job-1",
      status: "progress",
      url: null,
      details: {
        guid: "job-1",
        status: "progress",
        url: "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        totalExported: 678,
        total: 1500,
      },
      current: 678,
      total: 1500,
    });
  });
});
