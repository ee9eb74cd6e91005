import { describe, expect, test } from "vitest";
import {
  lifeOf,
  pressureOf,
  QUEUE_LIMIT,
  QUEUE_TARGET,
  retryHint,
  sseEvent,
  type Pressure,
} from "../../../../src/stream/http/sse.ts";

const FLOWING: Pressure = { kind: "flowing" };

describe("an event of an event stream", () => {
  test("has the cursor as id, the frame's type as name and the frame as data", () => {
    const frame = JSON.stringify({
      type: "event",
      channel: "c",
      cursor: "abc",
      event: { note: "a\nb\r\u2028c" },
    });
    expect(sseEvent(frame)).toBe(`id: abc\nevent: event\ndata: ${frame}\n\n`);
  });

  test("has no line break inside its data, whatever the event holds", () => {
    const frame = JSON.stringify({
      type: "event",
      cursor: "abc",
      event: { note: "data: x\n\nevent: hello\r\n\r\n" },
    });
    expect(sseEvent(frame).split("\n")).toHaveLength(5);
    expect(sseEvent(frame)).not.toContain("\r");
  });
});

test.each([
  [0, "retry: 1000\n\n", 600_000],
  [0.5, "retry: 3000\n\n", 1_200_000],
  [1, "retry: 5000\n\n", 1_800_000],
])("with chance %d a stream begins with %j and lasts %i ms", (chance, hint, life) => {
  expect([retryHint(chance), lifeOf(chance)]).toEqual([hint, life]);
});

describe("a reader", () => {
  test.each<[string, Pressure, number, number, Pressure]>([
    ["that keeps up flows", FLOWING, 0, 5, FLOWING],
    ["at the target flows", FLOWING, QUEUE_TARGET, 5, FLOWING],
    [
      "over the target is behind since now",
      FLOWING,
      QUEUE_TARGET + 1,
      5,
      { kind: "behind", since: 5 },
    ],
    [
      "still behind keeps its instant",
      { kind: "behind", since: 5 },
      QUEUE_TARGET + 1,
      30_004,
      { kind: "behind", since: 5 },
    ],
    [
      "behind for 30 s is ended",
      { kind: "behind", since: 5 },
      QUEUE_TARGET + 1,
      30_005,
      { kind: "end" },
    ],
    ["that caught up flows again", { kind: "behind", since: 5 }, QUEUE_TARGET, 40_000, FLOWING],
    ["at the limit is behind", FLOWING, QUEUE_LIMIT, 5, { kind: "behind", since: 5 }],
    ["over the limit is ended at once", FLOWING, QUEUE_LIMIT + 1, 5, { kind: "end" }],
    ["that was ended stays so", { kind: "end" }, 0, 5, { kind: "end" }],
  ])("%s", (...[, before, queued, now, after]) => {
    expect(pressureOf(before, queued, now)).toEqual(after);
  });
});
