// The commands that bring a token: `connect` opens a session, `refresh` prolongs it.

import { SECOND, type Millis } from "../../kernel/time.ts";
import { mayOpenChannel, type Grant } from "../auth/tokens.ts";
import { defaultChannels, kindOf, MAX_CHANNELS } from "../channels.ts";
import { startSubscription } from "./history.ts";
import { MAX_NAMES, MAX_TTL, PING_SECONDS, REFRESH_LEAD } from "./limits.ts";
import { DISCONNECT, ERROR, UNSUBSCRIBED, type Command } from "./protocol.ts";
import {
  closeWith,
  replyWith,
  type CommandContext,
  type CommandOutcome,
  type Lifetime,
  type Reply,
} from "./replies.ts";
import { checkGrant, nameBytes, type ConnectedSession, type WaitingSession } from "./session.ts";

/** The server's `version`, which clients show and nothing reads. */
const VERSION = "jobrelay";

function lifetimeOf(grant: Grant, now: Millis): Lifetime {
  if (grant.kind === "admin") return {};
  const left = grant.expires - now;
  const ttl = Math.floor((left - Math.min(REFRESH_LEAD, left / 2)) / SECOND);
  return { expires: true, ttl: Math.min(MAX_TTL, Math.max(1, ttl)) };
}

/** Opens a session for the token of the command, or else for the upgrade's own. */
export function connect(
  session: WaitingSession,
  command: Extract<Command, { kind: "connect" }>,
  context: CommandContext,
): CommandOutcome {
  const { account, now, client, log } = context;
  const { id, positions } = command;
  const checked = checkGrant(context.token, session.grant, context);
  if (!checked.ok) {
    // The client brings another token to its next connection. Other faults of a token are final.
    if (checked.fault === "expired")
      return replyWith(session, context, { id, error: ERROR.tokenExpired });
    if (checked.fault === "configuration")
      return replyWith(session, context, { id, error: ERROR.internal });
    return closeWith(session, context, DISCONNECT.invalidToken);
  }
  if (context.budget <= 0) return replyWith(session, context, { id, error: ERROR.tooManyRequests });
  const grant = checked.value;
  const channels = serverChannels(grant, account);
  const next: ConnectedSession = { phase: "connected", client, grant, channels };
  if (nameBytes(next) > MAX_NAMES)
    return replyWith(session, context, { id, error: ERROR.limitExceeded });
  let { budget } = context;
  const subs = channels.map((channel) => {
    const since = positions.get(channel) ?? null;
    const { result, size } = startSubscription(log, channel, { since, budget });
    budget -= size;
    return [channel, result] as const;
  });
  const reply = {
    client,
    version: VERSION,
    ...lifetimeOf(grant, now),
    session: client,
    // The Worker that holds the client's socket sends these pings.
    ping: PING_SECONDS,
    pong: true as const,
    subs: Object.fromEntries(subs),
  };
  return replyWith(next, { budget }, { id, connect: reply });
}

/**
 * The channels that a connection is subscribed to without asking: those that its token names, or
 * the account's three where it names none. A pattern with `*` allows channels and is none itself.
 */
function serverChannels(grant: Grant, account: string): readonly string[] {
  const patterns = grant.kind === "admin" ? [] : (grant.channels ?? []);
  const named = patterns.filter((name) => !["foreign", "unknown"].includes(kindOf(name, account)));
  return named.length > 0
    ? [...new Set(named)]
    : defaultChannels(account).filter((channel) => mayOpenChannel(grant, account, channel));
}

/** The channels after the next token, and those that are begun and ended for it. */
interface ChannelChange {
  readonly channels: readonly string[];
  readonly begun: readonly string[];
  readonly ended: readonly string[];
}

/**
 * Decides how the channels change with the next token. Those end that it does not open, or that
 * only the token before named; those begin that only the next one names. What the client subscribed
 * to by itself stays, as far as the next token opens it.
 */
function changeChannels(session: ConnectedSession, grant: Grant, account: string): ChannelChange {
  const named = serverChannels(grant, account);
  const namedBefore = serverChannels(session.grant, account);
  const kept = session.channels.filter(
    (channel) =>
      mayOpenChannel(grant, account, channel) &&
      (named.includes(channel) || !namedBefore.includes(channel)),
  );
  const begun = named.filter(
    (channel) => !session.channels.includes(channel) && !namedBefore.includes(channel),
  );
  const ended = session.channels.filter((channel) => !kept.includes(channel));
  return { channels: [...kept, ...begun], begun, ended };
}

/** Prolongs a session by the next token, whose channels are begun and ended by pushes. */
export function refresh(
  session: ConnectedSession,
  id: number,
  context: CommandContext,
): CommandOutcome {
  const checked = checkGrant(context.token, null, context);
  if (!checked.ok) {
    if (checked.fault === "configuration")
      return replyWith(session, context, { id, error: ERROR.internal });
    // After an error the client would give up; an expired connection comes back with another token.
    const expired = checked.fault === "expired";
    return closeWith(session, context, expired ? DISCONNECT.expired : DISCONNECT.invalidToken);
  }
  const grant = checked.value;
  const { channels, begun, ended } = changeChannels(session, grant, context.account);
  const next: ConnectedSession = { ...session, grant, channels };
  if (channels.length > MAX_CHANNELS || nameBytes(next) > MAX_NAMES)
    return replyWith(session, context, { id, error: ERROR.limitExceeded });
  let { budget } = context;
  const subscribed = begun.map((channel): Reply => {
    const { result, size } = startSubscription(context.log, channel, { since: null, budget });
    budget -= size;
    return { push: { channel, subscribe: result } };
  });
  const unsubscribed = ended.map((channel): Reply => ({
    push: { channel, unsubscribe: UNSUBSCRIBED },
  }));
  const reply = { client: session.client, version: VERSION, ...lifetimeOf(grant, context.now) };
  return replyWith(next, { budget }, { id, refresh: reply }, ...unsubscribed, ...subscribed);
}
