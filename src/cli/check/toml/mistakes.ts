// What a TOML parser says of a mistake, with what is usually meant by it.

/** What people have written, by the words of the parser. */
const MEANT: readonly (readonly [RegExp, string])[] = [
  [/control characters are not allowed in strings/, "is a quote missing at the end of this line?"],
  [/unrecognised escape/, String.raw`write \\ for a backslash, or '…' in place of "…"`],
  [
    /redefine an already defined/,
    "it stands further up already; each entry of a list begins with [[…]]",
  ],
  [/invalid value/, 'a text stands in quotes: key = "text"'],
];

/** The reason as one sentence, and the line that it is about, without its value. */
export function tomlMistake(message: string, text: string, line: number): string {
  const [first = ""] = message.split("\n");
  const reason = first.replace(/^Invalid TOML document: /, "");
  const meant = MEANT.find(([pattern]) => pattern.test(reason))?.[1];
  const written = (text.split("\n")[line - 1] ?? "").trim();
  // A value may be a secret that was pasted into the wrong place, and this text goes into logs.
  const shown = /^(?:\[+[^\]"']*\]+|[\w.-]+ *=)/.exec(written)?.[0];
  const place = shown === undefined ? "" : `\n  ${shown}${shown.endsWith("=") ? " …" : ""}`;
  return `${reason}${meant === undefined ? "" : `: ${meant}`}${place}`;
}
