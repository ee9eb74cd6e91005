// How many webhooks a source refuses, why, and when that is news for its operators.

import { MINUTE, HOUR, iso, type Millis } from "../kernel/time.ts";
import { addCounts, type Counts } from "../model/measures.ts";
import type { Tally } from "../model/messages.ts";
import { withNotice, type Notice } from "../operations/notice.ts";

/**
 * Refused webhooks within the window that are news. Anybody who knows the address can cause them,
 * so that one notice has to last for `NOTICE_INTERVAL_MS`.
 */
export const MIN_REFUSED = 10;
export const REFUSAL_WINDOW_MS: Millis = 5 * MINUTE;
export const NOTICE_INTERVAL_MS: Millis = HOUR;

/** What a source knows of its refused webhooks. Stored as JSON: member names are a format. */
export interface Refusals {
  /** All since counting began, by reason, as `wrong-secret`. */
  readonly reasons: Counts;
  /** Those of the window under way; `null` before the first. */
  readonly window: { readonly startedAt: Millis; readonly reasons: Counts } | null;
  /** When the last notice was made. */
  readonly noticedAt: Millis | null;
  /** Notices that not every subscriber who wants them has. */
  readonly notices: readonly Notice[];
}

/** Nothing refused yet. */
export const NO_REFUSALS: Refusals = { reasons: {}, window: null, noticedAt: null, notices: [] };

/** Adds a tally; `seenAt` is when a verified webhook came last. */
export function addRefusals(
  before: Refusals,
  { reasons = {} }: Tally,
  { now, seenAt }: { readonly now: Millis; readonly seenAt: Millis | null },
  stamp: () => Pick<Notice, "id" | "at" | "traceparent">,
): Refusals {
  if (Object.keys(reasons).length === 0) return before;
  const { window } = before;
  const isOpen = window !== null && now - window.startedAt < REFUSAL_WINDOW_MS;
  const recent = addCounts(isOpen ? window.reasons : {}, reasons);
  const next = {
    ...before,
    reasons: addCounts(before.reasons, reasons),
    window: { startedAt: isOpen ? window.startedAt : now, reasons: recent },
  };
  const refused = Object.values(recent).reduce((sum, count) => sum + count, 0);
  const isQuiet = before.noticedAt !== null && now - before.noticedAt < NOTICE_INTERVAL_MS;
  if (refused < MIN_REFUSED || isQuiet) return next;
  const notice: Notice = {
    ...stamp(),
    event: "relay.source.refusing",
    details: {
      refused,
      since: iso(next.window.startedAt),
      reasons: recent,
      lastAccepted: seenAt === null ? null : iso(seenAt),
    },
  };
  return { ...next, noticedAt: now, notices: withNotice(before.notices, notice) };
}
