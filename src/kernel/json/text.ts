// Cuts text without leaving half a character behind.

/** True for the first unit of a surrogate pair. */
const beginsPair = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** The beginning of a text, at most `maxUnits` UTF-16 units long; it never ends in half a pair. */
export function cutText(text: string, maxUnits: number): string {
  if (text.length <= maxUnits) return text;
  const end = beginsPair(text.charCodeAt(maxUnits - 1)) ? maxUnits - 1 : maxUnits;
  return text.slice(0, Math.max(0, end));
}
