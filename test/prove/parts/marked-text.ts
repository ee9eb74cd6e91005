// Text that a command writes into a page, between two marks that a reader of the page does not see.

/** What ends the text. */
const END = "<!-- until here -->";

/** Marks of a block of lines: blank lines set it apart. */
export const blockOf = (content: string): string => `\n\n${content}\n\n`;

/** The page with `content` behind `begin`. Throws when one of the two marks is gone. */
export function withMarked(page: string, begin: string, content: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(END, from);
  if (from < 0 || to < 0) throw new Error(`a page lacks ${begin} or ${END} behind it`);
  return `${page.slice(0, from)}${begin}${content}${page.slice(to)}`;
}
