// A WebSocket client on plain TCP, which can stop reading as no library lets one.

import { connect, type Socket } from "node:net";
import { until } from "./wait.ts";

/** One connection. */
export interface RawSocket {
  /** Sends a text of at most 65,535 bytes as one masked frame (RFC 6455, 5.3). */
  send(text: string): void;
  /** Sends bytes as they are. */
  write(bytes: Uint8Array): void;
  /** The code of the close frame that ends what came in; `null` while there is none. */
  closeCode(): number | null;
  /** True once the connection is gone. */
  ended(): boolean;
  /** True once bytes have come in that hold this text. */
  has(text: string): boolean;
  /** Stops reading, until `resume`. */
  pause(): void;
  resume(): void;
  destroy(): void;
}

/** The mask of a frame: no secret, it only has to be there. */
const MASK = Buffer.from([0, 0, 0, 0]);

function masked(text: string): Buffer {
  const bytes = Buffer.from(text);
  const size = Buffer.alloc(4);
  size[0] = 0x81;
  size[1] = 0x80 | 126;
  size.writeUInt16BE(bytes.byteLength, 2);
  return Buffer.concat([size, MASK, bytes]);
}

/** Walks over whole frames to the close frame; a server never masks. */
function closeCodeIn(bytes: Buffer): number | null {
  for (let at = bytes.indexOf("\r\n\r\n") + 4; at + 2 <= bytes.byteLength;) {
    const short = (bytes[at + 1] ?? 0) & 0x7f;
    const head = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (at + head > bytes.byteLength) return null;
    if (((bytes[at] ?? 0) & 0x0f) === 8) return bytes.readUInt16BE(at + 2);
    const length =
      short === 127
        ? Number(bytes.readBigUInt64BE(at + 2))
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : short;
    at += head + length;
  }
  return null;
}

/** Opens a WebSocket at `url` (`http://…`) and waits for the answer to its upgrade. */
export async function openRawSocket(url: string): Promise<RawSocket> {
  const { hostname, port, pathname, search } = new URL(url);
  const socket: Socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const chunks: Buffer[] = [];
  let ended = false;
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => undefined);
  socket.on("close", () => {
    ended = true;
  });
  socket.write(
    `GET ${pathname}${search} HTTP/1.1\r\nhost: ${hostname}\r\nupgrade: websocket\r\n` +
      "connection: upgrade\r\nsec-websocket-version: 13\r\n" +
      "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  const bytes = (): Buffer => Buffer.concat(chunks);
  await until(() => ended || bytes().includes("\r\n\r\n"), { what: "an upgrade", every: 2 });
  return {
    send: (text) => socket.write(masked(text)),
    write: (raw) => socket.write(raw),
    closeCode: () => closeCodeIn(bytes()),
    ended: () => ended,
    has: (text) => bytes().includes(text),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    destroy: () => void socket.destroy(),
  };
}
