// The bill as a person reads it, beside the figures that were recorded last.

import { digits } from "../stats.ts";
import { billOf, type Bill } from "./prices.ts";
import type { Played } from "./scenarios.ts";
import { sumOf, type Counts } from "./usage.ts";

/** The runs by the name of the life. */
export type Runs = Readonly<Record<string, Played>>;

/** Rows with their cells aligned in columns. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths?.[at] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const amount = (value: number): string => (value === 0 ? "–" : digits(value));
const dollars = (value: number): string => `$${value.toFixed(2)}`;

/** A value, and in brackets the one that was recorded where it is another. */
function beside(now: string, before: string | undefined): string {
  return before === undefined || before === now ? now : `${now} (${before})`;
}

const HEAD = [
  "per webhook",
  "rows",
  "alarms",
  "rows + alarms",
  "rows emptied",
  "object requests",
  "duration GB-s",
];
const MONEY = ["$ per million", "before duration", "duration, about"];

const cellsOf = (bill: Bill): readonly string[] => [
  bill.rows.toFixed(2),
  bill.alarms.toFixed(2),
  (bill.rows + bill.alarms).toFixed(2),
  bill.rowsEmptied.toFixed(2),
  bill.objectRequests.toFixed(2),
  bill.gigabyteSeconds.toFixed(4),
];

const moneyOf = (bill: Bill): readonly string[] => [
  dollars(bill.dollars),
  dollars(bill.durationDollars),
];

function perWebhook(
  runs: Runs,
  recorded: Runs,
  [head, cells]: readonly [readonly string[], (bill: Bill) => readonly string[]],
): string {
  const rows = Object.entries(runs).map(([name, { usage, webhooks }]) => {
    const before = recorded[name];
    const old = before === undefined ? [] : cells(billOf(before.usage, before.webhooks));
    return [name, ...cells(billOf(usage, webhooks)).map((cell, at) => beside(cell, old[at]))];
  });
  return aligned([head, ...rows]);
}

const partsOf = (counts: Counts, className: string): string =>
  Object.entries(counts[className] ?? {})
    .map(([part, count]) => `${part} ${digits(count)}`)
    .join(", ");

/** One run by object: rows by table, alarms, requests by method. */
function byObject(name: string, run: Played, recorded: Played | undefined): string {
  const { usage } = run;
  const kinds = [
    ["rows", usage.rowsWritten, recorded?.usage.rowsWritten],
    ["alarms", usage.alarmsSet, recorded?.usage.alarmsSet],
    ["emptied", usage.rowsEmptied, recorded?.usage.rowsEmptied],
    ["requests", usage.objectRequests, recorded?.usage.objectRequests],
  ] as const;
  const classes = [
    ...new Set(
      kinds.flatMap(([, now, before]) => [...Object.keys(now), ...Object.keys(before ?? {})]),
    ),
  ].toSorted();
  const rows = classes.map((className) => [
    className,
    ...kinds.map(([, now, before]) =>
      beside(
        amount(sumOf(now, className)),
        before === undefined ? undefined : amount(sumOf(before, className)),
      ),
    ),
    [partsOf(usage.rowsWritten, className), partsOf(usage.objectRequests, className)]
      .filter((text) => text !== "")
      .join("; "),
  ]);
  const head = [`${name}, in all`, "rows", "alarms", "emptied", "requests", "of which"];
  return aligned([head, ...rows]);
}

/** All tables; what was recorded stands in brackets where it differs. */
export function billTable(runs: Runs, recorded: Runs): string {
  const details = Object.entries(runs).map(([name, run]) => byObject(name, run, recorded[name]));
  return [
    perWebhook(runs, recorded, [HEAD, cellsOf]),
    perWebhook(runs, recorded, [MONEY, moneyOf]),
    ...details,
  ].join("\n\n");
}
