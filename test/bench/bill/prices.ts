// What the platform charges, and what a run comes to.

import { sumOf, type Usage } from "./usage.ts";

/**
 * US dollars on the Workers paid plan, beyond what it includes. Durable Objects with SQLite storage
 * and Workers, as of 2026-11. Each `setAlarm` is a row written, and so is each row that a statement
 * deletes ("Deletes are counted as rows written").
 */
export const PRICES = {
  asOf: "2026-11-28",
  perMillion: {
    workerRequests: 0.3,
    objectRequests: 0.15,
    rowsWritten: 1,
    rowsRead: 0.001,
    gigabyteSeconds: 12.5,
  },
  /** WebSocket messages that are billed as one request. */
  messagesPerRequest: 20,
  /** Memory that an object is billed for, whatever it uses. */
  gigabytesPerObject: 0.128,
} as const;

/** A run by webhook: amounts, and dollars of a million webhooks. */
export interface Bill {
  readonly rows: number;
  readonly alarms: number;
  readonly objectRequests: number;
  readonly workerRequests: number;
  readonly rowsRead: number;
  /** In objects that `deleteAll()` emptied; not in the dollars. */
  readonly rowsEmptied: number;
  readonly gigabyteSeconds: number;
  /** Without duration, which is an estimate. */
  readonly dollars: number;
  readonly durationDollars: number;
}

/** The bill of one webhook of a run, and the dollars of a million of them. */
export function billOf(usage: Usage, webhooks: number): Bill {
  const { perMillion, messagesPerRequest, gigabytesPerObject } = PRICES;
  const each = (amount: number): number => amount / webhooks;
  const rows = each(sumOf(usage.rowsWritten));
  const alarms = each(sumOf(usage.alarmsSet));
  const objectRequests = each(
    sumOf(usage.objectRequests) + sumOf(usage.messages) / messagesPerRequest,
  );
  const workerRequests = each(usage.workerRequests);
  const rowsRead = each(sumOf(usage.rowsRead));
  const rowsEmptied = each(sumOf(usage.rowsEmptied));
  const gigabyteSeconds = each((sumOf(usage.activeMs) / 1_000) * gigabytesPerObject);
  const dollars =
    (rows + alarms) * perMillion.rowsWritten +
    objectRequests * perMillion.objectRequests +
    workerRequests * perMillion.workerRequests +
    rowsRead * perMillion.rowsRead;
  return {
    rows,
    alarms,
    objectRequests,
    workerRequests,
    rowsRead,
    rowsEmptied,
    gigabyteSeconds,
    dollars,
    durationDollars: gigabyteSeconds * perMillion.gigabyteSeconds,
  };
}
