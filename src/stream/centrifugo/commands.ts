// What a Centrifugo connection does with each command: a decision over its session, the log and what its token says.

import { fault, ok, type Result } from "../../kernel/result.ts";
import { SECOND, type Millis } from "../../kernel/time.ts";
import {
  DISCONNECT,
  ERROR,
  UNSUBSCRIBED,
  type Command,
  type Disconnect,
  type ProtocolError,
} from "./protocol.ts";
import {
  startSubscription,
  readHistory,
  type HistoryResult,
  type PublicationLog,
  type SubscribeResult,
} from "./history.ts";
import { MAX_NAMES, MAX_TTL, REFRESH_LEAD } from "./limits.ts";
import { defaultChannels, kindOf, MAX_CHANNELS } from "../channels.ts";
import { mayOpenChannel, type Grant, type TokenFault } from "../auth/tokens.ts";

/** A connection before and after its connect command; kept in the socket's attachment. */
export type Session =
  | {
      readonly phase: "waiting";
      /** What the upgrade's own token opens; `null` when the upgrade had none and the connect command has to bring one. */
      readonly grant: Grant | null;
      /** When the wait ends. */
      readonly until: Millis;
    }
  | {
      readonly phase: "connected";
      readonly client: string;
      readonly grant: Grant;
      readonly channels: readonly string[];
    };

type Waiting = Extract<Session, { phase: "waiting" }>;
type Connected = Extract<Session, { phase: "connected" }>;

/** What the token of a command says; `configuration` while the relay cannot know. */
export type TokenCheck = Result<Grant, TokenFault | "configuration">;

/** Everything a decision needs beside the session and the command. */
export interface CommandContext {
  readonly account: string;
  readonly now: Millis;
  /** An id for the connection, should it begin now. */
  readonly client: string;
  readonly log: PublicationLog;
  /** `null` for a command without a token. */
  readonly verdict: TokenCheck | null;
  /** Characters of publications and state that the frame may still fetch. */
  readonly room: number;
}

/** When a connection ends by itself. `ttl`, in seconds, is when the client is to bring the next token. */
interface Lifetime {
  readonly expires?: true;
  readonly ttl?: number;
}

interface Connection extends Lifetime {
  readonly client: string;
  readonly version: string;
}

/** `{}`: done. */
interface Empty {
  readonly [member: string]: never;
}

/** What is written in answer to a command, in the protocol's own members. */
export type Reply =
  | { readonly id: number; readonly error: ProtocolError }
  | {
      readonly id: number;
      readonly connect: Connection & {
        readonly session: string;
        readonly subs: Readonly<Record<string, SubscribeResult>>;
      };
    }
  | { readonly id: number; readonly refresh: Connection }
  | { readonly id: number; readonly subscribe: SubscribeResult }
  | { readonly id: number; readonly unsubscribe: Empty }
  | { readonly id: number; readonly history: HistoryResult }
  | { readonly id: number; readonly ping: Empty }
  | { readonly push: { readonly channel: string; readonly unsubscribe: typeof UNSUBSCRIBED } };

/** What a command leads to: the next session, what is written, whether the connection ends then, and the room that is left. */
export interface CommandOutcome {
  readonly session: Session;
  readonly replies: readonly Reply[];
  readonly close: Disconnect | null;
  readonly room: number;
}

/** Decides one command. */
export function respond(
  session: Session,
  command: Command,
  context: CommandContext,
): CommandOutcome {
  const unchanged: CommandOutcome = { session, replies: [], close: null, room: context.room };
  const close = (reason: Disconnect): CommandOutcome => ({ ...unchanged, close: reason });
  if (command.kind === "pong") return unchanged;
  if (session.phase === "waiting")
    return command.kind === "connect"
      ? connect(session, command, context)
      : close(DISCONNECT.badRequest);
  if (command.kind !== "refresh" && hasEnded(session.grant, context.now))
    return close(DISCONNECT.expired);
  switch (command.kind) {
    case "connect":
      return close(DISCONNECT.badRequest);
    case "refresh":
      return refresh(session, command.id, context);
    case "subscribe":
      return subscribe(session, command, context);
    case "unsubscribe": {
      const channels = session.channels.filter((channel) => channel !== command.channel);
      return {
        ...unchanged,
        session: { ...session, channels },
        replies: [{ id: command.id, unsubscribe: {} }],
      };
    }
    case "history":
      return history(session, command, context);
    case "ping":
      return { ...unchanged, replies: [{ id: command.id, ping: {} }] };
    case "send":
      return close(DISCONNECT.notAvailable);
    case "refused":
      return refuse(session, context, { id: command.id, error: command.error });
  }
}

