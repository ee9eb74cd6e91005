// The last recorded figures of speed: kept as JSON, shown in docs/benchmarks.md and in the README.

import { blockOf, withMarked } from "../../prove/parts/marked-text.ts";
import { digits, rowsOf, type Measurement } from "../stats.ts";

/** What a recorded part of the benchmark came to, and on which machine. */
export interface RecordedPart {
  /** The day it was measured. */
  readonly on: string;
  readonly machine: string;
  /** What else ran: the load of the system before. */
  readonly load: number;
  readonly measurements: readonly Measurement[];
}

/** Recorded parts by name. */
export type RecordedSpeed = Readonly<Record<string, RecordedPart>>;

/** Behind these marks stand the table of docs/benchmarks.md and the sentence of the README. */
const TABLE = "<!-- npm run bench writes this table -->";
const SENTENCE = "<!-- npm run bench writes this -->";

/** A row of a table in Markdown, in which `__proto__` is no emphasis. */
const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll("_", String.raw`\_`)).join(" | ")} |`;

/** The table of all recorded parts, and when and where each was measured. */
function speedTable(recorded: RecordedSpeed): string {
  const parts = Object.entries(recorded);
  const [head = [], ...rows] = rowsOf(parts.flatMap(([, { measurements }]) => measurements));
  const when = parts.map(
    ([name, { on, machine, load }]) => `${name} ${on}, ${machine}, load ${load.toFixed(1)} before`,
  );
  const lines = [head, head.map(() => "---"), ...rows].map(row).join("\n");
  return `${lines}\n\nMeasured: ${when.join("; ")}.`;
}

/** The first recorded measurement of a part whose name begins so. */
function found(recorded: RecordedSpeed, part: string, name: string): Measurement {
  const one = recorded[part]?.measurements.find((each) => each.name.startsWith(name));
  if (one === undefined) throw new Error(`"${name}" of ${part} was not recorded`);
  return one;
}

/** The median and the 99th percentile of a measurement. */
const delay = ({ value, beside = {} }: Measurement): string =>
  `${digits(Number(beside["p50"]))} ms (p99 ${digits(value)})`;

/** What the README says about speed. */
function speedSentence(recorded: RecordedSpeed): string {
  const of = (part: string, name: string): Measurement => found(recorded, part, name);
  const share = (name: string): string => {
    const { byRate, byCpu } = of("ingest", name).share ?? { byRate: Number.NaN };
    return digits(byCpu ?? byRate);
  };
  const crowd = of("sockets", "one event to ");
  const reach = crowd.name
    .replace("one event to", "One event reaches")
    .replace(", median", ` in ${digits(crowd.value)} ms`);
  const queue = of("delivery", "10000 waiting");
  return [
    `Beside a bare Worker that inserts one row: ${share("new jobs")} of its speed for new jobs, by CPU of`,
    `the server, ${share("progress of ")} for progress, ${share("duplicates")} for duplicates. At 100 events a second, the first`,
    `attempt of a delivery starts ${delay(of("latency", "webhook → first attempt"))} after the webhook, and 1,000 open sockets have`,
    `the event after ${delay(of("latency", "webhook → browser at 100/s"))}. ${reach}.`,
    `10,000 waiting deliveries leave at ${digits(queue.value)} a second, four at once, to a receiver that takes 5 ms.`,
  ].join(" ");
}

/** The page about benchmarks with the table of what is recorded. */
export const withSpeedTable = (page: string, recorded: RecordedSpeed): string =>
  withMarked(page, TABLE, blockOf(speedTable(recorded)));

/** The README with the sentence about what is recorded. */
export const withSpeed = (readme: string, recorded: RecordedSpeed): string =>
  withMarked(readme, SENTENCE, speedSentence(recorded));
