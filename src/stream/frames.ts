// The frames of a stream, exactly as browsers and pollers get them (docs/protocol.md, Frames).

import type { RelayEvent } from "../model/event.ts";
import type { JobRest } from "../model/reduce.ts";
import { RETRY_AFTER_SECONDS } from "./limits.ts";
import type { Snapshot } from "./log.ts";

/** The WebSocket subprotocol of these frames; a browser offers it together with its token. */
export const SUBPROTOCOL = "jobrelay.v1";

/** The first frame. `cursor` is the position before any replayed event, or the snapshot's. */
export type HelloFrame =
  | { readonly type: "hello"; readonly cursor: string; readonly recovered: true }
  | {
      readonly type: "hello";
      readonly cursor: string;
      readonly recovered: false;
      readonly snapshot: Snapshot;
    };

/** Every later frame: one event, on the broadest channel that the client subscribed to. */
export interface EventFrame {
  readonly type: "event";
  readonly channel: string;
  readonly cursor: string;
  readonly event: RelayEvent;
  /** What the event does not say of the job after it; only beside the event of a job. */
  readonly job?: JobRest;
}

export type Frame = HelloFrame | EventFrame;

/**
 * An answer to a poll. `reset`: the given cursor could not be continued and the items start over;
 * an account then adds its `snapshot`.
 */
export interface Page {
  readonly items: readonly EventFrame[];
  readonly cursor: string;
  readonly reset: boolean;
  readonly snapshot?: Snapshot;
}

/** Why a socket is closed: 4000–4499 reconnect, 4500–4999 do not. */
export const CLOSE = {
  tokenExpired: { code: 4005, reason: "token expired" },
  tooSlow: { code: 4008, reason: "too slow" },
  behind: { code: 4010, reason: "place in the log lost" },
  full: { code: 4013, reason: `too many connections; retry in ${RETRY_AFTER_SECONDS} s` },
  invalidToken: { code: 4500, reason: "invalid token" },
  badRequest: { code: 4501, reason: "bad request" },
  notPermitted: { code: 4507, reason: "not permitted" },
} as const;
export type Closing = (typeof CLOSE)[keyof typeof CLOSE];
