// Watermarks: what each destination lacks, after any pattern of failures.

import { array, integer, nat, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  afterAmendment,
  withAmended,
  withReached,
  drainAt,
  firstPage,
  afterDrain,
  afterFault,
  NO_WATERMARKS,
  MAX_PAGE_EVENTS,
  MAX_PAGE_CHARACTERS,
  beforeReplay,
  undelivered,
  type Watermarks,
  type Outgoing,
} from "../../../../src/job/outbox/outbox.ts";
import { parseDestination } from "../../../../src/job/outbox/destinations.ts";
import { falsified } from "../../kernel/falsified.ts";

const event = (seq: number, ...to: readonly string[]): Outgoing => ({
  seq,
  to: to.map(parseDestination),
});

const LOG: readonly Outgoing[] = [
  event(1, "account", "index", "subscriber:crm/0"),
  event(2, "account"),
  event(3, "account", "subscriber:crm/0"),
  event(4, "account", "index", "subscriber:crm/0", "subscriber:bi/2"),
];

const lacking = (
  watermarks: Watermarks,
  events: readonly Outgoing[],
): Record<string, readonly number[]> =>
  Object.fromEntries(
    undelivered(watermarks, events).map((lack) => [
      lack.destination.name,
      lack.events.map(({ seq }) => seq),
    ]),
  );

describe("undelivered", () => {
  test("gives each destination its own events, in order", () => {
    expect(lacking(NO_WATERMARKS, LOG)).toEqual({
      account: [1, 2, 3, 4],
      index: [1, 4],
      "subscriber:crm/0": [1, 3, 4],
      "subscriber:bi/2": [4],
    });
  });

  test.each<{ name: string; watermarks: Watermarks; lacks: Record<string, readonly number[]> }>([
    { name: "nobody lacks what all have", watermarks: { ...NO_WATERMARKS, all: 4 }, lacks: {} },
    {
      name: "all have the first three",
      watermarks: { ...NO_WATERMARKS, all: 3 },
      lacks: { account: [4], index: [4], "subscriber:crm/0": [4], "subscriber:bi/2": [4] },
    },
    {
      name: "one is further than the others",
      watermarks: { ...NO_WATERMARKS, all: 1, ahead: { account: 3 } },
      lacks: { account: [4], index: [4], "subscriber:crm/0": [3, 4], "subscriber:bi/2": [4] },
    },
    {
      name: "all but one have everything",
      watermarks: {
        ...NO_WATERMARKS,
        all: 0,
        ahead: { account: 4, index: 4, "subscriber:bi/2": 4 },
      },
      lacks: { "subscriber:crm/0": [1, 3, 4] },
    },
  ])("$name", ({ watermarks, lacks }) => {
    expect(lacking(watermarks, LOG)).toEqual(lacks);
  });

  test("of an empty log is nothing", () => {
    expect(lacking(NO_WATERMARKS, [])).toEqual({});
  });
});

describe("afterDrain", () => {
  test("moves everyone's mark when nobody failed, and forgets failures", () => {
    const before: Watermarks = { all: 1, ahead: { account: 3 }, failures: 4, retryAt: 99 };
    expect(afterDrain(before, { last: 4, took: ["account", "index"], failed: [] }, 1_000)).toEqual({
      all: 4,
      ahead: {},
      failures: 0,
      retryAt: null,
    });
  });

  test("moves the marks of those who took, and only theirs, when one failed", () => {
    expect(
      afterDrain(
        NO_WATERMARKS,
        { last: 4, took: ["account", "index"], failed: ["subscriber:crm/0"] },
        1_000,
      ),
    ).toEqual({
      all: 0,
      ahead: { account: 4, index: 4 },
      failures: 1,
      retryAt: 1_500,
    });
  });

  test("keeps the mark of one who lacked nothing in this drain", () => {
    const before: Watermarks = { all: 0, ahead: { index: 4 }, failures: 1, retryAt: 1_500 };
    expect(
      afterDrain(before, { last: 5, took: ["account"], failed: ["subscriber:crm/0"] }, 1_500).ahead,
    ).toEqual({ index: 4, account: 5 });
  });

  test.each([
    [0, 500],
    [1, 1_000],
    [2, 2_000],
    [6, 32_000],
    [7, 60_000],
    [8, 60_000],
    [1_000, 60_000],
  ])("waits after %d failures in a row for %d ms", (failures, wait) => {
    const after = afterDrain(
      { ...NO_WATERMARKS, failures },
      { last: 1, took: [], failed: ["account"] },
      10_000,
    );
    expect([after.failures, after.retryAt]).toEqual([failures + 1, 10_000 + wait]);
  });
});

