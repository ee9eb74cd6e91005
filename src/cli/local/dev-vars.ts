// The text of a .dev.vars file, read and written as wrangler's own parser (dotenv) understands it.

/** A name, and its value in quotes, which may span lines, or up to the end of its line. */
const ASSIGNMENT =
  /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*(?:(['"`])([^]*?)\2[ \t]*(?:#.*)?$|(.*)$)/gm;

/** Reads names and values; skips comments, blank lines and lines without an assignment. */
export function parseDevVars(text: string): Readonly<Record<string, string>> {
  const vars: Record<string, string> = {};
  for (const match of text.replaceAll(/\r\n?/g, "\n").matchAll(ASSIGNMENT)) {
    const [, name = "", mark, quoted = "", bare = ""] = match;
    if (mark === undefined) vars[name] = bare.replace(/(?:^|\s+)#.*$/, "").trim();
    else vars[name] = mark === '"' ? withLineBreaks(quoted) : quoted;
  }
  return vars;
}

/** Between double quotes, and only there, line breaks may be written as escapes. */
const withLineBreaks = (text: string): string =>
  text.replaceAll("\\n", "\n").replaceAll("\\r", "\r");

/**
 * Writes names and values. Throws on a value that the format cannot hold: one with all three kinds
 * of quotes, or with a carriage return beside a double quote or a backslash.
 */
export function formatDevVars(vars: Readonly<Record<string, string>>): string {
  return Object.entries(vars)
    .map(([name, value]) => `${name}=${quote(name, value)}\n`)
    .join("");
}

/** A carriage return is lost unless it is an escape; a line feed stays as it is in any quotes. */
function quote(name: string, value: string): string {
  const isEscaped = value.includes("\r");
  const marks = isEscaped ? ['"'] : ["'", "`", '"'];
  const mark = marks.find((candidate) => !value.includes(candidate));
  if (mark === undefined || (mark === '"' && value.includes("\\")))
    throw new Error(`${name}: a .dev.vars file cannot hold this value`);
  const text = isEscaped ? value.replaceAll("\r", "\\r").replaceAll("\n", "\\n") : value;
  return `${mark}${text}${mark}`;
}
