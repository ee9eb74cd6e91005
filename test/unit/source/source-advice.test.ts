// What operators are told about a source.

import { describe, expect, test } from "vitest";
import { adviceForSource, REFUSED_IN_A_ROW } from "../../../src/source/source-advice.ts";

describe("a source", () => {
  test.each([
    [0, undefined],
    [REFUSED_IN_A_ROW - 1, undefined],
    [0, "connected"],
    [0, "connecting"],
    [0, "waiting"],
  ] as const)(
    "needs nobody after %d refused webhooks with a connector that is %s",
    (refused, connector) => {
      expect(adviceForSource(refused, connector)).toBeNull();
    },
  );

  test("that refused all that came last needs somebody", () => {
    expect(adviceForSource(REFUSED_IN_A_ROW, undefined)).toBe(
      "What it was sent last was refused. Its refused requests say why.",
    );
  });

  test("whose connector is refused needs somebody", () => {
    expect(adviceForSource(0, "failed")).toMatch(/^Its provider refuses the connector/);
  });

  test("is told of both", () => {
    expect(adviceForSource(100, "failed")).toMatch(/^What it was sent .* Its provider refuses/);
  });
});
