// Colours for a terminal; plain text elsewhere.

/** Colours by their SGR parameter (ECMA-48, 8.3.117). */
const COLOURS = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
} as const;
export type Colour = keyof typeof COLOURS;

const ESCAPE = String.fromCharCode(27);

/** Colours a text; the plain painter returns it unchanged. */
export type Paint = (colour: Colour, text: string) => string;

/** The painter that uses ANSI escapes. */
export const ansi: Paint = (colour, text) => `${ESCAPE}[${COLOURS[colour]}m${text}${ESCAPE}[0m`;
/** The painter that leaves texts as they are. */
export const plain: Paint = (_colour, text) => text;

/**
 * The colouring painter on a terminal or with `FORCE_COLOR`, unless `NO_COLOR` is set
 * (no-color.org); else the plain one.
 */
export function painter(
  isTerminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
): Paint {
  if ((env["NO_COLOR"] ?? "") !== "") return plain;
  if ((env["FORCE_COLOR"] ?? "") !== "" && env["FORCE_COLOR"] !== "0") return ansi;
  return isTerminal ? ansi : plain;
}

const ESCAPES = new RegExp(`${ESCAPE}\\[[0-9;]*m`, "g");
const PIECES = new RegExp(`${ESCAPE}\\[[0-9;]*m|.`, "gu");

/** The text without its colours. */
export const withoutColour = (text: string): string => text.replaceAll(ESCAPES, "");

/** Columns that a text takes on screen. */
export const widthOf = (text: string): number => withoutColour(text).length;

/** Pads on the right to that many columns. */
export const padTo = (text: string, columns: number): string =>
  text + " ".repeat(Math.max(0, columns - widthOf(text)));

/** Cuts a text to that many columns; its colours end where they ended. */
export function fitTo(text: string, columns: number): string {
  let left = columns;
  return text.replaceAll(PIECES, (piece) => {
    if (piece.startsWith(ESCAPE)) return piece;
    left -= 1;
    return left >= 0 ? piece : "";
  });
}

/**
 * A text of somebody else as it may stand in a line: a terminal obeys control characters, a line
 * break would begin a line that nobody here wrote, and directional marks turn the rest around.
 */
export const printable = (text: string): string =>
  text.replaceAll(/\s+/g, " ").replaceAll(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, "\uFFFD");

/**
 * A value as `--json` prints it. What `printable` replaces is escaped, so that whoever reads the
 * JSON gets it as it is, and a terminal gets none of it.
 */
export const jsonText = (value: unknown, indent = 0): string =>
  JSON.stringify(value, null, indent).replaceAll(
    /[\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** Rows of plain texts with their columns below each other, two blanks between them. */
export function tableOf(given: readonly (readonly string[])[]): readonly string[] {
  const rows = given.map((row) => row.map(printable));
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ""))),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => padTo(cell, widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
