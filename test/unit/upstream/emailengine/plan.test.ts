// Which exports are looked at next, and by which requests.

import { describe, expect, test } from "vitest";
import { SECOND } from "../../../../src/kernel/time.ts";
import { Accounts } from "../../../../src/upstream/emailengine/accounts.ts";
import {
  areOfAll,
  LEASE,
  dueExports,
  LIST_FROM,
  MAX_LISTS,
  newWatched,
  nextDue,
  unwatched,
  waitsStill,
  type Watched,
} from "../../../../src/upstream/emailengine/plan.ts";
import { passing, RETRY, RETRY_REFUSED } from "../../../../src/upstream/record.ts";
import { Watches } from "../../../../src/upstream/emailengine/watches.ts";

const NOW = 1_795_824_000_000;

const watched = (exportId: string, changes: Partial<Watched> = {}): Watched => ({
  ...newWatched({ account: "ada", exportId, since: NOW, seen: false }, NOW),
  ...changes,
});

describe("what is due", () => {
  test("the longest due first, and nothing before its time", () => {
    const exports = [
      watched("a", { due: NOW }),
      watched("b", { due: NOW - 5 }),
      watched("c", { due: NOW + 1 }),
    ];
    expect(dueExports(exports, NOW).map(({ exportId }) => exportId)).toEqual(["b", "a"]);
    expect([nextDue(exports), nextDue([])]).toEqual([NOW - 5, null]);
  });

  test("several exports of one account are worth a list, once in a while", () => {
    const due = ["ada", "bob"].flatMap((account) =>
      Array.from({ length: account === "ada" ? LIST_FROM : LIST_FROM - 1 }, (_, index) =>
        watched(`${account}${index}`, { account }),
      ),
    );
    const accounts = new Accounts();
    expect(accounts.toList(due, NOW)).toEqual(["ada"]);
    accounts.listed("ada", NOW + 5);
    expect([accounts.toList(due, NOW + 4), accounts.toList(due, NOW + 5)]).toEqual([[], ["ada"]]);
  });

  test("lists leave room for looks, however many accounts there are", () => {
    const due = Array.from({ length: 400 * LIST_FROM }, (_, index) =>
      watched(`e${index}`, { account: `account ${index % 400}` }),
    );
    const accounts = new Accounts();
    expect(accounts.toList(due, NOW)).toHaveLength(MAX_LISTS);
    for (let index = 0; index < 400; index += 1) accounts.want(`wanted ${index}`, NOW);
    expect(accounts.toList(due, NOW)).toHaveLength(MAX_LISTS);
    accounts.failed("ada", passing("answered 500"), NOW, 1);
    expect(accounts.toList(due, NOW)).toHaveLength(1);
    accounts.succeeded("bob");
    expect(accounts.toList(due, NOW)).toHaveLength(MAX_LISTS);
  });

  test("a list that a webhook has made worth reading is read once, and again after a failure", () => {
    const accounts = new Accounts();
    expect([accounts.isIdle, accounts.due]).toEqual([true, null]);
    accounts.want("ada", NOW);
    accounts.want("ada", NOW + 1);
    expect([accounts.due, accounts.toList([], NOW)]).toEqual([NOW, ["ada"]]);
    expect(accounts.failed("ada", passing("answered 500"), NOW, 1)).toBe(NOW + RETRY.first);
    expect([accounts.due, accounts.toList([], NOW)]).toEqual([NOW + RETRY.first, []]);
    expect(accounts.toList([], NOW + RETRY.first)).toEqual(["ada"]);
    accounts.listed("ada", NOW + 5);
    expect([accounts.isIdle, accounts.due]).toEqual([true, null]);
  });

  test("a list that fails lets other wanted lists wait, one that is refused does not", () => {
    const accounts = new Accounts();
    for (const account of ["ada", "bob"]) accounts.want(account, NOW);
    accounts.failed("ada", { ...passing("answered 403"), refused: true }, NOW, 1);
    expect([accounts.due, accounts.toList([], NOW)]).toEqual([NOW, ["bob"]]);
    accounts.failed("bob", passing("answered 500"), NOW, 1);
    accounts.want("eve", NOW + 1);
    accounts.failed("eve", passing("answered 500"), NOW + 1, 1);
    expect([accounts.due, accounts.toList([], NOW + 500)]).toEqual([NOW + 501, []]);
  });

  test("an account that refuses is left alone ever longer, until it answers", () => {
    const accounts = new Accounts();
    const refused = { ...passing("answered 403"), refused: true };
    let now = NOW;
    const waits = Array.from({ length: 8 }, () => {
      const until = accounts.failed("ada", refused, now, 1);
      const again = accounts.failed("ada", refused, until - 1, 1);
      const wait = until - now;
      now = until;
      return [wait / SECOND, again === until];
    });
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300].map((wait) => [wait, true]));
    accounts.succeeded("ada");
    expect(accounts.failed("ada", refused, now, 1) - now).toBe(RETRY_REFUSED.first);
    expect(accounts.failed("bob", refused, now, 0.5) - now).toBe(RETRY_REFUSED.first / 2);
  });

  test.each([
    [1, 1, true],
    [1, 2, false],
    [2, 2, true],
    [2, 1_000, false],
    [3, 1_000, true],
  ])(
    "%i failures in a row of %i that are polled are the instance's: %s",
    (failures, polled, all) => {
      expect(areOfAll(failures, polled)).toBe(all);
    },
  );
});

