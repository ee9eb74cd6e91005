// The first frames of a Centrifugo client, decided in the Worker before an object is woken.

import type { Millis } from "../../kernel/time.ts";
import type { Grant } from "../auth/tokens.ts";
import { DISCONNECT, ERROR, type Command, type Disconnect } from "./protocol.ts";
import type { Reply } from "./replies.ts";
import { checkGrant, type TokenCheck } from "./session.ts";

/** What a frame leads to: nothing, an error reply, a close, or a connection with a grant. */
export type Handshake =
  | { readonly kind: "wait" }
  | { readonly kind: "reply"; readonly reply: Reply }
  | { readonly kind: "close"; readonly reason: Disconnect }
  | { readonly kind: "open"; readonly grant: Grant };

/** The connect command of a frame, which has to come first; pongs may stand before it. */
export function connectCommand(
  commands: readonly Command[],
): Extract<Command, { kind: "connect" }> | null {
  const first = commands.find(({ kind }) => kind !== "pong");
  return first?.kind === "connect" ? first : null;
}

/** What the Worker knows of a client. */
export interface HandshakeContext {
  readonly account: string;
  readonly now: Millis;
  /** What the upgrade's own token opens; `null` when it had none. */
  readonly grant: Grant | null;
  /** What the token of the connect command opens; `null` when it has none. */
  readonly token: TokenCheck | null;
}

/** Decides a frame of a client that has no connection yet. */
export function decideHandshake(
  commands: readonly Command[],
  { grant, token, ...where }: HandshakeContext,
): Handshake {
  if (commands.every(({ kind }) => kind === "pong")) return { kind: "wait" };
  const command = connectCommand(commands);
  if (command === null) return { kind: "close", reason: DISCONNECT.badRequest };
  const { id } = command;
  const checked = checkGrant(token, grant, where);
  if (checked.ok) return { kind: "open", grant: checked.value };
  // The client brings another token to its next connection. Other faults of a token are final.
  if (checked.fault === "expired")
    return { kind: "reply", reply: { id, error: ERROR.tokenExpired } };
  if (checked.fault === "configuration")
    return { kind: "reply", reply: { id, error: ERROR.internal } };
  return { kind: "close", reason: DISCONNECT.invalidToken };
}
