// The tables of a job.

import type { Migration } from "../../durable/migrations.store.ts";

/** The steps that made these tables, in order; each stays as it is. */
export const MIGRATIONS: readonly Migration[] = [
  {
    id: "001_job",
    sql: `
      CREATE TABLE job (
        id INTEGER PRIMARY KEY CHECK (id = 1), epoch TEXT NOT NULL, state TEXT NOT NULL, marks TEXT
      );
      CREATE TABLE event (
        seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, era INTEGER NOT NULL, key TEXT,
        envelope TEXT NOT NULL, destinations TEXT NOT NULL, traceparent TEXT NOT NULL
      );
      CREATE TABLE recorded (
        n INTEGER PRIMARY KEY, at INTEGER NOT NULL, era INTEGER NOT NULL, key TEXT NOT NULL,
        reason TEXT NOT NULL, heard TEXT NOT NULL
      );
    `,
  },
  {
    // The newest event's row holds the job, so that an event costs one row.
    id: "002_job_in_event",
    sql: `
      ALTER TABLE event ADD COLUMN job TEXT;
      UPDATE event SET job = (
        SELECT json_object('epoch', epoch, 'state', json(state), 'marks', json(marks)) FROM job
      ) WHERE seq = (SELECT max(seq) FROM event);
      DROP TABLE job;
    `,
  },
];

/** How many of the steps above the tables of a new job stand for. */
export const BORN_WITH = 2;

/**
 * The table of a new job. Its rows with a positive `seq` are events. The others are records, which
 * have a table of their own in a job of version 0.1.0: number `-seq`, what the update said in
 * `envelope`, and the reason in `destinations`.
 */
export const NEW_TABLE = `
  CREATE TABLE event (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, era INTEGER NOT NULL, key TEXT,
    envelope TEXT NOT NULL, destinations TEXT NOT NULL, traceparent TEXT NOT NULL, job TEXT
  )
`;

/** The records of a job that the steps above have made. */
export const RECORD_TABLE = `
  CREATE TABLE IF NOT EXISTS recorded (
    n INTEGER PRIMARY KEY, at INTEGER NOT NULL, era INTEGER NOT NULL, key TEXT NOT NULL,
    reason TEXT NOT NULL, heard TEXT NOT NULL
  )
`;

/** Made with the first raw body: few jobs keep any, and a table costs two rows. */
export const RAW_TABLE = `
  CREATE TABLE IF NOT EXISTS raw (
    owner TEXT NOT NULL, n INTEGER NOT NULL, type TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (owner, n)
  ) WITHOUT ROWID
`;

/** Made with the first full page of keys. */
export const KEY_PAGE_TABLE = `
  CREATE TABLE IF NOT EXISTS key_page (
    owner TEXT NOT NULL, page INTEGER NOT NULL, prints BLOB NOT NULL, PRIMARY KEY (owner, page)
  ) WITHOUT ROWID
`;
