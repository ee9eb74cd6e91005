// The Centrifugo client protocol, version 2: commands in, replies and pushes out, with the names of
// the JSON encoding. Sources: centrifugal/protocol definitions/client.proto, Centrifugo's
// "Client protocol" and "Error and disconnect codes", centrifuge-js 5.8.

import { utf8 } from "../../kernel/bytes.ts";
import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import type { Position } from "../cursor.ts";
import { MAX_CHANNEL_NAME } from "./limits.ts";

/** Why a command is refused. A client repeats by itself what is `temporary`. */
export const ERROR = {
  internal: { code: 100, message: "internal server error", temporary: true },
  unknownChannel: { code: 102, message: "unknown channel" },
  permissionDenied: { code: 103, message: "permission denied" },
  methodNotFound: { code: 104, message: "method not found" },
  alreadySubscribed: { code: 105, message: "already subscribed" },
  limitExceeded: { code: 106, message: "limit exceeded" },
  badRequest: { code: 107, message: "bad request" },
  notAvailable: { code: 108, message: "not available" },
  tokenExpired: { code: 109, message: "token expired" },
  tooManyRequests: { code: 111, message: "too many requests", temporary: true },
  unrecoverablePosition: { code: 112, message: "unrecoverable position" },
} as const;
export type ProtocolError = (typeof ERROR)[keyof typeof ERROR];

/**
 * Why a connection is closed. Clients reconnect after 3000–3499, but not after 3500–3999 and not
 * after 1009 (RFC 6455, 7.4.1).
 */
export const DISCONNECT = {
  tooBig: { code: 1009, reason: "message too big" },
  shutdown: { code: 3001, reason: "shutdown" },
  serverError: { code: 3004, reason: "internal server error" },
  expired: { code: 3005, reason: "connection expired" },
  slow: { code: 3008, reason: "slow" },
  noPong: { code: 3012, reason: "no pong" },
  tooManyRequests: { code: 3013, reason: "too many requests" },
  invalidToken: { code: 3500, reason: "invalid token" },
  badRequest: { code: 3501, reason: "bad request" },
  stale: { code: 3502, reason: "stale" },
  permissionDenied: { code: 3507, reason: "permission denied" },
  notAvailable: { code: 3508, reason: "not available" },
} as const;
export type Disconnect = (typeof DISCONNECT)[keyof typeof DISCONNECT];

/** Ends one subscription; after a code below 2500 a client does not subscribe again. */
export const UNSUBSCRIBED = { code: 2000, reason: "server unsubscribe" } as const;

/** What a client asks. `id` counts its commands from 1 and comes back with the reply. */
export type Command =
  | {
      readonly kind: "connect";
      readonly id: number;
      readonly token: string | null;
      readonly positions: ReadonlyMap<string, Position>;
    }
  | { readonly kind: "refresh"; readonly id: number; readonly token: string }
  | {
      readonly kind: "subscribe";
      readonly id: number;
      readonly channel: string;
      readonly since: Position | null;
      /** Answer with an error when `since` cannot be continued. */
      readonly strict: boolean;
    }
  | { readonly kind: "unsubscribe"; readonly id: number; readonly channel: string }
  | {
      readonly kind: "history";
      readonly id: number;
      readonly channel: string;
      readonly since: Position | null;
      /** A negative number asks for as many as allowed, 0 for the position alone. */
      readonly limit: number;
      readonly reverse: boolean;
    }
  | { readonly kind: "ping"; readonly id: number }
  /** The answer to a ping of the server. */
  | { readonly kind: "pong" }
  /** A message without a reply. */
  | { readonly kind: "send" }
  /** A command that is refused whatever the state of the connection. */
  | { readonly kind: "refused"; readonly id: number; readonly error: ProtocolError };

/** The token that a command brings; `null` for a command without one. */
export const tokenOf = (command: Command): string | null =>
  command.kind === "connect" || command.kind === "refresh" ? command.token : null;

/** Commands of the protocol that the relay does not offer. */
const UNAVAILABLE = ["presence", "presence_stats", "rpc", "sub_refresh"] as const;

