// Requests of connectors: bounded in time and size, and never redirected.

import { readInParts } from "../kernel/http/body.io.ts";
import { fromUtf8 } from "../kernel/bytes.ts";
import { now as clock } from "../kernel/clock.io.ts";
import { errorText } from "../kernel/log.io.ts";
import { ok } from "../kernel/result.ts";
import { retryAfter } from "../kernel/http/retry-after.ts";
import { SECOND, type Millis } from "../kernel/time.ts";
import type { Answer } from "./answer.ts";

/** How long a run of a connector waits for answers. Those that take longer hold up no other. */
const RUN_WAIT: Millis = SECOND;

/** How long an answer may take, its body included. */
const REQUEST_TIMEOUT: Millis = 10 * SECOND;

/** Bytes of an answer: a list of 1,000 exports has 150,000. */
const MAX_ANSWER = 1_048_576;

/** Sends a request and reads its answer. Never throws. */
export async function ask(url: string, init: RequestInit): Promise<Answer> {
  return withTimeout(async (signal) => {
    // A redirect would lead past the URL policy, with the token.
    const response = await fetch(url, { ...init, redirect: "manual", signal });
    const { status, headers, body } = response;
    const read = body === null ? ok(new Uint8Array()) : await readInParts(body, MAX_ANSWER);
    if (!read.ok) {
      // A body that comes too slowly is one that does not come.
      signal.throwIfAborted();
      // A broken body needs no cancelling.
      await body?.cancel().catch(() => undefined);
      return { kind: "none", reason: `the answer was ${read.fault}` };
    }
    return {
      kind: "answer",
      status,
      retryAfter: retryAfter(headers.get("retry-after") ?? undefined, clock()),
      text: fromUtf8(read.value),
    };
  });
}

/** A socket that stands, or the answer in its place. */
export type Opened = { readonly kind: "socket"; readonly socket: WebSocket } | Answer;

/** Opens a WebSocket. Never throws. */
export async function openSocket(url: string): Promise<Opened> {
  return withTimeout(async (signal) => {
    const headers = { upgrade: "websocket" };
    const response = await fetch(url, { headers, redirect: "manual", signal });
    const { status, webSocket: socket } = response;
    if (socket !== null && socket !== undefined) return { kind: "socket", socket };
    const wait = response.headers.get("retry-after") ?? undefined;
    await response.body?.cancel();
    return { kind: "answer", status, retryAfter: retryAfter(wait, clock()), text: "" };
  });
}

/** Runs a request. Its timer ends with it: a pending one would keep the object billed. */
async function withTimeout<T>(
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | Extract<Answer, { kind: "none" }>> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), REQUEST_TIMEOUT);
  try {
    return await work(controller.signal);
  } catch (thrown) {
    const reason = controller.signal.aborted
      ? `no answer within ${REQUEST_TIMEOUT / SECOND} s`
      : errorText(thrown).replace(/^Error: /, "");
    return { kind: "none", reason };
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for requests, and goes on without those that take long; its timer ends before they do. */
export async function forAWhile(work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, RUN_WAIT);
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
