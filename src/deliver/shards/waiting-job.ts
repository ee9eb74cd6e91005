// What one shard of a subscriber hands over to another: deliveries of one job that wait.

import type { Millis } from "../../kernel/time.ts";
import type { QueueRow } from "../queue/queue-row.ts";

/** An unfinished delivery as it is stored, with all it has been through. */
export interface WaitingDelivery {
  readonly id: string;
  readonly key: string;
  readonly eventId: string;
  readonly event: string;
  readonly source: string;
  readonly guid: string | null;
  readonly seq: number | null;
  readonly at: Millis;
  readonly due: Millis;
  readonly waiting: QueueRow["waiting"];
  readonly cause: QueueRow["cause"];
  readonly attempts: number;
  readonly step: number;
  readonly instant: number;
  readonly tried: Millis | null;
  readonly ms: Millis | null;
  readonly log: string;
  readonly jsonBytes: number;
  readonly contentType: string | null;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Some of a job's deliveries, in their order. */
export interface WaitingJob {
  /** `source/guid`. */
  readonly job: string;
  /** When the former shard began to hand over; earlier versions do not tell. */
  readonly startedAt?: Millis;
  readonly deliveries: readonly WaitingDelivery[];
  /** When progress of the job last left, as far as that still matters. */
  readonly progressSentAt: Millis | null;
}

/** Most deliveries of one call: half a second of work for the shard that takes them. */
const MAX_HANDED_OVER = 500;

/** Most bytes of one call: an RPC message holds 32 MiB (Workers limits, 2026-10). */
const MAX_HANDED_OVER_BYTES = 8_000_000;

const sizeOf = ({ body, log }: WaitingDelivery): number => body.byteLength + 3 * log.length;

/** Cuts deliveries, which are read one by one, into the parts of single calls. */
export function* partsOf(
  deliveries: Iterable<WaitingDelivery>,
): Generator<readonly WaitingDelivery[]> {
  let part: WaitingDelivery[] = [];
  let bytes = 0;
  for (const one of deliveries) {
    const size = sizeOf(one);
    if (
      part.length === MAX_HANDED_OVER ||
      (part.length > 0 && bytes + size > MAX_HANDED_OVER_BYTES)
    ) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(one);
    bytes += size;
  }
  if (part.length > 0) yield part;
}