describe("a list", () => {
  test("an export that waits still needs no look, once it is known to wait", () => {
    const listed = { exportId: "a", status: "queued" } as const;
    expect([
      waitsStill(watched("a", { isQueued: true }), listed),
      waitsStill(watched("a"), listed),
      waitsStill(watched("a", { isQueued: true }), { ...listed, status: "processing" }),
      waitsStill(watched("a", { isQueued: true }), undefined),
    ]).toEqual([true, false, false, false]);
  });

  test("exports that run and are not polled yet are found in it", () => {
    const listed = [
      { exportId: "a", status: "queued" },
      { exportId: "b", status: "processing" },
      { exportId: "c", status: "processing" },
      { exportId: "d", status: "completed" },
    ] as const;
    expect(unwatched(listed, (id) => id === "b").map(({ exportId }) => exportId)).toEqual([
      "a",
      "c",
    ]);
  });
});

const rows = (): {
  readonly accounts: Accounts;
  readonly calls: string[];
  readonly watches: Watches;
} => {
  const accounts = new Accounts();
  const calls: string[] = [];
  const watches = new Watches(
    {
      watched: () => [{ account: "ada", exportId: "old", since: NOW - 1, seen: true }],
      watch: ({ exportId, seen }) => void calls.push(`watch ${exportId} ${seen}`),
      unwatch: (exportId) => void calls.push(`unwatch ${exportId}`),
    },
    accounts,
    NOW,
  );
  return { accounts, calls, watches };
};

describe("the exports of a source", () => {
  test("each has one row, however often it is announced", () => {
    const { calls, watches } = rows();
    const one = { account: "ada", exportId: "new" };
    expect([watches.add([one], NOW), watches.add([one], NOW), watches.size]).toEqual([
      true,
      true,
      2,
    ]);
    for (const each of watches.all()) watches.markSeen(each);
    watches.remove("new");
    watches.remove("new");
    expect(calls).toEqual(["watch new false", "watch new true", "unwatch new"]);
  });

  test("wait while the list of their account is read, and those of others do not", () => {
    const { accounts, watches } = rows();
    accounts.want("ada", NOW);
    watches.add([{ account: "bob", exportId: "b" }], NOW + 1);
    const due = (): readonly string[] => watches.due(NOW + 5).map(({ exportId }) => exportId);
    expect([due(), watches.nextDue(), accounts.due]).toEqual([["old", "b"], NOW, NOW]);
    accounts.lease("ada", NOW + LEASE);
    expect([due(), watches.nextDue(), accounts.due]).toEqual([["b"], NOW + 1, NOW + LEASE]);
    // It is begun once, and again when nothing became of it.
    expect(accounts.toList(watches.due(NOW + 5), NOW + 5)).toEqual([]);
    accounts.release("ada");
    expect([due(), accounts.toList([], NOW + 5)]).toEqual([["old", "b"], ["ada"]]);
  });

  test("one too many is refused, and none of its announcement is added", () => {
    const { watches } = rows();
    const many = Array.from({ length: 10_000 }, (_, index) => ({
      account: "ada",
      exportId: `e${index}`,
    }));
    expect([watches.add(many, NOW), watches.size]).toEqual([false, 1]);
    expect([watches.add(many.slice(1), NOW), watches.size]).toEqual([true, 10_000]);
  });

  test("those of an account that refuses are put off, and nobody else's", () => {
    const { watches } = rows();
    watches.set(watched("a", { due: NOW + 9 }));
    watches.set(watched("b", { account: "bob" }));
    watches.putOffAll("ada", NOW + 5);
    expect(watches.all().map(({ due }) => due - NOW)).toEqual([5, 9, 0]);
    const isDue = (exportId: string, now: number) =>
      watches.isDue({ account: "ada", exportId }, now);
    expect([isDue("old", NOW), isDue("old", NOW + 5), isDue("gone", NOW + 5)]).toEqual([
      false,
      true,
      false,
    ]);
    expect(watches.accounts()).toBe(2);
  });

  test("those of an account that wait are put off by its list", () => {
    const { watches } = rows();
    watches.set(watched("a", { isQueued: true }));
    watches.set(watched("b", { isQueued: true, account: "bob" }));
    const listed = [
      { exportId: "a", status: "queued" },
      { exportId: "b", status: "queued" },
    ] as const;
    watches.putOff("ada", listed, NOW + 5);
    expect(watches.all().map(({ due }) => due - NOW)).toEqual([0, 5, 0]);
  });
});
