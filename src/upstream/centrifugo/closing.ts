// What the end of a connection means: whether it passes by itself.

import { passing, type Failure } from "../record.ts";
import type { Action } from "./action.ts";
import { shown, type Message } from "./messages.ts";

/** Close code of a socket that is not needed any more (RFC 6455, 7.4.1). */
export const NORMAL = 1_000;

/** Code of an error whose token has expired (Centrifugo, client errors). */
const TOKEN_EXPIRED = 109;

/** Code by which Centrifugo says that no position of the client is valid any more. */
const STATE_INVALIDATED = 3_014;

/** What the end of a connection with a code asks for. */
export const closeAction = (code: number, reason: string): Action => ({
  kind: "close",
  failure: closeFailure(code, reason),
  ...(code === STATE_INVALIDATED ? { forget: true } : {}),
});

/** The failure of a connection that ended with a code. */
function closeFailure(code: number, reason: string): Failure {
  const text = shown(reason);
  const error = `the connection closed with ${code}${text === "" ? "" : ` ${text}`}`;
  // Codes after which official clients do not come back.
  const refused = (code >= 3_500 && code < 4_000) || (code >= 4_500 && code < 5_000);
  return { ...passing(error), refused };
}

/** The failure of a `connect` that was answered with an error. */
export function errorFailure({
  code,
  message,
  temporary,
}: Extract<Message, { kind: "error" }>): Failure {
  const text = shown(message);
  const error = `connect was refused with ${code}${text === "" ? "" : ` ${text}`}`;
  return { ...passing(error), refused: !temporary && code !== TOKEN_EXPIRED && code !== 100 };
}
