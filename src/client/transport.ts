// The three ways to a stream, all with one face: frames come in, one close ends it.

import { BROKEN, type Transport } from "./machine.ts";
import type { Frame, State } from "./view.ts";

/** Where and as whom: the address of a stream, its query begun. */
export interface Target {
  readonly url: string;
  readonly token: string;
  readonly cursor: string;
}

/**
 * What a connection reports. `heard` is any sign of life; `close` comes once and last, `retryAfter`
 * in ms.
 */
export interface Ear {
  frame(frame: Frame): void;
  heard(): void;
  close(code: number, retryAfter?: number): void;
}

export interface Connection {
  ping?(): void;
  close(): void;
}

/** Opens a connection; throws when the platform cannot even try. */
export type Open = (target: Target, ear: Ear) => Connection;

/** The close code that an HTTP status stands for: no token, a refusal, or worth another try. */
const codeOf = (status: number): number => (status === 401 ? 4_500 : status > 404 ? BROKEN : 4_507);

const since = (cursor: string): string => (cursor ? `&since=${cursor}` : "");

/**
 * The token travels as a subprotocol, the one header that browsers let a page set: addresses end up
 * in logs.
 */
const ws: Open = ({ url, token, cursor }, ear) => {
  const socket = new WebSocket(url.replace(/^http/, "ws") + since(cursor), [
    "jobrelay.v1",
    token,
  ]) as BrowserSocket;
  socket.onmessage = ({ data }) =>
    data === "pong" ? ear.heard() : ear.frame(JSON.parse(data) as Frame);
  socket.onclose = ({ code }) => ear.close(code);
  return { ping: () => socket.send("ping"), close: () => socket.close() };
};

/** The handlers that every platform's WebSocket has; the Workers types leave them out. */
type BrowserSocket = WebSocket & {
  onmessage: ((event: { readonly data: string }) => void) | null;
  onclose: ((event: { readonly code: number }) => void) | null;
};

type Get = (url: string, accept: string) => Promise<Response>;

/**
 * Runs requests with the token in a header until `run` is done, one fails, or `close` is called.
 */
const requests = (token: string, ear: Ear, run: (get: Get) => Promise<void>): Connection => {
  const stop = new AbortController();
  const { signal } = stop;
  const get: Get = async (url, accept) => {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}`, accept },
      signal,
      cache: "no-store",
    });
    if (!response.ok) {
      ear.close(codeOf(response.status), Number(response.headers.get("retry-after")) * 1_000 || 0);
      stop.abort();
    }
    signal.throwIfAborted();
    return response;
  };
  void run(get)
    .catch(() => undefined)
    .then(() => signal.aborted || ear.close(BROKEN));
  return { close: () => stop.abort() };
};

/**
 * Server-sent events read with `fetch`, because `EventSource` cannot carry a token outside of the
 * address.
 */
const sse: Open = ({ url, token, cursor }, ear) =>
  requests(token, ear, async (get) => {
    const { body } = await get(url + since(cursor), "text/event-stream");
    const reader = (body as ReadableStream<Uint8Array<ArrayBuffer>>)
      .pipeThrough(new TextDecoderStream())
      .getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      ear.heard();
      const lines = (text + value).split("\n");
      text = lines.pop() as string;
      for (const line of lines) {
        if (line.startsWith("data:")) ear.frame(JSON.parse(line.slice(5)) as Frame);
      }
    }
  });

/**
 * Seconds that the relay may hold a poll, and the pause after an empty answer, in ms: a relay may
 * not hold polls at all.
 */
const HELD = 25;
const PAUSE = 2_000;

interface Page {
  readonly items: readonly Frame[];
  readonly cursor: string;
  readonly reset: boolean;
  readonly snapshot?: State;
}

/** Polling. A cursor that nobody gave out asks for the state, as an absent one does of a stream. */
const poll: Open = ({ url, token, cursor }, ear) =>
  requests(token, ear, async (get) => {
    let place = cursor;
    for (let held = 0; ; held = HELD) {
      const answer = await get(
        `${url.replace("/stream?", "/events?")}&since=${place || "-"}&wait=${held}`,
        "application/json",
      );
      const { items, cursor: next, reset, snapshot } = (await answer.json()) as Page;
      if (reset || !held)
        ear.frame({
          type: "hello",
          recovered: !reset,
          cursor: reset ? next : place || next,
          snapshot,
        });
      place = next;
      ear.heard();
      items.forEach((item) => ear.frame(item));
      if (held && !items.length) await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  });

export const OPEN: Readonly<Record<Transport, Open>> = { ws, sse, poll };
