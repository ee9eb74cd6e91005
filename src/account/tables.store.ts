// The tables of an account. They are created by its first write, since anybody may ask for an
// account that does not exist.

import { GONE_TABLE } from "../durable/gone.store.ts";
import { migrate, type Migration } from "../durable/migrations.store.ts";

const MIGRATIONS: readonly Migration[] = [
  {
    id: "001_account",
    sql: `
      CREATE TABLE meta (
        id INTEGER PRIMARY KEY CHECK (id = 1), epoch TEXT NOT NULL, floor INTEGER NOT NULL
      );
      CREATE TABLE log (
        off INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL,
        guid TEXT NOT NULL, id TEXT NOT NULL, event TEXT NOT NULL
      );
      CREATE TABLE job (
        created INTEGER NOT NULL, source TEXT NOT NULL, guid TEXT NOT NULL, seq INTEGER NOT NULL,
        status TEXT NOT NULL, snapshot TEXT NOT NULL,
        PRIMARY KEY (created DESC, source, guid)
      ) WITHOUT ROWID;
      CREATE TABLE seen (key TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE outbox (
        id TEXT NOT NULL, subscriber TEXT NOT NULL, shard INTEGER NOT NULL, due INTEGER NOT NULL,
        failures INTEGER NOT NULL, dispatch TEXT NOT NULL, raw BLOB, raw_type TEXT,
        PRIMARY KEY (id, subscriber)
      ) WITHOUT ROWID;
    `,
  },
  { id: "002_fans", sql: "CREATE TABLE fan (fan INTEGER PRIMARY KEY)" },
  {
    id: "003_erasures",
    // The floor counts what was trimmed; before, the log's oldest row could say it instead.
    sql: `
      CREATE TABLE erased (
        off INTEGER PRIMARY KEY, job TEXT NOT NULL, exports INTEGER NOT NULL,
        webhooks INTEGER NOT NULL
      );
      UPDATE meta SET floor = MAX(floor, COALESCE((SELECT MIN(off) FROM log), 1) - 1);
    `,
  },
  { id: "004_job_guid", sql: "CREATE INDEX job_guid ON job (guid)" },
  {
    id: "005_outbox_raw",
    sql: `CREATE TABLE outbox_raw (
      id TEXT NOT NULL, subscriber TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (id, subscriber)
    ) WITHOUT ROWID`,
  },
  // Rows of earlier versions have no event; their snapshot knows it.
  { id: "006_job_event", sql: "ALTER TABLE job ADD COLUMN event TEXT" },
  {
    // A row may hold delivery attempts of the job before its own event, and the job after it.
    id: "007_log_groups",
    sql: `
      ALTER TABLE log ADD COLUMN seq INTEGER;
      ALTER TABLE log ADD COLUMN job TEXT;
      ALTER TABLE log ADD COLUMN extra INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE log ADD COLUMN more TEXT;
    `,
  },
  // What a job's event does not say of the job after it.
  { id: "008_log_rest", sql: "ALTER TABLE log ADD COLUMN rest TEXT" },
  // Jobs that were erased within a day.
  { id: "009_gone", sql: GONE_TABLE },
];

/**
 * Whether an account has its tables, and the epoch of its log, which is in memory until there are
 * tables.
 */
export class AccountTables {
  readonly #storage: DurableObjectStorage;
  readonly #newEpoch: () => string;
  #exist = false;
  #epoch: string | null = null;

  constructor(storage: DurableObjectStorage, newEpoch: () => string) {
    this.#storage = storage;
    this.#newEpoch = newEpoch;
    this.reload();
  }

  /** False while nothing was written: reads then answer as from empty tables. */
  get exist(): boolean {
    return this.#exist;
  }

  /**
   * Names this life of the log. Without tables each wake makes another one, and clients get a
   * snapshot.
   */
  epoch(): string {
    this.#epoch ??= this.#newEpoch();
    return this.#epoch;
  }

  /** Creates the tables; to be called before every write. */
  create(): void {
    if (this.#exist) return;
    this.#storage.transactionSync(() => {
      migrate(this.#storage, MIGRATIONS);
      this.#storage.sql.exec("INSERT INTO meta (id, epoch, floor) VALUES (1, ?, 0)", this.epoch());
    });
    this.#exist = true;
  }

  /** Reads whether there are tables; at the start, and after a transaction that failed. */
  reload(): void {
    const { sql } = this.#storage;
    this.#exist = false;
    if (sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'meta'").toArray().length === 0) return;
    migrate(this.#storage, MIGRATIONS);
    const row = sql.exec<{ epoch: string }>("SELECT epoch FROM meta WHERE id = 1").toArray()[0];
    if (row === undefined) return;
    this.#exist = true;
    this.#epoch = row.epoch;
  }
}
