// Numbers of a run: percentiles, medians, and the table a person reads.

/** The value that a share of the sorted values does not exceed (nearest rank); NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** What a measurement has to keep: at least or at most that value. */
export type Budget = { readonly atLeast: number } | { readonly atMost: number };

/** One line of the report. `budget` is in the same unit as `value`. */
export interface Measurement {
  readonly part: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly budget?: Budget;
  /** Other numbers of the same measurement, for the JSON and the last column. */
  readonly beside?: Readonly<Record<string, number | string>>;
}

/** A number as a person reads it: three digits, or whole with its thousands. */
export const digits = (value: number): string =>
  Math.abs(value) >= 100
    ? Math.round(value).toLocaleString("en")
    : String(Number(value.toPrecision(3)));

const kept = (value: number, budget: Budget): boolean =>
  "atLeast" in budget ? value >= budget.atLeast : value <= budget.atMost;

function verdict({ value, unit, budget }: Measurement): string {
  if (budget === undefined) return "";
  const bound = "atLeast" in budget ? `≥ ${digits(budget.atLeast)}` : `≤ ${digits(budget.atMost)}`;
  return `${kept(value, budget) ? "✓" : "✗"} ${bound} ${unit}`;
}

const beside = ({ beside: more = {} }: Measurement): string =>
  Object.entries(more)
    .map(([name, value]) => `${name} ${typeof value === "number" ? digits(value) : value}`)
    .join(", ");

/** The report as aligned columns. */
export function table(measurements: readonly Measurement[]): string {
  const rows = measurements.map((one) => [
    one.part,
    one.name,
    `${digits(one.value)} ${one.unit}`,
    verdict(one),
    beside(one),
  ]);
  const all = [["part", "measurement", "value", "budget", "beside"], ...rows];
  const widths =
    all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
