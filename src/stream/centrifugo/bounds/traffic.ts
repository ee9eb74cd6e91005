// The traffic of one Centrifugo client, in both directions: how fast it may send commands, and how
// much may be on its way to it.

import { SECOND, type Millis } from "../../../kernel/time.ts";
import { MAX_COMMANDS } from "../limits.ts";

/** Commands a second that a client may send on; a full frame of them may come at once. */
const COMMANDS_PER_SECOND = 32;

/** Commands that are refused before the connection is closed, unless time passes. */
const MAX_REFUSED = 256;

/** How many commands a client may still send, at an instant; below 0 are those refused. */
export interface CommandRate {
  readonly left: number;
  readonly at: Millis;
}

/** The rate of a new client. */
export const fullRate = (now: Millis): CommandRate => ({ left: MAX_COMMANDS, at: now });

/** What happens to a frame: it is passed on, its commands are refused, or the connection ends. */
export type RateDecision = "pass" | "refuse" | "close";

/** Counts a frame of so many commands. A frame is refused whole, since its order has a meaning. */
export function countCommands(
  { left, at }: CommandRate,
  commands: number,
  now: Millis,
): readonly [RateDecision, CommandRate] {
  const refilled = (COMMANDS_PER_SECOND * Math.max(0, now - at)) / SECOND;
  const rest = Math.min(MAX_COMMANDS, left + refilled) - Math.max(1, commands);
  const decision = rest >= 0 ? "pass" : rest >= -MAX_REFUSED ? "refuse" : "close";
  return [decision, { left: rest, at: now }];
}

/** Characters sent after a client's last answer from which on it is pinged at once. */
const PING_CHARACTERS = 1_048_576;

/** Most characters sent after a client's last answer. One frame counts for no more than these. */
const MAX_UNANSWERED = 4_194_304;

/**
 * Most characters of one connection: a client may answer pings without having read what came before
 * them. It recovers from its positions.
 */
const MAX_CONNECTION_CHARACTERS = 67_108_864;

/** What was sent to a client. */
export interface Sent {
  readonly total: number;
  /** Characters after the last ping that was answered. */
  readonly unanswered: number;
  /** Characters after the ping that waits for its answer; `null` without one. */
  readonly sincePing: number | null;
}

export const NOTHING_SENT: Sent = { total: 0, unanswered: 0, sincePing: null };

/** Counts a frame; `null` when the client has to be closed instead of being sent more. */
export function countFrame(sent: Sent, characters: number): Sent | null {
  if (sent.unanswered > MAX_UNANSWERED || sent.total > MAX_CONNECTION_CHARACTERS) return null;
  const counted = Math.min(characters, MAX_UNANSWERED);
  return {
    total: sent.total + characters,
    unanswered: sent.unanswered + counted,
    sincePing: sent.sincePing === null ? null : sent.sincePing + counted,
  };
}

/** True when so much was sent that a ping is due, and none waits for its answer. */
export const isPingDue = ({ unanswered, sincePing }: Sent): boolean =>
  sincePing === null && unanswered > PING_CHARACTERS;

/** Notes a ping. While one waits for its answer, the next one says nothing more. */
export const notePing = (sent: Sent): Sent => ({ ...sent, sincePing: sent.sincePing ?? 0 });

/** Notes a pong: what was sent before the ping has been read. */
export const notePong = (sent: Sent): Sent =>
  sent.sincePing === null ? sent : { ...sent, unanswered: sent.sincePing, sincePing: null };