/** When a session ends unless something happens; `null` for a connection of the admin. */
export function endOf(session: Session): Millis | null {
  if (session.phase === "waiting") return session.until;
  return session.grant.kind === "admin" ? null : session.grant.expires;
}

/** Why a session that is at its end is closed. */
export const endingOf = (session: Session): Disconnect =>
  session.phase === "waiting" ? DISCONNECT.stale : DISCONNECT.expired;

const hasEnded = (grant: Grant, now: Millis): boolean =>
  grant.kind === "account" && grant.expires <= now;

const refuse = (
  session: Session,
  { room }: CommandContext,
  reply: { readonly id: number; readonly error: ProtocolError },
): CommandOutcome => ({
  session,
  replies: [reply],
  close: null,
  room,
});

/** The server's `version`, which clients show and nothing reads. */
const VERSION = "jobrelay";

function lifetime(grant: Grant, now: Millis): Lifetime {
  if (grant.kind === "admin") return {};
  const left = grant.expires - now;
  const ttl = Math.floor((left - Math.min(REFRESH_LEAD, left / 2)) / SECOND);
  return { expires: true, ttl: Math.min(MAX_TTL, Math.max(1, ttl)) };
}

/** Judges the token that a command brought, or else the upgrade's. A token of another account is as good as none. */
function judge(
  verdict: TokenCheck | null,
  before: Grant | null,
  { account, now }: CommandContext,
): TokenCheck {
  const judged: TokenCheck =
    verdict ??
    (before === null ? fault("missing") : hasEnded(before, now) ? fault("expired") : ok(before));
  return judged.ok && judged.value.kind === "account" && judged.value.account !== account
    ? fault("claims")
    : judged;
}

function connect(
  session: Waiting,
  command: Extract<Command, { kind: "connect" }>,
  context: CommandContext,
): CommandOutcome {
  const { account, now, client, log } = context;
  const { id, positions } = command;
  const judged = judge(context.verdict, session.grant, context);
  if (!judged.ok) {
    // The client brings another token to its next connection; anything else wrong with a token does not mend itself.
    if (judged.fault === "expired")
      return refuse(session, context, { id, error: ERROR.tokenExpired });
    if (judged.fault === "configuration")
      return refuse(session, context, { id, error: ERROR.internal });
    return { session, replies: [], close: DISCONNECT.invalidToken, room: context.room };
  }
  const grant = judged.value;
  const next: Connected = {
    phase: "connected",
    client,
    grant,
    channels: serverChannels(grant, account),
  };
  if (weight(next) > MAX_NAMES) return refuse(session, context, { id, error: ERROR.limitExceeded });
  let { room } = context;
  const subs = next.channels.map((channel) => {
    const { result, size } = startSubscription(log, channel, {
      since: positions.get(channel) ?? null,
      room,
    });
    room -= size;
    return [channel, result] as const;
  });
  const reply = {
    client,
    version: VERSION,
    ...lifetime(grant, now),
    session: client,
    subs: Object.fromEntries(subs),
  };
  return { session: next, replies: [{ id, connect: reply }], close: null, room };
}

/**
 * The channels that a connection is subscribed to without asking: those that its token names, or the account's three where it
 * names none. A pattern with `*` allows channels; none is called like it.
 */
function serverChannels(grant: Grant, account: string): readonly string[] {
  const patterns = grant.kind === "admin" ? [] : (grant.channels ?? []);
  const named = patterns.filter((name) => !["foreign", "unknown"].includes(kindOf(name, account)));
  return named.length > 0
    ? [...new Set(named)]
    : defaultChannels(account).filter((channel) => mayOpenChannel(grant, account, channel));
}

