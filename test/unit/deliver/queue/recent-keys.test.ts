// Which events were taken already: exact, however many keys are remembered.

import { describe, expect, test } from "vitest";
import {
  keyOfDispatch,
  MAX_RECENT_KEYS,
  RecentKeys,
} from "../../../../src/deliver/queue/recent-keys.ts";
import { MINUTE } from "../../../../src/kernel/time.ts";
import { dispatch } from "./builders.ts";

const NOW = Date.UTC(2026, 10, 21, 19);

describe("a key", () => {
  const one = [{ key: "a", at: NOW }];
  test.each([
    { name: "known", newest: one, all: false, key: "a", emittedAt: NOW, answer: "known" },
    {
      name: "new, and younger than all that is remembered",
      newest: one,
      all: false,
      key: "b",
      emittedAt: NOW + MINUTE + 1,
      answer: "new",
    },
    {
      name: "new, but no younger than the skew of two clocks",
      newest: one,
      all: false,
      key: "b",
      emittedAt: NOW + MINUTE,
      answer: "unsure",
    },
    {
      name: "older than what is remembered",
      newest: one,
      all: false,
      key: "b",
      emittedAt: NOW - 1,
      answer: "unsure",
    },
    {
      name: "older, where everything is remembered",
      newest: one,
      all: true,
      key: "b",
      emittedAt: NOW - 1,
      answer: "new",
    },
    {
      name: "where nothing is remembered",
      newest: [],
      all: false,
      key: "b",
      emittedAt: 0,
      answer: "new",
    },
    { name: "the first of all", newest: [], all: true, key: "b", emittedAt: NOW, answer: "new" },
  ])("$name", ({ newest, all, key, emittedAt, answer }) => {
    expect(new RecentKeys(newest, all).answer(key, emittedAt)).toBe(answer);
  });

  test("that is pushed out of memory is asked for again, never taken for new", () => {
    const seen = new RecentKeys([], true);
    for (let index = 0; index < MAX_RECENT_KEYS; index += 1) seen.add(`k${index}`, NOW + index);
    expect(seen.answer("k0", NOW)).toBe("known");
    seen.add("one more", NOW + MAX_RECENT_KEYS);
    expect(seen.answer("k0", NOW)).toBe("unsure");
    expect(seen.answer("k1", NOW)).toBe("known");
    expect(seen.answer("other", NOW + MAX_RECENT_KEYS + 2 * MINUTE)).toBe("new");
  });

  test("of a delivery that has gone to another shard is new when it comes back", () => {
    const seen = new RecentKeys(
      [
        { key: "a", at: NOW },
        { key: "b", at: NOW },
      ],
      true,
    );
    seen.forget("a");
    expect([seen.answer("a", NOW), seen.answer("b", NOW)]).toEqual(["new", "known"]);
  });

  test("that is enqueued in the minute after the oldest one left is asked for again", () => {
    const seen = new RecentKeys([], true);
    for (let index = 0; index <= MAX_RECENT_KEYS; index += 1) seen.add(`k${index}`, NOW);
    expect(seen.answer("other", NOW + MINUTE)).toBe("unsure");
    expect(seen.answer("other", NOW + MINUTE + 1)).toBe("new");
  });

  test("is the event's, and another one for each replay", () => {
    expect(
      [dispatch, { ...dispatch, replay: "r1" }, { ...dispatch, replay: "r2" }].map(keyOfDispatch),
    ).toEqual(["evt_1", "evt_1 r1", "evt_1 r2"]);
  });
});
