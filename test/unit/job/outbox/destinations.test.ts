// Who may hold something of a job: an erasure has to reach all of them.

import { expect, test } from "vitest";
import type { Settings } from "../../../../src/config/settings.ts";
import { JOB_EVENTS, type JobEnvelope } from "../../../../src/model/event.ts";
import {
  destinationsOf,
  homeShard,
  parseDestination,
  subscriberDestination,
  subscribersHolding,
} from "../../../../src/job/outbox/destinations.ts";

const JOB = { source: "comments", guid: "g1" };

/** Settings as far as destinations need them: subscribers with their numbers of shards. */
const settings = (shards: Readonly<Record<string, number>>): Settings =>
  ({
    subscribers: new Map(Object.entries(shards).map(([id, count]) => [id, { shards: count }])),
  }) as unknown as Settings;

test.each([
  {
    name: "those that are configured, reached or not",
    configured: { crm: 1, bi: 1 },
    reached: [],
    holders: ["subscriber:crm/0", "subscriber:bi/0"],
  },
  {
    name: "those that were reached and have gone",
    configured: {},
    reached: ["account", "subscriber:old/3"],
    holders: ["subscriber:old/3"],
  },
  {
    name: "each once",
    configured: { crm: 1 },
    reached: ["account", "index", "subscriber:crm/0", "subscriber:crm/0"],
    holders: ["subscriber:crm/0"],
  },
  { name: "nobody", configured: {}, reached: ["account", "index"], holders: [] },
] as const)("$name", ({ configured, reached, holders }) => {
  expect(
    subscribersHolding(JOB, reached.map(parseDestination), settings(configured)).map(
      ({ name: stored }) => stored,
    ),
  ).toEqual(holders);
});

test("both shards of a subscriber whose number of shards has changed", () => {
  const now = subscriberDestination("crm", homeShard("crm", JOB, settings({ crm: 64 })));
  expect(now.name).not.toBe("subscriber:crm/0");
  const before = parseDestination("subscriber:crm/0");
  expect(subscribersHolding(JOB, [before], settings({ crm: 64 }))).toEqual([now, before]);
});

test.each([
  { name: "account", destination: { kind: "account", name: "account" } },
  { name: "index", destination: { kind: "index", name: "index" } },
  {
    name: "subscriber:crm/0",
    destination: { kind: "subscriber", name: "subscriber:crm/0", id: "crm", shard: 0 },
  },
  {
    name: "subscriber:big-one/63",
    destination: { kind: "subscriber", name: "subscriber:big-one/63", id: "big-one", shard: 63 },
  },
])("the stored form $name is read", ({ name, destination }) => {
  expect(parseDestination(name)).toEqual(destination);
});

test("a destination that is written is read as the same destination", () => {
  const written = subscriberDestination("crm", homeShard("crm", JOB, settings({ crm: 64 })));
  expect(parseDestination(written.name)).toEqual(written);
});

/** Settings without rules: one archive and one URL get everything. */
const withArchive = {
  rules: [],
  subscribers: new Map([
    ["files", { id: "files", shards: 1, target: { kind: "archive", binding: "FILES" } }],
    ["crm", { id: "crm", shards: 1, target: { kind: "url", url: "https://crm.example" } }],
  ]),
} as unknown as Settings;

const ARCHIVED = new Set(["job.finished", "job.convert.done", "bulk_download.ready"]);

test.each(JOB_EVENTS)("%s is meant for an archive only if it can carry a file", (event) => {
  const envelope = { ...JOB, event, url: null, details: {}, account: "acme" };
  const names = destinationsOf(
    { envelope: envelope as JobEnvelope, provider: "exportcomments", before: null },
    withArchive,
  ).flatMap((destination) => (destination.kind === "subscriber" ? [destination.id] : []));
  expect(names).toEqual(ARCHIVED.has(event) ? ["files", "crm"] : ["crm"]);
});
