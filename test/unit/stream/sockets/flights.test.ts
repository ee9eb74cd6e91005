// What is on its way to the viewers of one object, by viewer and together.

import { describe, expect, test } from "vitest";
import { Flights } from "../../../../src/stream/sockets/flights.io.ts";
import { beginFlight } from "../../../../src/stream/sockets/in-flight.ts";

const MIB = 1_048_576;

type Fake = { -readonly [K in "readyState"]: WebSocket[K] };

/** Sockets whose state a test may change. */
const socket = (): WebSocket & Fake => ({ readyState: WebSocket.OPEN }) as WebSocket & Fake;

/** Opens sockets of a viewer with first frames of a MiB that nobody reads. */
function open(flights: Flights, viewer: string | undefined, count: number): readonly Fake[] {
  return Array.from({ length: count }, () => {
    const one = socket();
    flights.set(one, beginFlight(MIB, true, 0, viewer));
    return one;
  });
}

/** Whether one more frame of 256 KiB is sent to a new socket of a viewer. */
const sends = (flights: Flights, viewer: string | undefined): boolean =>
  flights.send(socket(), beginFlight(0, true, 0, viewer), MIB / 4, 0) !== null &&
  flights.send(socket(), beginFlight(MIB / 4, true, 0, viewer), MIB / 4, 0) !== null;

describe("a viewer that leaves 16 MiB unread", () => {
  test("may have little more itself, and others as much as before", () => {
    const flights = new Flights();
    open(flights, "greedy", 24);
    expect([flights.isFull(0), sends(flights, "modest"), sends(flights, "greedy")]).toEqual([
      false,
      true,
      false,
    ]);
    expect([flights.isViewerFull("greedy", 0), flights.isViewerFull("modest", 0)]).toEqual([
      true,
      false,
    ]);
  });

  test("may have more once its clients are gone, not as soon as it is closed", () => {
    const flights = new Flights();
    const greedy = open(flights, "greedy", 24);
    for (const one of greedy) {
      one.readyState = WebSocket.CLOSING;
      flights.end(one as WebSocket, 0);
    }
    expect(flights.isViewerFull("greedy", 60_000)).toBe(true);
    for (const one of greedy) one.readyState = WebSocket.CLOSED;
    expect(flights.isViewerFull("greedy", 60_000)).toBe(false);
    expect(sends(flights, "greedy")).toBe(true);
  });
});

test("the operator's own sockets are bound together with all others alone", () => {
  const flights = new Flights();
  open(flights, undefined, 24);
  expect([flights.isViewerFull(undefined, 0), sends(flights, undefined)]).toEqual([false, true]);
  open(flights, undefined, 50);
  expect(flights.isFull(0)).toBe(true);
});
