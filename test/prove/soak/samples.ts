// What the samples of a soak say together: does anything grow with time?

import { FULL_LOGS, type Used } from "./count.ts";
import type { Standing } from "./relay.ts";

interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

/** What was seen in a minute, or since the beginning. */
export interface Sample {
  readonly seconds: number;
  /** Resident memory of the runtime. */
  readonly memoryMb: number;
  readonly webhooks: number;
  readonly jobsBegun: number;
  readonly jobsAlive: number;
  readonly jobsJudged: number;
  readonly jobsOpen: number;
  readonly eventsJudged: number;
  readonly accountEvents: number;
  readonly answerMs: Quantiles;
  readonly toStreamMs: Quantiles;
  /** By how much values that waited left after their window had opened. */
  readonly lateMs: Quantiles & { readonly count: number; readonly max: number };
  readonly overdueMs: number;
  readonly rows: number;
  readonly alarms: number;
  readonly used: Used;
  readonly storage: { readonly megabytes: number; readonly files: number };
  readonly logs: {
    readonly lines: number;
    readonly bytes: number;
    readonly byName: Readonly<Record<string, number>>;
    readonly other: readonly string[];
  };
  readonly subscribers: readonly Standing[];
  readonly viewers: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<number, number>>;
  readonly faults: number;
}

/** The value below which `share` of the numbers lie, rounded; 0 of none. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((left, right) => left - right);
  return Math.round(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0);
}

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0) / Math.max(1, numbers.length);

/** Memory of the last third may lie above that of the second by this factor. */
const FLAT = 1.15;

/** What each webhook of a part of the run cost in rows and alarms. */
interface RowsPerWebhook {
  /** Without those that leave. */
  readonly written: number;
  /** Of logs that are full: none at first, and later as many as the logs take. */
  readonly leaving: number;
}

function rowsPerWebhook(part: readonly Sample[]): RowsPerWebhook {
  const [from, to] = [part[0], part.at(-1)];
  if (from === undefined || to === undefined) return { written: 0, leaving: 0 };
  const webhooks = Math.max(1, to.webhooks - from.webhooks);
  const leavingBy = ({ used }: Sample): number => used.rowsWritten[FULL_LOGS] ?? 0;
  const leaving = leavingBy(to) - leavingBy(from);
  const all = to.rows - from.rows + to.alarms - from.alarms;
  return { written: (all - leaving) / webhooks, leaving: leaving / webhooks };
}

const rounded = (number: number): number => Math.round(number * 100) / 100;

/** Figures of the whole run, and what must not be. */
export function summary(samples: readonly Sample[]): {
  readonly figures: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
} {
  const faults: string[] = [];
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined)
    return { figures: {}, faults: ["there is no sample"] };
  const third = Math.floor(samples.length / 3);
  const [second, final] = [samples.slice(third, 2 * third), samples.slice(2 * third)];
  const memory = (part: readonly Sample[]): number => mean(part.map(({ memoryMb }) => memoryMb));
  if (third > 0 && memory(final) > memory(second) * FLAT)
    faults.push(`memory grew from ${memory(second)} to ${memory(final)} MB`);
  const [earlier, later] = [rowsPerWebhook(second), rowsPerWebhook(final)];
  if (third > 1 && later.written > earlier.written * FLAT)
    faults.push(`rows per webhook grew from ${earlier.written} to ${later.written}`);
  const dead = last.subscribers.reduce((sum, subscriber) => sum + subscriber.dead, 0);
  if (dead > 0) faults.push(`${dead} deliveries are dead`);
  const lines = samples.reduce((sum, { logs }) => sum + logs.lines, 0);
  const most = (pick: (sample: Sample) => number): number => Math.max(...samples.map(pick));
  return {
    faults,
    figures: {
      webhooks: last.webhooks,
      "webhooks a second": rounded(last.webhooks / last.seconds),
      jobs: last.jobsJudged,
      "jobs at once": most(({ jobsAlive }) => jobsAlive),
      events: last.eventsJudged,
      "frames to viewers": last.viewers["frames"] ?? 0,
      "streams opened": last.viewers["reconnects"] ?? 0,
      "MB of memory in the second third": Math.round(memory(second)),
      "MB in the last third": Math.round(memory(final)),
      "rows and alarms per webhook in the second third": rounded(earlier.written),
      "in the last third": rounded(later.written),
      "rows that left full logs, per webhook in the second third": rounded(earlier.leaving),
      "of full logs in the last third": rounded(later.leaving),
      "log lines per webhook": rounded(lines / last.webhooks),
      "MB stored": last.storage.megabytes,
      "most deliveries that waited": most(({ subscribers }) =>
        Math.max(...subscribers.map(({ pending, held }) => pending + held)),
      ),
      "dead deliveries": dead,
      "lost, doubled or reordered": 0,
    },
  };
}
