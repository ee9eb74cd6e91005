// What a Centrifugo connection does with each command, decided over its session, the log and its
// token.

import { mayOpenChannel } from "../auth/tokens.ts";
import { kindOf, MAX_CHANNELS } from "../channels.ts";
import { connect, refresh } from "./connect.ts";
import { startSubscription, readHistory } from "./history.ts";
import { MAX_NAMES } from "./limits.ts";
import { DISCONNECT, ERROR, type Command, type ProtocolError } from "./protocol.ts";
import { closeWith, replyWith, type CommandContext, type CommandOutcome } from "./replies.ts";
import { grantHasEnded, nameBytes, type ConnectedSession, type Session } from "./session.ts";

/** Decides one command. */
export function respond(
  session: Session,
  command: Command,
  context: CommandContext,
): CommandOutcome {
  if (command.kind === "pong") return replyWith(session, context);
  if (session.phase === "waiting")
    return command.kind === "connect"
      ? connect(session, command, context)
      : closeWith(session, context, DISCONNECT.badRequest);
  if (command.kind !== "refresh" && grantHasEnded(session.grant, context.now))
    return closeWith(session, context, DISCONNECT.expired);
  switch (command.kind) {
    case "connect":
      return closeWith(session, context, DISCONNECT.badRequest);
    case "refresh":
      return refresh(session, command.id, context);
    case "subscribe":
      return subscribe(session, command, context);
    case "unsubscribe": {
      const channels = session.channels.filter((channel) => channel !== command.channel);
      return replyWith({ ...session, channels }, context, { id: command.id, unsubscribe: {} });
    }
    case "history":
      return history(session, command, context);
    case "ping":
      return replyWith(session, context, { id: command.id, ping: {} });
    case "send":
      return closeWith(session, context, DISCONNECT.notAvailable);
    case "refused":
      return replyWith(session, context, { id: command.id, error: command.error });
  }
}

/**
 * Why a channel may not be read; `null` when it may. A foreign one looks like one that does not
 * exist.
 */
function refusalOf(
  session: ConnectedSession,
  account: string,
  channel: string,
): ProtocolError | null {
  const kind = kindOf(channel, account);
  if (kind === "unknown") return ERROR.unknownChannel;
  return kind === "foreign" || !mayOpenChannel(session.grant, account, channel)
    ? ERROR.permissionDenied
    : null;
}

function subscribe(
  session: ConnectedSession,
  command: Extract<Command, { kind: "subscribe" }>,
  context: CommandContext,
): CommandOutcome {
  const { id, channel, since, strict } = command;
  const { account, log, budget } = context;
  const refuse = (error: ProtocolError): CommandOutcome =>
    replyWith(session, context, { id, error });
  const refusal = refusalOf(session, account, channel);
  if (refusal !== null) return refuse(refusal);
  if (session.channels.includes(channel)) return refuse(ERROR.alreadySubscribed);
  const next: ConnectedSession = { ...session, channels: [...session.channels, channel] };
  if (next.channels.length > MAX_CHANNELS || nameBytes(next) > MAX_NAMES)
    return refuse(ERROR.limitExceeded);
  if (budget <= 0) return refuse(ERROR.tooManyRequests);
  const { result, size } = startSubscription(log, channel, { since, budget });
  const left = { budget: budget - size };
  if (strict && since !== null && result.recovered !== true)
    return replyWith(session, left, { id, error: ERROR.unrecoverablePosition });
  return replyWith(next, left, { id, subscribe: result });
}

function history(
  session: ConnectedSession,
  command: Extract<Command, { kind: "history" }>,
  context: CommandContext,
): CommandOutcome {
  const { id, channel } = command;
  const { account, log, budget } = context;
  const refuse = (error: ProtocolError): CommandOutcome =>
    replyWith(session, context, { id, error });
  const refusal = refusalOf(session, account, channel);
  if (refusal !== null) return refuse(refusal);
  if (budget <= 0) return refuse(ERROR.tooManyRequests);
  const page = readHistory(log, command, budget);
  if (!page.ok) return refuse(ERROR.unrecoverablePosition);
  const { result, size } = page.value;
  return replyWith(session, { budget: budget - size }, { id, history: result });
}