describe("drainAt", () => {
  test.each<{ name: string; watermarks: Watermarks; last: number; at: number | null }>([
    {
      name: "nothing to hand over: never",
      watermarks: { ...NO_WATERMARKS, all: 3 },
      last: 3,
      at: null,
    },
    { name: "no event at all: never", watermarks: NO_WATERMARKS, last: 0, at: null },
    {
      name: "fewer events than were sent, after an amendment: never",
      watermarks: { ...NO_WATERMARKS, all: 3, amended: [], moves: [] },
      last: 2,
      at: null,
    },
    {
      name: "an event that no drain took yet: five seconds from now",
      watermarks: { ...NO_WATERMARKS, all: 2 },
      last: 3,
      at: 15_000,
    },
    {
      name: "a failed drain: when it said",
      watermarks: { ...NO_WATERMARKS, all: 2, failures: 1, retryAt: 10_500 },
      last: 3,
      at: 10_500,
    },
  ])("$name", ({ watermarks, last, at }) => {
    expect(drainAt(watermarks, last, 10_000)).toBe(at);
  });
});

/** Drains once; what was taken is written down per destination. Returns the marks after it. */
function drain(
  watermarks: Watermarks,
  log: readonly Outgoing[],
  failing: readonly string[],
  taken: Map<string, number[]>,
): Watermarks {
  const after = log.filter(({ seq }) => seq > watermarks.all);
  const lacks = lacking(watermarks, after);
  const last = after.at(-1)?.seq;
  if (last === undefined) return watermarks;
  const took = Object.keys(lacks).filter((destination) => !failing.includes(destination));
  for (const destination of took)
    taken.set(destination, [...(taken.get(destination) ?? []), ...(lacks[destination] ?? [])]);
  return afterDrain(
    watermarks,
    {
      last,
      took,
      failed: Object.keys(lacks).filter((destination) => failing.includes(destination)),
    },
    0,
  );
}

describe("any pattern of failures", () => {
  const DESTINATIONS: readonly string[] = ["account", "index", "subscriber:a/0", "subscriber:b/1"];

  /**
   * Per round: how many events are emitted before the drain, and which of the destinations (bits)
   * fail in it.
   */
  const rounds = array(
    record({ emitted: nat(3), to: integer({ min: 1, max: 15 }), failing: nat(15) }),
    { maxLength: 20 },
  );

  const chosen = (bits: number): readonly string[] =>
    DESTINATIONS.filter((_, index) => (bits & (1 << index)) !== 0);

  test("gives every destination all of its own events, once and in order", () => {
    expect(
      falsified(
        property(rounds, (given) => {
          const log: Outgoing[] = [];
          const taken = new Map<string, number[]>();
          let watermarks = NO_WATERMARKS;
          for (const { emitted, to, failing } of given) {
            for (let more = 0; more < emitted; more += 1)
              log.push(event(log.length + 1, ...chosen(to)));
            watermarks = drain(watermarks, log, chosen(failing), taken);
            for (const destination of DESTINATIONS.filter(
              (one) => !chosen(failing).includes(one),
            )) {
              const own = log
                .filter((one) => one.to.some(({ name }) => name === destination))
                .map(({ seq }) => seq);
              if (JSON.stringify(taken.get(destination) ?? []) !== JSON.stringify(own))
                throw new Error(`${destination} was held back, or had one twice`);
            }
          }
          watermarks = drain(watermarks, log, [], taken);
          for (const destination of DESTINATIONS) {
            const own = log
              .filter((one) => one.to.some(({ name }) => name === destination))
              .map(({ seq }) => seq);
            if (JSON.stringify(taken.get(destination) ?? []) !== JSON.stringify(own))
              throw new Error(`${destination} lacks some`);
          }
          if (watermarks.all !== log.length || watermarks.failures !== 0)
            throw new Error("a mark stayed behind");
        }),
        2_000,
      ),
    ).toEqual([]);
  });

  test("marks that survive as a row's text are the same marks", () => {
    const marks = afterDrain(
      { ...NO_WATERMARKS, ahead: { index: 2 } },
      { last: 3, took: ["account"], failed: ["subscriber:a/0"] },
      5,
    );
    expect(JSON.parse(JSON.stringify(marks))).toEqual(marks);
  });
});

const sizes = (...list: readonly number[]): readonly { readonly size: number }[] =>
  list.map((size) => ({ size }));

