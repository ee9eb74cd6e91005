// The session of a Centrifugo connection: what it is before and after `connect`, and when it ends.

import { fault, ok, type Result } from "../../kernel/result.ts";
import type { Millis } from "../../kernel/time.ts";
import type { Grant, TokenFault } from "../auth/tokens.ts";
import type { SocketState } from "../sockets/open-sockets.io.ts";

/** A connection before and after its connect command. A stored format: the socket's attachment. */
export type Session =
  | {
      readonly phase: "waiting";
      /** What the token opens that the Worker has verified. */
      readonly grant: Grant;
    }
  | {
      readonly phase: "connected";
      readonly client: string;
      readonly grant: Grant;
      readonly channels: readonly string[];
    };

export type WaitingSession = Extract<Session, { phase: "waiting" }>;
export type ConnectedSession = Extract<Session, { phase: "connected" }>;

/** What the token of a command opens; `configuration` while the relay cannot know. */
export type TokenCheck = Result<Grant, TokenFault | "configuration">;

/** True when the token of a grant has ended. */
export const grantHasEnded = (grant: Grant, now: Millis): boolean =>
  grant.kind === "account" && grant.expires <= now;

/** When a session ends by itself; `null` for the admin's, and before the connect command. */
export const sessionEnd = (session: Session): Millis | null =>
  session.phase === "waiting" || session.grant.kind === "admin" ? null : session.grant.expires;

/** A session as one of the object's sockets. */
export interface CentrifugoState extends SocketState {
  readonly session: Session;
}

/** The channels of a session and its end, as the object's socket index needs them. */
export const stateOfSession = (session: Session): CentrifugoState => ({
  session,
  channels: session.phase === "connected" ? session.channels : [],
  expires: sessionEnd(session),
});

/**
 * Decides what a connection may see: by the token of its command, or else by the upgrade's own.
 * A token of another account counts as none, and so does one for a job of one source.
 */
export function checkGrant(
  token: TokenCheck | null,
  before: Grant | null,
  { account, now }: { readonly account: string; readonly now: Millis },
): TokenCheck {
  const checked: TokenCheck =
    token ??
    (before === null
      ? fault("missing")
      : grantHasEnded(before, now)
        ? fault("expired")
        : ok(before));
  if (!checked.ok || checked.value.kind === "admin") return checked;
  const { account: owner, source } = checked.value;
  return owner === account && source === undefined ? checked : fault("claims");
}

/** Bytes of a text in an attachment: V8 writes Latin-1 as one byte a character, others as two. */
const bytesOf = (text: string): number =>
  6 + (/^[^\u0100-\uffff]*$/.test(text) ? text.length : 2 * text.length);

/** Bytes that the names of a session take in the attachment. */
export function nameBytes({ grant, channels }: ConnectedSession): number {
  const patterns = grant.kind === "admin" ? [] : (grant.channels ?? []);
  return [...patterns, ...channels].reduce((sum, name) => sum + bytesOf(name), 0);
}
