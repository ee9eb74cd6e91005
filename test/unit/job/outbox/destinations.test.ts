// Who may hold something of a job: an erasure has to reach all of them.

import { expect, test } from "vitest";
import type { Settings } from "../../../../src/config/settings.ts";
import {
  destinationsHolding,
  subscriberDestination,
} from "../../../../src/job/outbox/destinations.ts";

const JOB = { source: "comments", guid: "g1" };

/** Settings as far as destinations need them: subscribers with their numbers of shards. */
const settings = (shards: Readonly<Record<string, number>>): Settings =>
  ({
    subscribers: new Map(Object.entries(shards).map(([id, count]) => [id, { shards: count }])),
  }) as unknown as Settings;

test.each([
  {
    name: "those that are configured, told or not",
    configured: { crm: 1, bi: 1 },
    told: [],
    holders: ["subscriber:crm/0", "subscriber:bi/0"],
  },
  {
    name: "those that were told and have gone",
    configured: {},
    told: ["account", "subscriber:old/3"],
    holders: ["subscriber:old/3"],
  },
  {
    name: "each once",
    configured: { crm: 1 },
    told: ["account", "index", "subscriber:crm/0", "subscriber:crm/0"],
    holders: ["subscriber:crm/0"],
  },
  { name: "nobody", configured: {}, told: ["account", "index"], holders: [] },
] as const)("$name", ({ configured, told, holders }) => {
  expect([...destinationsHolding(JOB, told, settings(configured))]).toEqual(holders);
});

test("both shards of a subscriber whose number of shards has changed", () => {
  const now = subscriberDestination("crm", JOB, settings({ crm: 64 }));
  expect(now).not.toBe("subscriber:crm/0");
  expect(new Set(destinationsHolding(JOB, ["subscriber:crm/0"], settings({ crm: 64 })))).toEqual(
    new Set([now, "subscriber:crm/0"]),
  );
});
