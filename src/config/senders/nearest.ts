// Finds the word that somebody may have meant.

/** A word is meant when at most every third letter of it is wrong. */
const LETTERS_PER_MISTAKE = 3;

/**
 * The known word that is nearest to `given` by letters added, left out, changed or swapped; `null`
 * when none is near.
 */
export function nearest(given: string, known: readonly string[]): string | null {
  const most = Math.floor(given.length / LETTERS_PER_MISTAKE);
  let best: { readonly word: string; readonly mistakes: number } | null = null;
  for (const word of known) {
    if (Math.abs(word.length - given.length) > most) continue;
    const mistakes = mistakesBetween(given.toLowerCase(), word.toLowerCase());
    if (mistakes <= most && mistakes < (best?.mistakes ?? Infinity)) best = { word, mistakes };
  }
  return best?.word ?? null;
}

/** The optimal string alignment distance, row by row. */
function mistakesBetween(left: string, right: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left[row - 1] === right[column - 1];
      const changed = at(last, column - 1) + (isSame ? 0 : 1);
      const swapped =
        row > 1 &&
        column > 1 &&
        left[row - 1] === right[column - 2] &&
        left[row - 2] === right[column - 1]
          ? at(beforeLast, column - 2) + 1
          : Infinity;
      next.push(Math.min(changed, swapped, at(last, column) + 1, at(next, column - 1) + 1));
    }
    beforeLast = last;
    last = next;
  }
  return at(last, right.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Infinity;
