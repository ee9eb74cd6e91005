// WebSockets as a browser opens them, on plain TCP: ten thousand of them have to fit beside the
// server they measure.

import { connect, type Socket } from "node:net";
import { HOST } from "../../src/cli/local/relay-process.ts";

/** One open stream; frames go to the function it was opened with. */
export interface Stream {
  close(): void;
}

/** Called with the text of a frame; without it everything that arrives is dropped unread. */
export type OnFrame = (text: string) => void;

const HEAD_END = Buffer.from("\r\n\r\n");

/**
 * Opens a stream with a token; resolves with the first frame (`hello`), so that nothing published
 * later is missed.
 */
function openStream(
  port: number,
  path: string,
  token: string,
  onFrame: OnFrame | null,
): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: HOST, noDelay: true });
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("the stream was closed")));
    socket.write(
      `GET ${path} HTTP/1.1\r\nhost: ${HOST}\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n` +
        `sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nauthorization: Bearer ${token}\r\n\r\n`,
    );
    let pending = Buffer.alloc(0);
    let upgraded = false;
    let greeted = false;
    const take = (chunk: Buffer): void => {
      if (greeted && onFrame === null) return;
      pending = pending.byteLength === 0 ? chunk : Buffer.concat([pending, chunk]);
      if (!upgraded) {
        const end = pending.indexOf(HEAD_END);
        if (end < 0) return;
        const status = pending.toString("latin1", 9, 12);
        if (status !== "101") reject(new Error(`the stream was answered ${status}`));
        pending = pending.subarray(end + HEAD_END.byteLength);
        upgraded = true;
      }
      for (let frame = frameIn(pending); frame !== null; frame = frameIn(pending)) {
        pending = pending.subarray(frame.end);
        if (greeted) onFrame?.(frame.text);
        else {
          greeted = true;
          resolve({ close: () => closeQuietly(socket) });
        }
      }
    };
    socket.on("data", take);
  });
}

function closeQuietly(socket: Socket): void {
  socket.removeAllListeners("close");
  socket.destroy();
}

/**
 * The first whole frame of a buffer (RFC 6455, 5.2: a server never masks); `null` while it is not
 * there yet.
 */
function frameIn(bytes: Buffer): { readonly text: string; readonly end: number } | null {
  if (bytes.byteLength < 2) return null;
  const short = (bytes[1] as number) & 0x7f;
  const begin = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (bytes.byteLength < begin) return null;
  const length =
    short === 127
      ? Number(bytes.readBigUInt64BE(2))
      : short === 126
        ? bytes.readUInt16BE(2)
        : short;
  const end = begin + length;
  return bytes.byteLength < end ? null : { text: bytes.toString("utf8", begin, end), end };
}

/** Sockets opened at once: more would overflow the listen queue of the server. */
const OPENING = 64;

/** Opens many streams; `onFrame` makes each its reader. */
export async function openStreams(
  { port, token }: { readonly port: number; readonly token: string },
  paths: readonly string[],
  onFrame: (index: number) => OnFrame | null,
): Promise<readonly Stream[]> {
  const streams: Stream[] = [];
  let next = 0;
  const opener = async (): Promise<void> => {
    for (let index = next++; index < paths.length; index = next++) {
      streams[index] = await openStream(port, paths[index] as string, token, onFrame(index));
    }
  };
  await Promise.all(Array.from({ length: OPENING }, opener));
  return streams;
}

/**
 * The id of the event that a frame carries; `null` of any other frame. A text search: parsing every
 * frame would measure this side.
 */
export function eventIdOf(frame: string): string | null {
  if (!frame.startsWith('{"type":"event"')) return null;
  const at = frame.indexOf('"id":"evt_');
  return at < 0 ? null : frame.slice(at + 6, frame.indexOf('"', at + 6));
}
