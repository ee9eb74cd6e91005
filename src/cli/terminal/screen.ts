// A terminal with scrolling lines and a few at the bottom that are redrawn in place. Without a
// terminal there are plain lines only.

import { fitTo } from "../paint.ts";

const CLEAR_DOWN = `${String.fromCharCode(27)}[0J`;
const up = (lines: number): string => (lines === 0 ? "" : `${String.fromCharCode(27)}[${lines}A`);

/** Columns of a terminal that says 0, as some do. */
const DEFAULT_COLUMNS = 80;

/** Where commands print. */
export interface Screen {
  /** Prints a line that stays. */
  line(text: string): void;
  /** Replaces the lines at the bottom; without a terminal it does nothing. */
  bottom(lines: readonly string[]): void;
}

/** Makes a screen on `out`; without a terminal it redraws nothing. */
export function screenOn(out: NodeJS.WriteStream): Screen {
  if (!out.isTTY) return { line: (text) => void out.write(`${text}\n`), bottom: () => undefined };
  // Lines are cut to the width: a wrapped line takes two rows but is counted as one.
  let shown: readonly string[] = [];
  const draw = (above: string, lines: readonly string[]): void => {
    out.write(
      `${up(shown.length)}\r${CLEAR_DOWN}${above}${lines.map((line) => `${line}\n`).join("")}`,
    );
    shown = lines;
  };
  return {
    line: (text) => draw(`${text}\n`, shown),
    bottom: (lines) =>
      draw(
        "",
        lines.map((line) => fitTo(line, (out.columns || DEFAULT_COLUMNS) - 1)),
      ),
  };
}
