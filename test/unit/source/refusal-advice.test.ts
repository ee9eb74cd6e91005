// What operators are told about a refused webhook.

import { describe, expect, test } from "vitest";
import { reasonOf, type IngestFault } from "../../../src/ingest/faults.ts";
import { adviceForRefusal } from "../../../src/source/refusal-advice.ts";

describe("a refusal", () => {
  const FAULTS: readonly IngestFault[] = [
    { kind: "misconfigured" },
    { kind: "overgrown" },
    { kind: "account-mismatch" },
    { kind: "media", reason: "no-media-type" },
    { kind: "media", reason: "encoding" },
    { kind: "body", reason: "too-large" },
    { kind: "unreadable", reason: "empty" },
    { kind: "unreadable", reason: "not-utf8" },
    { kind: "unreadable", reason: "not-json" },
    { kind: "unreadable", reason: "too-deep" },
    { kind: "unverified", reason: { kind: "missing-signature" } },
    { kind: "unverified", reason: { kind: "malformed-signature" } },
    { kind: "unverified", reason: { kind: "wrong-secret" } },
    { kind: "unverified", reason: { kind: "body-changed" } },
    { kind: "unverified", reason: { kind: "wrong-issuer" } },
    { kind: "unverified", reason: { kind: "keys-unavailable" } },
    { kind: "unverified", reason: { kind: "timestamp-too-old", skew: 412_000 } },
    { kind: "unverified", reason: { kind: "timestamp-too-new", skew: 412_000 } },
    { kind: "malformed", issues: [{ path: "data.guid", message: "is required" }] },
  ];

  test("is explained in sentences, whatever its reason", () => {
    const unexplained = FAULTS.map((fault) => reasonOf(fault)).filter((reason) =>
      adviceForRefusal(reason, 401).explanation.startsWith("Refused: "),
    );
    expect(unexplained).toEqual([]);
  });

  test.each([
    ["timestamp-too-old by 412 s", 401, "The signed time was 412 s too old."],
    ["timestamp-too-new by 9 s", 401, "The signed time was 9 s too far ahead."],
    [
      "schema-mismatch: data.guid: is required",
      422,
      "The event was malformed: data.guid: is required.",
    ],
    ["not-json", 400, "The body was not JSON."],
    ["not-json", 415, "The content type was not a JSON one."],
    ["something-new", 400, "Refused: something-new."],
    ["constructor", 400, "Refused: constructor."],
  ])("%s with %i says: %s", (reason, status, what) => {
    expect(adviceForRefusal(reason, status)).toMatchObject({
      explanation: what,
      advice: expect.stringMatching(/\.$/),
    });
  });
});
