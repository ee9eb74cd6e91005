// Targets that are bindings: a Queue producer, and the address a service binding is called by.

import { fromUtf8, toBase64, utf8 } from "../../kernel/bytes.ts";
import { now } from "../../kernel/clock.io.ts";
import type { Json } from "../../kernel/json.ts";
import { maskUrls } from "../../kernel/log.io.ts";
import type { AttemptResult } from "../attempt/result.ts";
import type { Rendered } from "../request/formats.ts";

/**
 * A message on the queue (content type `json`): the headers that an HTTP subscriber would get, and
 * the body. `body` is JSON that the relay wrote; `JSON.stringify(message.body)` gives the signed
 * bytes back, unless the body has numbers that JavaScript changes: then `bodyText` has them. With
 * the format `raw`, `bodyBase64` holds the provider's bytes: they need not be JSON, and their
 * signature holds byte by byte.
 */
export type QueueMessage =
  | {
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Json;
      readonly bodyText?: string;
    }
  | { readonly headers: Readonly<Record<string, string>>; readonly bodyBase64: string };

/** A message has at most 128,000 bytes, and Queues needs about 100 (Queues limits, 2026-10). */
export const MAX_QUEUE_MESSAGE_BYTES = 128_000 - 100;

/** The HTTP status of a message that a queue accepted. */
const ACCEPTED_STATUS = 202;

/** The message for an event. */
export function queueMessage(
  rendered: Rendered,
  headers: Readonly<Record<string, string>>,
): QueueMessage {
  if (rendered.content === "bytes") return { headers, bodyBase64: toBase64(rendered.body) };
  const bodyText = fromUtf8(rendered.body);
  const body = JSON.parse(bodyText) as Json;
  return JSON.stringify(body) === bodyText ? { headers, body } : { headers, body, bodyText };
}

/** Puts an event on a queue. Never throws; only a message over the limit is not tried again. */
export async function sendToQueue(
  queue: Pick<Queue<QueueMessage>, "send">,
  rendered: Rendered,
  headers: Readonly<Record<string, string>>,
): Promise<AttemptResult> {
  const startedAt = now();
  const message = queueMessage(rendered, headers);
  const size = utf8(JSON.stringify(message)).byteLength;
  if (size > MAX_QUEUE_MESSAGE_BYTES) {
    return {
      kind: "impossible",
      error: `the message has ${size} bytes, a queue takes ${MAX_QUEUE_MESSAGE_BYTES}`,
      ms: now() - startedAt,
    };
  }
  try {
    await queue.send(message, { contentType: "json" });
    return {
      kind: "answer",
      status: ACCEPTED_STATUS,
      headers: {},
      answer: "",
      ms: now() - startedAt,
    };
  } catch (thrown) {
    const error = maskUrls(thrown instanceof Error ? thrown.message : String(thrown));
    return { kind: "failure", reason: "unknown", error: `queue: ${error}`, ms: now() - startedAt };
  }
}
