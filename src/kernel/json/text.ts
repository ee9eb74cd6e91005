// Cuts text: at a length, without leaving half a character behind, and at what ends it.

/** True for the first unit of a surrogate pair. */
const beginsPair = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** The beginning of a text, at most `maxUnits` UTF-16 units long; it never ends in half a pair. */
export function cutText(text: string, maxUnits: number): string {
  if (text.length <= maxUnits) return text;
  const end = beginsPair(text.charCodeAt(maxUnits - 1)) ? maxUnits - 1 : maxUnits;
  return text.slice(0, Math.max(0, end));
}

/**
 * The text without the characters at its end that `drops` names. A pattern such as `/x+$/` reads
 * each run of them once from every place in it: hours for a megabyte.
 */
export function withoutEnd(text: string, drops: (char: string) => boolean): string {
  let end = text.length;
  while (end > 0 && drops(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** An address without slashes at its end. */
export const withoutSlashes = (address: string): string =>
  withoutEnd(address, (char) => char === "/");
