// The three ways to a stream, all with one face: frames come in, one close ends it.

import type { Transport } from "./machine.ts";
import type { Snapshot } from "../live/log.ts";
import type { Frame } from "./view.ts";

/** Where and as whom. `stream` and `events` are addresses with a query begun. */
export interface Target {
  readonly stream: string;
  readonly events: string;
  readonly token: string;
  readonly cursor: string | null;
}

/** What a connection reports. `heard` is any sign of life; `close` comes once and last, `retryAfter` in ms. */
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

/** The close code that an HTTP status stands for; every other one is worth another try. */
const CODES: Readonly<Record<number, number>> = { 400: 4501, 401: 4500, 403: 4507, 404: 4507 };

const BROKEN = 1006;

const since = (cursor: string | null): string => (cursor ? `&since=${cursor}` : "");

/** The token travels as a subprotocol, the one header that browsers let a page set: addresses end up in logs. */
const websocket: Open = ({ stream, token, cursor }, ear) => {
  const socket = new WebSocket(stream.replace(/^http/, "ws") + since(cursor), ["jobrelay.v1", token]);
  socket.onmessage = ({ data }) => (data === "pong" ? ear.heard() : ear.frame(JSON.parse(data as string) as Frame));
  socket.onclose = ({ code }) => ear.close(code);
  return {
    ping: () => socket.send("ping"),
    close() {
      socket.onmessage = socket.onclose = null;
      socket.close();
    },
  };
};

/** Runs requests with the token in a header until one fails or `close` is called. */
const requests = (
  { token }: Target,
  ear: Ear,
  run: (get: (url: string, accept?: string) => Promise<Response>, sleep: (ms: number) => Promise<void>) => Promise<number | void>,
): Connection => {
  const stop = new AbortController();
  const { signal } = stop;
  const get = async (url: string, accept = "application/json"): Promise<Response> => {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}`, accept }, signal, cache: "no-store" });
    if (!response.ok) throw new Error(response.statusText, { cause: response });
    return response;
  };
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  run(get, sleep).then(
    (retry) => ear.close(BROKEN, retry ?? 0),
    (error: unknown) => {
      if (signal.aborted) return;
      const { status = 0, headers } = ((error as Error).cause ?? {}) as Partial<Response>;
      ear.close(CODES[status] ?? BROKEN, Number(headers?.get("retry-after")) * 1_000 || 0);
    },
  );
  return { close: () => stop.abort() };
};

/** Server-sent events read with `fetch`, because `EventSource` cannot carry a token outside of the address. */
const sse: Open = (target, ear) =>
  requests(target, ear, async (get) => {
    const { body } = await get(target.stream + since(target.cursor), "text/event-stream");
    const reader = (body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    let retry = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return retry;
      ear.heard();
      const blocks = (text + value).split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const [, field, data = ""] = /^(data|retry): (.*)$/m.exec(block) ?? [];
        if (field === "retry") retry = Number(data);
        else if (field) ear.frame(JSON.parse(data) as Frame);
      }
    }
  });

/** Seconds that the relay may hold a poll, and the pause after an empty answer that it did not hold, in ms. */
const HELD = 25;
const PAUSE = 3_000;

interface Page {
  readonly items: readonly Frame[];
  readonly cursor: string;
  readonly reset: boolean;
  readonly snapshot?: Snapshot;
}

/** Polling. A cursor that nobody gave out asks for the state, as an absent one does of a stream. */
const poll: Open = (target, ear) =>
  requests(target, ear, async (get, sleep) => {
    let { cursor } = target;
    for (let greeted = false; ; greeted = true) {
      const asked = Date.now();
      const page = (await (await get(`${target.events}&since=${cursor ?? "-"}${greeted ? `&wait=${HELD}` : ""}`)).json()) as Page;
      const { reset, snapshot } = page;
      if (reset || !greeted) ear.frame({ type: "hello", recovered: !reset, cursor: reset ? page.cursor : (cursor ?? page.cursor), snapshot });
      cursor = page.cursor;
      ear.heard();
      page.items.forEach((item) => ear.frame(item));
      if (greeted && page.items.length === 0 && Date.now() - asked < 1_000) await sleep(PAUSE);
    }
  });

export const OPEN: Readonly<Record<Transport, Open>> = { ws: websocket, sse, poll };
