// The SSE bridge: the Worker holds the HTTP stream and reads from the object over a hibernatable
// socket, so that the object can sleep.

import { utf8 } from "../../kernel/bytes.ts";
import { randomFraction } from "../../kernel/random.io.ts";
import { now as clock } from "../../kernel/clock.io.ts";
import { isProbeAnswer } from "../sockets/ping.ts";
import {
  COMMENT,
  HEARTBEAT_INTERVAL,
  lifeOf,
  pressureOf,
  QUEUE_TARGET,
  retryHint,
  sseEvent,
  type Pressure,
} from "./sse.ts";

/** One reader of one socket: passes frames on until either side ends. */
class Reader {
  readonly #socket: WebSocket;
  readonly #controller: ReadableStreamDefaultController<Uint8Array>;
  readonly #heartbeat: ReturnType<typeof setInterval>;
  readonly #life: ReturnType<typeof setTimeout>;
  #pressure: Pressure = { kind: "flowing" };

  constructor(socket: WebSocket, controller: ReadableStreamDefaultController<Uint8Array>) {
    this.#socket = socket;
    this.#controller = controller;
    this.#heartbeat = setInterval(() => this.write(COMMENT), HEARTBEAT_INTERVAL);
    this.#life = setTimeout(() => this.end(), lifeOf(randomFraction()));
  }

  write(text: string): void {
    if (this.#pressure.kind === "end") return;
    this.#pressure = pressureOf(
      this.#pressure,
      QUEUE_TARGET - (this.#controller.desiredSize ?? 0),
      clock(),
    );
    if (this.#pressure.kind === "end") this.#finish();
    else this.#controller.enqueue(utf8(text));
  }

  /** Ends the stream after what is queued. */
  end(): void {
    if (this.#pressure.kind === "end") return;
    this.#pressure = { kind: "end" };
    this.#finish();
  }

  /** The reader has left, so there is no stream to close. */
  leave(): void {
    this.#pressure = { kind: "end" };
    this.#release();
  }

  #finish(): void {
    this.#release();
    this.#controller.close();
  }

  #release(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#life);
    this.#socket.close(1000);
  }
}

/**
 * Makes the body of an event stream from an object's socket, and accepts the socket. The body ends
 * when the socket closes (also at the token's end), at the end of its life, or when the reader
 * stays behind. A reader that leaves closes the socket.
 */
export function bridge(socket: WebSocket): ReadableStream<Uint8Array> {
  let reader: Reader | null = null;
  return new ReadableStream<Uint8Array>(
    {
      start(controller): void {
        const started = new Reader(socket, controller);
        reader = started;
        socket.addEventListener("message", ({ data }) => {
          if (isProbeAnswer(data)) socket.send(data);
          else if (typeof data === "string") started.write(sseEvent(data));
        });
        socket.addEventListener("close", () => started.end());
        socket.addEventListener("error", () => started.end());
        started.write(retryHint(randomFraction()));
        socket.accept();
      },
      cancel(): void {
        reader?.leave();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: QUEUE_TARGET }),
  );
}
