// Bytes on their way to a viewer. The runtime does not tell how much of what was sent is still
// buffered, so the relay counts what a viewer may not have read yet, and closes one that is slow.

import { SECOND, type Millis } from "../../kernel/time.ts";
import type { Grant } from "../auth/tokens.ts";

const MEBIBYTE = 1_048_576;

/** Most bytes on their way to one viewer beside its first frames. */
const MAX_IN_FLIGHT = 8 * MEBIBYTE;

/**
 * The same while the viewers of an object together are behind by `CROWDED_BYTES`: less for those
 * that answer no probes.
 */
const MAX_IN_FLIGHT_CROWDED = { probed: 4 * MEBIBYTE, unprobed: MEBIBYTE };

/** Bytes on their way to all viewers of an object from which on each may have less. */
export const CROWDED_BYTES = 32 * MEBIBYTE;

/**
 * Bytes on their way to all viewers of an object from which on the slowest are closed, and others
 * begin with little.
 */
export const FULL_BYTES = 64 * MEBIBYTE;

/**
 * The same of one viewer, whatever number of sockets it opens: a quarter, so that what it leaves
 * unread is felt by it alone.
 */
export const VIEWER_FULL_BYTES = FULL_BYTES / 4;

/** Characters of a viewer's first frames then: a network holds as many anyway. */
export const MAX_FIRST_WHEN_FULL = 65_536;

/** Bytes of them, beyond which the viewer is refused: one job may be more than that. */
export const MAX_FIRST_BYTES_WHEN_FULL = 2 * MAX_FIRST_WHEN_FULL;

/** Bytes per viewer that do not count for the object as a whole: a network holds as many anyway. */
const UNCOUNTED_BYTES = 65_536;

/** What a viewer that answers no probes is assumed to read, in bytes a second. */
const ASSUMED_RATE = 65_536;

/**
 * Most bytes sent to a viewer that answers no probes: what it is assumed to read is never known. It
 * resumes by cursor.
 */
const MAX_UNPROVEN = 32 * MEBIBYTE;

/** Bytes after which a viewer is probed, and after which its count is stored. */
export const PROBE_STEP = 524_288;

/** A probe: its text comes back when the viewer has read everything that was sent before it. */
interface Probe {
  readonly text: string;
  /** Bytes that were sent before it. */
  readonly sent: number;
}

/** What is on its way to one socket. Part of a stored format: the socket's attachment. */
export interface Flight {
  /** Whose socket it is; absent for the admin's, and in old ones. */
  readonly viewer?: string;
  /** Bytes of its first frames: a snapshot or a replay is sent whole. */
  readonly first: number;
  /** Bytes sent to it, the first frames included. */
  readonly sent: number;
  /** Bytes of those that it has read, by its answers, or by assumption at the instant `at`. */
  readonly read: number;
  readonly at: Millis;
  /** The probes that were not answered yet, oldest first; `null` for a viewer that answers none. */
  readonly probes: readonly Probe[] | null;
}

/**
 * Tells viewers apart: tokens of the same end are taken for one. The admin's is the operator's own.
 */
export const viewerOf = (grant: Grant): string | undefined =>
  grant.kind === "admin" ? undefined : String(grant.expires);

/** What is on its way to a viewer that was just sent its first frames, of `first` bytes. */
export const beginFlight = (
  first: number,
  answersProbes: boolean,
  now: Millis,
  viewer?: string,
): Flight => ({
  ...(viewer !== undefined && { viewer }),
  first,
  sent: first,
  read: 0,
  at: now,
  probes: answersProbes ? [] : null,
});

/** Bytes that a viewer may not have read yet. */
export function bytesInFlight({ sent, read, at, probes }: Flight, now: Millis): number {
  const assumed = probes === null ? (ASSUMED_RATE * Math.max(0, now - at)) / SECOND : 0;
  return Math.max(0, sent - read - assumed);
}

/** Counts a frame that is sent. */
export const addSent = (flight: Flight, bytes: number, now: Millis): Flight => ({
  ...flight,
  sent: flight.sent + bytes,
  read: flight.sent - bytesInFlight(flight, now),
  at: now,
});

/**
 * How much room there is for what a viewer does not read: `full` when it has left so much unread
 * that it may have no more.
 */
export type Room = "enough" | "crowded" | "full";

/** True when a viewer has to be closed instead of being sent more. */
export function isTooSlow(flight: Flight, room: Room, now: Millis): boolean {
  const { sent, probes } = flight;
  return (
    (probes === null && sent > MAX_UNPROVEN) || bytesInFlight(flight, now) > mostOf(flight, room)
  );
}

function mostOf({ first, probes }: Flight, room: Room): number {
  switch (room) {
    case "enough":
      return Math.max(MAX_IN_FLIGHT, first + MAX_IN_FLIGHT / 2);
    case "crowded":
      return first + MAX_IN_FLIGHT_CROWDED[probes === null ? "unprobed" : "probed"];
    case "full":
      return MAX_FIRST_BYTES_WHEN_FULL;
  }
}

/** True when a viewer that answers probes is to be sent the next one. */
export function isProbeDue({ probes, sent, read }: Flight): boolean {
  return probes !== null && sent - (probes.at(-1)?.sent ?? read) >= PROBE_STEP;
}

/** Notes a probe that is sent. */
export const addProbe = (flight: Flight, text: string): Flight => ({
  ...flight,
  probes: [...(flight.probes ?? []), { text, sent: flight.sent }],
});

/** Reads a viewer's answer: what was sent before the probe is read; `null` when it is none. */
export function answerProbe(flight: Flight, text: string): Flight | null {
  const { probes, read } = flight;
  const index = probes?.findIndex((probe) => probe.text === text) ?? -1;
  const probe = probes?.[index];
  if (probes === null || probe === undefined) return null;
  return { ...flight, read: Math.max(read, probe.sent), probes: probes.slice(index + 1) };
}

/** Bytes of a viewer that count for the object as a whole. */
export const countedBytes = (flight: Flight, now: Millis): number =>
  Math.max(0, bytesInFlight(flight, now) - UNCOUNTED_BYTES);

/** What is on its way to a viewer that is closed: nothing more is read for certain. */
export const endFlight = (flight: Flight, now: Millis): Flight => ({
  ...flight,
  read: flight.sent - bytesInFlight(flight, now),
  probes: [],
});
