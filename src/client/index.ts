// The browser client: a relay's jobs and accounts as streams that stay connected by themselves.
// Runs wherever `fetch` does.

import type {
  AttemptEnvelope,
  JobEnvelope,
  JobEvent,
  RelayEvent,
  SubscriptionMessage,
} from "../model/event.ts";
import { ENDS } from "../model/reduce.ts";
import type { Transport } from "./machine.ts";
import { page } from "./page.ts";
import type { TokenReason } from "./driver.ts";
import type { Listener } from "./listeners.ts";
import { OPEN } from "./transport.ts";
import { createStream, type Stream, type StreamState } from "./stream.ts";
import type { AccountState, Item, JobState, Subject } from "./view.ts";

export type {
  AccountState,
  AttemptEnvelope,
  JobEnvelope,
  JobEvent,
  JobState,
  RelayEvent,
  StreamState,
  SubscriptionMessage,
  TokenReason,
  Transport,
};

/** A `job.*` event with its own name, and numbers only where it has them. */
export type JobEventOf<Name extends JobEvent> = JobEnvelope & { readonly event: Name };

/** What each name of `on` is told with, on a job's stream. */
export type JobEvents = { readonly [Name in JobEvent]: JobEventOf<Name> } & {
  /**
   * The job as it stands: at the start, and whenever the stream could not be continued where it
   * broke.
   */
  readonly snapshot: JobState;
  readonly state: StreamState;
  /** Everything an iterator yields. */
  readonly "*": JobState | JobEnvelope;
};

/** What each name of `on` is told with, on an account's stream. */
export type AccountEvents = { readonly [Name in JobEvent]: JobEventOf<Name> } & {
  readonly "webhook.event.created": AttemptEnvelope;
  readonly "subscription.updated": SubscriptionMessage;
  readonly snapshot: AccountState;
  readonly state: StreamState;
  readonly "*": AccountState | RelayEvent;
};

/** One stream. Iterating and listening connect it; it disconnects when nobody does any more. */
export interface Subscription<
  Events extends { readonly snapshot: unknown; readonly "*": unknown },
> extends AsyncIterable<Events["*"]> {
  /** Calls `listener` with every event of that name; returns how to stop. */
  on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): () => void;
  state(): StreamState;
  /** The state so far: the last snapshot and every event since. `undefined` before the first. */
  snapshot(): Events["snapshot"] | undefined;
  /**
   * The place in the stream, to go on from in another page with `since`; empty before the first.
   */
  cursor(): string;
}

export type JobStream = Subscription<JobEvents>;
export type AccountStream = Subscription<AccountEvents>;

export interface StreamOptions {
  /** Takes the listeners off and ends the iterations when it aborts. */
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
   * Fetches a stream token before each connection. `expired`: the one before has ended, so it must
   * be a new one. A rejection is final, unless it is the `TypeError` that `fetch` rejects with when
   * there is no network.
   */
  readonly getToken: (request: { readonly reason: TokenReason }) => string | Promise<string>;
  /** Ways to connect, best first; default WebSocket, server-sent events, polling. */
  readonly transports?: readonly Transport[];
}

export interface Client {
  /** One job, also one that does not exist yet. */
  job(source: string, guid: string, options?: JobOptions): JobStream;
  /** An account's channels; without a list `exports:`, `webhooks:` and `user:`. */
  account(channels?: readonly string[], options?: StreamOptions): AccountStream;
  /** Takes every listener off and ends every iteration, of all streams. */
  close(): void;
}

/**
 * How long iterating a failed job waits for its requeue, in ms: requeues are automatic and follow
 * at once, or a person's and never do.
 */
const GRACE = 30_000;

/**
 * What `for await` runs on: everything that `on` tells, until the job or the stream ends. `grace`
 * in ms, `null` never ends by itself.
 */
async function* iterate(
  { on }: Pick<JobStream, "on">,
  { code, state }: Stream,
  signal: AbortSignal,
  grace: number | null,
): AsyncGenerator<Item, void> {
  const queue: Item[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = signal.aborted;
  let wake: (() => void) | undefined;
  const end = (): void => {
    over = true;
    wake?.();
  };
  signal.addEventListener("abort", end);
  const offs = [
    on("*", (item) => {
      queue.push(item);
      wake?.();
    }),
    on("state", () => wake?.()),
  ];
  try {
    for (;;) {
      for (let item; (item = queue.shift());) {
        clearTimeout(timer);
        yield item;
        const { event, finishedAt, status } = item as JobState;
        if (grace === null || !(finishedAt || ENDS.test(event))) continue;
        if (status !== "error") return;
        timer = setTimeout(end, grace);
      }
      if (over) return;
      if (state() === "failed") throw new Error(`refused: ${code()}`);
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    clearTimeout(timer);
    offs.forEach((off) => off());
  }
}

/** One user of a stream, until `closed` aborts; streams of one address are shared. */
function subscription(stream: Stream, closed: AbortSignal, grace: number | null): unknown {
  const { view, state } = stream;
  const on = (name: string, listener: Listener): (() => void) => {
    const off = closed.aborted ? (): void => undefined : stream.on(name, listener);
    closed.addEventListener("abort", off);
    return off;
  };
  return {
    on,
    state,
    snapshot: () => view.snapshot,
    cursor: () => view.cursor,
    [Symbol.asyncIterator]: () => iterate({ on }, stream, closed, grace),
  };
}

/** Makes a client. Nothing is connected until a stream is listened to or iterated. */
export function connect(options: ClientOptions): Client {
  const { account, getToken, transports = Object.keys(OPEN) as Transport[] } = options;
  const encode = encodeURIComponent;
  const base = (options.url ?? page.location?.origin ?? "").replace(/\/$/, "");
  const accounts = `${base}/v1/accounts/${encode(account)}/stream?`;
  const streams: { [key: string]: Stream } = {};
  const pending: { [reason in TokenReason]?: Promise<string> | undefined } = {};
  const all = new AbortController();

  /** Streams that need a token at the same time share one. */
  const token = (reason: TokenReason): Promise<string> =>
    (pending[reason] ??= (async () => getToken({ reason }))().finally(() => {
      pending[reason] = undefined;
    }));

  const open = (
    subject: Subject,
    places: readonly string[],
    { signal, since = "" }: StreamOptions,
    grace: number | null,
  ): unknown => {
    const key = `jobrelay:${places[0]}${since}`;
    const stream = (streams[key] ??= createStream({
      key,
      subject,
      places,
      transports,
      since,
      token,
    }));
    return subscription(stream, AbortSignal.any([all.signal, ...(signal ? [signal] : [])]), grace);
  };

  return {
    job(source, guid, settings = {}) {
      const { autoClose = true, grace = GRACE } = settings;
      const own = `${base}/v1/jobs/${encode(source)}/${encode(guid)}/stream?`;
      const channel = encode(`export.${guid}.job`);
      return open(
        { source, guid },
        [own, `${accounts}channels=${channel}`],
        settings,
        autoClose ? grace : null,
      ) as JobStream;
    },
    account: (channels = [], settings = {}) =>
      open(
        null,
        [`${accounts}channels=${encode(channels.join())}`],
        settings,
        null,
      ) as AccountStream,
    close: () => all.abort(),
  };
}
