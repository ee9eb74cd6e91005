import { describe, expect, test } from "vitest";
import {
  countOutcome as countTimed,
  isEmpty,
  NOTHING_PENDING,
  MAX_TALLY_REJECTED,
  takeTally,
  REFUSED_INTERVAL,
  TALLY_INTERVAL,
  TALLY_LOST_AFTER,
  type PendingTally,
  type IngestOutcome,
} from "../../../../src/ingest/tally/tally.ts";
import type { Rejection } from "../../../../src/model/messages.ts";

const T = 1_800_000_000_000;

const countOutcome = (pending: PendingTally, outcome: IngestOutcome, now: number, ms = 7) =>
  countTimed(pending, outcome, now, ms);

const record = (at: number): Rejection => ({
  at,
  status: 401,
  reason: "mismatch",
  method: "POST",
  headers: {},
  body: null,
});
const refused = (at: number): IngestOutcome => ({
  kind: "refused",
  reason: `timestamp-too-old by ${at} s`,
  rejection: () => record(at),
});

/** Counts several requests, one after the other, all at `at`. */
const after = (
  outcomes: readonly IngestOutcome[],
  at: number = T,
  pending: PendingTally = NOTHING_PENDING,
): PendingTally =>
  outcomes.reduce((known, outcome) => countOutcome(known, outcome, at).pending, pending);

describe("a tally", () => {
  test("counts what became of each request", () => {
    const pending = after([
      { kind: "accepted", events: ["job.created", "job.progress"] },
      { kind: "accepted", events: ["job.progress"] },
      { kind: "duplicate" },
      { kind: "ignored" },
      refused(1),
    ]);
    expect(pending.tally).toEqual({
      counts: { accepted: 2, duplicate: 1, ignored: 1, refused: 1 },
      seenAt: T,
      rejected: [record(1)],
      reasons: { "timestamp-too-old": 1 },
      events: { "job.created": 1, "job.progress": 2 },
      latency: { counts: [0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], sum: 35 },
    });
  });

  test.each(["accepted", "duplicate", "ignored"] as const)(
    "of an %s request tells that the source was seen",
    (kind) => {
      expect(after([{ kind }]).tally.seenAt).toBe(T);
    },
  );

  test("counts a refusal whose reason begins with no word as another", () => {
    const odd: IngestOutcome = { kind: "refused", reason: "?", rejection: () => record(1) };
    expect(after([odd]).tally.reasons).toEqual({ other: 1 });
  });

  test("counts events whose names every object knows: typed messages are named by their sender", () => {
    const names = ["constructor", "__proto__", "toString"];
    const twice = after([
      { kind: "accepted", events: names },
      { kind: "accepted", events: names },
    ]);
    expect(Object.entries(twice.tally.events ?? {})).toEqual([
      ["constructor", 2],
      ["__proto__", 2],
      ["toString", 2],
    ]);
  });

  test("of a refused request does not: it may be anybody's", () => {
    expect(after([refused(1)]).tally.seenAt).toBeNull();
    expect(after([refused(1)], T + 5, after([{ kind: "accepted" }])).tally.seenAt).toBe(T);
  });

  test("records some of the refused requests and counts them all", () => {
    let made = 0;
    const outcome: IngestOutcome = {
      kind: "refused",
      reason: "wrong-secret",
      rejection: () => {
        made += 1;
        return record(made);
      },
    };
    const pending = after(Array.from({ length: 1_000 }, () => outcome));
    expect([made, pending.tally.rejected.length, pending.tally.counts.refused]).toEqual([
      MAX_TALLY_REJECTED,
      MAX_TALLY_REJECTED,
      1_000,
    ]);
  });

  test("records the first of each reason, whatever flood came before it", () => {
    const flood = Array.from({ length: 1_000 }, () => refused(1));
    const genuine: IngestOutcome = {
      kind: "refused",
      reason: "wrong-secret",
      rejection: () => ({ ...record(T), reason: "wrong-secret" }),
    };
    const { rejected } = after([...flood, genuine, genuine]).tally;
    expect(rejected.filter(({ reason }) => reason === "wrong-secret")).toHaveLength(1);
    expect(rejected).toHaveLength(MAX_TALLY_REJECTED + 1);
  });

  test("is empty once it was taken", () => {
    const { pending, tally } = takeTally(after([{ kind: "accepted" }, refused(1)]), T);
    expect([tally.counts.accepted, tally.rejected.length]).toEqual([1, 1]);
    expect(pending).toEqual({ ...NOTHING_PENDING, sentAt: T });
  });
});

describe("a tally is sent", () => {
  test("at once when none left lately, and only one request sends it", () => {
    const first = countOutcome(NOTHING_PENDING, { kind: "accepted" }, T);
    expect([first.wait, countOutcome(first.pending, { kind: "accepted" }, T).wait]).toEqual([
      0,
      null,
    ]);
  });

  test.each([
    { name: "accepted", outcome: (): IngestOutcome => ({ kind: "accepted" }), calls: 4 },
    { name: "refused", outcome: refused, calls: 100_000 / REFUSED_INTERVAL },
  ])("at most once in a while, however many requests are $name", ({ outcome, calls: most }) => {
    let pending: PendingTally = NOTHING_PENDING;
    let calls = 0;
    let due: number | null = null;
    for (let now = T; now < T + 4 * TALLY_INTERVAL; now += 10) {
      if (due !== null && now >= due) {
        ({ pending } = takeTally(pending, now));
        calls += 1;
        due = null;
      }
      const next = countOutcome(pending, outcome(now), now);
      ({ pending } = next);
      if (next.wait !== null) due = now + next.wait;
    }
    expect(calls).toBe(most);
  });

  test("soon after a refused request, although another one waits to send it later", () => {
    const { pending: sent } = takeTally(after([{ kind: "accepted" }]), T);
    const slow = countOutcome(sent, { kind: "accepted" }, T + 100);
    const soon = countOutcome(slow.pending, refused(1), T + 200);
    expect([slow.wait, soon.wait]).toEqual([TALLY_INTERVAL - 100, REFUSED_INTERVAL - 200]);
    expect(soon.pending.due).toBe(T + REFUSED_INTERVAL);
  });

  test("only where something was counted", () => {
    expect(isEmpty(NOTHING_PENDING)).toBe(true);
    expect(isEmpty(after([{ kind: "ignored" }]))).toBe(false);
    expect(isEmpty(takeTally(after([refused(1)]), T).pending)).toBe(true);
  });

  test("although the request that promised it was cut off", () => {
    const { pending } = countOutcome(NOTHING_PENDING, { kind: "accepted" }, T);
    expect(countOutcome(pending, { kind: "accepted" }, T + TALLY_LOST_AFTER - 1).wait).toBeNull();
    expect(countOutcome(pending, { kind: "accepted" }, T + TALLY_LOST_AFTER).wait).toBe(0);
  });
});
