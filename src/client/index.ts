// The browser client: streams of a relay's jobs and accounts, which reconnect by themselves. It
// runs wherever there is `fetch`.

import type {
  AttemptEnvelope,
  JobEnvelope,
  JobEvent,
  RelayEvent,
  SubscriptionMessage,
} from "../model/event.ts";
import type { JobEventOf } from "../model/event-of.ts";
import { iterate } from "./iterate.ts";
import type { Transport } from "./state.ts";
import { page } from "./page.ts";
import type { TokenReason } from "./driver.ts";
import type { Listener } from "./listeners.ts";
import { TOKEN_WAIT } from "./machine.ts";
import { OPEN } from "./transport.ts";
import { createStream, type Stream, type StreamError, type StreamState } from "./stream.ts";
import type { AccountState, JobState, Subject } from "./view.ts";

export type {
  AccountState,
  AttemptEnvelope,
  JobEnvelope,
  JobEvent,
  JobEventOf,
  JobState,
  RelayEvent,
  StreamError,
  StreamState,
  SubscriptionMessage,
  TokenReason,
  Transport,
};

/** Marks what has no `event`, so that `event` tells the others apart. */
type NoEvent = { readonly event?: undefined };

/** The names of `on` for a job's stream, and what its listeners get. */
export type JobEvents = { readonly [Name in JobEvent]: JobEventOf<Name> } & {
  /** The job as it stands: at the start, and whenever the stream could not resume. */
  readonly snapshot: JobState;
  readonly state: StreamState;
  /** Everything that an iterator yields; only events have an `id`. */
  readonly "*": (JobState & { readonly id?: undefined }) | JobEventOf<JobEvent>;
};

/** The names of `on` for an account's stream, and what its listeners get. */
export type AccountEvents = { readonly [Name in JobEvent]: JobEventOf<Name> } & {
  readonly "webhook.event.created": AttemptEnvelope;
  readonly "subscription.updated": SubscriptionMessage;
  readonly snapshot: AccountState;
  readonly state: StreamState;
  /** Everything that an iterator yields: a state has `jobs`, a message `type`, an event `event`. */
  readonly "*":
    | (AccountState & NoEvent & { readonly type?: undefined })
    | (JobEventOf<JobEvent> & { readonly type?: undefined; readonly jobs?: undefined })
    | (AttemptEnvelope & { readonly type?: undefined; readonly jobs?: undefined })
    | (SubscriptionMessage & NoEvent & { readonly jobs?: undefined });
};

/** One stream. It is connected while it has listeners or is iterated. */
export interface Subscription<
  Events extends { readonly snapshot: unknown; readonly "*": unknown },
> extends AsyncIterable<Events["*"]> {
  /** Calls `listener` with every event of that name; returns a function that stops it. */
  on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): () => void;
  state(): StreamState;
  /** Why the stream failed, or why it waits for another try; `undefined` while it is live. */
  error(): StreamError | undefined;
  /** The last snapshot, reduced by every event since; `undefined` before the first of them. */
  snapshot(): Events["snapshot"] | undefined;
  /** The position in the stream, for `since` in another page; empty before the first frame. */
  cursor(): string;
}

export type JobStream = Subscription<JobEvents>;
export type AccountStream = Subscription<AccountEvents>;

export interface StreamOptions {
  /** Aborting it removes the listeners and ends the iterations. */
  readonly signal?: AbortSignal;
  /** The cursor to resume from. */
  readonly since?: string;
}

export interface JobOptions extends StreamOptions {
  /** Whether iterating ends with the job (default true). */
  readonly autoClose?: boolean;
  /** How long iterating waits after `job.failed` for `job.requeued`, in ms (default 30,000). */
  readonly grace?: number;
}

/** A token, or the response of a token service: the token is its body, or in its JSON. */
type TokenAnswer = string | Response;

