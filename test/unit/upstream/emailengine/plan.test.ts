// Which exports are looked at next, and by which requests.

import { describe, expect, test } from "vitest";
import {
  accountsToList,
  dueExports,
  LIST_FROM,
  MAX_LISTS,
  newWatched,
  nextDue,
  unwatched,
  waitsStill,
  type Watched,
} from "../../../../src/upstream/emailengine/plan.ts";
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
    expect(accountsToList(due, new Map(), NOW)).toEqual(["ada"]);
    expect(accountsToList(due, new Map([["ada", NOW]]), NOW - 1)).toEqual([]);
    expect(accountsToList(due, new Map([["ada", NOW]]), NOW)).toEqual(["ada"]);
  });

  test("lists leave room for looks, however many accounts there are", () => {
    const due = Array.from({ length: 400 * LIST_FROM }, (_, index) =>
      watched(`e${index}`, { account: `account ${index % 400}` }),
    );
    expect(accountsToList(due, new Map(), NOW)).toHaveLength(MAX_LISTS);
  });
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

const rows = (): { readonly calls: string[]; readonly watches: Watches } => {
  const calls: string[] = [];
  const watches = new Watches(
    {
      watched: () => [{ account: "ada", exportId: "old", since: NOW - 1, seen: true }],
      watch: ({ exportId, seen }) => void calls.push(`watch ${exportId} ${seen}`),
      unwatch: (exportId) => void calls.push(`unwatch ${exportId}`),
    },
    NOW,
  );
  return { calls, watches };
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

  test("one too many is refused, and none of its announcement is added", () => {
    const { watches } = rows();
    const many = Array.from({ length: 10_000 }, (_, index) => ({
      account: "ada",
      exportId: `e${index}`,
    }));
    expect([watches.add(many, NOW), watches.size]).toEqual([false, 1]);
    expect([watches.add(many.slice(1), NOW), watches.size]).toEqual([true, 10_000]);
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
