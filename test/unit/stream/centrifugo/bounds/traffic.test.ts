import { describe, expect, test } from "vitest";
import {
  countCommands,
  countFrame,
  fullRate,
  isPingDue,
  notePing,
  notePong,
  NOTHING_SENT,
} from "../../../../../src/stream/centrifugo/bounds/traffic.ts";

const MIB = 1_048_576;

describe("the commands of a client", () => {
  test("are 256 at once and 32 a second; 256 more are refused, and then the client is closed", () => {
    const [first, empty] = countCommands(fullRate(0), 256, 0);
    expect([first, empty.left]).toEqual(["pass", 0]);
    expect(countCommands(empty, 32, 1_000)[0]).toBe("pass");
    expect(countCommands(empty, 33, 1_000)[0]).toBe("refuse");
    const [refused, below] = countCommands(empty, 256, 0);
    expect(refused).toBe("refuse");
    expect(countCommands(below, 1, 0)[0]).toBe("close");
    expect(countCommands(below, 256, 8_000)[0]).toBe("refuse");
    expect(countCommands(below, 256, 16_000)[0]).toBe("pass");
  });

  test("count as one at least in each frame, and a clock that goes back changes nothing", () => {
    expect(countCommands(fullRate(5_000), 0, 1_000)).toEqual(["pass", { left: 255, at: 1_000 }]);
  });
});

describe("what was sent to a client", () => {
  test("makes a ping due after 1 MiB, and ends the connection after 4 MiB without an answer", () => {
    const one = countFrame(NOTHING_SENT, MIB);
    expect(one === null || isPingDue(one)).toBe(false);
    const more = countFrame(one ?? NOTHING_SENT, 3 * MIB + 1);
    expect(more === null || isPingDue(more)).toBe(true);
    expect(countFrame(more ?? NOTHING_SENT, 1)).toBeNull();
  });

  test("is read up to the ping that is answered", () => {
    const pinged = notePing({ total: 3_000, unanswered: 3_000, sincePing: null });
    const after = countFrame(notePing(countFrame(pinged, 500) ?? pinged), 200) ?? pinged;
    expect(after).toEqual({ total: 3_700, unanswered: 3_700, sincePing: 700 });
    expect(notePong(after)).toEqual({ total: 3_700, unanswered: 700, sincePing: null });
    expect(notePong(notePong(after))).toEqual(notePong(after));
  });

  test("may be one frame of any size, and 64 MiB in all", () => {
    const large = countFrame(NOTHING_SENT, 20 * MIB);
    expect(large?.unanswered).toBe(4 * MIB);
    expect(countFrame(large ?? NOTHING_SENT, 1)).not.toBeNull();
    expect(countFrame({ total: 64 * MIB, unanswered: 0, sincePing: null }, 1)).not.toBeNull();
    expect(countFrame({ total: 64 * MIB + 1, unanswered: 0, sincePing: null }, 1)).toBeNull();
  });
});