export interface ClientOptions {
  /** The relay's origin; by default the page's own. */
  readonly url?: string;
  readonly account: string;
  /**
   * Gets a stream token before each connection; may be `() => fetch("/token")`. `expired`: the last
   * token has ended, so it must be a new one. What it throws, and a response that is not ok, is the
   * `cause` of `error()`. The client asks again later, unless the cause has a `status` from 400 to
   * 499 that is neither 408 nor 429.
   */
  readonly getToken: (request: {
    readonly reason: TokenReason;
  }) => TokenAnswer | Promise<TokenAnswer>;
  /** Transports, best first; by default WebSocket, server-sent events, polling. */
  readonly transports?: readonly Transport[];
}

export interface Client {
  /** The stream of one job, which may not exist yet. */
  job(source: string, guid: string, options?: JobOptions): JobStream;
  /** The stream of an account's channels; by default `exports:`, `webhooks:` and `user:`. */
  account(channels?: readonly string[], options?: StreamOptions): AccountStream;
  /** Removes every listener and ends every iteration, of all streams. */
  close(): void;
}

/** Streams that are known by their address; one that is used lives on without that. */
const KEPT = 100;

/** A token, alone or somewhere in JSON. A page to sign in has none: "null" is refused. */
const TOKEN = /eyJ[\w.-]+|^[\w.-]+$/;

/** How long an iteration waits for the requeue of a failed job, in ms. */
const GRACE = 30_000;

/** One user of a stream, until `closed` aborts; streams of one address are shared. */
function subscription(stream: Stream, closed: AbortSignal, grace: number | null): unknown {
  const { view, state, error } = stream;
  const on = (name: string, listener: Listener): (() => void) => {
    const off = closed.aborted ? () => undefined : stream.on(name, listener);
    closed.addEventListener("abort", off);
    return off;
  };
  return {
    on,
    state,
    error,
    snapshot: () => view.snapshot,
    cursor: () => view.cursor,
    [Symbol.asyncIterator]: () => iterate({ on }, stream, closed, grace),
  };
}

/** Makes a client. It connects when a stream gets a listener or is iterated. */
export function connect(options: ClientOptions): Client {
  const { account, getToken, transports = Object.keys(OPEN) as Transport[] } = options;
  const encode = encodeURIComponent;
  const base = (options.url ?? page.location?.origin ?? "").replace(/\/$/, "");
  const address = (channels: readonly string[]): string =>
    `${base}/v1/accounts/${encode(account)}/stream?` +
    channels.map((channel) => `channel=${encode(channel)}`).join("&");
  const streams: { [key: string]: Stream } = {};
  const pending: { [reason: string]: Promise<string> } = {};
  const all = new AbortController();

  /** Streams that need a token at the same time share one; nobody waits for it for ever. */
  const token = (reason: TokenReason): Promise<string> => {
    const key = reason + Math.floor(Date.now() / TOKEN_WAIT);
    return (pending[key] ??= (async () => {
      const answer = (await getToken({ reason })) as Partial<Response>;
      if (answer.ok === false) throw answer;
      const found: unknown = answer.text ? TOKEN.exec(await answer.text()) : answer;
      return String(found);
    })().finally(() => delete pending[key]));
  };

  const open = (
    subject: Subject,
    places: readonly string[],
    { signal, since = "" }: StreamOptions,
    grace: number | null,
  ): unknown => {
    const key = `jobrelay:${places[0]}${since}`;
    const [oldest, ...others] = Object.keys(streams);
    if (others.length >= KEPT) delete streams[oldest as string];
    const stream = (streams[key] ??= createStream({
      key,
      subject,
      places,
      ways: transports,
      since,
      token,
    }));
    return subscription(stream, AbortSignal.any([all.signal, signal ?? all.signal]), grace);
  };

  return {
    job(source, guid, settings = {}) {
      const { autoClose = true, grace = GRACE } = settings;
      const own = `${base}/v1/jobs/${encode(source)}/${encode(guid)}/stream?`;
      return open(
        { source, guid },
        [own, address([`export.${guid}.job`])],
        settings,
        autoClose ? grace : null,
      ) as JobStream;
    },
    account: (channels = [], settings = {}) =>
      open(null, [address(channels)], settings, null) as AccountStream,
    close: () => all.abort(),
  };
}
