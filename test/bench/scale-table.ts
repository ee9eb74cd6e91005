// The table of what was measured at several sizes, as the page about scale shows it.

import { digits, type Measurement } from "./stats.ts";

/** The sizes of a measurement, smallest first, each with its value. */
const valuesOf = ({ beside = {} }: Measurement): readonly (readonly [string, number])[] =>
  Object.entries(beside).flatMap(([name, value]) =>
    name.startsWith("at ") ? [[name.slice(3), Number(value)] as const] : [],
  );

/** A value, or a dash where there was none. */
const shown = (value: number): string => (Number.isNaN(value) ? "–" : digits(value));

/** A row of a table in Markdown. */
const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/**
 * The measurements of the scale part in Markdown: the value at each size, how much the largest is
 * of the smallest, and the most that is good enough. Empty when there are none.
 */
export function scaleTable(measurements: readonly Measurement[]): string {
  const lines = measurements.filter(({ part }) => part === "scale");
  const [first] = lines;
  if (first === undefined) return "";
  const sizes = valuesOf(first).map(([size]) => size);
  const head = ["", ...sizes, "×", "at most"];
  const body = lines.map((line) => {
    const { name, unit, value, budget, beside = {} } = line;
    const most = budget !== undefined && "atMost" in budget ? budget.atMost : Number.NaN;
    const cells = valuesOf(line).map(([, one]) => shown(one));
    const isKept = value <= most;
    const bound = `${isKept ? "" : "**"}${shown(most)}${isKept ? "" : "**"}`;
    return [`${name}, ${unit}`, ...cells, shown(Number(beside["×"])), bound];
  });
  const rule = head.map((_, index) => (index === 0 ? "---" : "--:"));
  return [head, rule, ...body].map(row).join("\n");
}
