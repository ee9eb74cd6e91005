import { describe, expect, test } from "vitest";
import {
  addProbe,
  addSent,
  answerProbe,
  beginFlight,
  bytesInFlight,
  countedBytes,
  endFlight,
  isProbeDue,
  isTooSlow,
  viewerOf,
} from "../../../../src/stream/sockets/in-flight.ts";

const MIB = 1_048_576;

describe("what is on its way to a viewer that answers no probes", () => {
  test("is assumed to be read at 64 KiB a second, and never to be less than nothing", () => {
    const flight = beginFlight(100_000, false, 1_000);
    expect(bytesInFlight(flight, 1_000)).toBe(100_000);
    expect(bytesInFlight(flight, 2_000)).toBe(34_464);
    expect(bytesInFlight(flight, 9_000)).toBe(0);
    const next = addSent(flight, 70_000, 9_000);
    expect(bytesInFlight(next, 9_000)).toBe(70_000);
    expect(bytesInFlight(next, 8_000)).toBe(70_000);
  });

  test("is too much from 8 MiB on", () => {
    const full = addSent(beginFlight(0, false, 0), 8 * MIB, 0);
    expect(isTooSlow(full, "enough", 0)).toBe(false);
    expect(isTooSlow(addSent(full, 1, 0), "enough", 0)).toBe(true);
    expect(isTooSlow(addSent(full, 1, 0), "enough", 1)).toBe(false);
  });

  test("may be first frames of any size and half as much as usual beside them", () => {
    const first = beginFlight(24 * MIB, false, 0);
    expect(isTooSlow(addSent(first, 4 * MIB, 0), "enough", 0)).toBe(false);
    expect(isTooSlow(addSent(first, 4 * MIB + 1, 0), "enough", 0)).toBe(true);
  });

  test("may be 1 MiB beside the first frames while all viewers together are behind", () => {
    const first = beginFlight(3 * MIB, false, 0);
    expect(isTooSlow(addSent(first, MIB, 0), "crowded", 0)).toBe(false);
    expect(isTooSlow(addSent(first, MIB + 1, 0), "crowded", 0)).toBe(true);
  });

  test("is 128 KiB at most, the first frames included, when the viewer leaves much unread", () => {
    const first = beginFlight(MIB / 16, false, 0);
    expect(isTooSlow(addSent(first, MIB / 16, 0), "full", 0)).toBe(false);
    expect(isTooSlow(addSent(first, MIB / 16 + 1, 0), "full", 0)).toBe(true);
  });

  test("ends after 32 MiB in all, however long they take", () => {
    const slow = addSent(beginFlight(0, false, 0), 32 * MIB, 0);
    expect(isTooSlow(slow, "enough", 1_000_000)).toBe(false);
    expect(isTooSlow(addSent(slow, 1, 1_000_000), "enough", 2_000_000)).toBe(true);
  });
});

describe("what is on its way to a viewer that answers probes", () => {
  test("is known exactly: only an answer shows what was read, and there is no other end", () => {
    const begun = beginFlight(1_000, true, 0);
    expect([isProbeDue(begun), bytesInFlight(begun, 1_000_000)]).toEqual([false, 1_000]);
    const sent = addSent(begun, 524_288, 0);
    expect(isProbeDue(sent)).toBe(true);
    const probed = addProbe(sent, "probe a");
    expect(isProbeDue(probed)).toBe(false);
    const twice = addProbe(addSent(probed, 300_000, 0), "probe b");
    const answered = answerProbe(twice, "probe a");
    expect(answered?.probes).toEqual([{ text: "probe b", sent: 825_288 }]);
    expect(answered === null ? null : bytesInFlight(answered, 0)).toBe(300_000);
    expect(answerProbe(twice, "probe b")).toMatchObject({ read: 825_288, probes: [] });
    expect(answerProbe(twice, "probe c")).toBeNull();
    const long = { ...begun, sent: 900 * MIB, read: 900 * MIB };
    expect(isTooSlow(long, "enough", 0)).toBe(false);
  });

  test("may be 4 MiB beside the first frames while all viewers together are behind", () => {
    const first = beginFlight(3 * MIB, true, 0);
    expect(isTooSlow(addSent(first, 4 * MIB, 0), "crowded", 0)).toBe(false);
    expect(isTooSlow(addSent(first, 4 * MIB + 1, 0), "crowded", 0)).toBe(true);
  });

  test("is no answer of one that was asked nothing", () => {
    expect(answerProbe(beginFlight(0, false, 0), "probe a")).toBeNull();
    expect(answerProbe(beginFlight(0, true, 0), "probe a")).toBeNull();
  });
});

describe("what counts for an object as a whole", () => {
  test("is what exceeds 64 KiB of a viewer, and does not shrink once the viewer is closed", () => {
    const flight = beginFlight(200_000, false, 0);
    expect(countedBytes(flight, 0)).toBe(134_464);
    expect(countedBytes(flight, 10_000)).toBe(0);
    expect(countedBytes(endFlight(flight, 0), 10_000)).toBe(134_464);
  });
});

test("viewers are told apart by the end of their tokens, and the operator is none", () => {
  const grant = { kind: "account", account: "acme", channels: null, expires: 17 } as const;
  expect([viewerOf(grant), viewerOf({ kind: "admin" })]).toEqual(["17", undefined]);
});
