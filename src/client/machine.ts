// When to connect, how, and when to stop: the whole life of one stream's connection as a pure function of state and input.

import type { Millis } from "../kernel/time.ts";

/** Ways to reach a stream, best first. */
export type Transport = "ws" | "sse" | "poll";

/** First and largest wait before a reconnect; what lies between is drawn by chance ("full jitter"). */
export const BACKOFF = { min: 500, max: 20_000 } as const;

/** A connection that lasts this long resets the backoff. */
export const STABLE: Millis = 10_000;

/** Silence after which a live connection is probed, and how long it may take to answer. */
export const PING: Millis = 25_000;
export const PONG: Millis = 8_000;

/** How long a WebSocket may take to answer when the page comes back to the front. */
export const PROBE: Millis = 2_000;

/** How long the application may take to fetch a token, and a transport to say hello. */
export const TOKEN_WAIT: Millis = 30_000;
export const HELLO_WAIT: Millis = 4_000;

/** Failures before the next transport is tried: of one that never worked here, and of the one that worked last. */
export const MISSES = 2;
export const MISSES_PROVEN = 6;

/** How long a worse transport is kept before the best is tried again. */
export const UPGRADE: Millis = 300_000;

/** Close codes with a meaning (contract, section 7). From `final` on, nobody comes back. 1006 is a connection that broke. */
export const CODE = { broken: 1006, renew: 4005, final: 4500, forbidden: 4507, noToken: 4599 } as const;

/** The connection. `due` is when the next `tick` is wanted. One connection is open exactly while this is connecting or live. */
export type Link =
  /** Not asked for; also a tab that another tab feeds. */
  | { readonly kind: "idle" }
  /** The page is hidden or the machine offline, and nothing is open. */
  | { readonly kind: "paused" }
  | { readonly kind: "waiting"; readonly due: Millis }
  /** `dialed` once the token is there and the transport is under way. */
  | { readonly kind: "connecting"; readonly due: Millis; readonly dialed: boolean }
  /** `pinged` while an answer is owed. */
  | { readonly kind: "live"; readonly due: Millis; readonly since: Millis; readonly heard: Millis; readonly pinged: boolean }
  | { readonly kind: "failed"; readonly code: number };

export interface Machine {
  readonly link: Link;
  /** Names the latest connection: word of an older one is ignored. */
  readonly id: number;
  readonly transports: readonly Transport[];
  /** Index of the transport in use, and of the one that worked last. */
  readonly via: number;
  readonly proven: number;
  /** Failures in a row of this transport, and of any: the second is what the backoff grows with. */
  readonly misses: number;
  readonly failures: number;
  /** Nobody looks, or there is no network: nothing is opened, silence is not judged. */
  readonly away: boolean;
  /** Was live since it started. */
  readonly lived: boolean;
  /** The last token was refused as too old. */
  readonly expired: boolean;
  /** Which address of the stream is in use, and how many there are. */
  readonly place: number;
  readonly places: number;
  /** No connection before this: the relay said so. */
  readonly hold: Millis;
  /** When a worse transport gives way to the best. */
  readonly upgrade: Millis;
}

export type Input =
  | { readonly kind: "start" | "stop" | "away" | "back" | "probe" | "tick" }
  | { readonly kind: "dialed" | "hello" | "heard"; readonly id: number }
  /** `retryAfter` in ms. */
  | { readonly kind: "closed"; readonly id: number; readonly code: number; readonly retryAfter?: Millis };

export type Effect = "open" | "close" | "ping" | null;

/** What comes of an input: the next state and one thing to do. `open` takes the token's reason, transport and place from the state. */
export type Step = readonly [Machine, Effect];

/** A machine at rest; `via` and `upgrade` carry over what an earlier page learned. */
export const machine = (transports: readonly Transport[], places: number, via = 0, upgrade: Millis = 0): Machine => ({
  link: { kind: "idle" },
  id: 0,
  transports,
  via,
  proven: -1,
  misses: 0,
  failures: 0,
  away: false,
  lived: false,
  expired: false,
  place: 0,
  places,
  hold: 0,
  upgrade,
});

/** The wait before reconnect number `failures` (from 0); `chance` in [0, 1). */
export const backoff = (failures: number, chance: number): Millis =>
  Math.min(BACKOFF.max, BACKOFF.min + chance * Math.min(BACKOFF.max, BACKOFF.min * 2 ** failures));

const dial = (m: Machine, now: Millis): Step =>
  m.hold > now
    ? [{ ...m, link: { kind: "waiting", due: m.hold } }, null]
    : [{ ...m, id: m.id + 1, link: { kind: "connecting", due: now + TOKEN_WAIT, dialed: false } }, "open"];

/** Goes on after a lost connection: at `due`, or when somebody looks again. */
const wait = (m: Machine, due: Millis): Machine => ({ ...m, link: m.away ? { kind: "paused" } : { kind: "waiting", due } });

interface Loss {
  readonly code: number;
  readonly now: Millis;
  readonly chance: number;
  readonly retryAfter?: Millis | undefined;
  /** How much it counts against the transport. */
  readonly weight?: number;
}

