// Whether something grows with every new object, told from samples of a long run.

/** What was seen at an instant. */
export interface Growing {
  /** New objects so far. */
  readonly made: number;
  readonly bytes: number;
}

/** The least of a third: what was collected since may have been more for a while. */
const least = (samples: readonly Growing[]): Growing =>
  samples.reduce((low, one) => (one.bytes < low.bytes ? one : low));

/**
 * Bytes for each new object between the second third of a run and the last one; 0 for too few
 * samples. The first third is left out: caches fill, and the heap takes its size.
 */
export function bytesPerObject(samples: readonly Growing[]): number {
  const third = Math.floor(samples.length / 3);
  if (third === 0) return 0;
  const [before, after] = [least(samples.slice(third, 2 * third)), least(samples.slice(2 * third))];
  return Math.round((after.bytes - before.bytes) / Math.max(1, after.made - before.made));
}
