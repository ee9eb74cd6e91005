import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { AccountStore } from "../../../src/account/account.store.ts";
import { MAX_RECENT_IDS } from "../../../src/account/retention.ts";
import {
  account,
  attempt,
  jobsOf,
  openAccount,
  publication,
  token,
  ask,
} from "../stream/stream-fixture.ts";

const tablesOf = (state: DurableObjectState): readonly unknown[] =>
  state.storage.sql
    .exec(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY name",
    )
    .toArray()
    .map(({ name }) => name);

const tables = (name: string): Promise<readonly unknown[]> =>
  runInDurableObject(account(name), (_, state) => tablesOf(state));

const entry = (id: string) =>
  ({ kind: "webhooks", source: "s", guid: "g", event: attempt("any", id) }) as const;

describe("an account without any event", () => {
  test("answers every question without leaving a table behind", async () => {
    const name = "quiet";
    expect(await jobsOf(name)).toEqual([]);
    await account(name).forget("comments", "none");
    await account(name).announce([]);
    await account(name).publish([]);
    const client = await openAccount(name);
    const page = await ask(`/v1/accounts/${name}/events?since=garbage`, {
      authorization: `Bearer ${await token(name)}`,
    });
    expect(await page.json()).toMatchObject({ items: [], reset: true, snapshot: { jobs: [] } });
    expect(await tables(name)).toEqual([]);
    client.close();
  });

  test("sends its first event to a client that waited, whose cursors continue", async () => {
    const name = "waited";
    const client = await openAccount(name);
    await account(name).publish([publication({ account: name }, 1)]);
    await client.until(2);
    const again = await openAccount(name, { since: client.hello.cursor });
    await again.until(2);
    expect([again.hello.recovered, again.events]).toEqual([true, client.events]);
    await evictDurableObject(account(name));
    const later = await openAccount(name, { since: client.hello.cursor });
    expect(later.hello.recovered).toBe(true);
    for (const each of [client, again, later]) each.close();
  });

  test("sends its first event to a client that waited while it slept, and starts it over later", async () => {
    const name = "slept";
    const client = await openAccount(name);
    await evictDurableObject(account(name));
    await account(name).publish([publication({ account: name }, 1)]);
    await client.until(2);
    const again = await openAccount(name, { since: client.hello.cursor });
    expect(again.hello).toMatchObject({ recovered: false, snapshot: { jobs: [{ seq: 1 }] } });
    const on = await openAccount(name, { since: client.events[0]?.cursor ?? "" });
    expect(on.hello.recovered).toBe(true);
    for (const each of [client, again, on]) each.close();
  });

  test("has no tables after a first write that failed, and the same epoch", async () => {
    await runInDurableObject(account("failed"), (_, state) => {
      let epochs = 0;
      const store = new AccountStore(state.storage, "failed", () => `${(epochs += 1)}`);
      expect(store.log.epoch()).toBe("1");
      expect(() =>
        store.commit(() => {
          store.log.append([entry("evt_1")], 1);
          throw new Error("no");
        }),
      ).toThrow("no");
      expect([tablesOf(state), store.exists, store.log.bounds()]).toEqual([
        [],
        false,
        { first: 1, last: 0 },
      ]);
      store.commit(() => store.log.append([entry("evt_1")], 1));
      expect([store.exists, store.log.epoch(), store.log.bounds()]).toEqual([
        true,
        "1",
        { first: 1, last: 1 },
      ]);
      expect(new AccountStore(state.storage, "failed", () => "other").log.epoch()).toBe("1");
    });
  });
});

describe("the newest ids of a log", () => {
  test("are those of its newest 256 entries, before and after a wake, a failure and an erasure", async () => {
    await runInDurableObject(account("recent"), (_account, state) => {
      const store = new AccountStore(state.storage, "recent", () => "0a");
      const all = Array.from({ length: MAX_RECENT_IDS + 1 }, (_, index) => `evt_${index}`);
      const known = (from: AccountStore): readonly string[] => [
        ...from.log.recent([...all, "evt_lost", "evt_more"]),
      ];
      expect(known(store)).toEqual([]);
      for (const id of all) store.log.append([entry(id)], 1);
      const newest = all.slice(1);
      expect([known(store), known(new AccountStore(state.storage, "recent", () => "0a"))]).toEqual([
        newest,
        newest,
      ]);
      expect(() =>
        store.commit(() => {
          store.log.append([entry("evt_lost")], 1);
          throw new Error("no");
        }),
      ).toThrow("no");
      expect(known(store)).toEqual(newest);
      store.log.append([{ ...entry("evt_more"), guid: "erased" }], 1);
      expect(known(store)).toEqual([...all.slice(2), "evt_more"]);
      store.log.erase("s", "erased");
      expect(known(store)).toEqual(newest);
    });
  });
});
