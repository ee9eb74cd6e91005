// What a source's connector says of itself.

import type { Outcomes } from "./messages.ts";
import type { Millis } from "../kernel/time.ts";

/**
 * `connected`: it gets what is said. `connecting`: it is about to. `waiting`: it has nothing to do,
 * or tries again later. `failed`: it is refused, and tries again from time to time.
 */
export type ConnectorStatus = "connected" | "connecting" | "waiting" | "failed";

/** A connector as `GET /v1/sources` shows it. */
export interface ConnectorView {
  readonly kind: "centrifugo" | "emailengine";
  readonly status: ConnectorStatus;
  /** When the status began. */
  readonly since: Millis;
  readonly lastMessageAt: Millis | null;
  /** How often it was connected again. */
  readonly reconnects: number;
  /** The last thing that went wrong; no secret and no address is in it. */
  readonly lastError: string | null;
  readonly lastErrorAt: Millis | null;
  /** When it tries again; `null` while it need not. */
  readonly retryAt: Millis | null;
  /** What became of what it got. */
  readonly counts: Outcomes;
  /** Events that it has led to, by name. */
  readonly events: Readonly<Record<string, number>>;
  /** How often the server could not give what was missed. */
  readonly gaps: number;
  /** Exports that are polled; `null` for a realtime server. */
  readonly watching: number | null;
}

/** An export to be polled, by the names that EmailEngine has for it. */
export interface WatchedExport {
  readonly account: string;
  readonly exportId: string;
}

/** What became of the wish to poll an export. */
export type WatchAnswer = "watching" | "full" | "no-poll";
