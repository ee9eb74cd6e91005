// Numbers of a run: percentiles, medians, and the table a person reads.

/** The value that a share of the sorted values does not exceed (nearest rank); NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** What a measurement has to keep: at least or at most that value. */
export type Budget = { readonly atLeast: number } | { readonly atMost: number };

/** What the relay reaches of its floor: by rate, and by CPU where the system tells it. */
export interface Share {
  readonly byRate: number;
  readonly byCpu?: number;
}

/** One line of the report. */
export interface Measurement {
  readonly part: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The same of a bare Worker, in the same unit and the same run. */
  readonly floor?: number;
  readonly share?: Share;
  /** Memory of the relay's server at the end, and of the floor's, in MB. */
  readonly memory?: { readonly relay: number; readonly floor?: number };
  /** Of the share by CPU, where there is a share; else of the value, in its unit. */
  readonly budget?: Budget;
  /** Other numbers of the same measurement, for the JSON and the last column. */
  readonly beside?: Readonly<Record<string, number | string>>;
}

/** Bytes as the report has them; `null` where the system does not tell. */
export const megabytes = (bytes: number | null): number | null =>
  bytes === null ? null : bytes / 1_000_000;

/** A number as a person reads it: three digits, or whole with its thousands. */
export const digits = (value: number): string =>
  Math.abs(value) >= 100
    ? Math.round(value).toLocaleString("en")
    : String(Number(value.toPrecision(3)));

const kept = (value: number, budget: Budget): boolean =>
  "atLeast" in budget ? value >= budget.atLeast : value <= budget.atMost;

/** What of a measurement its budget is about. */
const judged = ({ value, share }: Measurement): number => share?.byCpu ?? share?.byRate ?? value;

function verdict(one: Measurement): string {
  const { budget, unit, share } = one;
  if (budget === undefined) return "";
  const bound = "atLeast" in budget ? `≥ ${digits(budget.atLeast)}` : `≤ ${digits(budget.atMost)}`;
  const of = share === undefined ? ` ${unit}` : "";
  return `${kept(judged(one), budget) ? "✓" : "✗"} ${bound}${of}`;
}

const shareText = ({ share }: Measurement): string => {
  if (share === undefined) return "";
  const { byRate, byCpu } = share;
  return byCpu === undefined ? digits(byRate) : `${digits(byRate)}, by CPU ${digits(byCpu)}`;
};

const memoryText = ({ memory }: Measurement): string => {
  if (memory === undefined) return "";
  const floor = memory.floor === undefined ? "" : `, ${digits(memory.floor)}`;
  return `${digits(memory.relay)}${floor}`;
};

const besideText = ({ beside = {} }: Measurement): string =>
  Object.entries(beside)
    .map(([name, value]) => `${name} ${typeof value === "number" ? digits(value) : value}`)
    .join(", ");

const HEAD = [
  "part",
  "measurement",
  "relay",
  "floor",
  "share",
  "budget",
  "server MB, floor's",
  "beside",
] as const;

/** The report: relay, floor, share, budget and memory of each measurement in one row. */
export const rowsOf = (measurements: readonly Measurement[]): readonly (readonly string[])[] => [
  HEAD,
  ...measurements.map((one) => [
    one.part,
    one.name,
    `${digits(one.value)} ${one.unit}`,
    one.floor === undefined ? "" : `${digits(one.floor)} ${one.unit}`,
    shareText(one),
    verdict(one),
    memoryText(one),
    besideText(one),
  ]),
];

/** The report as aligned columns. */
export function table(measurements: readonly Measurement[]): string {
  const all = rowsOf(measurements);
  const widths = HEAD.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
