// Jobs as progress bars: their state from a stream of events, and their lines in a terminal.

import type { JobEnvelope, JobSnapshot } from "../../model/event.ts";
import { padTo, printable, type Paint } from "../paint.ts";
import { cutText } from "../../kernel/json/text.ts";

/** One job on screen. */
export interface Bar {
  readonly source: string;
  readonly guid: string;
  readonly status: string;
  readonly event: string;
  readonly current: number | null;
  readonly total: number | null;
  readonly attempt: number;
  readonly seq: number;
}

/** Jobs by `source/guid`, in the order in which they appeared. */
export type Bars = ReadonlyMap<string, Bar>;

const keyOf = (job: { readonly source: string; readonly guid: string }): string =>
  `${job.source}/${job.guid}`;

const numberOr = (value: unknown, fallback: number | null): number | null =>
  typeof value === "number" ? value : fallback;

/** The bars after an event; an event older than the one shown changes nothing. */
export function withEvent(bars: Bars, event: JobEnvelope): Bars {
  const before = bars.get(keyOf(event));
  if (before !== undefined && before.seq >= event.seq) return bars;
  const fresh = event.event === "job.requeued" || event.event === "job.created";
  const bar: Bar = {
    source: event.source,
    guid: event.guid,
    status: event.status,
    event: event.event,
    current:
      event.current ??
      numberOr(event.details["totalExported"], fresh ? 0 : (before?.current ?? null)),
    total: event.total ?? numberOr(event.details["total"], before?.total ?? null),
    attempt: event.attempt,
    seq: event.seq,
  };
  return new Map(bars).set(keyOf(event), bar);
}

/** The bars after a snapshot of one job. */
export function withSnapshot(bars: Bars, job: JobSnapshot): Bars {
  const { source, guid, status, event, current, total, attempt, seq } = job;
  return new Map(bars).set(keyOf(job), {
    source,
    guid,
    status,
    event,
    current,
    total,
    attempt,
    seq,
  });
}

/** Columns of the bar itself; with its text the line fits into 80 columns. */
const BAR_COLUMNS = 20;

const COLOUR_OF = { done: "green", error: "red", ready: "green" } as const;

/** How much of a job is done, from 0 to 1. A finished job is full, even with skipped messages. */
export function shareOf(bar: Bar): number {
  if (bar.status === "done" || bar.status === "ready") return 1;
  if (bar.total === null || bar.total <= 0 || bar.current === null) return 0;
  return Math.min(1, Math.max(0, bar.current / bar.total));
}

/** One line: `comments b4219d47 ████████░░░░ 45% 678/1,500 progress`. `note` is put at the end. */
export function barLine(bar: Bar, paint: Paint, note = ""): string {
  const share = shareOf(bar);
  const filled = Math.round(share * BAR_COLUMNS);
  const colour = bar.status in COLOUR_OF ? COLOUR_OF[bar.status as keyof typeof COLOUR_OF] : "cyan";
  // A job that failed before it got anywhere has no bar.
  const isBlank = bar.status === "error" && share === 0;
  const drawn = isBlank
    ? " ".repeat(BAR_COLUMNS)
    : paint(colour, "█".repeat(filled)) + paint("dim", "░".repeat(BAR_COLUMNS - filled));
  const percent = (isBlank ? "" : `${Math.floor(share * 100)}%`).padStart(4);
  const attempt = bar.attempt > 1 ? paint("dim", ` attempt ${bar.attempt}`) : "";
  const name = `${padTo(bar.source, 9)} ${paint("dim", padTo(shortGuid(bar.guid), 8))}`;
  return `${name} ${drawn} ${percent} ${padTo(countsOf(bar), 12)} ${paint(colour, bar.status)}${attempt}${note === "" ? "" : ` ${paint("dim", note)}`}`;
}

/** `678/1,500`, or the part that is known. */
export function countsOf(bar: Pick<Bar, "current" | "total">): string {
  if (bar.current === null) return "";
  return bar.total === null
    ? grouped(bar.current)
    : `${grouped(bar.current)}/${grouped(bar.total)}`;
}

const grouped = (value: number): string => value.toLocaleString("en-US");

const isOver = ({ status }: Bar): boolean => status in COLOUR_OF;

/** At most `most` bars, in their order: those that run come first, then the newest. */
export function chosenBars(bars: Bars, most: number): readonly Bar[] {
  const all = [...bars.values()];
  const running = all.filter((bar) => !isOver(bar)).slice(-most);
  const left = most - running.length;
  const over = left === 0 ? [] : all.filter(isOver).slice(-left);
  const chosen = new Set([...running, ...over]);
  return all.filter((bar) => chosen.has(bar));
}

/** Enough of a guid to tell jobs apart on screen. */
export const shortGuid = (guid: string): string => printable(cutText(guid.replace(/^exp_/, ""), 8));
