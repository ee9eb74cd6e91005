// The text of a .dev.vars file, read and written as wrangler's own parser (dotenv) understands it.

const LINE = /^\s*(?:export\s+)?([\w.-]+)\s*=\s*(.*?)\s*$/;

/** Reads names and values; skips comments, blank lines and lines without an assignment. */
export function parseDevVars(text: string): Readonly<Record<string, string>> {
  const vars: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const match = LINE.exec(line);
    if (match === null || line.trimStart().startsWith("#")) continue;
    vars[match[1] ?? ""] = unquote(match[2] ?? "");
  }
  return vars;
}

function unquote(value: string): string {
  const quoted = /^(['"`])(.*?)\1(?:\s+#.*)?$/.exec(value);
  if (quoted === null) return value.replace(/\s+#.*$/, "");
  const inner = quoted[2] ?? "";
  return quoted[1] === '"' ? inner.replaceAll("\\n", "\n") : inner;
}

/**
 * Writes names and values. Throws on a value that the format cannot hold: one with all three kinds
 * of quotes, or with a line break.
 */
export function formatDevVars(vars: Readonly<Record<string, string>>): string {
  return Object.entries(vars)
    .map(([name, value]) => `${name}=${quote(name, value)}\n`)
    .join("");
}

function quote(name: string, value: string): string {
  const mark = ["'", "`", '"'].find((candidate) => !value.includes(candidate));
  if (mark === undefined || /[\r\n]/.test(value) || (mark === '"' && value.includes("\\"))) {
    throw new Error(`${name}: a .dev.vars file cannot hold this value`);
  }
  return `${mark}${value}${mark}`;
}
