// Which shard of a subscriber a job's events go to, and how they come to another one.

import { describe, expect, test } from "vitest";
import { parseDestination } from "../../../../src/job/outbox/destinations.ts";
import {
  afterMoves,
  drainAt,
  inPart,
  NEW_JOB,
  NO_WATERMARKS,
  withReached,
} from "../../../../src/job/outbox/outbox.ts";
import { lastShards, pinnedShards, withRoutes } from "../../../../src/job/outbox/shards.ts";

const to = (...names: readonly string[]) => names.map(parseDestination);

describe("the shard that a subscriber's events went to last", () => {
  test("is the one that is named last; account and index have none", () => {
    const names = ["account", "subscriber:crm/1", "subscriber:bi/0", "index", "subscriber:crm/3"];
    expect([...lastShards(names)]).toEqual([
      ["crm", 3],
      ["bi", 0],
    ]);
  });

  test("is kept while a move of the subscriber has not ended", () => {
    const last = lastShards(["subscriber:crm/3", "subscriber:bi/0"]);
    expect([...pinnedShards([{ id: "crm", from: 1 }], last)]).toEqual([["crm", 3]]);
    expect([...pinnedShards([], last)]).toEqual([]);
  });
});

describe("the way of an event", () => {
  test.each<{
    name: string;
    reached: readonly string[];
    sent: readonly string[];
    after: readonly string[];
    moves: readonly { readonly id: string; readonly from: number }[];
  }>([
    {
      name: "to a subscriber for the first time is noted and moves nothing",
      reached: ["subscriber:bi/0"],
      sent: ["account", "index", "subscriber:crm/2"],
      after: ["subscriber:bi/0", "subscriber:crm/2"],
      moves: [],
    },
    {
      name: "to the shard of the events before it changes nothing",
      reached: ["subscriber:crm/2", "subscriber:bi/0"],
      sent: ["subscriber:crm/2"],
      after: ["subscriber:crm/2", "subscriber:bi/0"],
      moves: [],
    },
    {
      name: "to another shard begins a move away from the former one",
      reached: ["subscriber:crm/0", "subscriber:bi/0"],
      sent: ["subscriber:crm/1", "subscriber:bi/0"],
      after: ["subscriber:crm/0", "subscriber:bi/0", "subscriber:crm/1"],
      moves: [{ id: "crm", from: 0 }],
    },
    {
      name: "back to a shard of before makes it the last one again",
      reached: ["subscriber:crm/0", "subscriber:crm/1"],
      sent: ["subscriber:crm/0"],
      after: ["subscriber:crm/1", "subscriber:crm/0"],
      moves: [{ id: "crm", from: 1 }],
    },
  ])("$name", ({ reached, sent, after, moves }) => {
    expect(withRoutes(reached, to(...sent))).toEqual({ reached: after, moves });
  });

  test("leaves the list as it is when it reaches nobody new", () => {
    const reached = ["subscriber:crm/2"];
    expect(withRoutes(reached, to("subscriber:crm/2")).reached).toBe(reached);
  });
});

describe("the watermarks", () => {
  const begun = withReached(
    withReached(NEW_JOB, to("subscriber:crm/0")),
    to("account", "subscriber:crm/1"),
  );

  test("of a new job say that it reached nobody", () => {
    expect(NEW_JOB).toEqual({ all: 0, ahead: {}, failures: 0, retryAt: null, reached: [] });
  });

  test("name the moves that have not ended, oldest first", () => {
    expect(begun).toEqual({
      ...NEW_JOB,
      reached: ["subscriber:crm/0", "subscriber:crm/1"],
      moves: [{ id: "crm", from: 0 }],
    });
    expect(withReached(begun, to("subscriber:crm/0")).moves).toEqual([
      { id: "crm", from: 0 },
      { id: "crm", from: 1 },
    ]);
  });

  test("of events that move nothing have no list of moves", () => {
    expect(withReached(NEW_JOB, to("subscriber:crm/0"))).not.toHaveProperty("moves");
  });

  test("need the alarm until every move has ended, although all events were sent", () => {
    const sent = { ...begun, all: 2 };
    expect(drainAt(sent, 2, 1_000)).toBe(6_000);
    expect(drainAt(afterMoves(sent, new Set(["crm"])), 2, 1_000)).toBe(null);
  });

  test("keep the moves of other subscribers when one has ended", () => {
    const two = withReached(withReached(begun, to("subscriber:bi/0")), to("subscriber:bi/1"));
    expect(afterMoves(two, new Set(["crm"])).moves).toEqual([{ id: "bi", from: 0 }]);
    expect(afterMoves(two, new Set())).toBe(two);
    expect(afterMoves(NO_WATERMARKS, new Set(["crm"]))).toEqual({ ...NO_WATERMARKS, moves: [] });
  });

  test.each([
    { name: "the part that the index names", known: {}, part: 7, after: { part: 7 } },
    { name: "another part", known: { part: 3 }, part: 7, after: { part: 7 } },
    {
      name: "what was known, where none is named",
      known: { part: 3 },
      part: undefined,
      after: { part: 3 },
    },
  ])("have $name", ({ known, part, after }) => {
    expect(inPart({ ...NO_WATERMARKS, ...known }, part)).toEqual({ ...NO_WATERMARKS, ...after });
  });

  test("stay the same object when the index names the same part", () => {
    const marks = { ...NO_WATERMARKS, part: 7 };
    expect(inPart(marks, 7)).toBe(marks);
    expect(inPart(marks, undefined)).toBe(marks);
  });
});
