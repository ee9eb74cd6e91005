// A realtime server and an export API that answer too slowly, or without end.

import { createServer, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { acceptWebSocket, type ConnectionEvents } from "../../../src/demo/upstream/web-socket.ts";
import { close, listen } from "../../../src/demo/upstream/listen.ts";
import type { JsonObject } from "../../../src/kernel/json.ts";

/** How an answer comes: not at all, without a body, byte by byte, or without end. */
export type Slowness = "silent" | "headers" | "drip" | "flood";

/** How a connection speaks once it stands. */
export type Speech = "pings-only" | "drip-reply" | "drip-frame" | "endless-fragments" | "fragments";

/** What is slow; `null` where everything is as it should be. */
export interface Slow {
  token: Slowness | null;
  socket: Slowness | null;
  speech: Speech | null;
  /** For exports whose id begins with `slow`. One whose id begins with `running` does not end. */
  status: Slowness | null;
}

export interface SlowServer {
  readonly url: string;
  readonly socketUrl: string;
  readonly tokenUrl: string;
  readonly slow: Slow;
  /** Paths in the order in which they were asked for; `given up` where a slow answer was. */
  readonly log: readonly string[];
  close(): Promise<void>;
}

const CHANNEL = "exports:u1";

/** Time between two bytes that drip, and between two pings, in ms. */
const DRIP_EVERY = 200;
const PING_EVERY = 500;

const JOB: JsonObject = { event: "job.created", guid: "whole", status: "queueing", url: null };

/** One frame of a message, as RFC 6455 cuts it; the length takes 1, 3 or 9 bytes. */
function frameOf(payload: Buffer, isFirst: boolean, isLast: boolean): Buffer {
  const head = Buffer.alloc(10);
  head[0] = (isLast ? 0x80 : 0) | (isFirst ? 0x1 : 0x0);
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(payload.length), 2);
  if (payload.length >= 65_536) return Buffer.concat([head, payload]);
  const short = Buffer.from([head[0], payload.length < 126 ? payload.length : 126]);
  const length = Buffer.alloc(payload.length < 126 ? 0 : 2);
  if (length.length > 0) length.writeUInt16BE(payload.length);
  return Buffer.concat([short, length, payload]);
}

/** Calls `write` again and again until the socket is gone. */
function repeat(socket: Duplex | ServerResponse, every: number, write: () => void): void {
  const timer = setInterval(write, every);
  socket.once("close", () => clearInterval(timer));
}

/** Sends a part whenever the last one has left, without end. */
function flood(to: Duplex | ServerResponse, part: () => Buffer): void {
  const more = (): void => {
    while (!to.destroyed && to.write(part())) {
      // As much as fits.
    }
  };
  to.on("drain", more);
  to.on("error", () => undefined);
  more();
}

function answerSlowly(response: ServerResponse, slowness: Slowness): void {
  if (slowness === "silent") return;
  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
  if (slowness === "drip") repeat(response, DRIP_EVERY, () => response.write(" "));
  if (slowness === "flood") flood(response, () => Buffer.alloc(65_536, " "));
}

function upgradeSlowly(socket: Duplex, slowness: Slowness): void {
  socket.on("error", () => undefined);
  const head = slowness === "flood" ? "HTTP/1.1 200 OK\r\n\r\n" : "HTTP/1.1 101 Switching";
  if (slowness === "drip") return repeat(socket, DRIP_EVERY, () => socket.write("H"));
  if (slowness !== "silent") socket.write(head);
  if (slowness === "flood") flood(socket, () => Buffer.alloc(65_536, "x"));
}

const reply = (ping: number): Buffer =>
  Buffer.from(
    JSON.stringify({
      id: 1,
      connect: { client: "c", ping, pong: true, subs: { [CHANNEL]: { epoch: "e", offset: 0 } } },
    }),
  );

const publication = (): Buffer =>
  Buffer.from(JSON.stringify({ push: { channel: CHANNEL, pub: { offset: 1, data: JOB } } }));

/** Writes a message so that each byte is a frame of its own. */
const inBytes = (message: Buffer): readonly Buffer[] =>
  [...message].map((byte, index) =>
    frameOf(Buffer.from([byte]), index === 0, index === message.length - 1),
  );

/** Answers `connect`, and goes on, as the server is told to. */
function speak(socket: Duplex, speech: Speech | null): void {
  const whole = (text: Buffer): boolean => socket.write(frameOf(text, true, true));
  const drip = (frame: Buffer): void => {
    let at = 0;
    repeat(socket, DRIP_EVERY, () => socket.write(frame.subarray(at, (at += 1))));
  };
  switch (speech) {
    case "pings-only":
      return repeat(socket, PING_EVERY, () => whole(Buffer.from("{}")));
    case "drip-reply":
      return drip(frameOf(reply(25), true, true));
    case "drip-frame":
      whole(reply(1));
      return drip(frameOf(Buffer.alloc(100_000, "x"), true, true));
    case "endless-fragments": {
      whole(reply(25));
      let isFirst = true;
      return flood(socket, () => {
        const frame = frameOf(Buffer.alloc(1_048_576, "x"), isFirst, false);
        isFirst = false;
        return frame;
      });
    }
    case "fragments":
      for (const frame of [...inBytes(reply(25)), ...inBytes(publication())]) socket.write(frame);
      return;
    case null:
      whole(reply(25));
      whole(publication());
  }
}

/** Hears `connect`, and nothing else. */
const listenerOf = (socket: Duplex, slow: Slow): ConnectionEvents => ({
  message: (text) => {
    if (text.includes('"connect"')) speak(socket, slow.speech);
  },
  end: () => undefined,
});

/** Starts a server. */
export async function startSlowServer(given: Partial<Slow>): Promise<SlowServer> {
  const slow: Slow = { token: null, socket: null, speech: null, status: null, ...given };
  const log: string[] = [];
  const server = createServer((request, response) => {
    request.resume();
    response.on("error", () => undefined);
    const isToken = request.url === "/token";
    const url = request.url ?? "";
    log.push(url);
    const slowness = isToken ? slow.token : /\/slow/.test(url) ? slow.status : null;
    response.once("close", () => {
      if (!response.writableFinished) log.push("given up");
    });
    if (slowness !== null) return answerSlowly(response, slowness);
    const isRunning = /\/running/.test(url);
    const status = {
      status: isRunning ? "processing" : "completed",
      progress: { messagesExported: 1 },
    };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(isToken ? { token: "t" } : status));
  });
  const sockets = new Set<Duplex>();
  server.on("upgrade", (request, socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    if (slow.socket !== null) return upgradeSlowly(socket, slow.socket);
    acceptWebSocket(request, socket, () => listenerOf(socket, slow));
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    socketUrl: `ws://127.0.0.1:${port}/connection/websocket`,
    tokenUrl: `http://127.0.0.1:${port}/token`,
    slow,
    log,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return close(server);
    },
  };
}
