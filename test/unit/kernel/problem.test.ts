// Results as values, and errors on the wire.

import { describe, expect, test } from "vitest";
import { problemResponse } from "../../../src/kernel/problem.ts";
import { fault, ok } from "../../../src/kernel/result.ts";

describe("problemResponse", () => {
  test("is application/problem+json, never cached, with everything that is known", async () => {
    const response = problemResponse(
      {
        status: 422,
        title: "Unprocessable Content",
        issues: [{ path: "event", message: "missing" }],
      },
      { "retry-after": "5" },
    );
    expect({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.json(),
    }).toEqual({
      status: 422,
      headers: {
        "content-type": "application/problem+json",
        "cache-control": "no-store",
        "retry-after": "5",
      },
      body: {
        type: "about:blank",
        status: 422,
        title: "Unprocessable Content",
        issues: [{ path: "event", message: "missing" }],
      },
    });
  });
});

test("a result is a value or a fault", () => {
  expect([ok(1), fault("late")]).toEqual([
    { ok: true, value: 1 },
    { ok: false, fault: "late" },
  ]);
});
