// What the numbers beside the names of the screens count.

import { expect, test } from "vitest";
import { badgesOf } from "../../../src/console/shell/badges.ts";

test("dead deliveries, failing subscribers and sources that need somebody are counted", () => {
  expect(
    badgesOf(
      [
        { state: "active", dead: 12 },
        { state: "probing", dead: 1 },
        { state: "disabled", dead: 0 },
        { state: "paused", dead: 0 },
      ],
      [{ advice: null }, { advice: "Compare its secret." }, { advice: "Compare its address." }],
    ),
  ).toEqual({
    deliveries: { count: 13, what: "dead" },
    subscribers: { count: 2, what: "failing" },
    sources: { count: 2, what: "failing" },
  });
});
