// How far each channel of a connection was received, and what every message about one asks for.

import type { Position } from "../record.ts";
import { closed, type Action } from "./action.ts";
import type { Publication, Subscription } from "./messages.ts";

/** The channels of a connection; `null` for one without a position. */
export type Positions = Map<string, Position | null>;

/** Channels of one connection; Centrifugo itself allows 128. Their places are in one row. */
export const MAX_CHANNELS = 1_000;

export const TOO_MANY_CHANNELS = "the server named too many channels";

/** Goes on in a channel: with what was missed, or at the present without it. */
export function subscribe(
  positions: Positions,
  channel: string,
  { position, recovered, publications }: Subscription,
): readonly Action[] {
  const asked = positions.get(channel) ?? null;
  if (asked !== null && recovered) {
    const actions: Action[] = [];
    for (const publication of publications)
      actions.push(...publish(positions, channel, publication, true));
    return [...actions, ...catchUp(positions, channel, position)];
  }
  if (!positions.has(channel) && positions.size >= MAX_CHANNELS) return closed(TOO_MANY_CHANNELS);
  const isSame =
    asked !== null && position?.epoch === asked.epoch && position.offset === asked.offset;
  positions.set(channel, position);
  if (isSame) return [];
  return [
    ...(asked === null ? [] : [{ kind: "gap", channel } as const]),
    { kind: "place", channel, position },
  ];
}

/**
 * Moves on to where the server says that a recovery ends: what lies between is not for this client.
 * Without that the next publication would seem to be too far ahead, again after each recovery.
 */
function catchUp(
  positions: Positions,
  channel: string,
  position: Position | null,
): readonly Action[] {
  const reached = positions.get(channel);
  if (position === null || reached?.epoch !== position.epoch || reached.offset >= position.offset)
    return [];
  positions.set(channel, position);
  return [{ kind: "place", channel, position }];
}

/**
 * Takes one publication; one that was received is passed over. A live one that is too far ahead or
 * goes back shows a loss. Of those that are `recovered` the server says that they are all, so they
 * may have holes: it leaves out what the client may not see.
 */
export function publish(
  positions: Positions,
  channel: string,
  publication: Publication,
  recovered: boolean,
): readonly Action[] {
  const { data, offset, epoch } = publication;
  const before = positions.get(channel) ?? null;
  if (before === null) return [begin(positions, channel, publication)];
  if (offset === null) return [{ kind: "take", channel, position: null, data }];
  const isNewStream = epoch !== null && epoch !== before.epoch;
  if (!isNewStream && (offset === before.offset || (recovered && offset < before.offset)))
    return [];
  if (!isNewStream && offset < before.offset)
    return closed("offsets went back, the place is asked for again");
  if (!isNewStream && !recovered && offset > before.offset + 1)
    return closed("publications are missing, they are asked for again");
  const position = { epoch: epoch ?? before.epoch, offset };
  positions.set(channel, position);
  const taken = { kind: "take", channel, position, data } as const;
  return isNewStream ? [{ kind: "gap", channel }, taken] : [taken];
}

/**
 * Takes a publication of a channel without a position. A channel that has no stream yet begins
 * without an epoch, and the stream's first publication brings it.
 */
function begin(
  positions: Positions,
  channel: string,
  { data, offset, epoch }: Publication,
): Action {
  const isKnown = positions.has(channel) && offset !== null && epoch !== null;
  const position = isKnown ? { epoch, offset } : null;
  if (position !== null) positions.set(channel, position);
  return { kind: "take", channel, position, data };
}

/** Codes of ended subscriptions in Centrifugo: from here on, a client subscribes again. */
const LOST = 2_500;

/** What the client knows of the channel is not valid any more, its position included. */
const INVALIDATED = 2_502;

/** Ends a channel. One that the server has lost is recovered by the next connection. */
export function unsubscribe(
  positions: Positions,
  channel: string,
  code: number,
): readonly Action[] {
  const lost = code < LOST ? [] : closed(`the server ended a subscription with ${code}`);
  if (code >= LOST && code !== INVALIDATED) return lost;
  const missed = code === INVALIDATED && (positions.get(channel) ?? null) !== null;
  positions.delete(channel);
  return [
    ...(missed ? [{ kind: "gap", channel } as const] : []),
    { kind: "place", channel, position: null },
    ...lost,
  ];
}
