import { describe, expect, test } from "vitest";
import { RecentIds } from "../../../../src/account/log/recent-ids.ts";

describe("the newest ids of a log", () => {
  test("are known, and others are not", () => {
    const ids = new RecentIds(["a", "b"], 3);
    expect([...ids.knownOf(["b", "c"])]).toEqual(["b"]);
  });

  test("are at most as many as the limit: the oldest is forgotten first", () => {
    const ids = new RecentIds(["a", "b"], 3);
    for (const id of ["c", "d"]) ids.add(id);
    expect([...ids.knownOf(["a", "b", "c", "d"])]).toEqual(["b", "c", "d"]);
  });

  test("include one that is added again, which counts as new", () => {
    const ids = new RecentIds(["a", "b"], 2);
    for (const id of ["a", "c"]) ids.add(id);
    expect([...ids.knownOf(["a", "b", "c"])]).toEqual(["a", "c"]);
  });
});
