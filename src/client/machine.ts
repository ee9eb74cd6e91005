// When to connect, how, and when to stop: the whole life of one stream's connection as a pure
// function of state and input.

import type { Millis } from "../kernel/time.ts";

/** Ways to reach a stream, best first. */
export type Transport = "ws" | "sse" | "poll";

/**
 * First and largest wait before a reconnect; what lies between is drawn by chance ("full jitter").
 */
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

/**
 * Failures before the next transport is tried: of one that never worked here, and of the one that
 * worked last.
 */
const MISSES = 2;
const MISSES_PROVEN = 6;

/** How long a worse transport is kept before the best is tried again. */
export const UPGRADE: Millis = 300_000;

/** Close codes with a meaning (contract, section 7): from 4500 on nobody comes back. */
const RENEW = 4_005;
const FINAL = 4_500;
const FORBIDDEN = 4_507;
export const BROKEN = 1_006;
/**
 * Said by the client itself: the application could not be asked for a token now, or refused one.
 */
export const TOKEN_LATER = 4_099;
export const TOKEN_REFUSED = 4_599;

/** The connection: one is open exactly while this is connecting or live. */
export type Link =
  /** Not asked for; also a tab that another tab feeds. */
  | { readonly kind: "idle" }
  /** The page is hidden or the machine offline, and nothing is open. */
  | { readonly kind: "paused" }
  | { readonly kind: "waiting" | "connecting" }
  /** `pinged` while an answer is owed. */
  | {
      readonly kind: "live";
      readonly began: Millis;
      readonly heard: Millis;
      readonly pinged: boolean;
    }
  | { readonly kind: "failed"; readonly code: number };

export type Machine = Link & {
  /** When a `tick` is wanted; read while waiting, connecting or live. */
  readonly due: Millis;
  /** Names the latest connection: word of an older one is ignored. */
  readonly id: number;
  /** The ways, best first; the one in use, and the one that worked last or -1. */
  readonly ways: readonly Transport[];
  readonly via: number;
  readonly proven: number;
  /** Failures in a row; a connection that hangs counts as two. */
  readonly failures: number;
  /** Nobody looks, or there is no network: nothing is opened, silence is not judged. */
  readonly away: boolean;
  /** The last token was refused as too old. */
  readonly expired: boolean;
  /** Addresses of the stream not tried yet. */
  readonly spare: number;
  /** When a worse transport gives way to the best. */
  readonly upgrade: Millis;
};

export type Input =
  | { readonly kind: "start" | "stop" | "away" | "back" | "probe" | "tick" }
  | { readonly kind: "dialed" | "hello" | "heard"; readonly id: number }
  /** `retryAfter` in ms. */
  | {
      readonly kind: "closed";
      readonly id: number;
      readonly code: number;
      readonly retryAfter?: Millis;
    };

export type Effect = "open" | "close" | "ping";

/**
 * What comes of an input: the next state and at most one thing to do. `open` takes transport,
 * address and the token's reason from the state.
 */
export type Step = readonly [Machine, Effect?];

/** A machine at rest; `via` is what an earlier page learned. */
export const machine = (
  ways: readonly Transport[],
  spare: number,
  via = 0,
  upgrade: Millis = 0,
): Machine => ({
  kind: "idle",
  due: 0,
  id: 0,
  ways,
  via,
  proven: -1,
  failures: 0,
  away: false,
  expired: false,
  spare,
  upgrade,
});

/** True for the states in which a connection is open, or about to be. */
export const isOpen = ({ kind }: Machine): boolean => kind === "live" || kind === "connecting";

/** The wait before a reconnect after `failures` failures; `chance` in [0, 1). */
export const backoff = (failures: number, chance: number): Millis =>
  WAIT_MIN + chance * Math.min(WAIT_MAX - WAIT_MIN, WAIT_MIN * 2 ** failures);

/** Goes on at `due`, or when somebody looks again. */
const wait = (m: Machine, due: Millis): Machine => ({
  ...m,
  due,
  kind: m.away ? "paused" : "waiting",
});

const dial = (m: Machine, now: Millis): Step =>
  m.away
    ? [wait(m, now)]
    : [{ ...m, id: m.id + 1, kind: "connecting", due: now + TOKEN_WAIT }, "open"];

