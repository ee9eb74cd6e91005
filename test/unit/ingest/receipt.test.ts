import { describe, expect, test } from "vitest";
import { eventNames, receiptOf } from "../../../src/ingest/receipt.ts";

const ignored = (reason: string) => ({ kind: "ignored", reason }) as const;

const emitted = (event: string, events: readonly string[]) =>
  ({ kind: "stored", event, answer: { result: "accepted", events }, job: null }) as const;

describe("receiptOf", () => {
  const job = { source: "comments", guid: "g" };
  const stored = (
    result: "accepted" | "duplicate",
    events: readonly string[],
    of: typeof job | null = job,
  ) => ({ kind: "stored", event: "job.progress", answer: { result, events }, job: of }) as const;

  test.each([
    [
      "one accepted",
      [stored("accepted", ["evt_1"])],
      { result: "accepted", events: ["evt_1"], job },
    ],
    ["one recorded only", [stored("accepted", [])], { result: "accepted", events: [], job }],
    ["a duplicate", [stored("duplicate", [])], { result: "duplicate", events: [], job }],
    [
      "an account's event: no job",
      [stored("accepted", ["evt_1"], null)],
      { result: "accepted", events: ["evt_1"] },
    ],
    ["an ignored one", [ignored("not modelled")], { result: "ignored", reason: "not modelled" }],
    [
      "several ignored alike",
      [ignored("a"), ignored("b"), ignored("a")],
      { result: "ignored", reason: "a; b" },
    ],
    ["an empty batch", [], { result: "ignored", reason: "the request holds no event" }],
    [
      "a batch for one job",
      [stored("duplicate", []), stored("accepted", ["evt_2"]), ignored("x")],
      { result: "accepted", events: ["evt_2"], job },
    ],
    [
      "a batch for two jobs",
      [
        stored("accepted", ["evt_1"]),
        stored("accepted", ["evt_2"], { source: "comments", guid: "h" }),
      ],
      { result: "accepted", events: ["evt_1", "evt_2"] },
    ],
    [
      "a batch for a job and its account",
      [stored("accepted", ["evt_1"], null), stored("accepted", ["evt_2"])],
      { result: "accepted", events: ["evt_1", "evt_2"] },
    ],
  ])("%s", (_, taken, expected) => {
    expect(receiptOf(taken)).toEqual(expected);
  });
});

test("eventNames names an event for each that was emitted at once", () => {
  expect(
    eventNames([
      emitted("job.created", ["evt_1"]),
      emitted("job.progress", []),
      ignored("x"),
      emitted("job.finished", ["evt_2"]),
    ]),
  ).toEqual(["job.created", "job.finished"]);
});

test("eventNames names the progress that a clock emitted before the answer, and comes first", () => {
  const answer = { result: "accepted", events: ["evt_3"], trailing: true } as const;
  const stored = { kind: "stored", event: "job.finished", answer, job: null } as const;
  expect(eventNames([stored])).toEqual(["job.progress", "job.finished"]);
});