function lose(m: Machine, { code, now, chance, retryAfter = 0, weight = 1 }: Loss): Machine {
  const { link } = m;
  const again = (change: Partial<Machine>): Machine => wait({ ...m, ...change }, now);
  if (code >= CODE.final) {
    // A token from a cache may have ended while nobody was connected: asked for as expired, it is a fresh one.
    if (code === CODE.final && m.lived && !m.expired) return again({ expired: true });
    // A job that does not exist yet is awaited on its account's stream.
    if (code === CODE.forbidden && !m.lived && m.place + 1 < m.places) return again({ place: m.place + 1 });
    return { ...m, link: { kind: "failed", code } };
  }
  const stable = link.kind === "live" && now - link.since >= STABLE;
  const expired = code === CODE.renew;
  const failures = stable ? 0 : m.failures + 1;
  // Only what breaks without a word speaks against a transport.
  const blamed = !stable && code < 4_000 && (link.kind === "live" || (link.kind === "connecting" && link.dialed));
  const misses = stable ? 0 : m.misses + (blamed ? weight : 0);
  const hold = retryAfter > 0 ? now + retryAfter : 0;
  if (misses >= (m.proven === m.via ? MISSES_PROVEN : MISSES)) {
    const via = (m.via + 1) % m.transports.length;
    const next = { ...m, failures, hold, via, misses: 0, upgrade: now + UPGRADE };
    return wait(next, via > 0 ? Math.max(now, hold) : Math.max(hold, now + backoff(failures, chance)));
  }
  const due = expired && failures === 0 ? now : now + backoff(failures, chance);
  return wait({ ...m, failures, misses, hold, expired: expired || m.expired }, Math.max(due, hold));
}

const hear = (m: Machine, now: Millis): Machine => {
  const { link } = m;
  return link.kind === "live" ? { ...m, link: { ...link, heard: now, due: now + PING, pinged: false } } : m;
};

/** Silence: asks for a sign of life, or takes the connection for dead. */
function listen(m: Machine, now: Millis, chance: number): Step {
  const { link } = m;
  if (link.kind !== "live") return [m, null];
  if (link.pinged) return [lose(m, { code: CODE.broken, now, chance }), "close"];
  return [{ ...m, link: { ...link, pinged: !m.away, due: now + (m.away ? PING : PONG) } }, "ping"];
}

function tick(m: Machine, now: Millis, chance: number): Step {
  const { link } = m;
  if (!("due" in link) || now < link.due) return [m, null];
  if (link.kind === "waiting") return dial(m, now);
  if (link.kind === "live") return listen(m, now, chance);
  return [lose(m, { code: CODE.broken, now, chance, weight: MISSES }), "close"];
}

/** Leaves a worse transport for the best when its time has come; resuming loses nothing. */
const better = (m: Machine, now: Millis): Step =>
  m.via > 0 && now >= m.upgrade && !m.away
    ? [{ ...m, via: 0, misses: MISSES - 1, proven: -1, link: { kind: "waiting", due: now } }, "close"]
    : [m, null];

/** Somebody looks again: a live connection has to prove itself, a WebSocket at once, the others by their next sign of life. */
function probe(m: Machine, now: Millis): Step {
  const { link } = m;
  if (link.kind !== "live") return [m, null];
  const grace = m.transports[m.via] === "ws" ? now + PROBE : Math.max(now + PROBE, link.heard + PING + PONG);
  return [{ ...m, link: { ...link, pinged: true, due: grace } }, "ping"];
}

/** What becomes of a link when nobody looks: nothing new is opened, an answer that is owed is not counted. */
function unwatched(link: Link): Link {
  if (link.kind === "waiting") return { kind: "paused" };
  return link.kind === "live" ? { ...link, pinged: false } : link;
}

/** Takes one input. `chance` in [0, 1) decides the jitter. */
export function step(m: Machine, input: Input, now: Millis, chance: number): Step {
  const { link } = m;
  const open = link.kind === "connecting" || link.kind === "live";
  if ("id" in input && (!open || input.id !== m.id)) return [m, null];
  switch (input.kind) {
    case "start":
      if (open || link.kind === "waiting") return [m, null];
      return m.away ? [{ ...m, link: { kind: "paused" } }, null] : dial(m, now);
    case "stop":
      return [{ ...m, link: { kind: "idle" } }, open ? "close" : null];
    case "away":
      return [{ ...m, away: true, link: unwatched(link) }, null];
    case "back":
      return probe({ ...m, away: false }, now);
    case "probe":
      return probe(m, now);
    case "tick":
      return tick(m, now, chance);
    case "dialed":
      return [link.kind === "connecting" ? { ...m, link: { ...link, dialed: true, due: now + HELLO_WAIT } } : m, null];
    case "hello":
      if (link.kind !== "connecting") return [m, null];
      return [
        { ...m, lived: true, expired: false, proven: m.via, link: { kind: "live", since: now, heard: now, due: now + PING, pinged: false } },
        null,
      ];
    case "heard":
      return better(hear(m, now), now);
    case "closed":
      return [lose(m, { code: input.code, now, chance, retryAfter: input.retryAfter }), null];
  }
}
