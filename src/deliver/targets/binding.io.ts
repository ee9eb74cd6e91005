// Targets that are bindings: a Queue producer, and the address a service binding is called by.

import { fromUtf8, toBase64, utf8 } from "../../kernel/bytes.ts";
import { now } from "../../kernel/clock.io.ts";
import type { Json } from "../../kernel/json.ts";
import type { AttemptResult } from "../attempt/result.ts";
import type { Rendered } from "../request/formats.ts";

/**
 * A message on the queue (content type `json`): the headers an HTTP subscriber would get, and the body. `body` is the event
 * itself when the relay wrote it; `JSON.stringify(message.body)` gives the signed bytes back. With the format `raw`, `bodyBase64`
 * is the provider's bytes, which need not be JSON and whose signature holds only byte by byte.
 */
export type QueueMessage =
  | { readonly headers: Readonly<Record<string, string>>; readonly body: Json }
  | { readonly headers: Readonly<Record<string, string>>; readonly bodyBase64: string };

/** A Queues message is at most 128,000 bytes, about 100 of which the platform needs itself (Queues limits, 2026-10). */
export const QUEUE_MESSAGE_BYTES = 128_000 - 100;

/** Accepted for later processing: what a queue's acceptance is in the words of HTTP. */
const ACCEPTED = 202;

/** The message for an event. */
export function queueMessage(
  rendered: Rendered,
  headers: Readonly<Record<string, string>>,
): QueueMessage {
  return rendered.content === "json"
    ? { headers, body: JSON.parse(fromUtf8(rendered.body)) as Json }
    : { headers, bodyBase64: toBase64(rendered.body) };
}

/** Puts an event on a queue. Never throws; a message over the limit is impossible, everything else may be tried again. */
export async function sendToQueue(
  queue: Pick<Queue<QueueMessage>, "send">,
  rendered: Rendered,
  headers: Readonly<Record<string, string>>,
): Promise<AttemptResult> {
  const started = now();
  const message = queueMessage(rendered, headers);
  const size = utf8(JSON.stringify(message)).byteLength;
  if (size > QUEUE_MESSAGE_BYTES) {
    return {
      kind: "impossible",
      error: `the message has ${size} bytes, a queue takes ${QUEUE_MESSAGE_BYTES}`,
      ms: now() - started,
    };
  }
  try {
    await queue.send(message, { contentType: "json" });
    return { kind: "answer", status: ACCEPTED, headers: {}, answer: "", ms: now() - started };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown.message : String(thrown);
    return { kind: "failure", reason: "unknown", error: `queue: ${error}`, ms: now() - started };
  }
}

/**
 * Where a service binding is called: the request is the one a URL would get, and the bound Worker can tell subscribers apart by
 * host. `.internal` is reserved (ICANN, 2024), so the name never resolves by accident.
 */
export const serviceUrl = (subscriber: string): string =>
  `https://${subscriber}.jobrelay.internal/`;
