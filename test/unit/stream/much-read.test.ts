// What viewers have read costs an object time: much of it makes answers shorter, and keeps nobody
// out.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { writeCursor } from "../../../src/stream/cursor.ts";
import type { StreamLog } from "../../../src/stream/log.ts";
import { Stream } from "../../../src/stream/stream.io.ts";
import { entry, logOf } from "./log-fixture.ts";

const ALL = ["exports:acme"];
const LAST = 60;
const at = (offset: number): string => writeCursor({ epoch: "0a1b", offset });

/** A log of 18 MB. */
function largeLog(): StreamLog {
  const details = { text: "x".repeat(300_000) };
  return {
    ...logOf(1, LAST),
    read: (after, limit) =>
      Array.from({ length: Math.min(limit, LAST - after) }, (_, index) => {
        const one = entry(after + 1 + index);
        return { ...one, event: { ...one.event, details } };
      }),
  };
}

const ctx = {
  setWebSocketAutoResponse: () => undefined,
  getWebSockets: () => [],
} as unknown as DurableObjectState;

let stream: Stream;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
  vi.stubGlobal("WebSocketRequestResponsePair", Object);
  stream = new Stream(ctx, largeLog(), "now");
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const first = (since: string) => stream.initialFrames({ since, channels: ALL });
const page = (since: string) => stream.page({ since, channels: ALL, limit: 1_000 });

describe("after 16 MB that were read at once", () => {
  test("a page has fewer events, at least one, and its cursor goes on; time brings back the rest", () => {
    const sizes = Array.from({ length: 5 }, () => page(at(0)).items.length);
    expect(sizes).toEqual([26, 26, 1, 1, 1]);
    expect(page(page(at(0)).cursor).items).toMatchObject([{ event: { seq: 2 } }]);
    vi.setSystemTime(1_003_000);
    expect(page(at(0)).items).toHaveLength(26);
  });

  test("a long replay is a snapshot instead, and a short one stays a replay", () => {
    expect(first(at(LAST - 20))).toHaveLength(21);
    for (let n = 0; n < 3; n += 1) page(at(0));
    expect(first(at(LAST - 20))).toMatchObject([{ type: "hello", recovered: false }]);
    expect(first(at(LAST - 1))).toMatchObject([
      { type: "hello", recovered: true },
      { type: "event" },
    ]);
  });
});
