// What a connector remembers of itself, and how success and failure change it.

import { backoffWait, type Backoff } from "../kernel/backoff.ts";
import { MINUTE, SECOND, type Millis } from "../kernel/time.ts";
import type { ConnectorStatus, ConnectorView } from "../model/connector.ts";
import { withNames } from "../model/measures.ts";
import type { Outcomes } from "../model/messages.ts";

/** Waits after a failure that passes by itself, before the jitter; those of official clients. */
export const RETRY: Backoff = { first: 500, longest: 20 * SECOND };

/** Waits after a refusal: somebody has to mend something, and nobody tells the relay. */
export const RETRY_REFUSED: Backoff = { first: 5 * SECOND, longest: 5 * MINUTE };

/** A connection that held this long has shown that it works: the next wait begins small again. */
const STABLE_AFTER: Millis = 3 * SECOND;

/** Longest wait that a server may ask for. */
const MAX_RETRY_AFTER: Millis = 60 * MINUTE;

/** A position in a channel's history. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** Stored as JSON: members are only ever added. */
export interface ConnectorRecord {
  /** Of the configuration it belongs to. */
  readonly fingerprint: string;
  readonly status: ConnectorStatus;
  readonly since: Millis;
  readonly lastMessageAt: Millis | null;
  /** How often it was connected. */
  readonly connects: number;
  /** Failures in a row. */
  readonly failures: number;
  readonly retryAt: Millis | null;
  readonly lastError: string | null;
  readonly lastErrorAt: Millis | null;
  readonly gaps: number;
  readonly counts: Outcomes;
  /** Emitted events by name. */
  readonly events?: Readonly<Record<string, number>>;
  /** How far each channel is taken in durably. */
  readonly positions: Readonly<Record<string, Position>>;
}

/** A connector that has not done anything yet. */
export const newRecord = (fingerprint: string, now: Millis): ConnectorRecord => ({
  fingerprint,
  status: "connecting",
  since: now,
  lastMessageAt: null,
  connects: 0,
  failures: 0,
  retryAt: null,
  lastError: null,
  lastErrorAt: null,
  gaps: 0,
  counts: { accepted: 0, duplicate: 0, ignored: 0, refused: 0 },
  positions: {},
});

/** The record under another configuration: counts and positions stay, the next try is at once. */
export const reconfigured = (
  record: ConnectorRecord,
  fingerprint: string,
  now: Millis,
): ConnectorRecord => ({
  ...record,
  fingerprint,
  status: "connecting",
  since: now,
  failures: 0,
  retryAt: null,
});

/** The record with a status; `since` changes with the status alone. */
export const withStatus = (
  record: ConnectorRecord,
  status: ConnectorStatus,
  now: Millis,
): ConnectorRecord => (record.status === status ? record : { ...record, status, since: now });

/** The record once a connection stands. */
export const connected = (record: ConnectorRecord, now: Millis): ConnectorRecord => ({
  ...withStatus(record, "connected", now),
  connects: record.connects + 1,
  retryAt: null,
});

/** What went wrong. */
export interface Failure {
  /** A sentence without its subject: `token address answered 503`. */
  readonly error: string;
  /** True when it does not pass by itself. */
  readonly refused: boolean;
  /** What the server asked for. */
  readonly retryAfter: Millis;
}

/** A failure that passes by itself. */
export const passing = (error: string): Failure => ({ error, refused: false, retryAfter: 0 });

/** The record after a failure; `chance` in [0, 1) is the jitter. */
export function failed(
  record: ConnectorRecord,
  { error, refused, retryAfter }: Failure,
  now: Millis,
  chance: number,
): ConnectorRecord {
  const wasStable = record.status === "connected" && now - record.since >= STABLE_AFTER;
  const failures = wasStable ? 1 : record.failures + 1;
  const wait = Math.round(backoffWait(refused ? RETRY_REFUSED : RETRY, failures) * chance);
  return {
    ...withStatus(record, refused ? "failed" : "waiting", now),
    failures,
    retryAt: now + Math.max(wait, Math.min(retryAfter, MAX_RETRY_AFTER)),
    lastError: error,
    lastErrorAt: now,
  };
}

/** The record once a server that is asked answers; after failures that is another connection. */
export function answering(record: ConnectorRecord, now: Millis): ConnectorRecord {
  const isNew = record.connects === 0 || record.failures > 0;
  const base = isNew ? connected(record, now) : withStatus(record, "connected", now);
  return { ...base, failures: 0, retryAt: null, lastMessageAt: now };
}

/** The record with an error that does not change its status. */
export const withError = (
  record: ConnectorRecord,
  error: string,
  now: Millis,
): ConnectorRecord => ({ ...record, lastError: error, lastErrorAt: now });

/** What became of one message, and the names of the events that were emitted. */
export interface TakenIn {
  readonly outcome: keyof Outcomes;
  readonly events: readonly string[];
}

/** A message of which nothing could be made. */
export const REFUSED: TakenIn = { outcome: "refused", events: [] };

/** Adds to the counts what became of one message. */
export function counted(
  record: ConnectorRecord,
  { outcome, events }: TakenIn,
  now: Millis,
): ConnectorRecord {
  return {
    ...record,
    lastMessageAt: now,
    counts: { ...record.counts, [outcome]: record.counts[outcome] + 1 },
    events: withNames(record.events ?? {}, events),
  };
}

/** The record as others see it. */
export const viewOf = (
  record: ConnectorRecord,
  rest: Pick<ConnectorView, "kind" | "watching">,
): ConnectorView => ({
  ...rest,
  status: record.status,
  since: record.since,
  lastMessageAt: record.lastMessageAt,
  reconnects: Math.max(0, record.connects - 1),
  lastError: record.lastError,
  lastErrorAt: record.lastErrorAt,
  retryAt: record.retryAt,
  counts: record.counts,
  events: record.events ?? {},
  gaps: record.gaps,
});
