// Random lives of a job: each step is one number, read as time that passes, a word of the provider,
// and maybe an eviction.

import { array, maxSafeNat, type Arbitrary } from "fast-check";
import type { ProviderJobEvent } from "../../../src/model/event.ts";
import type { DedupeKey } from "../../../src/model/messages.ts";
import type { StoredUpdate } from "../../../src/job/state.ts";
import type { Step } from "./driver.ts";
import { anUpdate } from "./builders.ts";

/** Reads digits of mixed bases off a number, the lowest first. */
class Digits {
  #rest: number;

  constructor(value: number) {
    this.#rest = value;
  }

  below(base: number): number {
    const digit = this.#rest % base;
    this.#rest = Math.floor(this.#rest / base);
    return digit;
  }

  of<T>(first: T, ...others: readonly T[]): T {
    const index = this.below(others.length + 1);
    return index === 0 ? first : (others[index - 1] ?? first);
  }
}

const HOUR = 3_600_000;

const nextEvent = (digits: Digits): ProviderJobEvent =>
  digits.of<ProviderJobEvent>(
    "job.progress",
    "job.progress",
    "job.progress",
    "job.progress",
    "job.progress",
    "job.progress",
    "job.progress",
    "job.progress",
    "job.progress",
    "job.progress",
    "job.finished",
    "job.failed",
    "job.requeued",
    "job.requeued",
    "job.created",
    "job.started",
    "job.convert.done",
  );

/**
 * What the provider says next: something new, or word for word one of the updates that it sent
 * before.
 */
function nextUpdate(digits: Digits, sent: readonly StoredUpdate[], now: number): StoredUpdate {
  if (digits.below(5) === 4 && sent.length > 0)
    return sent[digits.below(sent.length)] ?? anUpdate();
  const event = nextEvent(digits);
  const numbered = event === "job.progress" ? digits.below(12) > 0 : digits.below(4) === 3;
  // Mostly onwards, sometimes the same or an older value.
  const current = numbered ? Math.max(0, sent.length + digits.of(0, 0, 0, 1, -1, -2, -8)) : null;
  const total = numbered ? digits.of(10, 10, null) : null;
  const details = digits.of({}, { step: "a" }, { step: "b", note: null });
  const occurredAt = digits.of(null, null, now, now - 4_000, now - 20_000);
  const byBody: DedupeKey = {
    kind: "body",
    value: JSON.stringify([event, current, total, details, occurredAt]),
  };
  const byId: DedupeKey = { kind: "id", value: `m-${sent.length}` };
  return anUpdate({ event, current, total, details, occurredAt, key: digits.of(byId, byBody) });
}

/**
 * The instants a schedule's steps pass: around the edges of a five-second window, of an hour of
 * silence, of 72 hours.
 */
const nextPause = (digits: Digits): number =>
  digits.of(
    0,
    1,
    200,
    700,
    700,
    700,
    1_300,
    1_999,
    2_500,
    2_500,
    4_999,
    5_000,
    5_001,
    12_000,
    HOUR,
    72 * HOUR,
  );

/** The largest number that still says something: the product of all bases above. */
const SAYS = 2 ** 40;

/** Reads a schedule; with `back`, the clock also leaps backwards. */
export function scheduleOf(values: readonly number[], back: boolean): readonly Step[] {
  const steps: Step[] = [];
  const sent: StoredUpdate[] = [];
  let now = 1_000_000;
  for (const value of values) {
    const digits = new Digits(value);
    const pause = nextPause(digits);
    const way = digits.below(4);
    // An alarm that fires late looks like a clock that leaps.
    const ms = way === 3 ? (back && pause < HOUR ? -3 * pause : pause) : pause;
    steps.push({ kind: way === 3 ? "leap" : "pass", ms });
    now += ms;
    if (digits.below(3) === 2) steps.push({ kind: "evict" });
    const update = nextUpdate(digits, sent, now);
    sent.push(update);
    steps.push({ kind: "update", update });
  }
  return steps;
}

/** Numbers for schedules of up to `maxLength` updates. */
export const schedules = (maxLength: number): Arbitrary<number[]> =>
  array(
    maxSafeNat().map((value) => value % SAYS),
    { minLength: 1, maxLength, size: "max" },
  );
