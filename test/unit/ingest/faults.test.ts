import { describe, expect, test } from "vitest";
import type { RecipeFault } from "../../../src/ingest/recipe/faults.ts";
import { reasonOf, refusalOf, type IngestFault } from "../../../src/ingest/faults.ts";

describe("refusals", () => {
  const all: readonly IngestFault[] = [
    { kind: "misconfigured" },
    { kind: "unknown-source" },
    { kind: "method" },
    { kind: "media", reason: "encoding" },
    { kind: "body", reason: "too-large" },
    { kind: "body", reason: "interrupted" },
    { kind: "unverified", reason: { kind: "timestamp-too-old", skew: 412_000 } },
    { kind: "unreadable", reason: "too-deep" },
    {
      kind: "malformed",
      issues: [
        { path: "guid", message: "no job id" },
        { path: "", message: "no object" },
      ],
    },
    { kind: "overgrown" },
    { kind: "unavailable", reason: "overloaded" },
  ];

  test("each fault has its status", () => {
    expect(all.map((fault) => refusalOf(fault).problem.status)).toEqual([
      503, 404, 405, 415, 413, 400, 401, 400, 422, 413, 503,
    ]);
  });

  test("each fault has its exact reason in the log", () => {
    expect(all.map(reasonOf)).toEqual([
      "misconfigured",
      "unknown-source",
      "method",
      "encoding",
      "too-large",
      "interrupted",
      "timestamp-too-old by 412 s",
      "too-deep",
      "schema-mismatch: guid: no job id; body: no object",
      "overgrown",
      "overloaded",
    ]);
  });

  test("what is worth another try says when, and a wrong method says which are right", () => {
    expect(all.map((fault) => refusalOf(fault).headers)).toEqual([
      { "retry-after": "30" },
      {},
      { allow: "POST, OPTIONS" },
      ...Array.from({ length: 7 }, () => ({})),
      { "retry-after": "5" },
    ]);
  });

  test("a request whose keys cannot be read now is worth another try", () => {
    const { problem, headers } = refusalOf({
      kind: "unverified",
      reason: { kind: "keys-unavailable" },
    });
    expect([problem.status, headers]).toEqual([503, { "retry-after": "5" }]);
  });

  test("all unverified requests are told the same", () => {
    const reasons: readonly RecipeFault[] = [
      { kind: "missing-signature" },
      { kind: "malformed-signature" },
      { kind: "wrong-secret" },
      { kind: "body-changed" },
      { kind: "wrong-issuer" },
      { kind: "timestamp-too-old", skew: 1 },
      { kind: "timestamp-too-new", skew: 1 },
    ];
    const told = new Set(
      reasons.map((reason) => JSON.stringify(refusalOf({ kind: "unverified", reason }))),
    );
    expect(told.size).toBe(1);
  });

  test("an event of another account than its job's is refused, without naming either", () => {
    const { problem } = refusalOf({ kind: "account-mismatch" });
    expect([problem.status, problem.title]).toEqual([422, "Unprocessable Content"]);
    expect(reasonOf({ kind: "account-mismatch" })).toBe("account-mismatch");
  });

  test("a malformed event's issues are in the answer", () => {
    const issues = [{ path: "guid", message: "no job id" }];
    expect(refusalOf({ kind: "malformed", issues }).problem).toEqual({
      status: 422,
      title: "Unprocessable Content",
      detail: "The event is malformed.",
      issues,
    });
  });
});
