// Where a job's events went, also of a job that an earlier version stored.

import { expect, test } from "vitest";
import { parseDestination } from "../../../../src/job/outbox/destinations.ts";
import { NEW_JOB, NO_WATERMARKS, type Watermarks } from "../../../../src/job/outbox/outbox.ts";
import { Routes } from "../../../../src/job/storage/routes.ts";

/** Events by `seq`, with the names of their destinations. */
const EVENTS: readonly (readonly string[])[] = [
  ["account", "subscriber:bi/0", "subscriber:crm/0"],
  ["account", "subscriber:crm/2"],
];

const routes = (watermarks: Watermarks, events = EVENTS): Routes =>
  new Routes({
    watermarks: () => watermarks,
    load: () => (events.length === 0 ? null : { state: { seq: events.length } }),
    events: {
      namesOf: (seq) => events[seq - 1] ?? [],
      destinations: () => [...new Set(events.flat())].map(parseDestination),
    },
  });

const to = (name: string) => [parseDestination(name)];

test("the last shards are those that the watermarks name, else those of the newest event", () => {
  const known = { ...NEW_JOB, reached: ["subscriber:crm/1"] };
  expect([...routes(known).last()]).toEqual([["crm", 1]]);
  expect([...routes(NO_WATERMARKS).last()]).toEqual([["crm", 2]]);
  expect([...routes(NO_WATERMARKS, []).last()]).toEqual([]);
});

test("a shard is pinned while its subscriber moves", () => {
  const moving = { ...NEW_JOB, reached: ["subscriber:crm/1"], moves: [{ id: "crm", from: 0 }] };
  expect([...routes(moving).pinned()]).toEqual([["crm", 1]]);
  expect([...routes({ ...moving, moves: [] }).pinned()]).toEqual([]);
  expect([...routes(NEW_JOB).pinned()]).toEqual([]);
});

test("a job of an earlier version learns where all events went when the next goes elsewhere", () => {
  expect(routes(NEW_JOB).watermarksBefore(to("subscriber:crm/0"))).toBe(NEW_JOB);
  expect(routes(NO_WATERMARKS).watermarksBefore(to("subscriber:crm/2"))).toBe(NO_WATERMARKS);
  expect(routes(NO_WATERMARKS).watermarksBefore(to("subscriber:crm/0"))).toEqual({
    ...NO_WATERMARKS,
    reached: ["subscriber:bi/0", "subscriber:crm/0", "account", "subscriber:crm/2"],
  });
});
