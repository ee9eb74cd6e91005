// What a request with an idempotency key is answered, over the life of the key.

import { describe, expect, test } from "vitest";
import {
  begin,
  end,
  keyOf,
  MAX_ANSWER,
  type KeyRecord,
} from "../../../../src/api/idempotency/idempotency.ts";
import type { KeptAnswer } from "../../../../src/model/messages.ts";

const DAY = 86_400_000;
const ANSWER: KeptAnswer = { status: 202, contentType: "application/json", body: '{"count":1}' };

const record = (changes: Partial<KeyRecord> = {}): KeyRecord => ({
  fingerprint: "f",
  createdAt: 1_000,
  runningSince: 1_000,
  answer: null,
  ...changes,
});

describe("a request begins", () => {
  test.each([
    ["a new key acts", null, 5, { kind: "acts", createdAt: 5 }],
    ["a running one waits", record(), 60_999, { kind: "running" }],
    [
      "one that has died a minute ago acts again, as the first one",
      record(),
      61_000,
      { kind: "acts", createdAt: 1_000 },
    ],
    [
      "one that failed acts again at once, as the first one",
      record({ runningSince: null }),
      1_001,
      { kind: "acts", createdAt: 1_000 },
    ],
    [
      "one that was answered is answered again",
      record({ runningSince: null, answer: ANSWER }),
      DAY,
      { kind: "answered", answer: ANSWER },
    ],
    [
      "after a day the key is new",
      record({ runningSince: null, answer: ANSWER }),
      1_000 + DAY,
      { kind: "acts", createdAt: 1_000 + DAY },
    ],
    ["another request is refused", record({ fingerprint: "g" }), 2_000, { kind: "reused" }],
    [
      "another request is refused while the first one runs",
      record({ fingerprint: "g", answer: ANSWER }),
      2_000,
      { kind: "reused" },
    ],
    [
      "after a day another request may use the key",
      record({ fingerprint: "g" }),
      1_000 + DAY,
      { kind: "acts", createdAt: 1_000 + DAY },
    ],
  ])("%s", (_, before, now, beginning) => {
    expect(begin(before, "f", now).beginning).toEqual(beginning);
  });
});

describe("a request ends", () => {
  test.each([
    ["an answer is kept", ANSWER, record({ runningSince: null, answer: ANSWER })],
    ["a refusal frees the key", { ...ANSWER, status: 404 }, null],
    ["a failure may be tried again", { ...ANSWER, status: 503 }, record({ runningSince: null })],
    [
      "an answer that is too long to keep may be had again by acting again",
      { ...ANSWER, body: "x".repeat(MAX_ANSWER + 1) },
      record({ runningSince: null }),
    ],
  ])("%s", (_, answer, after) => {
    expect(end(record(), "f", answer)).toEqual(after);
  });

  test("an answer that comes when the key is another's changes nothing", () => {
    expect(end(record({ fingerprint: "g" }), "f", ANSWER)).toEqual(record({ fingerprint: "g" }));
    expect(end(null, "f", ANSWER)).toBeNull();
  });
});

test.each([
  ["8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"],
  ['"8e03978e"', "8e03978e"],
  ["x".repeat(255), "x".repeat(255)],
  ["x".repeat(256), null],
  ["", null],
  ['""', null],
  ['"open', null],
  ["two words", null],
  ["schlüssel", null],
])("the header %j is the key %j", (header, key) => {
  expect(keyOf(header)).toBe(key);
});
