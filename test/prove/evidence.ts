// The last figures of every section: kept as JSON, shown as a table in docs/evidence.md.

import { blockOf, withMarked } from "./parts/marked-text.ts";
import type { Figures } from "./sections/section.ts";

/** What one run of a section came to. */
export interface Entry {
  /** The day it ended. */
  readonly on: string;
  /** How long it ran; `null` where that depends on its work alone. */
  readonly minutes: number | null;
  readonly figures: Figures;
  /** What repeats it, where that is not a section of `npm run prove`. */
  readonly command?: string;
}

/** Entries by section. */
export type Evidence = Readonly<Record<string, Entry>>;

/** Behind this line of the page stands the table. */
const BEGIN = "<!-- npm run prove writes this table -->";

const worded = (value: number | string): string =>
  typeof value === "number" ? value.toLocaleString("en-US") : value;

const shown = (figures: Figures): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name}: ${worded(value)}`)
    .join("; ");

const commandOf = (name: string, { command, minutes }: Entry): string =>
  command ?? `npm run prove -- ${name}${minutes === null ? "" : ` --minutes ${minutes}`}`;

/** The table of the last figures. */
export function figuresTable(evidence: Evidence): string {
  const rows = Object.entries(evidence)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(
      ([name, entry]) =>
        `| \`${commandOf(name, entry)}\` | ${entry.on} | ${shown(entry.figures)} |`,
    );
  return ["| command | last run | figures |", "|---|---|---|", ...rows].join("\n");
}

/** The page with the table of today. Throws when its marks are gone. */
export const withFigures = (page: string, evidence: Evidence): string =>
  withMarked(page, BEGIN, blockOf(figuresTable(evidence)));
