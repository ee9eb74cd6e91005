// A terminal with lines that scroll and a few at the bottom that are redrawn in place; without a terminal, plain lines only.

import { fitTo } from "./paint.ts";

const CLEAR_DOWN = `${String.fromCharCode(27)}[0J`;
const up = (lines: number): string => (lines === 0 ? "" : `${String.fromCharCode(27)}[${lines}A`);

/** Where the programs of the command line print. */
export interface Screen {
  /** Prints a line that stays. */
  line(text: string): void;
  /** Replaces the lines at the bottom; without a terminal it does nothing. */
  bottom(lines: readonly string[]): void;
}

/** Draws on `out`. Nothing is redrawn when it is no terminal. */
export function screenOn(out: NodeJS.WriteStream): Screen {
  if (!out.isTTY) return { line: (text) => void out.write(`${text}\n`), bottom: () => undefined };
  // A line that wraps would take two rows and be counted as one, hence the fitting below.
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
        lines.map((line) => fitTo(line, out.columns - 1)),
      ),
  };
}
