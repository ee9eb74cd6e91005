// A relay's event stream over a WebSocket, which reconnects and resumes by its cursor.

import { setTimeout as pause } from "node:timers/promises";
import type { JobSnapshot, RelayEvent } from "../model/event.ts";

/** A frame of a stream (docs/protocol.md, Frames), with the members that commands read. */
export type StreamFrame =
  | {
      readonly type: "hello";
      readonly cursor: string;
      readonly recovered: boolean;
      readonly snapshot?: unknown;
    }
  | {
      readonly type: "event";
      readonly channel: string;
      readonly cursor: string;
      readonly event: RelayEvent;
    };

/** Which stream to open, and what to do with its frames. */
export interface StreamOptions {
  readonly url: string;
  /** Path and query of the stream. */
  readonly path: string;
  /** A fresh token for each connection. */
  readonly token: () => Promise<string>;
  readonly onFrame: (frame: StreamFrame) => void;
}

/** An open stream; it reconnects and resumes by itself. */
export interface StreamHandle {
  /** Resolves with the first frame; rejects when the first connection is refused. */
  readonly opened: Promise<void>;
  /** Rejects when the stream ends for good, resolves after `close`. */
  readonly ended: Promise<void>;
  close(): void;
}

/** From this close code on, a client must not reconnect (docs/protocol.md, Closing). */
const FINAL_CODES = 4_500;

/** The first and the largest wait before a reconnect, in ms. */
const BACKOFF = { first: 250, most: 10_000 } as const;

/** Opens the stream. */
export function openStream(options: StreamOptions): StreamHandle {
  const state: { socket: WebSocket | null; closed: boolean; cursor: string | null; wait: number } =
    {
      socket: null,
      closed: false,
      cursor: null,
      wait: BACKOFF.first,
    };
  const first = Promise.withResolvers<void>();
  first.promise.catch(() => undefined);
  const onFrame = (frame: StreamFrame): void => {
    state.cursor = frame.cursor;
    state.wait = BACKOFF.first;
    options.onFrame(frame);
    first.resolve();
  };
  const run = async (): Promise<void> => {
    while (!state.closed) {
      const path = state.cursor === null ? options.path : withCursor(options.path, state.cursor);
      const socket = new WebSocket(`${options.url.replace(/^http/, "ws")}${path}`, [
        "jobrelay.v1",
        await options.token(),
      ]);
      state.socket = socket;
      const code = await untilClosed(socket, onFrame);
      if (state.closed) return;
      if (code >= FINAL_CODES) throw new Error(`the stream was refused (close code ${code})`);
      await pause(state.wait * Math.random());
      state.wait = Math.min(BACKOFF.most, state.wait * 2);
    }
  };
  const ended = run();
  ended.catch((error: unknown) => first.reject(error));
  return {
    opened: first.promise,
    ended,
    close: () => {
      state.closed = true;
      state.socket?.close();
      first.resolve();
    },
  };
}

const withCursor = (path: string, cursor: string): string =>
  `${path}${path.includes("?") ? "&" : "?"}since=${encodeURIComponent(cursor)}`;

/** Resolves with the close code; 1006 stands for a connection that broke or was never made. */
function untilClosed(socket: WebSocket, onFrame: (frame: StreamFrame) => void): Promise<number> {
  return new Promise((resolve) => {
    socket.addEventListener("message", (message) => {
      if (typeof message.data === "string" && message.data.startsWith("{"))
        onFrame(JSON.parse(message.data) as StreamFrame);
    });
    socket.addEventListener("close", (event) => resolve(event.code));
    socket.addEventListener("error", () => resolve(1006));
  });
}

/** The jobs of a snapshot, whether it shows one job or an account. */
export function jobsOf(snapshot: unknown): readonly JobSnapshot[] {
  if (typeof snapshot !== "object" || snapshot === null) return [];
  if ("jobs" in snapshot && Array.isArray(snapshot.jobs))
    return snapshot.jobs as readonly JobSnapshot[];
  return "guid" in snapshot ? [snapshot as JobSnapshot] : [];
}
