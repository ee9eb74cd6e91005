import { describe, expect, test } from "vitest";
import type { JobState } from "../../../src/client/index.ts";
import { joinJobs } from "../../../src/console/feed.ts";
import { amountOf, shareOf, toneOf } from "../../../src/console/format.ts";

const job = (change: Partial<JobState> = {}): JobState => ({
  source: "comments",
  guid: "g1",
  account: "acme",
  status: "progress",
  event: "job.progress",
  current: 678,
  total: 1_500,
  url: null,
  error: null,
  attempt: 1,
  seq: 3,
  createdAt: "2026-11-21T19:00:00.000Z",
  updatedAt: "2026-11-21T19:00:00.000Z",
  finishedAt: null,
  stalled: false,
  details: {},
  ...change,
});

const ENDED = { finishedAt: "2026-11-21T19:01:00.000Z" } as const;

describe("how a job looks", () => {
  test.each([
    ["queued", job({ status: "queueing", current: null, total: null }), "waiting", 0, ""],
    ["running", job(), "running", 0.452, "678 of 1,500"],
    ["running without a total", job({ total: null }), "running", null, "678"],
    ["running without numbers", job({ current: null, total: null }), "running", null, ""],
    ["running with a total of nothing", job({ current: 0, total: 0 }), "running", null, "0 of 0"],
    ["past its own total", job({ current: 1_600 }), "running", 1, "1,600 of 1,500"],
    ["done", job({ status: "done", ...ENDED }), "done", 1, "678 of 1,500"],
    [
      "done without numbers",
      job({ status: "done", current: null, total: null, ...ENDED }),
      "done",
      1,
      "",
    ],
    ["failed", job({ status: "error", ...ENDED }), "failed", 0.452, "678 of 1,500"],
    ["stalled", job({ stalled: true }), "stalled", 0.452, "678 of 1,500"],
  ] as const)("%s", (_, one, ...looks) => {
    expect([toneOf(one), shareOf(one), amountOf(one)]).toEqual(looks);
  });
});

describe("the list", () => {
  test("is newest first, holds each job once, and shows what was heard last", () => {
    const older = job({ guid: "old", createdAt: "2026-11-21T18:00:00.000Z" });
    const listed = [job({ seq: 3 }), older];
    const streamed = [
      job({ seq: 5, status: "done" }),
      job({ guid: "g2", createdAt: "2026-11-21T20:00:00.000Z" }),
    ];
    const joined = joinJobs(listed, streamed);
    expect(joined.map(({ guid, seq }) => [guid, seq])).toEqual([
      ["g2", 3],
      ["g1", 5],
      ["old", 3],
    ]);
    expect(joinJobs(streamed, listed)).toEqual(joined);
  });

  test("keeps jobs of two sources with one guid apart, and a hundred at most", () => {
    expect(joinJobs([job(), job({ source: "email" })])).toHaveLength(2);
    expect(
      joinJobs(Array.from({ length: 150 }, (_, index) => job({ guid: `g${index}` }))),
    ).toHaveLength(100);
  });
});
