// When a source's refused webhooks are news for its operators.

import { describe, expect, test } from "vitest";
import type { Counts } from "../../../src/model/measures.ts";
import type { Tally } from "../../../src/model/messages.ts";
import {
  addRefusals,
  MIN_REFUSED,
  NO_REFUSALS,
  NOTICE_INTERVAL_MS,
  REFUSAL_WINDOW_MS,
  type Refusals,
} from "../../../src/source/refusals.ts";

const NOW = Date.UTC(2026, 10, 28);

const tally = (reasons: Counts): Tally => ({
  counts: { accepted: 0, duplicate: 0, ignored: 0, refused: 0 },
  seenAt: null,
  rejected: [],
  reasons,
});

const stamp = () => ({ id: "", at: 0, traceparent: "" });
const add = (before: Refusals, reasons: Counts, now = NOW, seenAt: number | null = null) =>
  addRefusals(before, tally(reasons), { now, seenAt }, () => ({
    id: `evt_${now}`,
    at: now,
    traceparent: "t",
  }));

const names = ({ notices }: Refusals): readonly string[] => notices.map(({ event }) => event);

describe("refused webhooks", () => {
  test("are counted by reason, all of them", () => {
    const once = add(NO_REFUSALS, { "wrong-secret": 2, "not-json": 1 });
    expect(add(once, { "wrong-secret": 3 }, NOW + 1).reasons).toEqual({
      "wrong-secret": 5,
      "not-json": 1,
    });
  });

  test("are news once there are enough within a window, and say why", () => {
    const most = add(NO_REFUSALS, { "wrong-secret": MIN_REFUSED - 1 });
    expect(names(most)).toEqual([]);
    const enough = add(most, { "missing-signature": 1 }, NOW + 1_000, NOW - 60_000);
    expect(enough.notices).toEqual([
      {
        id: `evt_${NOW + 1_000}`,
        at: NOW + 1_000,
        traceparent: "t",
        event: "relay.source.refusing",
        details: {
          refused: MIN_REFUSED,
          since: "2026-11-28T00:00:00.000Z",
          reasons: { "wrong-secret": MIN_REFUSED - 1, "missing-signature": 1 },
          lastAccepted: "2026-11-27T23:59:00.000Z",
        },
      },
    ]);
  });

  test("that are spread over time are no news", () => {
    const slow = Array.from({ length: MIN_REFUSED * 3 }, (_, index) => index).reduce(
      (known, index) => add(known, { "wrong-secret": 1 }, NOW + index * (REFUSAL_WINDOW_MS / 5)),
      NO_REFUSALS,
    );
    expect(names(slow)).toEqual([]);
    expect(slow.reasons).toEqual({ "wrong-secret": MIN_REFUSED * 3 });
  });

  test.each([
    ["a flood", NOTICE_INTERVAL_MS - 1, 1],
    ["the same an hour later", NOTICE_INTERVAL_MS, 2],
  ])("%s after a notice: %d ms later there are %d in all", (_, later, count) => {
    const first = add(NO_REFUSALS, { "wrong-secret": MIN_REFUSED });
    expect(names(add(first, { "wrong-secret": 1_000 }, NOW + later))).toHaveLength(count);
  });

  test("cost nothing where none are in a tally", () => {
    expect(add(NO_REFUSALS, {})).toBe(NO_REFUSALS);
    const { reasons: _, ...earlier } = tally({});
    expect(addRefusals(NO_REFUSALS, earlier, { now: NOW, seenAt: null }, stamp)).toBe(NO_REFUSALS);
  });
});
