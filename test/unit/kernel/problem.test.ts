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
        type: "/docs/problems/unprocessable-content",
        status: 422,
        title: "Unprocessable Content",
        issues: [{ path: "event", message: "missing" }],
      },
    });
  });
});

test.each([
  ["bad-request", 400, undefined],
  ["unavailable", 503, undefined],
  ["invalid-configuration", 503, "invalid-configuration"],
  ["idempotency-key-reused", 422, "idempotency-key-reused"],
  ["internal-error", 500, undefined],
  ["internal-error", 599, undefined],
] as const)("the page of a problem is %s for status %d and kind %s", async (page, status, kind) => {
  const problem = { status, title: "x", ...(kind === undefined ? {} : { kind }) };
  expect(await problemResponse(problem).json()).toEqual({
    type: `/docs/problems/${page}`,
    status,
    title: "x",
  });
});

test("a result is a value or a fault", () => {
  expect([ok(1), fault("late")]).toEqual([
    { ok: true, value: 1 },
    { ok: false, fault: "late" },
  ]);
});
