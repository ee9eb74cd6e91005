// The browser client: a relay's jobs and accounts as streams that stay connected by themselves. Runs wherever `fetch` does.

import type { AttemptEnvelope, JobEnvelope, JobEvent, JobSnapshot, RelayEvent, SubscriptionMessage } from "../kernel/event.ts";
import type { AccountSnapshot } from "../live/log.ts";
import type { Transport } from "./machine.ts";
import { page } from "./page.ts";
import { createStream, type Listener, type Stream, type StreamState, type TokenReason } from "./stream.ts";
import type { Item, Subject } from "./view.ts";

export type { AccountSnapshot, AttemptEnvelope, JobEnvelope, JobEvent, JobSnapshot, RelayEvent, StreamState, SubscriptionMessage, TokenReason, Transport };

/** A `job.*` event with its own name, and numbers only where it has them. */
export type JobEventOf<Name extends JobEvent> = JobEnvelope & { readonly event: Name };

/** What each name of `on` is told with, on a job's stream. */
export type JobEvents = { readonly [Name in JobEvent]: JobEventOf<Name> } & {
  /** The job as it stands: at the start, and whenever the stream could not be continued where it broke. */
  readonly snapshot: JobSnapshot;
  readonly state: StreamState;
  /** Everything an iterator yields. */
  readonly "*": JobSnapshot | JobEnvelope;
};

/** What each name of `on` is told with, on an account's stream. */
export type AccountEvents = { readonly [Name in JobEvent]: JobEventOf<Name> } & {
  readonly "webhook.event.created": AttemptEnvelope;
  readonly "subscription.updated": SubscriptionMessage;
  readonly snapshot: AccountSnapshot;
  readonly state: StreamState;
  readonly "*": AccountSnapshot | RelayEvent;
};

/** One stream. Iterating and listening connect it; it disconnects when nobody does any more. */
export interface Subscription<Events extends { readonly snapshot: unknown; readonly "*": unknown }> extends AsyncIterable<Events["*"]> {
  /** Calls `listener` with every event of that name; returns how to stop. */
  on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): () => void;
  state(): StreamState;
  /** The state so far: the last snapshot and every event since. `null` before the first. */
  snapshot(): Events["snapshot"] | null;
  /** The place in the stream, to go on from in another page with `since`. */
  cursor(): string | null;
  /** Ends every iteration and takes every listener off. */
  close(): void;
}

export type JobStream = Subscription<JobEvents>;
export type AccountStream = Subscription<AccountEvents>;

export interface StreamOptions {
  /** Closes the stream when it aborts. */
  readonly signal?: AbortSignal;
  /** A cursor to go on from. */
  readonly since?: string;
}

export interface JobOptions extends StreamOptions {
  /** Whether iterating ends with the job (default true). */
  readonly autoClose?: boolean;
  /** How long iterating waits after `job.failed` for `job.requeued`, in ms (default 30,000). */
  readonly grace?: number;
}

export interface ClientOptions {
  /** Where the relay is; default the page's own origin. */
  readonly url?: string;
  readonly account: string;
  /**
   * Fetches a stream token before each connection. `expired`: the one before has ended, so it must be a new one. A rejection
   * is final, unless it is the `TypeError` that `fetch` rejects with when there is no network.
   */
  readonly getToken: (request: { readonly reason: TokenReason }) => string | Promise<string>;
  /** Ways to connect, best first; default WebSocket, server-sent events, polling. */
  readonly transports?: readonly Transport[];
  /** Closes all streams when it aborts. */
  readonly signal?: AbortSignal;
}

export interface Client {
  /** One job, also one that does not exist yet. */
  job(source: string, guid: string, options?: JobOptions): JobStream;
  /** An account's channels; without a list `exports:`, `webhooks:` and `user:`. */
  account(channels?: readonly string[], options?: StreamOptions): AccountStream;
  close(): void;
}

/** How long iterating a failed job waits for its requeue, in ms: requeues are automatic and follow at once, or a person's and never do. */
const GRACE = 30_000;

