// The tables of a subscriber, and their rows in the terms of the code.

import { isJobEvent, nameOf } from "../model/event.ts";
import type { Dispatch } from "../model/messages.ts";
import { GONE_TABLE } from "../durable/gone.store.ts";
import type { Migration } from "../durable/migrations.store.ts";
import type { Millis } from "../kernel/time.ts";
import type { AttemptEntry, DeliveryRow, StoredState } from "./delivery.ts";
import { kindOf, type QueueRow } from "./queue/queue-row.ts";
import { isTest } from "./queue/rows.ts";

/**
 * An index would cost one more row written per insert and per change of state. So the two that
 * exist hold only deliveries that failed and wait: one that succeeds at once is never in them. `n`
 * gives the order and the cursor of a page. Only people ask for queries that scan the table.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    id: "0001-deliveries",
    sql: `
      CREATE TABLE delivery (
        n INTEGER PRIMARY KEY, id TEXT NOT NULL, key TEXT NOT NULL, event_id TEXT NOT NULL,
        event TEXT NOT NULL, source TEXT NOT NULL, guid TEXT, seq INTEGER, state TEXT NOT NULL,
        at INTEGER NOT NULL, due INTEGER NOT NULL, waiting TEXT NOT NULL, cause TEXT NOT NULL,
        attempts INTEGER NOT NULL, step INTEGER NOT NULL, instant INTEGER NOT NULL,
        tried INTEGER, ms INTEGER, log TEXT NOT NULL, json_bytes INTEGER NOT NULL,
        content_type TEXT, body BLOB NOT NULL
      );
      CREATE TABLE spill (
        n INTEGER NOT NULL, part INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (n, part)
      ) WITHOUT ROWID;
      CREATE TABLE standing (id INTEGER PRIMARY KEY, value TEXT NOT NULL);`,
  },
  {
    id: "0002-waiting",
    sql: `
      CREATE INDEX delivery_waiting ON delivery (due)
        WHERE state = 'pending' AND waiting <> 'fresh';
      CREATE INDEX delivery_waiting_job ON delivery (source, guid)
        WHERE state = 'pending' AND waiting <> 'fresh';`,
  },
  {
    id: "0003-key-pages",
    sql: "CREATE TABLE key_page (page INTEGER PRIMARY KEY, entries BLOB NOT NULL)",
  },
  {
    // In which row a delivery of another shard is; and whether shards of an earlier version, which
    // nothing tells of, have to be looked for.
    id: "0004-shards",
    sql: `
      CREATE TABLE adopted (id TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE survey (id INTEGER PRIMARY KEY);
      INSERT INTO survey SELECT 1 FROM delivery LIMIT 1;`,
  },
  {
    id: "0005-state-pages",
    sql: "CREATE TABLE state_page (page INTEGER PRIMARY KEY, counts TEXT NOT NULL)",
  },
  {
    // Pages say more than counts. Row 2: pages of deliveries that are stored may be missing.
    id: "0006-fresh-pages",
    sql: "DELETE FROM state_page; INSERT INTO survey SELECT 2 FROM delivery LIMIT 1",
  },
  {
    id: "0007-acts",
    sql: `CREATE TABLE act (id TEXT PRIMARY KEY, at INTEGER NOT NULL, answer TEXT NOT NULL) WITHOUT ROWID;
      CREATE INDEX act_at ON act (at)`,
  },
  { id: "0008-gone", sql: GONE_TABLE },
];

/** What SQLite takes and gives. */
export type Value = ArrayBuffer | string | number | null;

/** Source and guid of a job's name `source/guid`: a source's id has no slash. */
export const splitJob = (job: string): readonly [source: string, guid: string] => {
  const slash = job.indexOf("/");
  return [job.slice(0, slash), job.slice(slash + 1)];
};

/** The columns of a row in the queue. */
export interface QueueColumns extends Record<string, Value> {
  n: number;
  event_id: string;
  event: string;
  source: string;
  guid: string | null;
  seq: number | null;
  at: number;
  due: number;
  waiting: QueueRow["waiting"];
  cause: QueueRow["cause"];
  attempts: number;
  step: number;
  instant: number;
}

/** The members of `QueueColumns`, for a `SELECT`. */
export const QUEUE_COLUMNS =
  "n, event_id, event, source, guid, seq, at, due, waiting, cause, attempts, step, instant";

