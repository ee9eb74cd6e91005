// Cuts a long sequence into parts that can be worked on one after the other.

/** The values in their order, `size` at a time; the last part may be shorter. */
export function* chunksOf(values: Iterable<number>, size: number): Generator<readonly number[]> {
  let chunk: number[] = [];
  for (const value of values) {
    chunk.push(value);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
