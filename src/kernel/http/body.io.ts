// Reads the body of a request up to a limit.

import { concat } from "../bytes.ts";
import { fault, ok, type Result } from "../result.ts";

/** Why a body could not be read: it is over the limit, or the sender went away. */
export type BodyFault = "too-large" | "interrupted";

/**
 * Reads a body of at most `maxBody` bytes. At the first byte over the limit it stops and cancels
 * the rest. A sender that goes away before the end is `interrupted`.
 */
export async function readBody(
  request: Request,
  maxBody: number,
): Promise<Result<Uint8Array<ArrayBuffer>, BodyFault>> {
  const declared = request.headers.get("content-length");
  if (declaresTooMuch(declared, maxBody)) {
    await cancel(request.body);
    return fault("too-large");
  }
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

/** Reads a body without a declared length until its end or the limit. */
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
        await reader.cancel("body over the limit");
        return fault("too-large");
      }
      chunks.push(read.value);
    }
  } catch {
    return fault("interrupted");
  }
  return ok(concat(...chunks));
}

/** Tells the sender that nobody reads on; a broken stream needs no cancelling. */
async function cancel(body: ReadableStream | null): Promise<void> {
  try {
    await body?.cancel("body over the limit");
  } catch {
    // The connection is gone.
  }
}
