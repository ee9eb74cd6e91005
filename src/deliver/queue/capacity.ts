// How many deliveries may begin now, and when more may: connections, requests per wake-up, rate.

import { earliest } from "../../durable/alarm.ts";
import { SECOND, type Millis } from "../../kernel/time.ts";
import { afterSending, allowedNow, nextAllowed, type RateLimit } from "./rate-limit.ts";

/** Outgoing connections of one object at once (Durable Objects limits, 2026-10). */
const MAX_CONNECTIONS = 6;

/**
 * Requests sent per wake-up. The free plan allows 50 to other hosts per invocation (Workers limits,
 * 2026-10); calls between objects count apart. Requests that were under way before the wake-up may
 * still be, at most `MAX_CONNECTIONS`.
 */
export const MAX_REQUESTS_PER_WAKE = 50 - MAX_CONNECTIONS;

/**
 * When the requests left cover only this many rounds of all slots, the alarm is set to the next
 * wake-up. These rounds cover the time until the alarm fires.
 */
const ROUNDS_BEFORE_ALARM = 2;

/** An alarm follows every attempt within this time: it finds what a crash leaves behind. */
const WATCHDOG_MS: Millis = 5 * SECOND;

/** What may still be sent in this wake-up. */
export interface Capacity {
  readonly requestsLeft: number;
  readonly rateLimit: RateLimit;
}

/** What the configuration allows. */
export interface SendLimits {
  readonly concurrency: number;
  /** Deliveries per second; `null` for no limit. */
  readonly rate: number | null;
  /** Requests that one attempt may take: 1, or more where redirects are followed. */
  readonly requestsPerAttempt: number;
}

/** The capacity at the start of a wake-up. */
export const refilled = ({ rateLimit }: Pick<Capacity, "rateLimit">): Capacity => ({
  requestsLeft: MAX_REQUESTS_PER_WAKE,
  rateLimit,
});

const slotsOf = ({ concurrency }: SendLimits): number => Math.min(concurrency, MAX_CONNECTIONS);

/** How many more deliveries may begin at `now`, beside those under way; 0 or less for none. */
export function freeSlots(
  { requestsLeft, rateLimit }: Capacity,
  limits: SendLimits,
  now: Millis,
  underWay: number,
): number {
  return Math.min(
    slotsOf(limits) - underWay,
    Math.floor(requestsLeft / limits.requestsPerAttempt),
    allowedNow(rateLimit, limits.rate, now),
  );
}

/** The capacity after `count` deliveries have begun at `now`. */
export const afterStarting = (
  { requestsLeft, rateLimit }: Capacity,
  { rate, requestsPerAttempt }: SendLimits,
  now: Millis,
  count: number,
): Capacity => ({
  requestsLeft: requestsLeft - count * requestsPerAttempt,
  rateLimit: afterSending(rateLimit, rate, now, count),
});

/** The capacity after a delivery that had begun turned out to hold nothing to send. */
export const afterSendingNothing = (
  { requestsLeft, rateLimit }: Capacity,
  { requestsPerAttempt }: SendLimits,
): Capacity => ({
  requestsLeft: Math.min(requestsLeft + requestsPerAttempt, MAX_REQUESTS_PER_WAKE),
  rateLimit,
});

/** The queue after `started` deliveries have begun at `now`. */
interface QueueFacts {
  readonly now: Millis;
  readonly started: number;
  readonly underWay: number;
  /** Deliveries wait that may leave as soon as there is capacity. */
  readonly moreWait: boolean;
}

/**
 * When to look at the queue again for reasons of capacity; `null`: no such reason. `before` is the
 * capacity before the deliveries began.
 */
export function nextLookForCapacity(
  before: Capacity,
  limits: SendLimits,
  { now, started, underWay, moreWait }: QueueFacts,
): Millis | null {
  const { requestsLeft, rateLimit } = afterStarting(before, limits, now, started);
  const fewLeft =
    requestsLeft < Math.max(limits.requestsPerAttempt, ROUNDS_BEFORE_ALARM * slotsOf(limits));
  const isRateUsedUp = allowedNow(before.rateLimit, limits.rate, now) <= started;
  return earliest(
    moreWait && fewLeft ? now + 1 : null,
    moreWait && isRateUsedUp ? nextAllowed(rateLimit, limits.rate, now) : null,
    underWay > 0 ? now + WATCHDOG_MS : null,
  );
}
