// When to connect, how, and when to stop: the life of one stream's connection as a pure function of
// state and input.

import type { Millis } from "../kernel/time.ts";
import { BROKEN, lose, MISSES, TOKEN_LATER, wait } from "./loss.ts";
import { isOpen, type Machine } from "./state.ts";

/** Silence after which a live connection is pinged, and how long the answer may take. */
const PING: Millis = 25_000;
const PONG: Millis = 8_000;

/** How long a WebSocket may take to answer when the page becomes visible. */
const PROBE: Millis = 2_000;

/** How long the application may take to get a token, and a transport to bring the first frame. */
export const TOKEN_WAIT: Millis = 30_000;
const HELLO_WAIT: Millis = 4_000;

export type Input =
  | { readonly kind: "start" | "stop" | "away" | "back" | "probe" | "tick" }
  | { readonly kind: "dialed" | "hello" | "alive"; readonly id: number }
  /** `retryAfter` in ms. */
  | {
      readonly kind: "closed";
      readonly id: number;
      readonly code: number;
      readonly cause?: unknown;
      readonly retryAfter?: Millis;
    };

export type Effect = "open" | "close" | "ping";

/** The result of an input: the next state and at most one effect, which reads that state. */
export type Step = readonly [Machine, Effect?];

const dial = (m: Machine, now: Millis): Step =>
  m.away
    ? [wait(m, now)]
    : [{ ...m, id: m.id + 1, kind: "connecting", began: 0, due: now + TOKEN_WAIT }, "open"];

function tick(m: Machine, now: Millis, chance: number): Step {
  const { kind, due, away } = m;
  if (now < due) return [m];
  if (kind === "waiting") return dial(m, now);
  // A token that does not come says nothing of the transport.
  if (kind === "connecting")
    return [
      lose(m, { code: m.began ? BROKEN : TOKEN_LATER, weight: MISSES }, now, chance),
      "close",
    ];
  if (kind !== "live") return [m];
  if (m.pinged) return [lose(m, { code: BROKEN }, now, chance), "close"];
  return [{ ...m, pinged: !away, due: now + (away ? PING : PONG) }, "ping"];
}

/** A sign of life. When `upgrade` is due, a fallback gives way to the best transport. */
function onAlive(m: Machine, now: Millis): Step {
  if (m.kind !== "live") return [m];
  if (m.via > 0 && now >= m.upgrade && !m.away)
    return [wait({ ...m, via: 0, failures: MISSES - 1 }, now), "close"];
  return [{ ...m, aliveAt: now, due: now + PING, pinged: false }];
}

/**
 * Checks a live connection, for instance when the page becomes visible: a WebSocket is pinged, the
 * others have until their next sign of life.
 */
function probe(m: Machine, now: Millis): Step {
  if (m.kind !== "live") return [m];
  const grace = m.ways[m.via] === "ws" ? 0 : m.aliveAt + PING + PONG;
  return [{ ...m, pinged: true, due: Math.max(now + PROBE, grace) }, "ping"];
}

/** The page is hidden or offline: nothing is opened, and a missing answer is no failure. */
const leave = (m: Machine): Machine =>
  ({
    ...m,
    away: true,
    pinged: false,
    ...(m.kind === "waiting" && { kind: "paused" }),
  }) as Machine;

/** Takes one input. `chance` in [0, 1) is the random part of a wait. */
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
      return [{ ...m, began: now, due: now + HELLO_WAIT }];
    case "hello":
      return onAlive(
        {
          ...m,
          kind: "live",
          began: now,
          aliveAt: now,
          pinged: false,
          expired: false,
          proven: m.via,
          code: 0,
        },
        now,
      );
    case "alive":
      return onAlive(m, now);
    case "closed":
      return [lose(m, input, now, chance)];
  }
}
