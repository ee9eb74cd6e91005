import { describe, expect, test } from "vitest";
import {
  countOutcome,
  NOTHING_PENDING,
  MAX_TALLY_REJECTED,
  takePending,
  TALLY_EVERY,
  TALLY_LOST,
  type PendingTally,
  type IngestOutcome,
} from "../../../../src/ingest/tally/tally.ts";
import type { Rejection } from "../../../../src/model/messages.ts";

const T = 1_800_000_000_000;

const record = (at: number): Rejection => ({
  at,
  status: 401,
  reason: "mismatch",
  method: "POST",
  headers: {},
  body: null,
});
const refused = (at: number): IngestOutcome => ({ kind: "refused", rejection: () => record(at) });

/** Counts several requests, one after the other, all at `at`. */
const after = (
  words: readonly IngestOutcome[],
  at: number = T,
  desk: PendingTally = NOTHING_PENDING,
): PendingTally => words.reduce((known, word) => countOutcome(known, word, at).desk, desk);

describe("a tally", () => {
  test("counts what became of each request", () => {
    const desk = after([
      { kind: "accepted" },
      { kind: "accepted" },
      { kind: "duplicate" },
      { kind: "ignored" },
      refused(1),
    ]);
    expect(desk.tally).toEqual({
      counts: { accepted: 2, duplicate: 1, ignored: 1, refused: 1 },
      seenAt: T,
      rejected: [record(1)],
    });
  });

  test.each(["accepted", "duplicate", "ignored"] as const)(
    "of an %s request tells that the source was seen",
    (kind) => {
      expect(after([{ kind }]).tally.seenAt).toBe(T);
    },
  );

  test("of a refused request does not: it may be anybody's", () => {
    expect(after([refused(1)]).tally.seenAt).toBeNull();
    expect(after([refused(1)], T + 5, after([{ kind: "accepted" }])).tally.seenAt).toBe(T);
  });

  test("shows some of the refused requests and makes no record of the others, but counts them all", () => {
    let made = 0;
    const word: IngestOutcome = {
      kind: "refused",
      rejection: () => {
        made += 1;
        return record(made);
      },
    };
    const desk = after(Array.from({ length: 1_000 }, () => word));
    expect([made, desk.tally.rejected.length, desk.tally.counts.refused]).toEqual([
      MAX_TALLY_REJECTED,
      MAX_TALLY_REJECTED,
      1_000,
    ]);
  });

  test("is empty once it was taken", () => {
    const { desk, tally } = takePending(after([{ kind: "accepted" }, refused(1)]), T);
    expect([tally.counts.accepted, tally.rejected.length]).toEqual([1, 1]);
    expect(desk).toEqual({ ...NOTHING_PENDING, leftAt: T });
  });
});

describe("a tally leaves", () => {
  test("at once when none left lately, and the requests until then wait for nothing", () => {
    const first = countOutcome(NOTHING_PENDING, { kind: "accepted" }, T);
    expect([first.wait, countOutcome(first.desk, { kind: "accepted" }, T).wait]).toEqual([0, null]);
  });

  test("at most once in a while, however many requests come", () => {
    let desk: PendingTally = NOTHING_PENDING;
    let calls = 0;
    let due: number | null = null;
    for (let now = T; now < T + 10_000; now += 10) {
      if (due !== null && now >= due) {
        ({ desk } = takePending(desk, now));
        calls += 1;
        due = null;
      }
      const next = countOutcome(desk, refused(now), now);
      ({ desk } = next);
      if (next.wait !== null) due = now + next.wait;
    }
    expect(calls).toBe(10_000 / TALLY_EVERY);
  });

  test("although the request that promised it was cut off", () => {
    const { desk } = countOutcome(NOTHING_PENDING, { kind: "accepted" }, T);
    expect(countOutcome(desk, { kind: "accepted" }, T + TALLY_LOST - 1).wait).toBeNull();
    expect(countOutcome(desk, { kind: "accepted" }, T + TALLY_LOST).wait).toBe(0);
  });
});
