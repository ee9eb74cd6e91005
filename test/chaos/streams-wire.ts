// Streams over bare connections, so that a test can end them as networks do: with a goodbye,
// without one, or with a reset.

import { request, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { EventFrame, Frame } from "../support/watchers.ts";

/** Ways to leave: the protocol's own, a closed connection (FIN), a reset one (RST). */
export const GOODBYES = ["close", "fin", "reset"] as const;
export type Goodbye = (typeof GOODBYES)[number];

export const TRANSPORTS = ["websocket", "sse", "poll"] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** A place to read from; frames go to `onFrame` in order until the session ends. */
export interface Place {
  readonly port: number;
  /** Path of the stream, without a query. */
  readonly path: string;
  readonly token: string;
  readonly since: string | null;
  readonly onFrame: (frame: Frame) => void;
  /** Milliseconds between two polls; without it, each waits for an event. */
  readonly pollEvery?: number;
}

/** One connection. */
export interface Session {
  /**
   * Resolves with the reason once no frame will come any more: `left`, `lost`, or the HTTP status
   * of a refusal.
   */
  readonly ended: Promise<"left" | "lost" | number>;
  leave(how: Goodbye): void;
  /** Stops reading, as a slow viewer does, or reads on. */
  read(isReading: boolean): void;
}

/** A close frame with code 1000, masked with zeros (RFC 6455, 5.3 and 5.5.1). */
const CLOSE_FRAME = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);

interface Wire {
  readonly socket: () => Socket | null;
  readonly ended: Promise<"left" | "lost" | number>;
  readonly end: (why: "left" | "lost" | number) => void;
  readonly isOver: () => boolean;
}

function wire(): Wire & { readonly hold: (socket: Socket) => void } {
  const { promise: ended, resolve } = Promise.withResolvers<"left" | "lost" | number>();
  let held: Socket | null = null;
  let over = false;
  return {
    socket: () => held,
    hold: (socket) => {
      held = socket;
      if (over) socket.destroy();
    },
    ended,
    end: (why) => {
      over = true;
      resolve(why);
    },
    isOver: () => over,
  };
}

const readerOf =
  ({ socket }: Wire) =>
  (isReading: boolean): void =>
    void (isReading ? socket()?.resume() : socket()?.pause());

function drop({ socket, end }: Wire, how: Goodbye): void {
  const held = socket();
  end("left");
  if (how === "reset") held?.resetAndDestroy();
  else held?.destroy();
}

interface Ask {
  readonly place: Place;
  readonly suffix: string;
  readonly headers: Readonly<Record<string, string>>;
}

function start(
  { place, suffix, headers }: Ask,
  made: ReturnType<typeof wire>,
): ReturnType<typeof request> {
  const query = new URLSearchParams(suffix);
  if (place.since !== null) query.set("since", place.since);
  const asked = request({
    host: "127.0.0.1",
    port: place.port,
    path: `${place.path}?${query.toString()}`,
    agent: false,
    headers: { authorization: `Bearer ${place.token}`, ...headers },
  });
  asked.on("socket", (socket) => made.hold(socket));
  asked.on("error", () => made.end("lost"));
  asked.end();
  return asked;
}

const WEBSOCKET_HEADERS = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

function openWebSocket(place: Place): Session {
  const made = wire();
  const asked = start({ place, suffix: "", headers: WEBSOCKET_HEADERS }, made);
  asked.on("response", (response) => refuse(made, response));
  asked.on("upgrade", (_, socket, head) => {
    socket.on("error", () => made.end("lost"));
    socket.on("close", () => made.end("lost"));
    let pending = head;
    const take = (): void => {
      for (let frame = frameIn(pending); frame !== null; frame = frameIn(pending)) {
        pending = pending.subarray(frame.end);
        if (frame.opcode === 8) made.end("lost");
        if (frame.opcode === 1 && !made.isOver()) place.onFrame(JSON.parse(frame.text) as Frame);
      }
    };
    socket.on("data", (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      take();
    });
    take();
  });
  return {
    ended: made.ended,
    read: readerOf(made),
    leave: (how) => {
      if (how !== "close") return drop(made, how);
      made.end("left");
      made.socket()?.end(CLOSE_FRAME);
    },
  };
}

/**
 * The first whole frame of a buffer (RFC 6455, 5.2; a server never masks); `null` while it is not
 * there yet.
 */
function frameIn(
  bytes: Buffer,
): { readonly opcode: number; readonly text: string; readonly end: number } | null {
  if (bytes.byteLength < 2) return null;
  const short = bytes.readUInt8(1) & 0x7f;
  const headEnd = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (bytes.byteLength < headEnd) return null;
  const length =
    short === 127
      ? Number(bytes.readBigUInt64BE(2))
      : short === 126
        ? bytes.readUInt16BE(2)
        : short;
  const end = headEnd + length;
  if (bytes.byteLength < end) return null;
  return { opcode: bytes.readUInt8(0) & 0x0f, text: bytes.toString("utf8", headEnd, end), end };
}

function refuse(made: Wire, response: IncomingMessage): void {
  response.resume();
  made.end(response.statusCode ?? 0);
}

function openSse(place: Place): Session {
  const made = wire();
  const asked = start({ place, suffix: "", headers: { accept: "text/event-stream" } }, made);
  asked.on("response", (response) => {
    if (response.statusCode !== 200) return refuse(made, response);
    let pending = "";
    response.setEncoding("utf8");
    response.on("data", (text: string) => {
      const blocks = (pending + text).split("\n\n");
      pending = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = block.split("\n").find((line) => line.startsWith("data: "));
        if (data !== undefined && !made.isOver())
          place.onFrame(JSON.parse(data.slice("data: ".length)) as Frame);
      }
    });
    response.on("error", () => made.end("lost"));
    response.on("close", () => made.end("lost"));
  });
  return { ended: made.ended, read: readerOf(made), leave: (how) => drop(made, how) };
}

interface Page {
  readonly items: readonly EventFrame[];
  readonly cursor: string;
  readonly reset: boolean;
}

/**
 * Polls one after another, each of which waits; a page counts when all of it has come. Its hello
 * stands for the page.
 */
function openPolls(place: Place): Session {
  const made = wire();
  const next = (since: string | null): void => {
    const asked = start(
      {
        place: { ...place, path: place.path.replace(/stream$/, "events"), since },
        suffix: place.pollEvery === undefined ? "wait=5&limit=20" : "limit=1000",
        headers: {},
      },
      made,
    );
    asked.on("response", (response) => {
      if (response.statusCode !== 200) return refuse(made, response);
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (more: string) => {
        text += more;
      });
      response.on("error", () => made.end("lost"));
      response.on("close", () => {
        if (made.isOver()) return;
        if (!response.complete) return made.end("lost");
        const page = JSON.parse(text) as Page;
        place.onFrame({
          type: "hello",
          cursor: since ?? page.cursor,
          recovered: since === null || !page.reset,
        });
        for (const item of page.items) if (!made.isOver()) place.onFrame(item);
        // Only a page that was taken to its end moves the place past events of other channels.
        if (made.isOver()) return;
        if (place.pollEvery === undefined) next(page.cursor);
        else setTimeout(() => made.isOver() || next(page.cursor), place.pollEvery);
      });
    });
  };
  next(place.since);
  return { ended: made.ended, read: readerOf(made), leave: (how) => drop(made, how) };
}

/** Opens a stream, or a row of polls. */
export const openSession = (transport: Transport, place: Place): Session =>
  ({ websocket: openWebSocket, sse: openSse, poll: openPolls })[transport](place);
