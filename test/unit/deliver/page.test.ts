// Pages of deliveries: which rows a caller asks for, and where the next page begins.

import { describe, expect, test } from "vitest";
import { pageOf, pageView, storedState } from "../../../src/deliver/page.ts";
import { storedDelivery } from "./queue/builders.ts";

const NEWEST = 9_007_199_254_740_991;

test.each([
  ["held", "pending"],
  ["pending", "pending"],
  ["dead", "dead"],
  ["delivered", "delivered"],
] as const)("a %s delivery is stored as %s", (state, stored) => {
  expect(storedState(state)).toBe(stored);
});

describe("the rows of a page", () => {
  test.each([
    ["everything", {}, false, { selection: {}, before: NEWEST }],
    ["what is after a cursor", { cursor: "12" }, false, { selection: {}, before: 12 }],
    [
      "one state of one job",
      { state: "dead", guid: "g1" } as const,
      true,
      { selection: { state: "dead", guid: "g1" }, before: NEWEST },
    ],
    [
      "pending ones of a subscriber that takes deliveries",
      { state: "pending" } as const,
      false,
      { selection: { state: "pending" }, before: NEWEST },
    ],
    [
      "held ones of a subscriber that takes none",
      { state: "held" } as const,
      true,
      { selection: { state: "pending" }, before: NEWEST },
    ],
  ])("are found for %s", (_, query, held, page) => {
    expect(pageOf({ limit: 10, ...query }, held)).toEqual(page);
  });

  test.each([
    ["held ones of a subscriber that takes deliveries", { state: "held" } as const, false],
    ["pending ones of a subscriber that takes none", { state: "pending" } as const, true],
    ["a cursor that is no number", { cursor: "x" }, false],
    ["a cursor beyond all numbers of deliveries", { cursor: "9007199254740992" }, false],
  ])("cannot be there for %s", (_, query, held) => {
    expect(pageOf({ limit: 10, ...query }, held)).toBeNull();
  });
});

describe("a page", () => {
  const owner = { subscriber: "crm", held: true };

  test("that is full ends with the cursor of the next one", () => {
    const { items, cursor } = pageView(
      [storedDelivery({ n: 9, id: "dlv_9" }), storedDelivery({ n: 7, id: "dlv_7" })],
      2,
      owner,
    );
    expect(cursor).toBe("7");
    expect(items.map(({ id, subscriber, state }) => [id, subscriber, state])).toEqual([
      ["dlv_9", "crm", "held"],
      ["dlv_7", "crm", "held"],
    ]);
  });

  test("that is not full is the last one", () => {
    expect(
      pageView(
        [storedDelivery({ n: 9, id: "dlv_9" }), storedDelivery({ n: 7, id: "dlv_7" })],
        3,
        owner,
      ).cursor,
    ).toBeNull();
    expect(pageView([], 1, owner)).toEqual({ items: [], cursor: null });
  });
});
