// The state of one stream's connection.

import type { Millis } from "../kernel/time.ts";

/** Ways to reach a stream, best first. */
export type Transport = "ws" | "sse" | "poll";

/** The phase of the connection, which is open while this is connecting or live. */
export type Link =
  /** Not started; also a tab that gets its frames from another tab. */
  | { readonly kind: "idle" }
  /** The page is hidden or offline, and nothing is open. */
  | { readonly kind: "paused" }
  | { readonly kind: "waiting" | "connecting" }
  /** `pinged` while the answer to a ping is awaited. */
  | {
      readonly kind: "live";
      readonly aliveAt: Millis;
      readonly pinged: boolean;
    }
  | { readonly kind: "failed" };

export type Machine = Link & {
  /** When the connection was opened, or became live; 0 while its token is awaited. */
  readonly began: Millis;
  /** When the next `tick` is due, while waiting, connecting or live. */
  readonly due: Millis;
  /** Number of the latest connection; inputs of an older one are ignored. */
  readonly id: number;
  /** The transports, best first; indexes of the one in use and of the last that worked, or -1. */
  readonly ways: readonly Transport[];
  readonly via: number;
  readonly proven: number;
  /** Failures in a row; a connection that hangs counts as two. */
  readonly failures: number;
  /** The page is hidden or offline: nothing is opened, and silence is no failure. */
  readonly away: boolean;
  /** The next token must be a new one. */
  readonly expired: boolean;
  /** How many addresses of the stream were not tried yet. */
  readonly spare: number;
  /** When a fallback gives way to the best transport. */
  readonly upgrade: Millis;
  /** Why the last connection was lost, a close code and what caused it; 0 while live. */
  readonly code: number;
  readonly cause?: unknown;
};

/** A machine that is not started; `via` is the transport that worked for an earlier page. */
export const machine = (
  ways: readonly Transport[],
  spare: number,
  via: number,
  upgrade: Millis,
): Machine => ({
  kind: "idle",
  began: 0,
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
  code: 0,
});

/** True while a connection is open or being opened. */
export const isOpen = ({ kind }: Machine): boolean => kind === "live" || kind === "connecting";