/** Bytes of an attachment that a text takes: V8 writes Latin-1 as one byte a character and other texts as two, with a head. */
const bytesOf = (text: string): number =>
  6 + (/^[^\u0100-\uffff]*$/.test(text) ? text.length : 2 * text.length);

function weight({ grant, channels }: Connected): number {
  const patterns = grant.kind === "admin" ? [] : (grant.channels ?? []);
  return [...patterns, ...channels].reduce((sum, name) => sum + bytesOf(name), 0);
}

/** Takes the next token. What it no longer opens is unsubscribed. */
function refresh(session: Connected, id: number, context: CommandContext): CommandOutcome {
  const judged = judge(context.verdict, null, context);
  if (!judged.ok) {
    if (judged.fault === "configuration")
      return refuse(session, context, { id, error: ERROR.internal });
    // An error would end the client for good, an expired connection makes it come back with a newer token.
    const close = judged.fault === "expired" ? DISCONNECT.expired : DISCONNECT.invalidToken;
    return { session, replies: [], close, room: context.room };
  }
  const grant = judged.value;
  const covered = session.channels.filter((channel) =>
    mayOpenChannel(grant, context.account, channel),
  );
  const next: Connected = { ...session, grant, channels: covered };
  if (weight(next) > MAX_NAMES) return refuse(session, context, { id, error: ERROR.limitExceeded });
  const lost = session.channels.filter((channel) => !covered.includes(channel));
  const reply = { client: session.client, version: VERSION, ...lifetime(grant, context.now) };
  return {
    session: next,
    replies: [
      { id, refresh: reply },
      ...lost.map((channel) => ({ push: { channel, unsubscribe: UNSUBSCRIBED } })),
    ],
    close: null,
    room: context.room,
  };
}

/** Why a channel is not shown; `null` when it is. A foreign one looks like one that does not exist. */
function closedTo(session: Connected, account: string, channel: string): ProtocolError | null {
  const kind = kindOf(channel, account);
  if (kind === "unknown") return ERROR.unknownChannel;
  return kind === "foreign" || !mayOpenChannel(session.grant, account, channel)
    ? ERROR.permissionDenied
    : null;
}

function subscribe(
  session: Connected,
  command: Extract<Command, { kind: "subscribe" }>,
  context: CommandContext,
): CommandOutcome {
  const { id, channel, since, strict } = command;
  const { account, log, room } = context;
  const no = (error: ProtocolError): CommandOutcome => refuse(session, context, { id, error });
  const closed = closedTo(session, account, channel);
  if (closed !== null) return no(closed);
  if (session.channels.includes(channel)) return no(ERROR.alreadySubscribed);
  const next: Connected = { ...session, channels: [...session.channels, channel] };
  if (next.channels.length > MAX_CHANNELS || weight(next) > MAX_NAMES)
    return no(ERROR.limitExceeded);
  if (room <= 0) return no(ERROR.tooManyRequests);
  const { result, size } = startSubscription(log, channel, { since, room });
  if (strict && since !== null && result.recovered !== true)
    return { ...no(ERROR.unrecoverablePosition), room: room - size };
  return { session: next, replies: [{ id, subscribe: result }], close: null, room: room - size };
}

function history(
  session: Connected,
  command: Extract<Command, { kind: "history" }>,
  context: CommandContext,
): CommandOutcome {
  const { id, channel } = command;
  const { account, log, room } = context;
  const no = (error: ProtocolError): CommandOutcome => refuse(session, context, { id, error });
  const closed = closedTo(session, account, channel);
  if (closed !== null) return no(closed);
  if (room <= 0) return no(ERROR.tooManyRequests);
  const past = readHistory(log, command, room);
  if (!past.ok) return no(ERROR.unrecoverablePosition);
  return {
    session,
    replies: [{ id, history: past.value.result }],
    close: null,
    room: room - past.value.size,
  };
}
