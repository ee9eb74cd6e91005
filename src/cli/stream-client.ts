// A relay's event stream as server-sent events, which reconnects and resumes by its cursor.

import { setTimeout as pause } from "node:timers/promises";
import type { JobSnapshot, RelayEvent } from "../model/event.ts";
import { Failure, Unavailable } from "./command.ts";
import { deferred } from "./deferred.ts";

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
  /** The token of each connection. */
  readonly token: () => Promise<string> | string;
  /** The next frame is read when this one has been taken; `text` is the frame as it was sent. */
  readonly onFrame: (frame: StreamFrame, text: string) => void | Promise<void>;
  /** Where to begin; without it the stream begins with a snapshot. */
  readonly since?: string | null;
  /** Told once for each time that the connection is lost. */
  readonly onLost?: () => void;
}

/** An open stream; it reconnects and resumes by itself. */
export interface StreamHandle {
  /** Resolves with the first frame; rejects when the first connection is refused. */
  readonly opened: Promise<void>;
  /** Rejects when the stream ends for good, resolves after `close`. */
  readonly ended: Promise<void>;
  close(): void;
}

/** The first and the largest wait before a reconnect, in ms. */
const BACKOFF = { first: 250, most: 10_000 } as const;

/** The relay writes a comment every 15 s; after three times that the connection is dead. In ms. */
const SILENCE = 45_000;

/** Opens the stream. */
export function openStream(options: StreamOptions): StreamHandle {
  const state = {
    closed: false,
    cursor: options.since ?? null,
    wait: BACKOFF.first as number,
    connection: new AbortController(),
  };
  const opened = deferred<void>();
  const take = async (text: string): Promise<void> => {
    const frame = JSON.parse(text) as StreamFrame;
    await options.onFrame(frame, text);
    state.cursor = frame.cursor;
    state.wait = BACKOFF.first;
    opened.resolve();
  };
  const run = async (): Promise<void> => {
    while (!state.closed) {
      state.connection = new AbortController();
      try {
        for await (const text of messagesOf(options, state)) await take(text);
      } catch (error) {
        // Taking a frame may need the relay, too: a frame that was not taken comes again.
        if (!(error instanceof Unavailable)) throw error;
        state.connection.abort();
      }
      if (state.closed) return;
      options.onLost?.();
      await pause(state.wait * Math.random());
      state.wait = Math.min(BACKOFF.most, state.wait * 2);
    }
  };
  const ended = run();
  ended.catch(opened.reject);
  return {
    opened: opened.promise,
    ended,
    close: () => {
      state.closed = true;
      state.connection.abort();
      opened.resolve();
    },
  };
}

interface Connection {
  readonly cursor: string | null;
  readonly connection: AbortController;
}

/** Answers that another try does not change. */
const FINAL_STATUSES: ReadonlySet<number> = new Set([400, 401, 403, 404, 406]);

/**
 * Reads one connection to its end, frame by frame; throws a `Failure` when the relay refuses it for
 * good. Time in which a frame is taken is no silence of the relay.
 */
async function* messagesOf(
  options: StreamOptions,
  { cursor, connection }: Connection,
): AsyncGenerator<string> {
  const alive = { timer: setTimeout(() => connection.abort(), SILENCE) };
  try {
    const headers = {
      accept: "text/event-stream",
      authorization: `Bearer ${await options.token()}`,
    };
    const path = cursor === null ? options.path : withCursor(options.path, cursor);
    const answer = await fetch(`${options.url}${path}`, {
      headers,
      redirect: "manual",
      signal: connection.signal,
    });
    if (FINAL_STATUSES.has(answer.status))
      throw new Failure(`the stream was refused: ${answer.status} ${await titleOf(answer)}`);
    if (!answer.ok || answer.body === null) return;
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
      clearTimeout(alive.timer);
      const blocks = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = dataOf(block);
        if (data !== "") yield data;
      }
      alive.timer = setTimeout(() => connection.abort(), SILENCE);
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    // The connection broke or was never made: the next one goes on from the cursor.
  } finally {
    clearTimeout(alive.timer);
  }
}

async function titleOf(answer: Response): Promise<string> {
  const text = await answer.text();
  try {
    return (JSON.parse(text) as { readonly title?: string }).title ?? "";
  } catch {
    return "";
  }
}

/** The data of an event's lines; `""` for a comment. */
const dataOf = (block: string): string =>
  block
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5).trimStart())
    .join("\n");

const withCursor = (path: string, cursor: string): string =>
  `${path}${path.includes("?") ? "&" : "?"}since=${encodeURIComponent(cursor)}`;

/** The jobs of a snapshot, whether it shows one job or an account. */
export function jobsOf(snapshot: unknown): readonly JobSnapshot[] {
  if (typeof snapshot !== "object" || snapshot === null) return [];
  if ("jobs" in snapshot && Array.isArray(snapshot.jobs))
    return snapshot.jobs as readonly JobSnapshot[];
  return "guid" in snapshot ? [snapshot as JobSnapshot] : [];
}
