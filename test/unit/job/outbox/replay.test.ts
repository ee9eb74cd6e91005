// Where events go when they are emitted, and when they are sent again.

import { describe, expect, test } from "vitest";
import type { Settings } from "../../../../src/config/settings.ts";
import {
  destinationsOf,
  homeShard,
  NO_SHARDS,
  replayPlan,
  takerOf,
  parseDestination,
} from "../../../../src/job/outbox/destinations.ts";
import type { JobEnvelope, JobEvent } from "../../../../src/model/event.ts";

/** Subscribers without rules: all of them get everything. `crm` has 64 shards. */
const settings = {
  rules: [],
  subscribers: new Map(
    Object.entries({ crm: 64, bi: 1 }).map(([id, shards]) => [
      id,
      { id, shards, target: { kind: "url", url: `https://${id}.example` } },
    ]),
  ),
} as unknown as Settings;

/** The shard of `crm` for `comments/g1`. */
const SHARD = 4;

const envelope = (event: JobEvent, over: Partial<JobEnvelope> = {}): JobEnvelope =>
  ({
    event,
    source: "comments",
    guid: "g1",
    account: "acme",
    details: {},
    url: null,
    ...over,
  }) as JobEnvelope;

const names = (
  event: JobEvent,
  over: Partial<Parameters<typeof destinationsOf>[0]> = {},
  kept = NO_SHARDS,
): readonly string[] =>
  destinationsOf(
    { envelope: envelope(event), provider: "exportcomments", before: null, ...over },
    settings,
    kept,
  ).map(({ name }) => name);

describe("a job's shard", () => {
  test("is the same for all its events, by the number of shards that are configured", () => {
    expect([
      homeShard("crm", { source: "comments", guid: "g1" }, settings),
      homeShard("crm", { source: "comments", guid: "g2" }, settings),
      homeShard("crm", { source: "other", guid: "g1" }, settings),
      homeShard("bi", { source: "comments", guid: "g2" }, settings),
      homeShard("gone", { source: "comments", guid: "g2" }, settings),
    ]).toEqual([SHARD, 61, 46, 0, 0]);
  });
});

describe("an event goes", () => {
  test("to its account, to the index and to the subscribers of the rules", () => {
    expect(names("job.created")).toEqual([
      "account",
      "index",
      `subscriber:crm/${SHARD}`,
      "subscriber:bi/0",
    ]);
  });

  test.each<[string, JobEvent, JobEvent | null, boolean]>([
    ["progress after progress", "job.progress", "job.progress", false],
    ["the first progress", "job.progress", "job.started", true],
    ["progress of a new job", "job.progress", null, true],
    ["an end after progress", "job.finished", "job.progress", true],
  ])("to the index unless it changes nothing there: %s", (_, event, before, isIndexed) => {
    expect(names(event, { before }).includes("index")).toBe(isIndexed);
  });

  test("only to the subscribers that may get it", () => {
    expect(names("job.created", { only: ["bi", "gone"] })).toEqual([
      "account",
      "index",
      "subscriber:bi/0",
    ]);
    expect(names("job.created", { only: [] })).toEqual(["account", "index"]);
  });

  test("to a kept shard while a move has not ended", () => {
    expect(names("job.progress", { before: "job.progress" }, new Map([["crm", 3]]))).toEqual([
      "account",
      "subscriber:crm/3",
      "subscriber:bi/0",
    ]);
  });
});

test("what a destination takes belongs to the subscriber, whatever the shard is", () => {
  expect(["subscriber:crm/3", "account", "index"].map(parseDestination).map(takerOf)).toEqual([
    "subscriber:crm",
    "account",
    "index",
  ]);
});

describe("a replay", () => {
  const events = [
    { seq: 1, envelope: envelope("job.created") },
    { seq: 2, envelope: envelope("job.finished") },
  ];
  const planned = (over: Partial<Parameters<typeof replayPlan>[1]>, from = events): unknown =>
    replayPlan(
      from,
      { provider: "exportcomments", subscribers: null, kept: NO_SHARDS, ...over },
      settings,
    ).map(({ destination, events: sent }) => [destination.name, sent.map(({ seq }) => seq)]);

  test("sends all events, in order, to those that the rules name", () => {
    expect(planned({})).toEqual([
      [`subscriber:crm/${SHARD}`, [1, 2]],
      ["subscriber:bi/0", [1, 2]],
    ]);
  });

  test("of a job with chosen subscribers reaches no other, unless it is named", () => {
    expect(planned({ only: ["bi"] })).toEqual([["subscriber:bi/0", [1, 2]]]);
    expect(planned({ only: ["bi"], subscribers: ["crm"] })).toEqual([
      [`subscriber:crm/${SHARD}`, [1, 2]],
    ]);
  });

  test("goes to the named subscribers, at the shard that their events went to last", () => {
    expect(planned({ subscribers: ["crm"], kept: new Map([["crm", 0]]) })).toEqual([
      ["subscriber:crm/0", [1, 2]],
    ]);
  });

  test("of nothing, or to nobody, sends nothing", () => {
    expect([planned({}, []), planned({ subscribers: [] })]).toEqual([[], []]);
  });
});
