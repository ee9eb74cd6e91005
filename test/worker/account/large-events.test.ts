// What an account stores that is close to the limits of a row and of a bound text.

import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { AccountStore } from "../../../src/account/account.store.ts";
import { LOG_RETENTION, MAX_DRAIN_SIZE } from "../../../src/account/retention.ts";
import type { Publication } from "../../../src/model/messages.ts";
import { account, jobsOf, openAccount, publication } from "../stream/stream-fixture.ts";

/** A job's event with a megabyte of `text`, and more in JSON. */
function large(name: string, guid: string, text: string): Publication {
  const { event, snapshot } = publication({ account: name, guid }, 1);
  const details = { ...event.details, text };
  return { event: { ...event, details }, snapshot: { ...snapshot, details } };
}

/** What a subscriber still has to get: an event of about `size` bytes, and the bytes it came as. */
const entry = (id: string, size: number) => ({
  id,
  subscriber: "crm",
  shard: 0,
  dispatch: {
    event: {
      type: "subscription.updated",
      id,
      source: "s",
      account: "raw",
      time: "2026-11-21T19:00:00.000Z",
      text: '"'.repeat(size),
    } as const,
    provider: "betterez",
    traceparent: "tp",
    raw: { contentType: "application/json", body: new Uint8Array(size).fill(34) },
  },
});

describe("an account", () => {
  test.each([
    ["quotes", '"'.repeat(700_000)],
    ["backslashes", "\\".repeat(700_000)],
    ["characters of three bytes", "\u20ac".repeat(480_000)],
    ["line ends", "\n".repeat(700_000)],
  ])("takes five events of a megabyte of %s in one call", async (what, text) => {
    const name = `large-${what.length}-${what[0]}`;
    const client = await openAccount(name);
    const guids = ["a", "b", "c", "d", "e"];
    await account(name).publish([
      publication({ account: name, guid: "small" }, 1),
      ...guids.map((guid) => large(name, guid, text)),
      publication({ account: name, guid: "last" }, 1),
    ]);
    await client.until(8);
    expect(client.events.map(({ event }) => "guid" in event && event.guid)).toEqual([
      "small",
      ...guids,
      "last",
    ]);
    expect((await jobsOf(name)).length).toBeGreaterThan(0);
    client.close();
  });

  test("keeps a message of a megabyte for a subscriber that gets its bytes as well", async () => {
    await runInDurableObject(account("raw"), (_, { storage }) => {
      const { outbox } = new AccountStore(storage, "raw", () => "0a");
      const entries = [entry("evt_1", 10), entry("evt_2", 700_000), entry("evt_3", 700_000)];
      for (const each of entries) outbox.add(each, 1_000);
      const apart = (): unknown => storage.sql.exec("SELECT id FROM outbox_raw").toArray();
      expect(apart()).toEqual([{ id: "evt_2" }, { id: "evt_3" }]);
      const leased = outbox.lease(1_000, 10);
      expect(leased).toEqual(entries.map((each) => ({ ...each, failures: 0 })));
      outbox.settle(
        leased.map((each) => ({ entry: each, acknowledged: each.id !== "evt_3" })),
        2_000,
      );
      expect(apart()).toEqual([{ id: "evt_3" }]);
    });
  });

  test("sends no more of its outbox at once than fits into memory", async () => {
    await runInDurableObject(account("many"), (_, { storage }) => {
      const { outbox } = new AccountStore(storage, "many", () => "0a");
      const body = new Uint8Array(1_000_000);
      for (let n = 0; n < 20; n += 1)
        outbox.add(
          {
            id: `evt_${n}`,
            subscriber: "crm",
            shard: 0,
            dispatch: {
              event: publication({ account: "many" }, 1).event,
              provider: "betterez",
              traceparent: "tp",
              raw: { contentType: "application/json", body },
            },
          },
          1_000,
        );
      expect(outbox.lease(1_000, 50)).toHaveLength(Math.ceil(MAX_DRAIN_SIZE / 1_001_000));
    });
  });

  test("forgets old keys of webhooks part by part, and never one that is still known", async () => {
    await runInDurableObject(account("keys"), (_, { storage }) => {
      const store = new AccountStore(storage, "keys", () => "0a");
      const now = Date.now();
      store.rememberKey("fresh", now);
      storage.sql.exec(
        `INSERT INTO seen (key, at)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
         SELECT 'old ' || i, ? FROM n`,
        now - LOG_RETENTION,
      );
      const left: number[] = [];
      for (let run = 0; run < 4; run += 1) {
        store.trim(now);
        left.push(storage.sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM seen").one().n);
      }
      expect(left).toEqual([3_002, 1_002, 1, 1]);
      expect(store.hasSeen("fresh", now)).toBe(true);
    });
  });
});
