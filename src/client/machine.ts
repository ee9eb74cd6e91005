// When to connect, how, and when to stop: the whole life of one stream's connection as a pure function of state and input.

import type { Millis } from "../kernel/time.ts";

/** Ways to reach a stream, best first. */
export type Transport = "ws" | "sse" | "poll";

/** First and largest wait before a reconnect; what lies between is drawn by chance ("full jitter"). */
const WAIT_MIN: Millis = 500;
const WAIT_MAX: Millis = 20_000;

/** A connection that lasts this long resets the backoff. */
const STABLE: Millis = 10_000;

/** Silence after which a live connection is probed, and how long it may take to answer. */
const PING: Millis = 25_000;
const PONG: Millis = 8_000;

/** How long a WebSocket may take to answer when the page comes back to the front. */
const PROBE: Millis = 2_000;

/** How long the application may take to fetch a token, and a transport to say hello. */
const TOKEN_WAIT: Millis = 30_000;
const HELLO_WAIT: Millis = 4_000;

/** Failures before the next transport is tried: of one that never worked here, and of the one that worked last. */
const MISSES = 2;
const MISSES_PROVEN = 6;

/** How long a worse transport is kept before the best is tried again. */
const UPGRADE: Millis = 300_000;

/** Close codes with a meaning (contract, section 7): up to 3999 a connection broke without a word, from 4500 on nobody comes back. */
const SPOKEN = 4_000;
const RENEW = 4_005;
const FINAL = 4_500;
const FORBIDDEN = 4_507;
export const BROKEN = 1_006;
/** Said by the client itself: the application could not be asked for a token now, or refused one. */
export const TOKEN_LATER = 4_099;
export const TOKEN_REFUSED = 4_599;

/** The connection. `due` is when the next `tick` is wanted. One connection is open exactly while this is connecting or live. */
export type Link =
  /** Not asked for; also a tab that another tab feeds. */
  | { readonly kind: "idle" }
  /** The page is hidden or the machine offline, and nothing is open. */
  | { readonly kind: "paused" }
  | { readonly kind: "waiting"; readonly due: Millis }
  | { readonly kind: "connecting"; readonly due: Millis }
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
  /** When a worse transport gives way to the best. */
  readonly upgrade: Millis;
}

export type Input =
  | { readonly kind: "start" | "stop" | "away" | "back" | "probe" | "tick" }
  | { readonly kind: "dialed" | "hello" | "heard"; readonly id: number }
  /** `retryAfter` in ms. */
  | { readonly kind: "closed"; readonly id: number; readonly code: number; readonly retryAfter?: Millis };

export type Effect = "open" | "close" | "ping";

/** What comes of an input: the next state and at most one thing to do. `open` takes transport, place and the token's reason from the state. */
export type Step = readonly [Machine, (Effect | undefined)?];

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
  upgrade,
});

/** The wait before a reconnect after `failures` failures; `chance` in [0, 1). */
export const backoff = (failures: number, chance: number): Millis =>
  Math.min(WAIT_MAX, WAIT_MIN + chance * Math.min(WAIT_MAX, WAIT_MIN * 2 ** failures));

/** Goes on at `due`, or when somebody looks again. */
const wait = (m: Machine, due: Millis): Machine => ({ ...m, link: m.away ? { kind: "paused" } : { kind: "waiting", due } });

const dial = (m: Machine, now: Millis): Step =>
  m.away ? [wait(m, now)] : [{ ...m, id: m.id + 1, link: { kind: "connecting", due: now + TOKEN_WAIT } }, "open"];

interface Loss {
  readonly code: number;
  /** The relay's own wish, in ms: it can only lengthen the wait. */
  readonly retryAfter?: Millis;
  /** How much it counts against the transport. */
  readonly weight?: number;
}

function lose(m: Machine, { code, retryAfter = 0, weight = 1 }: Loss, now: Millis, chance: number): Machine {
  const { link, via } = m;
  // A token from a cache may have ended while nobody was connected: asked for as expired, it is a fresh one.
  if (code === FINAL && m.lived && !m.expired) return wait({ ...m, expired: true }, now);
  // A job that does not exist yet is awaited on its account's stream.
  if (code === FORBIDDEN && !m.lived && m.place + 1 < m.places) return wait({ ...m, place: m.place + 1 }, now);
  if (code >= FINAL) return { ...m, link: { kind: "failed", code } };
  const stable = link.kind === "live" && now - link.since >= STABLE;
  const failures = stable ? 0 : m.failures + 1;
  const misses = stable ? 0 : m.misses + (code < SPOKEN ? weight : 0);
  const gives = misses >= (m.proven === via ? MISSES_PROVEN : MISSES);
  const next = gives ? (via + 1) % m.transports.length : via;
  const expired = code === RENEW;
  const pause = (expired && stable) || next > via ? 0 : backoff(failures, chance);
  return wait(
    { ...m, failures, misses: gives ? 0 : misses, via: next, upgrade: gives ? now + UPGRADE : m.upgrade, expired: expired || m.expired },
    now + Math.max(pause, retryAfter),
  );
}

function tick(m: Machine, now: Millis, chance: number): Step {
  const { link, away } = m;
  if (!("due" in link) || now < link.due) return [m];
  if (link.kind === "waiting") return dial(m, now);
  if (link.kind === "connecting") return [lose(m, { code: BROKEN, weight: MISSES }, now, chance), "close"];
  if (link.pinged) return [lose(m, { code: BROKEN }, now, chance), "close"];
  return [{ ...m, link: { ...link, pinged: !away, due: now + (away ? PING : PONG) } }, "ping"];
}

/** A sign of life. When its time has come, a worse transport is left for the best: resuming loses nothing. */
function hear(m: Machine, now: Millis): Step {
  const { link } = m;
  if (link.kind !== "live") return [m];
  if (m.via > 0 && now >= m.upgrade && !m.away) return [wait({ ...m, via: 0, misses: MISSES - 1, proven: -1 }, now), "close"];
  return [{ ...m, link: { ...link, heard: now, due: now + PING, pinged: false } }];
}

/** Somebody looks again: a live connection has to prove itself, a WebSocket at once, the others by their next sign of life. */
function probe(m: Machine, now: Millis): Step {
  const { link } = m;
  if (link.kind !== "live") return [m];
  const grace = m.transports[m.via] === "ws" ? 0 : link.heard + PING + PONG;
  return [{ ...m, link: { ...link, pinged: true, due: Math.max(now + PROBE, grace) } }, "ping"];
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
  if ("id" in input && (!open || input.id !== m.id)) return [m];
  switch (input.kind) {
    case "start":
      return open || link.kind === "waiting" ? [m] : dial(m, now);
    case "stop":
      return [{ ...m, link: { kind: "idle" } }, open ? "close" : undefined];
    case "away":
      return [{ ...m, away: true, link: unwatched(link) }];
    case "back":
      return probe({ ...m, away: false }, now);
    case "probe":
      return probe(m, now);
    case "tick":
      return tick(m, now, chance);
    case "dialed":
      return [link.kind === "connecting" ? { ...m, link: { ...link, due: now + HELLO_WAIT } } : m];
    case "hello":
      return hear(
        link.kind === "live"
          ? m
          : { ...m, lived: true, expired: false, proven: m.via, link: { kind: "live", since: now, heard: now, due: 0, pinged: false } },
        now,
      );
    case "heard":
      return hear(m, now);
    case "closed":
      return [lose(m, input, now, chance)];
  }
}
