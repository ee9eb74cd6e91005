// A row of an account's log, and the entries that it holds.

import type { JobSnapshot, RelayEvent } from "../../model/event.ts";
import type { JobRest } from "../../model/reduce.ts";
import { type LogKind, type NewEntry } from "../entries.ts";
import { MAX_TOGETHER_CHARACTERS } from "../retention.ts";

/** An event at its offset, with what it is about. */
export interface LoggedEvent {
  readonly off: number;
  readonly kind: LogKind;
  readonly guid: string;
  readonly event: RelayEvent;
  readonly rest?: JobRest;
}

/** An entry without its event. */
export interface LoggedPosition {
  readonly off: number;
  readonly kind: LogKind;
  readonly source: string;
  readonly guid: string;
}

/**
 * A row: its event is at offset `off`, and `extra` delivery attempts of the same job stand right
 * before it, as a JSON list in `more`. `rest` is what a job's event does not say of the job.
 */
export type EntryRow = {
  off: number;
  kind: LogKind;
  guid: string;
  event: string;
  extra: number;
  more: string | null;
  rest: string | null;
};

/** A row without its events. */
export type PositionRow = {
  off: number;
  kind: LogKind;
  source: string;
  guid: string;
  extra: number;
};

/** The columns of a row to be stored, in the order of `COLUMNS`. */
export type NewRow = readonly [
  off: number,
  kind: LogKind,
  source: string,
  guid: string,
  id: string,
  event: string,
  seq: number | null,
  job: string | null,
  extra: number,
  more: string | null,
  rest: string | null,
];

/** The columns of a new row. */
export const COLUMNS = "off, kind, source, guid, id, event, seq, job, extra, more, rest";

/** The columns of an `EntryRow`. */
export const ROW = "off, kind, guid, event, extra, more, rest";

const sizeOf = ([, , , , , event, , job, , more]: NewRow): number =>
  event.length + (job?.length ?? 0) + (more?.length ?? 0);

/**
 * The rows that one statement writes together. It binds one text, in which each event is a string.
 * Of events that are too large for that, each has a statement of its own.
 */
export function batchesOf(rows: readonly NewRow[]): readonly (readonly NewRow[])[] {
  const batches: NewRow[][] = [];
  let room = 0;
  for (const row of rows) {
    const batch = batches.at(-1);
    if (batch === undefined || sizeOf(row) > room) {
      batches.push([row]);
      room = MAX_TOGETHER_CHARACTERS - sizeOf(row);
      continue;
    }
    batch.push(row);
    room -= sizeOf(row);
  }
  return batches;
}

/** The part of a snapshot that a row keeps: its event has the details. */
const progressText = (snapshot: JobSnapshot): string =>
  JSON.stringify({ ...snapshot, details: undefined });

/** Makes the row of an entry that ends at an offset. */
export function rowOf(entry: NewEntry, off: number): NewRow {
  const { kind, source, guid, event, rest, attempts = [], progress } = entry;
  const text = JSON.stringify(event);
  const extra = attempts.length;
  const more = extra === 0 ? null : JSON.stringify(attempts);
  const job = progress === undefined ? null : progressText(progress);
  const told = rest === undefined ? null : JSON.stringify(rest);
  return [off, kind, source, guid, event.id, text, progress?.seq ?? null, job, extra, more, told];
}

/** A row as entries, in order. */
export function entriesOf({
  off,
  kind,
  guid,
  event,
  extra,
  more,
  rest,
}: EntryRow): readonly LoggedEvent[] {
  const last = {
    off,
    kind,
    guid,
    event: JSON.parse(event) as RelayEvent,
    ...(rest !== null && { rest: JSON.parse(rest) as JobRest }),
  };
  if (more === null) return [last];
  const before = (JSON.parse(more) as RelayEvent[]).map((attempt, index) => ({
    off: off - extra + index,
    kind: "webhooks" as const,
    guid,
    event: attempt,
  }));
  return [...before, last];
}
