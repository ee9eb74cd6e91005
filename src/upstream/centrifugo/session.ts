// One connection to a Centrifugo server: what each frame and the passing of time ask for.

import { SECOND, type Millis } from "../../kernel/time.ts";
import { passing, type Position } from "../record.ts";
import { closed, type Action } from "./action.ts";
import { closeAction, errorFailure } from "./closing.ts";
import { CONNECT_ID, connectCommand, readFrame, type Message } from "./messages.ts";
import {
  MAX_CHANNELS,
  publish,
  subscribe,
  TOO_MANY_CHANNELS,
  unsubscribe,
  type Positions,
} from "./subscriptions.ts";

/** The share of a token's life after which it is refreshed. */
const REFRESH_AT = 0.9;

/** The least time between two refreshes, whatever the life of a token is said to be. */
const REFRESH_AFTER: Millis = SECOND;

/** A connection. */
export interface Session {
  readonly phase: "connecting" | "live";
  readonly commands: number;
  readonly ping: Millis | null;
  readonly pong: boolean;
  /** When the server said anything; until `connect` is answered, when the socket opened. */
  readonly lastFrameAt: Millis;
  /** When a fresh token is needed; `null` when none is, or one is on its way. */
  readonly refreshAt: Millis | null;
  /** How often in a row a fresh token could not be fetched. */
  readonly refreshFailures: number;
  /** How far each channel was received; `null` for one without history. */
  readonly positions: ReadonlyMap<string, Position | null>;
}

/** A connection after something happened, and what is to be done. */
export interface Step {
  readonly session: Session;
  readonly actions: readonly Action[];
}

/** The connection while its frame is read. */
type Draft = { -readonly [Name in keyof Session]: Session[Name] } & {
  positions: Positions;
};

/** Opens a connection that goes on after the positions. */
export function openSession(
  token: string,
  positions: ReadonlyMap<string, Position>,
  now: Millis,
): Step {
  return {
    session: {
      phase: "connecting",
      commands: CONNECT_ID,
      ping: null,
      pong: false,
      lastFrameAt: now,
      refreshAt: null,
      refreshFailures: 0,
      positions: new Map(positions),
    },
    actions: [{ kind: "send", text: connectCommand(token, positions) }],
  };
}

/** Reads a frame. */
export function receiveFrame(session: Session, text: string, now: Millis): Step {
  const frame = readFrame(text);
  if (!frame.ok) {
    const failure = passing(frame.fault);
    const forget = session.phase === "connecting" && frame.fault === "a frame is too large";
    return { session, actions: [{ kind: "close", failure, ...(forget ? { forget } : {}) }] };
  }
  const draft: Draft = { ...session, positions: new Map(session.positions) };
  // Whatever else a server says, it has to answer `connect` in time.
  if (session.phase === "live") draft.lastFrameAt = now;
  const actions: Action[] = [];
  const ping = frame.value.find(({ kind }) => kind === "ping");
  for (const message of frame.value) {
    // However many pings came together, one answer is enough.
    if (message.kind === "ping" && message !== ping) continue;
    for (const action of read(draft, message, now)) actions.push(action);
    if (actions.at(-1)?.kind === "close") break;
  }
  return { session: draft, actions };
}

function read(draft: Draft, message: Message, now: Millis): readonly Action[] {
  switch (message.kind) {
    case "ping":
      return draft.pong ? [{ kind: "send", text: "{}" }] : [];
    case "connected":
      return draft.phase === "connecting" ? begin(draft, message, now) : [];
    case "refreshed":
      draft.refreshAt = refreshAt(message.ttl, now);
      return [];
    case "error":
      return readError(draft, message);
    case "published":
      return publish(draft.positions, message.channel, message.publication, false);
    case "subscribed":
      return subscribe(draft.positions, message.channel, message.subscription);
    case "unsubscribed":
      return unsubscribe(draft.positions, message.channel, message.code);
    case "disconnected":
      return [closeAction(message.code, message.reason)];
    case "other":
      return [];
  }
}

function readError(draft: Draft, message: Extract<Message, { kind: "error" }>): readonly Action[] {
  if (message.id === CONNECT_ID && draft.phase === "connecting")
    return [{ kind: "close", failure: errorFailure(message) }];
  // The refresh came too late, or was not liked: another token, on another connection.
  return message.id === draft.commands
    ? closed(`the server refused a fresh token with ${message.code}`)
    : [];
}

function begin(
  draft: Draft,
  { subscriptions, ping, pong, ttl }: Extract<Message, { kind: "connected" }>,
  now: Millis,
): readonly Action[] {
  if (subscriptions.size > MAX_CHANNELS) return closed(TOO_MANY_CHANNELS);
  draft.phase = "live";
  draft.lastFrameAt = now;
  draft.ping = ping;
  draft.pong = pong;
  draft.refreshAt = refreshAt(ttl, now);
  const actions: Action[] = [{ kind: "live" }];
  // A channel that is not named keeps its place: it is asked for again with the next connection.
  for (const [channel, subscription] of subscriptions)
    actions.push(...subscribe(draft.positions, channel, subscription));
  return actions;
}

const refreshAt = (ttl: Millis | null, now: Millis): Millis | null =>
  ttl === null ? null : now + Math.max(ttl * REFRESH_AT, REFRESH_AFTER);