const READERS: Readonly<Record<string, (id: number, body: JsonObject) => Command | null>> = {
  connect: readConnect,
  subscribe: readSubscribe,
  unsubscribe: (id, body) => withChannel(body, (channel) => ({ kind: "unsubscribe", id, channel })),
  history: readHistory,
  refresh: (id, { token }) =>
    typeof token === "string" && token !== "" ? { kind: "refresh", id, token } : null,
  ping: (id) => ({ kind: "ping", id }),
  send: () => ({ kind: "send" }),
  // Only the relay publishes.
  publish: (id) => ({ kind: "refused", id, error: ERROR.permissionDenied }),
  ...Object.fromEntries(
    UNAVAILABLE.map((name) => [
      name,
      (id: number): Command => ({ kind: "refused", id, error: ERROR.notAvailable }),
    ]),
  ),
};

/** Command ids are uint32. */
const MAX_ID = 0xffff_ffff;

/**
 * Reads one command of either encoding; `null` when it is none, for which Centrifugo closes the
 * connection.
 */
export function commandOf(value: JsonObject): Command | null {
  const { id = 0, ...methods } = withoutNulls(value);
  if (!isCount(id) || id > MAX_ID) return null;
  if (id === 0) {
    if (Object.keys(methods).length === 0) return { kind: "pong" };
    return isObject(methods["send"]) ? { kind: "send" } : null;
  }
  const [name, ...more] = Object.keys(methods).filter((method) => Object.hasOwn(READERS, method));
  if (name === undefined) return { kind: "refused", id, error: ERROR.methodNotFound };
  const body = methods[name];
  const command =
    more.length === 0 && isObject(body) ? READERS[name]?.(id, withoutNulls(body)) : null;
  return command ?? { kind: "refused", id, error: ERROR.badRequest };
}

/** A member that is `null` counts as absent, as for Centrifugo. */
const withoutNulls = (value: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));

const isCount = (value: Json | undefined): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

const isChannel = (value: Json | undefined): value is string =>
  typeof value === "string" && value !== "" && utf8(value).byteLength <= MAX_CHANNEL_NAME;

const withChannel = <T>({ channel }: JsonObject, make: (channel: string) => T | null): T | null =>
  isChannel(channel) ? make(channel) : null;

/** Reads `offset` and `epoch`; both may be absent, and an absent epoch matches any. */
function readPosition(body: JsonObject): Position | null {
  const { offset = 0, epoch = "" } = withoutNulls(body);
  return isCount(offset) && typeof epoch === "string" ? { epoch, offset } : null;
}

function readConnect(id: number, { token = "", subs = {} }: JsonObject): Command | null {
  if (typeof token !== "string" || !isObject(subs)) return null;
  const positions = new Map<string, Position>();
  for (const [channel, sub] of Object.entries(subs)) {
    const position = isObject(sub) ? readPosition(sub) : null;
    if (!isObject(sub) || position === null) return null;
    if (sub["recover"] === true) positions.set(channel, position);
  }
  return { kind: "connect", id, token: token === "" ? null : token, positions };
}

/**
 * The bit of `flag` by which a client asks for an error in place of `recovered: false`
 * (centrifuge-js, `rejectUnrecovered`).
 */
const REJECT_UNRECOVERED = 2;

function readSubscribe(id: number, body: JsonObject): Command | null {
  // Filters and other kinds of subscriptions are refused: a client that got everything instead
  // would not notice.
  if ((body["type"] ?? 0) !== 0 || body["tf"] !== undefined)
    return { kind: "refused", id, error: ERROR.notAvailable };
  const position = readPosition(body);
  const flag = body["flag"] ?? 0;
  if (position === null || !isCount(flag)) return null;
  const since = body["recover"] === true ? position : null;
  return withChannel(body, (channel) => ({
    kind: "subscribe",
    id,
    channel,
    since,
    strict: (flag & REJECT_UNRECOVERED) !== 0,
  }));
}

function readHistory(id: number, body: JsonObject): Command | null {
  const { since: position, limit = 0, reverse = false } = body;
  const since = isObject(position) ? readPosition(position) : null;
  if (
    (position !== undefined && since === null) ||
    !Number.isSafeInteger(limit) ||
    typeof reverse !== "boolean"
  )
    return null;
  return withChannel(body, (channel) => ({
    kind: "history",
    id,
    channel,
    since,
    limit: Number(limit),
    reverse,
  }));
}
