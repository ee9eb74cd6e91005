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
];

/** Made with the first raw body: few jobs keep any, and each table costs every new job. */
export const RAW_TABLE = `
  CREATE TABLE IF NOT EXISTS raw (
    owner TEXT NOT NULL, n INTEGER NOT NULL, type TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (owner, n)
  ) WITHOUT ROWID
`;
