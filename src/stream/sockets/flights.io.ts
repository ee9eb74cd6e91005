// What is on its way to the viewers of one object, one by one and together.

import type { Millis } from "../../kernel/time.ts";
import { isClosed, isOpen } from "./socket.io.ts";
import {
  addSent,
  beginFlight,
  countedBytes,
  CROWDED_BYTES,
  endFlight,
  FULL_BYTES,
  isTooSlow,
  PROBE_STEP,
  VIEWER_FULL_BYTES,
  type Flight,
  type Room,
} from "./in-flight.ts";

/** Bytes sent after which the viewers of an object are counted again. */
const RECOUNT_BYTES = 4_194_304;

/** Sockets at which closed ones are first looked for; later at twice those that stayed. */
const FIRST_SWEEP = 64;

const stepsOf = (bytes: number): number => Math.ceil(bytes / PROBE_STEP);

/** The flights of one object's sockets. Those that closed count until the client has left. */
export class Flights {
  readonly #flights = new Map<WebSocket, Flight>();
  #together = 0;
  /** The same by viewer. */
  #byViewer = new Map<string, number>();
  #sentSince = 0;
  #sweepAt = FIRST_SWEEP;

  /** The flight of a socket; `stored` is that of its attachment, which a wake begins with. */
  of(socket: WebSocket, stored: Flight | undefined, now: Millis): Flight {
    return this.#flights.get(socket) ?? stored ?? beginFlight(0, false, now);
  }

  /** Notes the next flight of a socket. */
  set(socket: WebSocket, flight: Flight): void {
    this.#sentSince += flight.sent - (this.#flights.get(socket)?.sent ?? 0);
    this.#flights.set(socket, flight);
    if (this.#flights.size >= this.#sweepAt) this.#sweep();
  }

  /** Counts a frame of `bytes`; `null` when the socket has to be closed instead. */
  send(socket: WebSocket, flight: Flight, bytes: number, now: Millis): Flight | null {
    if (isTooSlow(flight, this.#roomOf(flight.viewer, now), now)) return null;
    const next = addSent(flight, bytes, now);
    this.set(socket, next);
    return next;
  }

  /** True when so much is on its way that no other viewer may be sent much. */
  isFull(now: Millis): boolean {
    if (this.#count(now) <= FULL_BYTES) return false;
    this.#recount(now);
    return this.#together > FULL_BYTES;
  }

  /** True when so much is on its way to one viewer that it may not be sent much more. */
  isViewerFull(viewer: string | undefined, now: Millis): boolean {
    if (viewer === undefined) return false;
    this.#count(now);
    if (this.#bytesOf(viewer) <= VIEWER_FULL_BYTES) return false;
    this.#recount(now);
    return this.#bytesOf(viewer) > VIEWER_FULL_BYTES;
  }

  /**
   * The slowest of the open sockets: those without which the others are not behind by much. What is
   * on its way to closed ones stays until their clients have left, and is no fault of the others.
   */
  slowest(now: Millis): readonly WebSocket[] {
    const open = [...this.#flights]
      .filter(([socket]) => isOpen(socket))
      .map(([socket, flight]) => ({ socket, bytes: countedBytes(flight, now) }))
      // Of those that are behind by about as much, the one that came first has had most time.
      .toSorted((left, right) => stepsOf(right.bytes) - stepsOf(left.bytes));
    let together = open.reduce((sum, { bytes }) => sum + bytes, 0);
    const slow: WebSocket[] = [];
    for (const { socket, bytes } of open) {
      if (together <= CROWDED_BYTES) break;
      together -= bytes;
      slow.push(socket);
    }
    return slow;
  }

  /** Notes that a socket was closed, which its client may not have read. */
  end(socket: WebSocket, now: Millis): void {
    const flight = this.#flights.get(socket);
    if (flight !== undefined) this.#flights.set(socket, endFlight(flight, now));
  }

  /** Forgets a socket whose client has left. */
  delete(socket: WebSocket): void {
    this.#flights.delete(socket);
  }

  #roomOf(viewer: string | undefined, now: Millis): Room {
    const together = this.#count(now);
    if (viewer !== undefined && this.#bytesOf(viewer) > VIEWER_FULL_BYTES) return "full";
    return together > CROWDED_BYTES ? "crowded" : "enough";
  }

  #bytesOf(viewer: string): number {
    return this.#byViewer.get(viewer) ?? 0;
  }

  #count(now: Millis): number {
    if (this.#sentSince >= RECOUNT_BYTES || this.#together > CROWDED_BYTES) this.#recount(now);
    return this.#together;
  }

  #recount(now: Millis): void {
    this.#sweep();
    this.#sentSince = 0;
    this.#together = 0;
    this.#byViewer = new Map();
    for (const flight of this.#flights.values()) {
      const bytes = countedBytes(flight, now);
      this.#together += bytes;
      if (bytes > 0 && flight.viewer !== undefined)
        this.#byViewer.set(flight.viewer, this.#bytesOf(flight.viewer) + bytes);
    }
  }

  #sweep(): void {
    for (const socket of this.#flights.keys()) if (isClosed(socket)) this.#flights.delete(socket);
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.#flights.size);
  }
}