/** When iterating ends after an item, in ms; `Infinity` is not by itself. */
function endOf(item: Item, grace: number): number {
  const name = "id" in item ? String(item.event) : "finishedAt" in item && item.finishedAt ? (item.status === "error" ? "job.failed" : "job.finished") : "";
  if (name === "job.failed") return grace;
  return name === "job.finished" || name.startsWith("bulk_") ? 0 : Infinity;
}

/** Makes a client. Nothing is connected until a stream is listened to or iterated. */
export function connect(options: ClientOptions): Client {
  const base = (options.url ?? page.location?.origin ?? "").replace(/\/$/, "");
  const transports = options.transports ?? ["ws", "sse", "poll"];
  const streams = new Map<string, Stream>();
  const pending = new Map<TokenReason, Promise<string>>();
  const closing = new Set<() => void>();

  const token = (reason: TokenReason): Promise<string> => {
    let promise = pending.get(reason);
    if (!promise) {
      promise = (async () => options.getToken({ reason }))().finally(() => pending.delete(reason));
      pending.set(reason, promise);
    }
    return promise;
  };

  const streamOf = (subject: Subject, paths: readonly string[], since: string | undefined): Stream => {
    const key = `jobrelay:${paths[0]}${since ?? ""}`;
    const places = paths.map((path) => (kind: string) => path.replace("*", kind));
    const stream = streams.get(key) ?? createStream({ key, subject, places, transports, since: since ?? null, token });
    streams.set(key, stream);
    return stream;
  };

  const handle = <Events extends AccountEvents | JobEvents>(stream: Stream, signal: AbortSignal | undefined, grace: number | null): Subscription<Events> => {
    const offs = new Set<() => void>();
    let closed = false;
    const add = (off: () => void): (() => void) => {
      if (closed) off();
      else offs.add(off);
      return () => {
        off();
        offs.delete(off);
      };
    };
    const close = (): void => {
      closed = true;
      for (const off of offs) off();
      offs.clear();
    };
    for (const given of [signal, options.signal]) {
      if (given?.aborted) closed = true;
      given?.addEventListener("abort", close);
    }
    closing.add(close);
    return {
      on: (name, listener) => (closed ? () => undefined : add(stream.on(name as string, listener as Listener))),
      state: stream.state,
      snapshot: stream.snapshot as Subscription<Events>["snapshot"],
      cursor: stream.cursor,
      close,
      async *[Symbol.asyncIterator]() {
        const queue: Item[] = [];
        let wake = (): void => undefined;
        let timer: ReturnType<typeof setTimeout> | undefined;
        let over = closed;
        const end = (): void => {
          over = true;
          wake();
        };
        const listen = (name: string): (() => void) =>
          stream.on(name, (item: Item | StreamState) => {
            if (typeof item !== "string") queue.push(item);
            wake();
          });
        const stop = closed ? end : add([listen("*"), listen("state"), end].reduce((one, two) => () => (one(), two())));
        try {
          for (;;) {
            for (let item; (item = queue.shift());) {
              yield item as Events["*"];
              clearTimeout(timer);
              const after = grace === null ? Infinity : endOf(item, grace);
              if (after === 0) return;
              if (after < Infinity) timer = setTimeout(end, after);
            }
            if (over) return;
            if (stream.state() === "failed") throw new Error(`The stream was refused (${stream.code()})`);
            await new Promise<void>((resolve) => (wake = resolve));
          }
        } finally {
          clearTimeout(timer);
          stop();
        }
      },
    };
  };

  const accountPath = (channels: readonly string[] | undefined): string =>
    `${base}/v1/accounts/${encodeURIComponent(options.account)}/*?${channels ? `channels=${encodeURIComponent(channels.join())}` : ""}`;

  return {
    job(source, guid, { signal, since, autoClose = true, grace = GRACE } = {}) {
      const own = `${base}/v1/jobs/${encodeURIComponent(source)}/${encodeURIComponent(guid)}/*?`;
      return handle(streamOf({ source, guid }, [own, accountPath([`export.${guid}.job`])], since), signal, autoClose ? grace : null);
    },
    account: (channels, { signal, since } = {}) => handle(streamOf(null, [accountPath(channels)], since), signal, null),
    close: () => closing.forEach((close) => close()),
  };
}
