// Fans: objects that show an account's log to viewers, where these are too many for the account
// itself.

import type { Frame } from "../../stream/frames.ts";
import { FAN_SHARE, HOME_SOCKETS, MAX_FANS, MAX_VIEWERS } from "../../stream/limits.ts";

/** What an account answers a fan about a new viewer: its first frames, which end at `last`. */
export interface InitialFrames {
  readonly epoch: string;
  readonly last: number;
  readonly frames: readonly Frame[];
}

/** How many sockets each fan in use has, as far as the account knows. */
export type FanSizes = ReadonlyMap<number, number>;

const socketsOf = (sizes: FanSizes): number =>
  [...sizes.values()].reduce((sum, size) => sum + size, 0);

/** Over how many fans new viewers are spread. Fans that become empty are called no more. */
export function fansWanted(sizes: FanSizes): number {
  const highest = Math.max(0, ...sizes.keys());
  const needed = 1 + Math.floor(socketsOf(sizes) / FAN_SHARE);
  return Math.min(MAX_FANS, Math.max(highest + 1, needed));
}

/** True when an account at its own limit has as many viewers as it may have in all. */
export const isFull = (sizes: FanSizes): boolean => HOME_SOCKETS + socketsOf(sizes) >= MAX_VIEWERS;
