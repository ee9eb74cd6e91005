// Globs of rules: `*` is any run of characters, everything else is itself.

/**
 * True when the whole of `text` matches; case counts, dots are ordinary characters. Each literal
 * piece between the first and the last is looked for once, at its leftmost place, so that a hostile
 * text costs no more than a harmless one.
 */
export function globMatches(pattern: string, text: string): boolean {
  const pieces = pattern.split("*");
  const first = pieces[0] ?? "";
  if (pieces.length === 1) return text === first;
  const last = pieces.at(-1) ?? "";
  // The ends may not overlap: `ab*ba` does not match `aba`.
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
    return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found === -1 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
