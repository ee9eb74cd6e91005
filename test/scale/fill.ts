// Fills the storage that a small life left to the size of a large one, while no runtime has it
// open.

import type { DatabaseSync } from "node:sqlite";
import { NO_WATERMARKS } from "../../src/job/outbox/outbox.ts";
import { pageOf, PAGE_ROWS } from "../../src/durable/print-page.ts";
import { EVENT_KEYS, recordKeys, type KeyedTable } from "../../src/job/storage/key.store.ts";
import type { StoredJob } from "../../src/job/storage/stored-state.ts";
import { KEY_PAGE_TABLE, RECORD_TABLE } from "../../src/job/storage/tables.ts";
import { MAY_LACK_PAGES } from "../../src/deliver/storage/missing-pages.store.ts";
import { moveStorage } from "../support/storage-files.ts";
import {
  growTable,
  isoOf,
  markerOf,
  MARKER,
  ownEventId,
  ownMarker,
  numberOf,
  textOf,
  type Replacement,
} from "./grow.ts";
import { BIG_JOB, EMITTED_MARKER, LARGE_MARKER, MODEL_JOB, REFUSED_JOB } from "./life.ts";
import { alarmsOf, changeFile, fileWith, folderOf } from "./storage.ts";

/** Of so many updates of a job one is late and as large as a webhook may be, up to the most. */
const LARGE_EVERY = 1_000;
const MOST_LARGE = 200;

/** Of so many updates of a job one was emitted. */
const EMITTED_EVERY = 10;

/** Most rows of an account's log that are not trimmed. */
const MOST_LOG = 10_900;

/** Of so many deliveries one waits for its next attempt: those that came first. */
const WAITING_EVERY = 5;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Milliseconds between two jobs of an index. */
const JOB_APART = 1_000;

/** Milliseconds between two of the newest deliveries: fifty a second. */
const DELIVERY_APART = 20;

/** Places of the number in a delivery's id: enough for 60 million. */
const PLACES = 5;

/** An expression for a number in base 36. */
const base36 = (n: string): string =>
  Array.from({ length: PLACES }, (_, place) => {
    const digit = `${n} / ${36 ** (PLACES - 1 - place)} % 36 + 1`;
    return `substr('0123456789abcdefghijklmnopqrstuvwxyz', ${digit}, 1)`;
  }).join(" || ");

/** The number of the newest row. */
const newest = (database: DatabaseSync, table: string, column: string): number =>
  numberOf(database, `SELECT max(${column}) FROM ${table}`);

/** Stores the pages in which a job finds its keys, as it would have while the rows came. */
function pageKeys(database: DatabaseSync, { name, number }: KeyedTable): void {
  database.exec(KEY_PAGE_TABLE);
  const page = database.prepare("INSERT OR REPLACE INTO key_page VALUES (?, ?, ?)");
  let keys: string[] = [];
  let pages = 0;
  for (const row of database.prepare(`SELECT key FROM ${name} ORDER BY ${number}`).iterate()) {
    keys.push(String(row["key"] ?? ""));
    if (keys.length < PAGE_ROWS) continue;
    page.run(name, pages, new Uint8Array(pageOf(keys).buffer));
    keys = [];
    pages += 1;
  }
}

/** Puts the records into a table of their own, as jobs of version 0.1.0 have it. */
function putApart(database: DatabaseSync): void {
  database.exec(`${RECORD_TABLE};
    INSERT INTO recorded SELECT -seq, at, era, key, destinations, envelope FROM event
      WHERE seq < 0;
    DELETE FROM event WHERE seq < 0`);
}

/** Moves the job from the row of the event that was its newest to the row of the one that is. */
function moveJob(database: DatabaseSync, from: number): void {
  const job = JSON.parse(
    textOf(database, `SELECT job FROM event WHERE seq = ${from}`),
  ) as StoredJob;
  const seq = newest(database, "event", "seq");
  const state = { ...job.state, seq, record: newest(database, "recorded", "n") };
  const moved: StoredJob = { ...job, state, marks: { ...(job.marks ?? NO_WATERMARKS), all: seq } };
  database.prepare("UPDATE event SET job = NULL WHERE seq = ?").run(from);
  database.prepare("UPDATE event SET job = ? WHERE seq = ?").run(JSON.stringify(moved), seq);
}

/** Gives the large job as many updates: one in ten emitted, one in a thousand late and large. */
export function fillJob(storage: string, size: number): void {
  const path = fileWith(storage, "Job", `"guid":"${BIG_JOB}"`);
  changeFile(path, (database) => {
    putApart(database);
    const first = newest(database, "recorded", "n") + 1;
    growTable(database, {
      table: "recorded",
      model: `heard LIKE '%${MARKER}%'`,
      first,
      count: size,
      replace: [ownMarker],
      columns: { n: "i" },
    });
    growTable(database, {
      table: "recorded",
      model: `n < ${first} AND key LIKE '%${LARGE_MARKER}%'`,
      first: first + size,
      count: Math.min(Math.ceil(size / LARGE_EVERY), MOST_LARGE),
      replace: [{ from: LARGE_MARKER, to: `(${LARGE_MARKER} + i)` }],
      columns: { n: "i" },
    });
    const seq = newest(database, "event", "seq");
    const id = textOf(database, `SELECT envelope ->> 'id' FROM event WHERE seq = ${seq}`);
    growTable(database, {
      table: "event",
      model: `seq = ${seq}`,
      first: seq + 1,
      count: Math.ceil(size / EMITTED_EVERY),
      replace: [
        ownEventId(id),
        { from: `"seq":${seq},`, to: `('"seq":' || i || ',')` },
        { from: EMITTED_MARKER, to: `(${EMITTED_MARKER} + i)` },
      ],
      columns: { seq: "i", job: "NULL" },
    });
    moveJob(database, seq);
    pageKeys(database, recordKeys(new Set(["recorded"])));
    pageKeys(database, EVENT_KEYS);
  });
}