/**
 * Why a connection is lost; `retryAfter` is the relay's own wish, in ms, and can only lengthen the
 * wait.
 */
interface Loss {
  readonly code: number;
  readonly retryAfter?: Millis;
  readonly weight?: number;
}

function lose(
  m: Machine,
  { code, retryAfter = 0, weight = 1 }: Loss,
  now: Millis,
  chance: number,
): Machine {
  const { via, proven, spare } = m;
  // A token from a cache may have ended while nobody was connected: asked for as expired, it is a
  // fresh one.
  if (code === FINAL && proven >= 0 && !m.expired) return wait({ ...m, expired: true }, now);
  // A job that does not exist yet is awaited on its account's stream.
  if (code === FORBIDDEN && proven < 0 && spare) return wait({ ...m, spare: spare - 1 }, now);
  if (code >= FINAL) return { ...m, kind: "failed", code };
  const stable = m.kind === "live" && now - m.began >= STABLE;
  const failures = stable ? 0 : m.failures + weight;
  const gives = failures >= (proven === via ? MISSES_PROVEN : MISSES) && failures % MISSES < weight;
  const next = gives ? (via + 1) % m.ways.length : via;
  const expired = code === RENEW;
  const pause = (expired && stable) || next > via ? 0 : backoff(failures, chance);
  return wait(
    {
      ...m,
      failures,
      via: next,
      upgrade: gives ? now + UPGRADE : m.upgrade,
      expired: expired || m.expired,
    },
    now + Math.max(pause, retryAfter),
  );
}

function tick(m: Machine, now: Millis, chance: number): Step {
  const { kind, due, away } = m;
  if (now < due) return [m];
  if (kind === "waiting") return dial(m, now);
  if (kind === "connecting")
    return [lose(m, { code: BROKEN, weight: MISSES }, now, chance), "close"];
  if (kind !== "live") return [m];
  if (m.pinged) return [lose(m, { code: BROKEN }, now, chance), "close"];
  return [{ ...m, pinged: !away, due: now + (away ? PING : PONG) }, "ping"];
}

/**
 * A sign of life. When its time has come, a worse transport is left for the best: resuming loses
 * nothing.
 */
function hear(m: Machine, now: Millis): Step {
  if (m.kind !== "live") return [m];
  if (m.via > 0 && now >= m.upgrade && !m.away)
    return [wait({ ...m, via: 0, failures: MISSES - 1 }, now), "close"];
  return [{ ...m, heard: now, due: now + PING, pinged: false }];
}

/**
 * Somebody looks again: a live connection has to prove itself, a WebSocket at once, the others by
 * their next sign of life.
 */
function probe(m: Machine, now: Millis): Step {
  if (m.kind !== "live") return [m];
  const grace = m.ways[m.via] === "ws" ? 0 : m.heard + PING + PONG;
  return [{ ...m, pinged: true, due: Math.max(now + PROBE, grace) }, "ping"];
}

/** Nobody looks any more: nothing new is opened, an answer that is owed is not counted. */
function leave(m: Machine): Machine {
  if (m.kind === "live") return { ...m, away: true, pinged: false };
  return { ...m, away: true, ...(m.kind === "waiting" && { kind: "paused" }) };
}

/** Takes one input. `chance` in [0, 1) decides the jitter. */
export function step(m: Machine, input: Input, now: Millis, chance: number): Step {
  const open = isOpen(m);
  if ("id" in input && (!open || input.id !== m.id)) return [m];
  switch (input.kind) {
    case "start":
      return open || m.kind === "waiting" ? [m] : dial(m, now);
    case "stop":
      return [{ ...m, kind: "idle" }, "close"];
    case "away":
      return [leave(m)];
    case "back":
      return probe({ ...m, away: false }, now);
    case "probe":
      return probe(m, now);
    case "tick":
      return tick(m, now, chance);
    case "dialed":
      return [{ ...m, due: now + HELLO_WAIT }];
    case "hello":
      return hear(
        {
          ...m,
          kind: "live",
          began: now,
          heard: now,
          pinged: false,
          expired: false,
          proven: m.via,
        },
        now,
      );
    case "heard":
      return hear(m, now);
    case "closed":
      return [lose(m, input, now, chance)];
  }
}
