import { describe, expect, test } from "vitest";
import {
  amountOf,
  isSample,
  isWanted,
  joinJobs,
  phaseOf,
  shareOf,
  sortJobs,
} from "../../../src/console/jobs/job-view.ts";
import { accountsOf, MAX_ACCOUNTS, worstOf } from "../../../src/console/jobs/live.ts";
import { delivery, event, job, recorded } from "./builders.ts";
import {
  reasonsOf,
  receiptsOf,
  saidBy,
  timelineOf,
  totalsOf,
} from "../../../src/console/jobs/timeline.ts";

const ENDED = { finishedAt: "2026-11-21T19:01:00.000Z" } as const;

/** An instant of the test. */
const at = (time: string): string => `2026-11-${time}:00.000Z`;

describe("how a job looks", () => {
  test.each([
    ["queued", job({ status: "queueing", current: null, total: null }), "queued", null, ""],
    ["running", job(), "running", 0.452, "678 of 1,500"],
    ["running without a total", job({ total: null }), "running", null, "678"],
    ["running without numbers", job({ current: null, total: null }), "running", null, ""],
    ["running with a total of nothing", job({ current: 0, total: 0 }), "running", null, "0 of 0"],
    ["past its own total", job({ current: 1_600 }), "running", 1, "1,600 of 1,500"],
    ["done", job({ status: "done", ...ENDED }), "done", 0.452, "678 of 1,500"],
    ["a download that is ready", job({ status: "ready", ...ENDED }), "done", 0.452, "678 of 1,500"],
    ["failed", job({ status: "error", ...ENDED }), "failed", 0.452, "678 of 1,500"],
  ] as const)("%s", (_, one, ...looks) => {
    expect([phaseOf(one), shareOf(one), amountOf(one)]).toEqual(looks);
  });

  test("a sample is told by its details", () => {
    expect([isSample(job()), isSample(job({ details: { sample: true } }))]).toEqual([false, true]);
  });
});

describe("the list of jobs", () => {
  const now = Date.parse("2026-11-21T20:00:00.000Z");
  test("has what runs first, then what waits, then what failed today, then the rest by age", () => {
    const sorted = sortJobs(
      [
        job({ guid: "done", status: "done", createdAt: at("21T19:50"), ...ENDED }),
        job({
          guid: "failed",
          status: "error",
          createdAt: at("21T10:00"),
          updatedAt: at("21T10:05"),
        }),
        job({
          guid: "failed-long-ago",
          status: "error",
          createdAt: at("01T10:00"),
          updatedAt: at("01T10:05"),
        }),
        job({ guid: "queued", status: "queueing", createdAt: at("21T19:59") }),
        job({ guid: "running", createdAt: at("20T08:00") }),
        job({ guid: "running-later", createdAt: at("20T09:00") }),
      ],
      now,
    );
    expect(sorted.map(({ guid }) => guid)).toEqual([
      "running-later",
      "running",
      "queued",
      "failed",
      "done",
      "failed-long-ago",
    ]);
  });

  test("holds each job once, as it was heard last", () => {
    const listed = [job({ seq: 3 }), job({ guid: "old" })];
    const streamed = [job({ seq: 5, status: "done" }), job({ source: "email" })];
    for (const joined of [joinJobs(listed, streamed), joinJobs(streamed, listed)])
      expect(joined.map(({ source, guid, seq }) => `${source} ${guid} ${seq}`).toSorted()).toEqual([
        "comments g1 5",
        "comments old 3",
        "email g1 3",
      ]);
  });

  test.each([
    [{ source: "", account: "", q: "" }, true],
    [{ source: "comments", account: "acme", q: "G1" }, true],
    [{ source: "email", account: "", q: "" }, false],
    [{ source: "", account: "globex", q: "" }, false],
    [{ source: "", account: "", q: "g2" }, false],
  ])("shows with the filters %j: %j", (filters, wanted) => {
    expect(isWanted(job(), filters)).toBe(wanted);
  });

  test("follows the accounts of unfinished jobs first, and a bounded number", () => {
    const many = Array.from({ length: 20 }, (_, index) =>
      job({ guid: `g${index}`, account: `a${index}`, status: "done", ...ENDED }),
    );
    const accounts = accountsOf([...many, job({ account: "busy" })]);
    expect([accounts.length, accounts[0], accounts[1]]).toEqual([MAX_ACCOUNTS, "busy", "a0"]);
  });

  test("shows the state of the stream that needs most to be seen", () => {
    expect([worstOf([]), worstOf(["live", "waiting"]), worstOf(["live", "idle"])]).toEqual([
      "idle",
      "waiting",
      "live",
    ]);
  });
});

describe("a job's timeline", () => {
  const events = [event(1, "10:00"), event(2, "10:05"), event(3, "10:10")];

  test("has before each event what was recorded since the last, and the rest at the end", () => {
    const updates = [
      recorded("10:01", "absorbed"),
      recorded("10:02", "absorbed"),
      recorded("10:05", "late"),
      recorded("10:11", "conflict"),
    ];
    expect(
      timelineOf(events, updates).map(({ event: one, recorded: beside }) => [
        one?.seq ?? null,
        beside.map(({ reason }) => reason),
      ]),
    ).toEqual([
      [1, []],
      [2, ["absorbed", "absorbed", "late"]],
      [3, []],
      [null, ["conflict"]],
    ]);
    expect([timelineOf([], []), timelineOf([], updates)]).toEqual([[], []]);
  });

  test("counts what was recorded by its reasons", () => {
    const updates = [
      recorded("10:01", "absorbed"),
      recorded("10:02", "late"),
      recorded("10:03", "absorbed"),
    ];
    expect(reasonsOf(updates)).toEqual([
      { reason: "absorbed", count: 2 },
      { reason: "late", count: 1 },
    ]);
  });

  test("names for each event the newest delivery to each subscriber", () => {
    const receipts = receiptsOf([
      delivery({ id: "d3", state: "pending" }),
      delivery({ id: "d2", subscriber: "billing", state: "dead" }),
      delivery({ id: "d1", state: "delivered" }),
    ]);
    expect(receipts.get("evt_1")).toEqual([
      { subscriber: "crm", state: "pending", delivery: "d3" },
      { subscriber: "billing", state: "dead", delivery: "d2" },
    ]);
  });

  test("sums deliveries by state", () => {
    const states = ["delivered", "dead", "delivered"].map((state) => delivery({ state }));
    expect(totalsOf(states)).toEqual([
      { state: "delivered", count: 2 },
      { state: "dead", count: 1 },
    ]);
  });

  test.each([
    [event(1, "10:00", { current: 5, total: 10 }), "5 of 10"],
    [event(1, "10:00", { current: 5 }), "5"],
    [event(1, "10:00", { details: { error: "gone" } }), "gone"],
    [event(1, "10:00", { details: { error: 7 } }), ""],
  ])("says of an event its numbers and its error", (one, said) => {
    expect(saidBy(one)).toBe(said);
  });
});