/** The marker of an update that a filled job has had: the `share` of all, from 0 to 1. */
export const markerAt = (size: number, share: number): string =>
  markerOf(10 + Math.floor((size - 20) * share));

/**
 * Gives the subscriber as many deliveries, a fifth of them refused by 400 and waiting for hours.
 * Answers the row of the first that waits.
 */
export function fillSubscriber(storage: string, size: number): number {
  const path = fileWith(storage, "Subscriber", MODEL_JOB);
  return changeFile(path, (database) => {
    const first = newest(database, "delivery", "n") + 1;
    const growth = (guid: string, event: string): { model: string; replace: Replacement[] } => {
      const model = `n < ${first} AND guid = '${guid}' AND event = '${event}'`;
      const id = textOf(database, `SELECT event_id FROM delivery WHERE ${model}`);
      return { model, replace: [ownMarker, ownEventId(id)] };
    };
    const columns = { n: "i", id: `'dlv_' || ${base36("i")} || '_' || printf('%08x', i)` };
    const waiting = Math.floor(size / WAITING_EVERY);
    growTable(database, {
      table: "delivery",
      ...growth(REFUSED_JOB, "job.created"),
      first,
      count: waiting,
      columns: { ...columns, due: `m.due + i % ${HOUR}` },
    });
    growTable(database, {
      table: "delivery",
      ...growth(MODEL_JOB, "job.finished"),
      first: first + waiting,
      count: size - waiting,
      columns,
    });
    // As if an earlier version had stored them: their pages are to be made.
    database.prepare("INSERT OR REPLACE INTO survey VALUES (?)").run(MAY_LACK_PAGES);
    // The newest ones came just before the relay was stopped.
    database
      .prepare("UPDATE delivery SET at = :now - (:last - n) * :apart WHERE n > :last - :count")
      .run({
        now: Date.now(),
        last: newest(database, "delivery", "n"),
        apart: DELIVERY_APART,
        count: Math.min(size, 5_000),
      });
    return first;
  });
}

/** The id that a filled delivery has in the API. */
export const deliveryOf = (n: number): string =>
  `dlv_${n.toString(36).padStart(PLACES, "0")}_${n.toString(16).padStart(8, "0")}`;

/** The guid of the job whose delivery waits in that row. */
export const refusedJob = (row: number): string => REFUSED_JOB.replace(MARKER, markerOf(row));

/** Gives the account as many jobs, each a second older than the one before, and a full log. */
export function fillAccount(storage: string, size: number): void {
  changeFile(fileWith(storage, "Account", MODEL_JOB), (database) => {
    const model = `guid = '${MODEL_JOB}'`;
    const created = `(m.created - i * ${JOB_APART})`;
    const createdAt = `SELECT snapshot ->> 'createdAt' FROM job WHERE ${model}`;
    growTable(database, {
      table: "job",
      model,
      first: 1,
      count: size,
      replace: [
        ownMarker,
        {
          from: `"createdAt":"${textOf(database, createdAt)}"`,
          to: `('"createdAt":"' || ${isoOf(created)} || '"')`,
        },
      ],
      columns: { created },
    });
    const last = newest(database, "log", "off");
    const entry = `off <= ${last} AND event LIKE '%job.finished%' AND ${model}`;
    growTable(database, {
      table: "log",
      model: entry,
      first: last + 1,
      count: Math.min(size, MOST_LOG - last),
      replace: [ownMarker, ownEventId(textOf(database, `SELECT id FROM log WHERE ${entry}`))],
      columns: { off: "i" },
    });
  });
}

/** The guid of a filled job of the account and the source. */
export const filledJob = (i: number): string => MODEL_JOB.replace(MARKER, markerOf(i));

/** Gives the source as many jobs: the newest of them are those of `fillAccount`. */
export function fillSource(storage: string, size: number): void {
  changeFile(fileWith(storage, "Source", MODEL_JOB), (database) => {
    growTable(database, {
      table: "jobs",
      model: `guid = '${MODEL_JOB}'`,
      first: 1,
      count: size,
      replace: [ownMarker],
      columns: { created_at: `m.created_at - i * ${JOB_APART}` },
    });
  });
}

/**
 * Puts off every alarm that is set by an hour: else the first one wakes its object before anything
 * is measured.
 */
export function putOffAlarms(storage: string): void {
  for (const className of ["Account", "Job", "Source", "Subscriber"])
    changeFile(alarmsOf(storage, className), (database) => {
      database.exec(`UPDATE _cf_ALARM SET scheduled_time = scheduled_time + ${HOUR} * 1000000`);
    });
}

/** Lets every job's object believe that it is a month older: all that it has to do is due. */
export function ageJobs(storage: string): void {
  moveStorage(folderOf(storage, "Job"), -31 * DAY);
}
