// Data points for Workers Analytics Engine, where the binding `METRICS` is there.

import type { Millis } from "../time.ts";

/** One thing that happened; Analytics Engine keeps it as an index, blobs and a double. */
export interface Point {
  /** What it is about: `blob1`. */
  readonly kind: "webhook" | "attempt";
  /** The source or the subscriber: `index1`, and `blob2`. */
  readonly subject: string;
  /** What became of it: `blob3`. */
  readonly result: string;
  /** The event's name, or the reason of a refusal: `blob4`. */
  readonly detail: string;
  /** How long it took: `double1`. */
  readonly ms: Millis;
}

/** Longest subject: an index has at most 96 bytes (Analytics Engine limits, 2026-11). */
const MAX_INDEX_CHARS = 32;

interface Dataset {
  writeDataPoint(point: {
    readonly indexes: string[];
    readonly blobs: string[];
    readonly doubles: number[];
  }): void;
}

/** Writes a point; nothing without the binding. It neither waits nor throws. */
export function writePoint(env: object, { kind, subject, result, detail, ms }: Point): void {
  const dataset = (env as { readonly METRICS?: Partial<Dataset> }).METRICS;
  if (typeof dataset?.writeDataPoint !== "function") return;
  try {
    dataset.writeDataPoint({
      indexes: [subject.slice(0, MAX_INDEX_CHARS)],
      blobs: [kind, subject, result, detail],
      doubles: [ms],
    });
  } catch {
    // A point is worth nothing that could stop a webhook.
  }
}
