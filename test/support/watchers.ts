// Watchers for tests: the same stream over WebSocket, SSE and polling, each as a growing list of
// frames.

import { Centrifuge } from "centrifuge";
import { until } from "./wait.ts";

export interface HelloFrame {
  readonly type: "hello";
  readonly cursor: string;
  readonly recovered: boolean;
  readonly snapshot?: Readonly<Record<string, unknown>>;
}

export interface EventFrame {
  readonly type: "event";
  readonly channel: string;
  readonly cursor: string;
  readonly event: {
    readonly id: string;
    readonly event?: string;
    readonly guid?: string;
    readonly seq?: number;
    readonly current?: number;
  };
}

export type Frame = HelloFrame | EventFrame;

export interface Watcher {
  readonly frames: readonly Frame[];
  /** The close code of a WebSocket, 0 for the end of anything else; `null` while it is open. */
  readonly ended: () => number | null;
  close(): void;
}

export const eventsIn = (frames: readonly Frame[]): readonly EventFrame[] =>
  frames.filter((frame) => frame.type === "event");

/** The position a watcher would come back with. */
export const lastCursor = (frames: readonly Frame[]): string => frames.at(-1)?.cursor ?? "";

interface Place {
  /** Path and query of the stream or events route. */
  readonly path: string;
  readonly token: string;
  readonly since?: string;
}

const withSince = (url: URL, since: string | undefined): URL => {
  if (since !== undefined) url.searchParams.set("since", since);
  return url;
};

export function watchWebSocket(relayUrl: string, { path, token, since }: Place): Watcher {
  const url = withSince(new URL(relayUrl.replace("http", "ws") + path), since);
  const socket = new WebSocket(url.href, ["jobrelay.v1", token]);
  const frames: Frame[] = [];
  let code: number | null = null;
  socket.addEventListener("message", ({ data }) => {
    if (data !== "pong") frames.push(JSON.parse(String(data)) as Frame);
  });
  socket.addEventListener("close", (event) => {
    code = event.code;
  });
  return { frames, ended: () => code, close: () => socket.close() };
}

export function watchSse(relayUrl: string, { path, token, since }: Place): Watcher {
  const frames: Frame[] = [];
  const controller = new AbortController();
  let code: number | null = null;
  const read = async (): Promise<void> => {
    const answer = await fetch(relayUrl + path, {
      headers: {
        accept: "text/event-stream",
        authorization: `Bearer ${token}`,
        ...(since === undefined ? {} : { "last-event-id": since }),
      },
      signal: controller.signal,
    });
    const decoder = new TextDecoder();
    let buffer = "";
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
      const text = decoder.decode(chunk, { stream: true });
      const blocks = (buffer + text).split("\n\n");
      buffer = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = block.split("\n").find((line) => line.startsWith("data: "));
        if (data !== undefined) frames.push(JSON.parse(data.slice("data: ".length)) as Frame);
      }
    }
  };
  void read()
    .catch(() => undefined)
    .finally(() => {
      code = 0;
    });
  return { frames, ended: () => code, close: () => controller.abort() };
}

/**
 * Polls until closed; its first frame is made up of the first answer, so that all watchers look
 * alike.
 */
export function watchPolls(relayUrl: string, { path, token, since }: Place): Watcher {
  const frames: Frame[] = [];
  const controller = new AbortController();
  let code: number | null = null;
  let cursor = since;
  const read = async (): Promise<void> => {
    while (!controller.signal.aborted) {
      const url = withSince(new URL(relayUrl + path.replace("/stream", "/events")), cursor);
      // The first answer says where the log is; only then is there something to wait for.
      if (cursor !== undefined) url.searchParams.set("wait", "5");
      const answer = await fetch(url, {
        headers: { authorization: `Bearer ${token}` },
        signal: controller.signal,
      });
      if (!answer.ok) break;
      const page = (await answer.json()) as {
        readonly items: readonly EventFrame[];
        readonly cursor: string;
        readonly reset: boolean;
      };
      if (frames.length === 0)
        frames.push({
          type: "hello",
          cursor: cursor ?? page.cursor,
          recovered: since !== undefined && !page.reset,
        });
      frames.push(...page.items);
      cursor = page.cursor;
    }
  };
  void read()
    .catch(() => undefined)
    .finally(() => {
      code = 0;
    });
  return {
    frames,
    ended: () => code,
    close: () => controller.abort(),
  };
}

/**
 * Watches an account by the official Centrifugo client; being connected is its first frame, a
 * publication each of the others.
 */
export function watchCentrifugo(relayUrl: string, { path, token }: Place): Watcher {
  const frames: Frame[] = [];
  let code: number | null = null;
  const account = path.split("/")[3] ?? "";
  const client = new Centrifuge(
    `${relayUrl.replace("http", "ws")}/v1/accounts/${account}/connection/websocket`,
    {
      token,
      websocket: WebSocket,
    },
  );
  client.on("connected", () => frames.push({ type: "hello", cursor: "", recovered: false }));
  client.on("publication", ({ channel, offset, data }) => {
    frames.push({
      type: "event",
      channel,
      cursor: String(offset),
      event: data as EventFrame["event"],
    });
  });
  client.on("disconnected", (context) => {
    ({ code } = context);
  });
  client.connect();
  return { frames, ended: () => code, close: () => client.disconnect() };
}

/** Resolves once a watcher has had its first frame: from then on nothing is missed. */
export const opened = (watcher: Watcher): Promise<true> =>
  until(() => watcher.frames.length > 0, { what: "the first frame" });
