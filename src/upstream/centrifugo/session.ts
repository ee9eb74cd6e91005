// One connection to a Centrifugo server: what each frame and the passing of time ask for.

import { SECOND, type Millis } from "../../kernel/time.ts";
import { passing, type Failure, type Position } from "../record.ts";
import type { Json } from "../../kernel/json.ts";
import { closeFailure, errorFailure } from "./closing.ts";
import {
  CONNECT_ID,
  connectCommand,
  readFrame,
  type Message,
  type Publication,
  type Subscription,
} from "./messages.ts";

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
  /** When the server said anything, before the first frame when the socket opened. */
  readonly lastFrameAt: Millis;
  /** When a fresh token is needed; `null` when none is, or one is on its way. */
  readonly refreshAt: Millis | null;
  /** How far each channel was received; `null` for one without history. */
  readonly positions: ReadonlyMap<string, Position | null>;
}

/** What a connection asks its owner to do, in order. */
export type Action =
  | { readonly kind: "send"; readonly text: string }
  /** The server has answered: the connection stands. */
  | { readonly kind: "live" }
  | {
      readonly kind: "take";
      readonly channel: string;
      /** Where the channel is once this is taken in; `null` without history. */
      readonly position: Position | null;
      readonly data: Json;
    }
  /** A channel begins, or goes on, at a position without what came before; `null` forgets it. */
  | { readonly kind: "place"; readonly channel: string; readonly position: Position | null }
  /** What a channel missed is gone. */
  | { readonly kind: "gap"; readonly channel: string }
  | { readonly kind: "refresh" }
  /** `forget`: what was missed cannot be taken, so that nothing is asked for again. */
  | { readonly kind: "close"; readonly failure: Failure; readonly forget?: true };

/** A connection after something happened, and what is to be done. */
export interface Step {
  readonly session: Session;
  readonly actions: readonly Action[];
}

/** The connection while its frame is read. */
type Draft = { -readonly [Name in keyof Session]: Session[Name] } & {
  positions: Map<string, Position | null>;
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
  const draft: Draft = { ...session, positions: new Map(session.positions), lastFrameAt: now };
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
      return publish(draft, message.channel, message.publication, false);
    case "subscribed":
      return subscribe(draft, message.channel, message.subscription);
    case "unsubscribed":
      // From 2500 on the server has lost its place: a new connection recovers.
      if (message.code >= UNSUBSCRIBED_LOST)
        return closed(`the server ended a subscription with ${message.code}`);
      draft.positions.delete(message.channel);
      return [{ kind: "place", channel: message.channel, position: null }];
    case "disconnected":
      return [{ kind: "close", failure: closeFailure(message.code, message.reason) }];
    case "other":
      return [];
  }
}

/** Centrifugo's codes of ended subscriptions: from here on, subscribe again. */
const UNSUBSCRIBED_LOST = 2_500;

const closed = (error: string): readonly Action[] => [{ kind: "close", failure: passing(error) }];

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
  draft.ping = ping;
  draft.pong = pong;
  draft.refreshAt = refreshAt(ttl, now);
  const actions: Action[] = [{ kind: "live" }];
  // A channel that is not named keeps its place: it is asked for again with the next connection.
  for (const [channel, subscription] of subscriptions)
    actions.push(...subscribe(draft, channel, subscription));
  return actions;
}

/** Channels of one connection; Centrifugo itself allows 128. Their places are in one row. */
const MAX_CHANNELS = 1_000;

const TOO_MANY_CHANNELS = "the server named too many channels";

/** Goes on in a channel: with what was missed, or at the present without it. */
function subscribe(
  draft: Draft,
  channel: string,
  { position, recovered, publications }: Subscription,
): readonly Action[] {
  const asked = draft.positions.get(channel) ?? null;
  if (asked !== null && recovered) {
    const actions: Action[] = [];
    for (const publication of publications)
      actions.push(...publish(draft, channel, publication, true));
    return actions;
  }
  if (!draft.positions.has(channel) && draft.positions.size >= MAX_CHANNELS)
    return closed(TOO_MANY_CHANNELS);
  const isSame =
    asked !== null && position?.epoch === asked.epoch && position.offset === asked.offset;
  draft.positions.set(channel, position);
  if (isSame) return [];
  return [
    ...(asked === null ? [] : [{ kind: "gap", channel } as const]),
    { kind: "place", channel, position },
  ];
}

/**
 * Takes one publication; one that was received is passed over. A live one that is too far ahead or
 * goes back shows a loss. Of those that are `recovered` the server says that they are all, so they
 * may have holes: it leaves out what the client may not see.
 */
function publish(
  draft: Draft,
  channel: string,
  { data, offset, epoch }: Publication,
  recovered: boolean,
): readonly Action[] {
  const before = draft.positions.get(channel) ?? null;
  if (offset === null || before === null) return [{ kind: "take", channel, position: null, data }];
  const isNewStream = epoch !== null && epoch !== before.epoch;
  if (!isNewStream && (offset === before.offset || (recovered && offset < before.offset)))
    return [];
  if (!isNewStream && offset < before.offset)
    return closed("offsets went back, the place is asked for again");
  if (!isNewStream && !recovered && offset > before.offset + 1)
    return closed("publications are missing, they are asked for again");
  const position = { epoch: epoch ?? before.epoch, offset };
  draft.positions.set(channel, position);
  const taken = { kind: "take", channel, position, data } as const;
  return isNewStream ? [{ kind: "gap", channel }, taken] : [taken];
}

const refreshAt = (ttl: Millis | null, now: Millis): Millis | null =>
  ttl === null ? null : now + Math.max(ttl * REFRESH_AT, REFRESH_AFTER);
