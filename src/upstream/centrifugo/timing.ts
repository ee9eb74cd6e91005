// What the passing of time asks of a connection: silence ends it, a token is refreshed in time.

import { backoffWait, type Backoff } from "../../kernel/backoff.ts";
import { MINUTE, SECOND, type Millis } from "../../kernel/time.ts";
import { passing } from "../record.ts";
import { refreshCommand } from "./messages.ts";
import type { Session, Step } from "./session.ts";

/** How long a server may take to answer `connect`; Centrifugo itself waits 10 s for it. */
export const CONNECT_TIMEOUT: Millis = 10 * SECOND;

/** How late a ping may be, as in official clients. */
export const PING_GRACE: Millis = 10 * SECOND;

/** Silence that is too long where a server sends no pings. */
export const MAX_SILENCE: Millis = 5 * MINUTE;

/** Waits between tries to fetch a fresh token while the connection stands. */
const REFRESH_RETRY: Backoff = { first: 5 * SECOND, longest: 5 * MINUTE };

/** Does what time asks for. */
export function passTime(session: Session, now: Millis): Step {
  if (silentAt(session) <= now) {
    const error =
      session.phase === "connecting" ? "the server did not answer connect" : "pings stopped";
    return { session, actions: [{ kind: "close", failure: passing(error) }] };
  }
  if (session.refreshAt === null || session.refreshAt > now) return { session, actions: [] };
  return { session: { ...session, refreshAt: null }, actions: [{ kind: "refresh" }] };
}

/** Sends a fresh token. */
export function refresh(session: Session, token: string): Step {
  const commands = session.commands + 1;
  return {
    session: { ...session, commands, refreshFailures: 0 },
    actions: [{ kind: "send", text: refreshCommand(commands, token) }],
  };
}

/** The connection after a token could not be fetched: it stands, and the next try comes. */
export function refreshLater(session: Session, now: Millis, wait: Millis): Session {
  const refreshFailures = session.refreshFailures + 1;
  const refreshAt = now + Math.max(backoffWait(REFRESH_RETRY, refreshFailures), wait);
  return { ...session, refreshFailures, refreshAt };
}

/** When `passTime` has something to do. */
export const sessionDue = (session: Session): Millis =>
  Math.min(silentAt(session), session.refreshAt ?? Number.POSITIVE_INFINITY);

function silentAt({ phase, lastFrameAt, ping }: Session): Millis {
  if (phase === "connecting") return lastFrameAt + CONNECT_TIMEOUT;
  return lastFrameAt + (ping === null ? MAX_SILENCE : Math.min(ping, MAX_SILENCE) + PING_GRACE);
}