describe("firstPage", () => {
  test.each([
    { name: "nothing", events: sizes(), length: 0 },
    { name: "what fits exactly", events: sizes(MAX_PAGE_CHARACTERS - 1, 1), length: 2 },
    { name: "all but one character over", events: sizes(MAX_PAGE_CHARACTERS, 1), length: 1 },
    {
      name: "an event larger than a page, alone",
      events: sizes(MAX_PAGE_CHARACTERS + 1, 1),
      length: 1,
    },
    {
      name: "what stands before such an event",
      events: sizes(1, MAX_PAGE_CHARACTERS + 1),
      length: 1,
    },
    {
      name: "empty ones, by their number",
      events: sizes(...Array.from({ length: MAX_PAGE_EVENTS + 1 }, () => 0)),
      length: MAX_PAGE_EVENTS,
    },
  ])("is $name", ({ events, length }) => {
    expect(firstPage(events)).toEqual(events.slice(0, length));
  });

  test("reads one event too far at most", () => {
    let read = 0;
    function* endless(): Iterable<{ readonly size: number }> {
      for (;;) {
        read += 1;
        yield { size: MAX_PAGE_CHARACTERS / 2 };
      }
    }
    expect({ length: firstPage(endless()).length, read }).toEqual({ length: 2, read: 3 });
  });
});

describe("the destinations of replays", () => {
  const marks = beforeReplay(NO_WATERMARKS, ["subscriber:a/0", "subscriber:b/1"]);

  test("is noted once each", () => {
    expect(marks).toEqual({ ...NO_WATERMARKS, replayed: ["subscriber:a/0", "subscriber:b/1"] });
    expect(beforeReplay(marks, ["subscriber:b/1"])).toBe(marks);
    expect(beforeReplay(marks, ["subscriber:b/1", "subscriber:c/0"]).replayed).toEqual([
      "subscriber:a/0",
      "subscriber:b/1",
      "subscriber:c/0",
    ]);
  });

  test.each([{ failed: [] }, { failed: ["account"] }] as const)(
    "outlives a drain in which $failed failed",
    ({ failed }) => {
      expect(afterDrain(marks, { last: 3, took: ["index"], failed }, 5).replayed).toEqual(
        marks.replayed,
      );
    },
  );
});

describe("amended events", () => {
  const amended = { seq: 3, replay: "amended-7", first: ["subscriber:b/0"] };
  const marks = withAmended({ ...NO_WATERMARKS, all: 3 }, amended);

  test("need the alarm until they are sent, although all events were", () => {
    expect(drainAt(marks, 3, 1_000)).toBe(6_000);
    expect(drainAt(afterAmendment(marks, true, 1_000), 3, 1_000)).toBe(null);
  });

  test("are sent in order, each once", () => {
    const second = { ...amended, replay: "amended-8" };
    const two = withAmended(marks, second);
    expect(two.amended).toEqual([amended, second]);
    expect(afterAmendment(two, true, 1_000).amended).toEqual([second]);
  });

  test("are tried again later when a destination does not answer", () => {
    const failed = afterAmendment(marks, false, 1_000);
    expect(failed).toEqual({ ...marks, failures: 1, retryAt: 1_500 });
    expect(afterAmendment(failed, true, 2_000)).toEqual({ ...marks, amended: [] });
  });

  test("outlive a drain", () => {
    expect(afterDrain(marks, { last: 4, took: ["account"], failed: [] }, 5).amended).toEqual([
      amended,
    ]);
  });
});

describe("a fault beside events", () => {
  test.each([
    [0, 1_500],
    [1, 2_000],
    [7, 61_000],
  ])("after %d failures is tried again at %d", (failures, retryAt) => {
    const before: Watermarks = { ...NO_WATERMARKS, all: 3, ahead: { account: 4 }, failures };
    expect(afterFault(before, 1_000)).toEqual({ ...before, failures: failures + 1, retryAt });
  });
});

test("an amendment of a job whose amendments were all sent leaves an empty list", () => {
  expect(afterAmendment(NO_WATERMARKS, true, 5).amended).toEqual([]);
});

describe("the subscribers that events were meant for", () => {
  const to = ["account", "subscriber:a/0", "index"].map(parseDestination);

  test("are noted once each", () => {
    const marks = withReached({ ...NO_WATERMARKS, reached: [] }, to);
    expect(marks.reached).toEqual(["subscriber:a/0"]);
    expect(withReached(marks, to)).toBe(marks);
  });

  test("stay unknown in a job of an earlier version, whose events have to be read", () => {
    expect(withReached(NO_WATERMARKS, to)).toBe(NO_WATERMARKS);
  });
});
