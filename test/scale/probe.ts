// Times what a relay does, so that nothing measured can last longer than a bound.

import { setTimeout as pause } from "node:timers/promises";

/** One measured value at one size. */
export interface Sample {
  readonly name: string;
  readonly unit: "ms" | "MB";
  /** NaN when there was no good answer within the bound. */
  readonly value: number;
  /** The most that is good enough. */
  readonly atMost: number;
  /** Why there is no value. */
  readonly note?: string;
}

/** What is good enough, in ms: an answer to a person or a provider. */
export const ANSWER = 100;

/** What is good enough, in ms: the first answer of an object that has slept. */
export const WAKE = 250;

/** What is good enough, in MB: the design's bound for an object. */
const MEMORY = 64;

/** Longest time that one call is waited for, in ms. */
const BOUND = 10_000;

/** What is measured: its name, and the most that is good enough in ms. */
export interface Subject {
  readonly name: string;
  readonly atMost: number;
}

/** Runs one call; throws when it lasts too long. */
async function bounded(call: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  const timer = new AbortController();
  const late = pause(BOUND, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`no answer within ${BOUND} ms`);
  });
  try {
    await Promise.race([call(), late]);
    return performance.now() - began;
  } finally {
    timer.abort();
    await late.catch(() => undefined);
  }
}

/** The median time of several calls, one after the other; the first failure ends them. */
export async function timed(
  { name, atMost }: Subject,
  calls: readonly (() => Promise<unknown>)[],
): Promise<Sample> {
  const values: number[] = [];
  try {
    for (const call of calls) values.push(await bounded(call));
  } catch (error) {
    const note = (error instanceof Error ? error.message : String(error)).slice(0, 120);
    return { name, atMost, unit: "ms", value: Number.NaN, note };
  }
  const sorted = values.toSorted((left, right) => left - right);
  return { name, atMost, unit: "ms", value: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN };
}

/** The same call several times. */
export const times = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** What a runtime's memory has grown by since `before`. */
export function grown(
  name: string,
  before: number | null,
  { memory }: { memory(): number | null },
): Sample {
  const after = memory();
  const value = before === null || after === null ? Number.NaN : (after - before) / 1_000_000;
  return { name, atMost: MEMORY, unit: "MB", value: Math.max(0, value) };
}