/** A row as the queue holds it. */
export const queueRow = (row: QueueColumns): QueueRow => ({
  n: row.n,
  job: row.guid === null || isTest(row.event_id) ? null : `${row.source}/${row.guid}`,
  seq: row.seq ?? 0,
  kind: kindOf(row.event),
  at: row.at,
  due: row.due,
  waiting: row.waiting,
  cause: row.cause,
  attempts: row.attempts,
  step: row.step,
  instantUsed: row.instant === 1,
});

/** The columns of a delivery that is new to the queue. */
export function newColumns({ n, at, dispatch, cause }: NewDelivery): QueueColumns {
  const { event } = dispatch;
  const [guid, seq] = isJobEvent(event) ? [event.guid, event.seq] : [null, null];
  return {
    n,
    event_id: event.id,
    event: nameOf(event),
    source: event.source,
    guid,
    seq,
    at,
    due: at,
    waiting: "fresh",
    cause,
    attempts: 0,
    step: 0,
    instant: 0,
  };
}

/** The members of `DeliveryColumns`, for a `SELECT`. */
export const DELIVERY_COLUMNS = "n, id, event_id, event, guid, source, seq, state, due, log";

/**
 * The newest attempts are kept, at most this many. A schedule has ten, but an open breaker probes
 * for five days, and a row over 2 MB cannot be written any more (Durable Objects limits, 2026-10).
 * One attempt takes at most 5 KB of JSON.
 */
export const MAX_KEPT_ATTEMPTS = 50;

/** Attempts as the text of a log: a comma stands before each, so that one more can be appended. */
export const logText = (entries: readonly AttemptEntry[]): string =>
  entries.map((entry) => `,${JSON.stringify(entry)}`).join("");

/** Reads the text of a log. */
export const logEntries = (text: string): readonly AttemptEntry[] =>
  JSON.parse(`[${text.slice(1)}]`) as AttemptEntry[];

/** The columns of a row in a list. */
export interface DeliveryColumns extends Record<string, Value> {
  n: number;
  id: string;
  event_id: string;
  event: string;
  guid: string | null;
  source: string;
  seq: number | null;
  state: StoredState;
  due: number;
  log: string;
}

/** A row as a list shows it. */
export const deliveryRow = ({ event_id: eventId, log, ...row }: DeliveryColumns): DeliveryRow => ({
  ...row,
  eventId,
  log: logEntries(log),
});

/** Which deliveries a list or a replay selects; absent members match everything. */
export interface Selection {
  readonly state?: StoredState;
  readonly guid?: string;
  readonly event?: string;
  /** Bounds of the instant at which a delivery was enqueued. */
  readonly since?: Millis;
  readonly until?: Millis;
}

/** A selection as SQL conditions that follow a first one, and their bindings. */
export function whereOf(selection: Selection): {
  readonly where: string;
  readonly bindings: readonly Value[];
} {
  const conditions = [
    ["state = ?", selection.state],
    ["guid = ?", selection.guid],
    ["event = ?", selection.event],
    ["at >= ?", selection.since],
    ["at < ?", selection.until],
  ] as const;
  const given = conditions.flatMap(([condition, value]) =>
    value === undefined ? [] : [[condition, value] as const],
  );
  return {
    where: given.map(([condition]) => ` AND ${condition}`).join(""),
    bindings: given.map(([, value]) => value),
  };
}

/** A delivery to be stored; everything else follows from its event. */
export interface NewDelivery {
  readonly n: number;
  readonly id: string;
  readonly at: Millis;
  readonly dispatch: Dispatch;
  readonly cause: QueueRow["cause"];
}

/** A delivery after an attempt; not `sent`: there was nothing to deliver. */
export interface AttemptedDelivery {
  readonly row: QueueRow;
  readonly state: StoredState;
  readonly sent: boolean;
  readonly entry: AttemptEntry;
}

/** A delivery that may have to be removed. */
export interface FoundDelivery extends Record<string, Value> {
  n: number;
  state: StoredState;
  due: Millis;
  at: Millis;
}

/** The same with its source; `tried` is when it was last attempted. */
export interface AgedDelivery extends FoundDelivery {
  source: string;
  tried: Millis | null;
}

/** What is left of a job: when its last pending delivery is due, or `null`. */
export interface ExpiredJob {
  readonly removed: readonly number[];
  readonly lastDue: Millis | null;
}

/** What a step of retention did; `pending` counts the removed ones that were not delivered. */
export interface Pruned {
  readonly removed: readonly number[];
  readonly pending: number;
  readonly end: number | null;
}
