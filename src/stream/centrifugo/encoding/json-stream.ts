// Splits a text of JSON objects that follow each other, with white space or nothing between them.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING: ReadonlySet<number> = new Set([0x7b, 0x5b]);
const CLOSING: ReadonlySet<number> = new Set([0x7d, 0x5d]);
const WHITE_SPACE: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

/**
 * The index of the quote that ends the text which begins at `start`; the length where none does.
 */
function endOfQuoted(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length && text.charCodeAt(index) !== QUOTE)
    index += text.charCodeAt(index) === BACKSLASH ? 2 : 1;
  return index;
}

/**
 * The texts of the objects and lists, in their order; `null` when something else stands between
 * them or the last one does not end. What is inside is not checked.
 */
export function splitObjects(text: string): readonly string[] | null {
  const objects: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (OPENING.has(unit)) {
      if (depth === 0) start = index;
      depth += 1;
    } else if (depth === 0) {
      if (!WHITE_SPACE.has(unit)) return null;
    } else if (unit === QUOTE) index = endOfQuoted(text, index);
    else if (CLOSING.has(unit)) {
      depth -= 1;
      if (depth === 0) objects.push(text.slice(start, index + 1));
    }
  }
  return depth === 0 ? objects : null;
}
