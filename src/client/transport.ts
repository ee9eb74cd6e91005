// The three transports behind one interface: frames arrive, and one close ends it.

import { BROKEN, FINAL, FORBIDDEN } from "./loss.ts";
import type { Transport } from "./state.ts";
import type { Frame, State } from "./view.ts";

/** What to connect to: an address that ends in the `?` of its query, a token, a cursor. */
export interface Target {
  readonly url: string;
  readonly token: string;
  readonly cursor: string;
}

/** Gets what arrives. `alive` is any sign of life; `close` comes last, with `retryAfter` in ms. */
export interface Receiver {
  onFrame(frame: Frame): void;
  alive(): void;
  close(code: number, retryAfter?: number): void;
}

export interface Connection {
  ping?(): void;
  close(): void;
}

/** Opens a connection; throws when the platform does not support it. */
export type Open = (target: Target, receiver: Receiver) => Connection;

/** The token is sent as a subprotocol, the only header that a page can set: logs keep addresses. */
const ws: Open = ({ url, token, cursor }, receiver) => {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}&probes=1&since=${cursor}`, [
    "jobrelay.v1",
    token,
  ]) as BrowserSocket;
  socket.onmessage = ({ data }) => {
    if (data === "pong") receiver.alive();
    else if (data.startsWith("{")) receiver.onFrame(JSON.parse(data) as Frame);
    // A probe comes back as it is: it shows the relay how much of the stream was read.
    else socket.send(data);
  };
  // Without a message from this side, a close of the relay may arrive seconds late.
  const ping = (): void => socket.send("ping");
  socket.onopen = ping;
  socket.onclose = ({ code }) => receiver.close(code);
  return { ping, close: () => socket.close() };
};

/** The handlers of a WebSocket, which the types of Workers lack. */
type BrowserSocket = WebSocket & {
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: string }) => void) | null;
  onclose: ((event: { readonly code: number }) => void) | null;
};

type Get = (url: string, accept: string) => Promise<Response>;

/** Runs requests with the token in a header until `run` is done, one fails, or it is closed. */
const requests = (
  token: string,
  receiver: Receiver,
  run: (get: Get) => Promise<void>,
): Connection => {
  const stop = new AbortController();
  const { signal } = stop;
  const get: Get = async (url, accept) => {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}`, accept },
      signal,
    });
    const { ok, status } = response;
    if (!ok) {
      const code = status === 401 ? FINAL : status > 404 ? BROKEN : FORBIDDEN;
      receiver.close(code, Number(response.headers.get("retry-after")) * 1_000 || 0);
      stop.abort();
    }
    signal.throwIfAborted();
    return response;
  };
  const end = (): unknown => signal.aborted || receiver.close(BROKEN);
  void run(get).then(end, end);
  return { close: () => stop.abort() };
};

/** Server-sent events, read with `fetch`: `EventSource` can send a token in the address only. */
const sse: Open = ({ url, token, cursor }, receiver) =>
  requests(token, receiver, async (get) => {
    const { body } = await get(`${url}&since=${cursor}`, "text/event-stream");
    const reader = (body as ReadableStream<Uint8Array<ArrayBuffer>>)
      .pipeThrough(new TextDecoderStream())
      .getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      receiver.alive();
      const lines = (text + value).split("\n");
      text = lines.pop() as string;
      for (const line of lines) {
        if (line.startsWith("data:")) receiver.onFrame(JSON.parse(line.slice(5)) as Frame);
      }
    }
  });

/** How long a poll may wait, in seconds, and the pause after an empty answer, in ms. */
const HELD = 25;
const PAUSE = 2_000;

interface Page {
  readonly items: readonly Frame[];
  readonly cursor: string;
  readonly reset: boolean;
  readonly snapshot?: State;
}

/** Polling. An invalid cursor asks for the state, as a stream without a cursor does. */
const poll: Open = ({ url, token, cursor }, receiver) =>
  requests(token, receiver, async (get) => {
    let place = cursor;
    for (let held = 0; ; held = HELD) {
      const answer = await get(
        `${url.replace("/stream?", "/events?")}&since=${place || "-"}&wait=${held}`,
        "application/json",
      );
      const { items, cursor: next, reset, snapshot } = (await answer.json()) as Page;
      if (reset || !held)
        receiver.onFrame({
          type: "hello",
          recovered: !reset,
          cursor: reset ? next : place || next,
          snapshot,
        });
      place = next;
      receiver.alive();
      items.forEach((item) => receiver.onFrame(item));
      if (held && !items.length) await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  });

export const OPEN: Readonly<Record<Transport, Open>> = { ws, sse, poll };
