// Reads the body of a request up to a limit.

import { concat } from "../bytes.ts";
import { fault, ok, type Result } from "../result.ts";
import { SECOND, type Millis } from "../time.ts";

/** Why a body could not be read: it is over the limit, or the sender went away. */
export type BodyFault = "too-large" | "interrupted";

/**
 * Reads a body of at most `maxBody` bytes. At the first byte over the limit it stops, and leaves
 * the rest to `discardRest`. A sender that goes away before the end is `interrupted`.
 */
export async function readBody(
  request: Request,
  maxBody: number,
): Promise<Result<Uint8Array<ArrayBuffer>, BodyFault>> {
  const declared = request.headers.get("content-length");
  if (declaresTooMuch(declared, maxBody)) return fault("too-large");
  if (request.body === null) return ok(new Uint8Array());
  return declaresLength(declared, request.headers)
    ? readWhole(request, maxBody)
    : readInParts(request.body, maxBody);
}

/** True when `Content-Length` alone is over the limit; a missing or odd one says nothing. */
export const declaresTooMuch = (contentLength: string | null, maxBody: number): boolean =>
  contentLength !== null && /^\d+$/.test(contentLength) && Number(contentLength) > maxBody;

/** True when the length is declared and the body does not come in chunks all the same. */
const declaresLength = (declared: string | null, headers: Headers): boolean =>
  declared !== null && /^\d+$/.test(declared) && headers.get("transfer-encoding") === null;

/**
 * Reads a body of a declared length at once. HTTP holds the sender to that length (RFC 9112, 6.3;
 * RFC 9113, 8.1.1). Reading it part by part costs a tenth of the work of a webhook more. What was
 * read is measured all the same.
 */
async function readWhole(
  request: Request,
  maxBody: number,
): Promise<Result<Uint8Array<ArrayBuffer>, BodyFault>> {
  try {
    const bytes = new Uint8Array(await request.arrayBuffer());
    return bytes.byteLength > maxBody ? fault("too-large") : ok(bytes);
  } catch {
    return fault("interrupted");
  }
}

/** Reads a body without a declared length until its end or the limit; what is behind that stays. */
export async function readInParts(
  body: ReadableStream<Uint8Array>,
  maxBody: number,
): Promise<Result<Uint8Array<ArrayBuffer>, BodyFault>> {
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      size += read.value.byteLength;
      if (size > maxBody) {
        reader.releaseLock();
        return fault("too-large");
      }
      chunks.push(read.value);
    }
  } catch {
    return fault("interrupted");
  }
  return ok(concat(...chunks));
}

/** Bytes of a body that nobody wants which are read all the same, and for how long. */
const MAX_DISCARDED = 16 * 1_024 * 1_024;
const DISCARD_TIME: Millis = 5 * SECOND;

/**
 * Reads what is left of a body, and cancels it after `MAX_DISCARDED` bytes or `DISCARD_TIME`. Most
 * senders write all of a request before they read the answer: where nobody reads on, the runtime
 * ends the connection, and they see a reset instead.
 */
export async function discardRest(body: ReadableStream<Uint8Array> | null): Promise<void> {
  if (body === null || body.locked) return;
  try {
    await discard(body.getReader());
  } catch {
    // The connection is gone, or the body was read to its end.
  }
}

async function discard(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  // Of a body that is cancelled, the next read says that it has ended.
  const stop = (): Promise<void> => reader.cancel("refused").catch(() => undefined);
  const timer = setTimeout(() => void stop(), DISCARD_TIME);
  try {
    for (let size = 0; size <= MAX_DISCARDED;) {
      const read = await reader.read();
      if (read.done) return;
      size += read.value.byteLength;
    }
    await stop();
  } finally {
    clearTimeout(timer);
  }
}
