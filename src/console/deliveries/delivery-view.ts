// How a delivery looks: its last answer in words, and which of several are chosen.

import type { Attempt, Delivery } from "../api/wire.ts";

/** What an attempt came to: `500`, `no answer: connection refused`. */
export function answerOf({ status, error }: Pick<Attempt, "status" | "error">): string {
  if (status === null) return error === null ? "no answer" : `no answer: ${error}`;
  return error === null ? `${status}` : `${status}: ${error}`;
}

/** The beginning of what a subscriber said, in one line; empty when it said nothing. */
export const saidIn = ({ answer }: Pick<Attempt, "answer">): string =>
  (answer ?? "").replaceAll(/\s+/g, " ").trim().slice(0, 120);

export const lastAttempt = ({ attempts }: Delivery): Attempt | null => attempts.at(-1) ?? null;

/** True for an attempt that the subscriber took. */
export const isTaken = ({ status, error }: Attempt): boolean =>
  status !== null && status >= 200 && status < 300 && error === null;

/** Deliveries that a retry by hand can help: what is on its way already needs none. */
export const isRetryable = ({ state }: Delivery): boolean => state !== "superseded";

/** Adds an id to those chosen, or takes it out. */
export const toggled = (chosen: readonly string[], id: string): readonly string[] =>
  chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id];

/** Choosing all: those shown that can be retried; nothing when all of them are chosen already. */
export function toggledAll(
  chosen: readonly string[],
  shown: readonly Delivery[],
): readonly string[] {
  const all = shown.filter(isRetryable).map(({ id }) => id);
  return all.every((id) => chosen.includes(id)) ? [] : all;
}

/** The newest page with further pages after it, each delivery once. */
export function joinDeliveries(...lists: readonly (readonly Delivery[])[]): readonly Delivery[] {
  const known = new Set<string>();
  return lists.flat().filter(({ id }) => {
    if (known.has(id)) return false;
    known.add(id);
    return true;
  });
}

/** The subscriber that is shown first: the one with most dead deliveries, else the first. */
export const firstShown = (
  subscribers: readonly { readonly id: string; readonly dead: number }[],
): string | null => subscribers.toSorted((left, right) => right.dead - left.dead)[0]?.id ?? null;
