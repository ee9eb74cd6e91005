// What the end of a connection, the answer of a token address and a queue mean.

import { describe, expect, test } from "vitest";
import { closeAction } from "../../../../src/upstream/centrifugo/closing.ts";
import { shown } from "../../../../src/upstream/centrifugo/messages.ts";
import {
  afterEntries,
  afterTaking,
  groupsOf,
  NOTHING_WAITS,
  publicationId,
  recoverable,
  waitsTooMuch,
  withFrame,
  type Entry,
} from "../../../../src/upstream/centrifugo/queue.ts";
import { tokenOf } from "../../../../src/upstream/centrifugo/token.ts";
import type { Answer } from "../../../../src/upstream/answer.ts";

describe("a close code", () => {
  test.each([
    [1_006, "", false, "the connection closed with 1006"],
    [3_001, "shutdown", false, "the connection closed with 3001 shutdown"],
    [3_005, "connection expired", false, "the connection closed with 3005 connection expired"],
    [3_500, "invalid token", true, "the connection closed with 3500 invalid token"],
    [3_999, "", true, "the connection closed with 3999"],
    [4_123, "custom", false, "the connection closed with 4123 custom"],
    [4_500, "", true, "the connection closed with 4500"],
  ])("%i %s is refused for good: %s", (code, reason, refused, error) => {
    const failure = { error, refused, retryAfter: 0 };
    expect(closeAction(code, reason)).toEqual({ kind: "close", failure });
  });

  test("a server's text is shown on one line, cut, and without tokens", () => {
    const jwt = `${"a".repeat(40)}.${"b".repeat(40)}`;
    expect(shown(`invalid\ntoken ${jwt}`)).toBe("invalid token ***");
    expect(shown("x y ".repeat(200)).length).toBeLessThanOrEqual(200);
  });
});

const answer = (status: number, text: string, retryAfter = 0): Answer => ({
  kind: "answer",
  status,
  retryAfter,
  text,
});

describe("the answer of a token address", () => {
  test.each([
    [200, '{"token":"abc"}'],
    [201, '{"token":"abc","more":1}'],
  ])("%i with a token gives it", (status, text) => {
    expect(tokenOf(answer(status, text))).toEqual({ ok: true, value: "abc" });
  });

  test.each([
    [answer(401, "{}"), true, "the token address answered 401", 0],
    [answer(302, ""), true, "the token address answered 302", 0],
    [answer(429, "", 7_000), false, "the token address answered 429", 7_000],
    [answer(503, ""), false, "the token address answered 503", 0],
    [answer(200, "<html>"), false, "the token address answered without a token", 0],
    [answer(200, '{"token":""}'), false, "the token address answered without a token", 0],
    [answer(200, '{"token":5}'), false, "the token address answered without a token", 0],
    [{ kind: "none", reason: "reset" } as const, false, "the token address: reset", 0],
  ])("%j fails", (given, refused, error, retryAfter) => {
    expect(tokenOf(given)).toEqual({ ok: false, fault: { error, refused, retryAfter } });
  });
});

const entry = (channel: string, offset: number | null): Entry => ({
  channel,
  position: offset === null ? null : { epoch: "e", offset },
  data: {},
  failures: 0,
});

describe("publications that wait", () => {
  test.each([
    ["many", { count: 5_001, characters: 0 }, true],
    ["as many as may wait", { count: 5_000, characters: 20_000_000 }, false],
    ["two of the largest frames", { count: 2, characters: 40_000_000 }, true],
  ])("%s are too much: %j", (_, waiting, tooMuch) => {
    expect(waitsTooMuch(waiting)).toBe(tooMuch);
  });

  test("count less when a part of them is taken in, and nothing when all are", () => {
    const waiting = withFrame(withFrame(NOTHING_WAITS, 1, 10_000), 3, 30_000);
    expect([waiting, afterTaking(waiting, 1), afterTaking(waiting, 0)]).toEqual([
      { count: 4, characters: 40_000 },
      { count: 1, characters: 10_000 },
      NOTHING_WAITS,
    ]);
  });

  test("the same publication has the same id after every recovery", () => {
    expect([publicationId(entry("exports:u", 7)), publicationId(entry("user:u", null))]).toEqual([
      "exports:u/e/7",
      null,
    ]);
  });

  test("a position is that of the last entry; a place without one forgets the channel", () => {
    const before = { a: { epoch: "e", offset: 1 }, b: { epoch: "e", offset: 1 } };
    const entries = [
      entry("a", 2),
      entry("a", 3),
      { ...entry("b", null), data: undefined },
      entry("c", null),
    ];
    expect(afterEntries(before, entries)).toEqual({ a: { epoch: "e", offset: 3 } });
  });

  test("entries of one job stay in order, and jobs stand side by side", () => {
    const entries = ["x", "y", "x"].map((key, index) => ({ key, index }));
    expect(groupsOf(entries).map((group) => group.map(({ index }) => index))).toEqual([
      [0, 2],
      [1],
    ]);
  });
});

test("of what waits, characters are shared out by the number of publications that are left", () => {
  expect(afterTaking({ count: 4, characters: 100 }, 1)).toEqual({ count: 1, characters: 25 });
  expect(afterTaking(NOTHING_WAITS, 0)).toEqual({ count: 0, characters: 0 });
});

test("a connection recovers the channels that have a position", () => {
  const position = { epoch: "e", offset: 3 };
  const positions = new Map([
    ["exports:u1", position],
    ["user:u1", null],
  ]);
  expect([...recoverable(positions)]).toEqual([["exports:u1", position]]);
});
