// A job's timeline: its events in order, and before each what was recorded and not emitted.

import type { JobEnvelope } from "../../client/index.ts";
import type { Delivery, RecordedUpdate } from "../api/wire.ts";
import { number } from "../words/numbers.ts";

/** One step: an event with the updates recorded before it; the last step may have no event. */
export interface TimelineStep {
  readonly event: JobEnvelope | null;
  readonly recorded: readonly RecordedUpdate[];
}

/**
 * Joins events and recorded updates by their times. Both are in order. Without an event none is
 * known yet, since every job has one: what was recorded has no place before them.
 */
export function timelineOf(
  events: readonly JobEnvelope[],
  recorded: readonly RecordedUpdate[],
): readonly TimelineStep[] {
  const steps: TimelineStep[] = [];
  let next = 0;
  for (const event of events) {
    const from = next;
    while ((recorded[next]?.time ?? "~") <= event.time) next += 1;
    steps.push({ event, recorded: recorded.slice(from, next) });
  }
  const rest = recorded.slice(next);
  return rest.length === 0 || events.length === 0
    ? steps
    : [...steps, { event: null, recorded: rest }];
}

/** `3 absorbed, 1 late`, in the order of their first appearance. */
export function reasonsOf(
  recorded: readonly RecordedUpdate[],
): readonly { readonly reason: string; readonly count: number }[] {
  const counts = new Map<string, number>();
  for (const { reason } of recorded) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => ({ reason, count }));
}

/** What a subscriber got of one event. */
export interface Receipt {
  readonly subscriber: string;
  readonly state: string;
  readonly delivery: string;
}

/** Who got what, by the id of the event. A replay is a later delivery of the same event. */
export function receiptsOf(
  deliveries: readonly Delivery[],
): ReadonlyMap<string, readonly Receipt[]> {
  const newest = new Map<string, Map<string, Receipt>>();
  for (const { id, subscriber, state, event } of deliveries) {
    const ofEvent = newest.get(event.id) ?? new Map<string, Receipt>();
    // Lists are newest first.
    if (!ofEvent.has(subscriber)) ofEvent.set(subscriber, { subscriber, state, delivery: id });
    newest.set(event.id, ofEvent);
  }
  return new Map([...newest].map(([event, receipts]) => [event, [...receipts.values()]]));
}

/** How many deliveries of a job a subscriber has in each state. */
export function totalsOf(
  deliveries: readonly Delivery[],
): readonly { readonly state: string; readonly count: number }[] {
  const counts = new Map<string, number>();
  for (const { state } of deliveries) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => ({ state, count }));
}

/** What an event says beside its name: numbers, and the error. */
export function saidBy(event: JobEnvelope): string {
  const { error } = event.details;
  const { current, total } = event;
  const amount =
    current === undefined
      ? ""
      : `${number(current)}${total === undefined ? "" : ` of ${number(total)}`}`;
  return [amount, typeof error === "string" ? error : ""].filter(Boolean).join(" · ");
}

/** What a recorded update says. */
export function saidByRecord({ current, total, error }: RecordedUpdate): string {
  const amount =
    current === null ? "" : `${number(current)}${total === null ? "" : ` of ${number(total)}`}`;
  return [amount, error ?? ""].filter(Boolean).join(" · ");
}
