// The one place that draws random values. Decisions take ids and chance as arguments.

import { toHex } from "./bytes.ts";

/** Random bytes are drawn in stock: a call costs more than its bytes. */
const stock = new Uint8Array(1_024);
let left = 0;

function randomHex(bytes: number): string {
  // Not at start-up: Workers give no random values in global scope.
  if (left < bytes) left = crypto.getRandomValues(stock).byteLength;
  left -= bytes;
  return toHex(stock.subarray(left, left + bytes));
}

/** A new event id of 96 random bits, without a dot: Standard Webhooks signs `id.timestamp.body`. */
export const newEventId = (): string => `evt_${randomHex(12)}`;

/** A new delivery id. */
export const newDeliveryId = (): string => `dlv_${randomHex(12)}`;

/** A new stream epoch: a log that starts over gets another, so that no old cursor matches. */
export const newEpoch = (): string => randomHex(6);

/** A new id of a client's connection, in the form that Centrifugo gives it. */
export const newClientId = (): string => crypto.randomUUID();

/** A number in [0, 1). */
export const randomFraction = (): number => Math.random();

/** A new W3C trace context (trace-context, 3.2): version 00, sampled. */
export const newTraceparent = (): string => `00-${randomHex(16)}-${randomHex(8)}-01`;

/** A number for something that a person names in an address: below 2^48, and unique in practice. */
export function newNumber(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high % 65_536) * 4_294_967_296 + low;
}
