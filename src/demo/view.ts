// What the demonstration shows: a line per forwarded event, a bar per job, a table at the end.

import type { JobEnvelope } from "../model/event.ts";
import { barLine, countsOf, shortGuid, type Bars } from "../cli/terminal/bars.ts";
import type { Check, Tally } from "./review.ts";
import { padTo, type Colour, type Paint } from "../cli/paint.ts";

/** One request at the demonstration's subscriber. */
export interface ArrivalLine {
  /** Milliseconds after the demonstration's beginning. */
  readonly at: number;
  readonly event: JobEnvelope;
  /** The signature verifies. */
  readonly valid: boolean;
  /** Counts the relay's attempts to deliver this event, from 1. */
  readonly attempt: number;
  /** The status that the subscriber answered. */
  readonly answered: number;
}

const EVENT_COLOURS: Readonly<Record<string, Colour>> = {
  "job.finished": "green",
  "job.failed": "red",
  "job.requeued": "yellow",
  "job.progress": "cyan",
};

/** `+12.3s  #3 job.progress  comments b4219d47  678/1,500  signed`. */
export function arrivalLine(arrival: ArrivalLine, paint: Paint): string {
  const { event } = arrival;
  const at = paint("dim", `+${(arrival.at / 1_000).toFixed(1)}s`.padStart(7));
  const name = paint(EVENT_COLOURS[event.event] ?? "blue", padTo(event.event, 13));
  const counts = countsOf({ current: event.current ?? null, total: event.total ?? null });
  const notes = [
    counts,
    event.absorbed === undefined ? "" : paint("dim", `${event.absorbed} absorbed`),
    arrival.valid ? paint("green", "✓ signed") : paint("red", "✗ signature"),
    arrival.attempt > 1 ? paint("yellow", `attempt ${arrival.attempt}`) : "",
    arrival.answered >= 300 ? paint("yellow", `answered ${arrival.answered} on purpose`) : "",
  ];
  const job = `${padTo(event.source, 9)} ${paint("dim", padTo(shortGuid(event.guid), 8))}`;
  return `${at}  ${padTo(`#${event.seq}`, 3)} ${name} ${job} ${notes.filter((note) => note !== "").join("  ")}`;
}

/** The bars, one line a job; `sent` says how many updates went in per source. */
export const barLines = (
  bars: Bars,
  sent: ReadonlyMap<string, number>,
  paint: Paint,
): readonly string[] =>
  [...bars.values()].map((bar) =>
    barLine(bar, paint, `${sent.get(bar.source) ?? 0} in, ${bar.seq} out`),
  );

/** The table at the end: numbers first, then what was checked. */
export function summary(tally: Tally, checks: readonly Check[], paint: Paint): string {
  const rows: readonly (readonly [string, number])[] = [
    ["updates in", tally.updatesIn],
    ["of these fetched", tally.fetched],
    ["events out", tally.eventsOut],
    ["absorbed by the throttle", tally.absorbed],
    ["duplicates recognised", tally.duplicates],
    ["deliveries", tally.deliveries],
    ["deliveries retried", tally.retried],
  ];
  const width =
    Math.max(...rows.map(([label]) => label.length), ...checks.map((check) => check.label.length)) +
    2;
  const rule = paint("dim", "─".repeat(width + 12));
  return [
    rule,
    ...rows.map(([label, value]) => `${padTo(label, width)} ${String(value).padStart(6)}`),
    rule,
    ...checks.map((check) => checkLine(check, width, paint)),
    rule,
  ].join("\n");
}

function checkLine(check: Check, width: number, paint: Paint): string {
  const verdict =
    check.problem === null
      ? paint("green", `✓ ${check.detail}`)
      : paint("red", `✗ ${check.problem}`);
  return `${padTo(check.label, width)} ${verdict}`;
}
