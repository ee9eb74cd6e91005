// What a soak tells of rows: those that each webhook writes, and those that leave full logs.

import { expect, test } from "vitest";
import { FULL_LOGS } from "../../prove/soak/count.ts";
import { summary, type Sample } from "../../prove/soak/samples.ts";

const NONE = { p50: 0, p99: 0 };

/** A sample of minute `n`, with so many rows for each of its 100 webhooks. */
const sample = (n: number, rows: number, leaving: number): Sample => ({
  seconds: n * 60,
  memoryMb: 100,
  webhooks: n * 100,
  jobsBegun: n,
  jobsAlive: 1,
  jobsJudged: n,
  jobsOpen: 1,
  eventsJudged: n,
  accountEvents: n,
  answerMs: NONE,
  toStreamMs: NONE,
  lateMs: { ...NONE, count: 0, max: 0 },
  overdueMs: 0,
  rows,
  alarms: 0,
  used: { rowsWritten: { Job: rows - leaving, [FULL_LOGS]: leaving }, alarmsSet: {}, requests: {} },
  storage: { megabytes: 1, files: 1 },
  logs: { lines: 1, bytes: 1, byName: {}, other: [] },
  subscribers: [],
  viewers: {},
  refused: {},
  faults: 0,
});

/** Nine minutes, whose logs are full from the seventh on. */
const minutes = (perWebhook: (n: number) => number): readonly Sample[] => {
  let [written, leaving] = [0, 0];
  return Array.from({ length: 9 }, (_, n) => {
    written += 100 * perWebhook(n);
    leaving += n >= 6 ? 100 : 0;
    return sample(n, written + leaving, leaving);
  });
};

test("rows that leave full logs are no growth, and are told apart", () => {
  const { figures, faults } = summary(minutes(() => 5));
  expect(faults).toEqual([]);
  expect(figures).toMatchObject({
    "rows and alarms per webhook in the second third": 5,
    "in the last third": 5,
    "rows that left full logs, per webhook in the second third": 0,
    "of full logs in the last third": 1,
  });
});

test("rows that each webhook writes must not become more", () => {
  expect(summary(minutes((n) => 5 + n)).faults).toEqual(["rows per webhook grew from 9.5 to 12.5"]);
});
