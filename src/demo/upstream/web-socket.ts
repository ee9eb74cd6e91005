// The server's side of a WebSocket (RFC 6455), as much of it as text in whole frames needs.

import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** Added to the client's key before it is hashed (RFC 6455, 1.3). */
const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const OPCODE = { text: 0x1, close: 0x8, ping: 0x9, pong: 0xa } as const;

/** One connection. */
export interface Connection {
  send(text: string): void;
  close(code: number, reason: string): void;
  /** Breaks the connection without a word, as a network does. */
  destroy(): void;
}

/** What a connection tells its owner. */
export interface ConnectionEvents {
  readonly message: (text: string) => void;
  readonly end: () => void;
}

/** Answers the upgrade; `open` gets the connection before its first message. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  open: (connection: Connection) => ConnectionEvents,
): void {
  const key = request.headers["sec-websocket-key"] ?? "";
  const accept = createHash("sha1")
    .update(key + KEY_SUFFIX)
    .digest("base64");
  const head = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  const write = (opcode: number, payload: Buffer): void => {
    if (socket.writable) socket.write(frameOf(opcode, payload));
  };
  const connection: Connection = {
    send: (text) => write(OPCODE.text, Buffer.from(text)),
    close: (code, reason) => {
      const payload = Buffer.alloc(2);
      payload.writeUInt16BE(code);
      write(OPCODE.close, Buffer.concat([payload, Buffer.from(reason)]));
      socket.end();
    },
    destroy: () => socket.destroy(),
  };
  const events = open(connection);
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (let frame = readFrame(rest); frame !== null; frame = readFrame(rest)) {
      rest = rest.subarray(frame.length);
      if (frame.opcode === OPCODE.text) events.message(frame.payload.toString());
      if (frame.opcode === OPCODE.ping) write(OPCODE.pong, frame.payload);
      if (frame.opcode === OPCODE.close) socket.end();
    }
  });
  socket.on("error", () => undefined);
  socket.on("close", events.end);
}

/** A frame of the server: whole, and not masked. */
function frameOf(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const first = 0x80 | opcode;
  if (length < 126) return Buffer.concat([Buffer.from([first, length]), payload]);
  const head = Buffer.alloc(length < 65_536 ? 4 : 10);
  head[0] = first;
  if (length < 65_536) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, payload]);
}

/** A frame of a client, which is masked; `null` while a part of it is missing. */
function readFrame(
  bytes: Buffer,
): { readonly opcode: number; readonly payload: Buffer; readonly length: number } | null {
  if (bytes.length < 2) return null;
  const short = (bytes[1] ?? 0) & 0x7f;
  const sizeBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const maskAt = 2 + sizeBytes;
  if (bytes.length < maskAt + 4) return null;
  const size =
    short === 126
      ? bytes.readUInt16BE(2)
      : short === 127
        ? Number(bytes.readBigUInt64BE(2))
        : short;
  const length = maskAt + 4 + size;
  if (bytes.length < length) return null;
  const mask = bytes.subarray(maskAt, maskAt + 4);
  const payload = Buffer.from(
    bytes.subarray(maskAt + 4, length).map((byte, index) => byte ^ (mask[index % 4] ?? 0)),
  );
  return { opcode: (bytes[0] ?? 0) & 0x0f, payload, length };
}
