// Reads as much of an answer's body as is kept.

import { concat, fromUtf8 } from "../../kernel/bytes.ts";
import { SECOND, type Millis } from "../../kernel/time.ts";
import { MAX_ANSWER_BYTES } from "./result.ts";

/** The status is what counts: a body that comes slowly is not waited for longer than this. */
const MAX_READ_MS: Millis = SECOND;

/** The first `MAX_ANSWER_BYTES` of a body as text; when reading fails, what came until then. */
export async function readAnswer(response: Response): Promise<string> {
  if (response.body === null) return "";
  const reader = response.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  // Cancelling ends a read that waits, and drops what has arrived and was not read yet: a busy
  // object gets a turn to read it first.
  let timer = setTimeout(() => {
    timer = setTimeout(cancel);
  }, MAX_READ_MS);
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    while (size < MAX_ANSWER_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      size += value.byteLength;
    }
  } catch {
    // The connection broke inside the body.
  } finally {
    clearTimeout(timer);
  }
  cancel();
  return fromUtf8(concat(...parts).subarray(0, MAX_ANSWER_BYTES));
}
