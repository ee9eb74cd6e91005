// The rows of a job: its state, its log of emitted events, its records of what was not emitted, how far the hand-over got.

import type { JobEnvelope } from "../kernel/event.ts";
import type { RawBody } from "../kernel/handoff.ts";
import { migrate, type Migration } from "../kernel/migrations.store.ts";
import type { Millis } from "../kernel/time.ts";
import { remember, type Reason } from "./decide.ts";
import type { Sighting } from "./dedupe.ts";
import { NOTHING_HANDED, type Destination, type Handover } from "./outbox.ts";
import type { Heard, JobState } from "./state.ts";

const MIGRATIONS: readonly Migration[] = [
  {
    id: "001_job",
    sql: `
      CREATE TABLE job (id INTEGER PRIMARY KEY CHECK (id = 1), epoch TEXT NOT NULL, state TEXT NOT NULL);
      CREATE TABLE event (
        seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, era INTEGER NOT NULL, key TEXT, envelope TEXT NOT NULL,
        destinations TEXT NOT NULL, traceparent TEXT NOT NULL, raw BLOB, raw_type TEXT
      );
      CREATE TABLE recorded (
        n INTEGER PRIMARY KEY, at INTEGER NOT NULL, era INTEGER NOT NULL, key TEXT NOT NULL, reason TEXT NOT NULL,
        heard TEXT NOT NULL, raw BLOB, raw_type TEXT
      );
      CREATE TABLE handover (id INTEGER PRIMARY KEY CHECK (id = 1), marks TEXT NOT NULL);
    `,
  },
];

/** An emitted event with what its hand-over needs. */
export interface StoredEvent {
  readonly envelope: JobEnvelope;
  readonly to: readonly Destination[];
  readonly traceparent: string;
  readonly raw: RawBody | null;
}

/** An event about to be stored. `key` is that of the update that speaks; `null` when it was recorded before or is the relay's own. */
export interface NewEvent extends StoredEvent {
  readonly at: Millis;
  readonly key: string | null;
}

/** An update to keep without emitting it. */
export interface NewRecord {
  readonly at: Millis;
  readonly key: string;
  readonly reason: Reason;
  readonly update: Heard;
  readonly raw: RawBody | null;
}

/** An update that was kept without being emitted. */
export interface StoredRecord {
  readonly n: number;
  readonly at: Millis;
  readonly reason: Reason;
  readonly update: Heard;
}

type EventRow = { envelope: string; destinations: string; traceparent: string; raw: ArrayBuffer | null; raw_type: string | null };
type RecordRow = { n: number; at: number; reason: string; heard: string };

/** A job as it stands. `epoch` names this life of its log: a job that was erased and comes back has another one. */
export interface Loaded {
  readonly epoch: string;
  readonly state: JobState;
}

/** Typed access to one job's SQLite. Callers wrap what belongs together in one `transactionSync`. */
export class JobStore {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  /** Tables appear with the first write: asking for a job that does not exist must not leave anything behind. */
  #exists: boolean;
  /** Keys seen, read once per wake: a lookup in SQL would need an index, and an index costs a row per update. */
  #sightings: Map<string, Sighting> | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#exists = this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'job'").toArray().length > 0;
    if (this.#exists) migrate(this.#sql, MIGRATIONS);
  }

  /** Deletes everything, the alarm and the tables included; the next event starts a new job. */
  async erase(): Promise<void> {
    await this.#storage.deleteAll();
    this.#exists = false;
    this.#sightings = null;
  }

  /** The state with all records taken in; `null` for a job that nothing was heard of. */
  load(): Loaded | null {
    if (!this.#exists) return null;
    const row = this.#sql.exec<{ epoch: string; state: string }>("SELECT epoch, state FROM job WHERE id = 1").toArray()[0];
    if (row === undefined) return null;
    const stored = JSON.parse(row.state) as JobState;
    return { epoch: row.epoch, state: this.records(stored.record).reduce(remember, stored) };
  }

  sighting(key: string): Sighting | undefined {
    return this.#exists ? this.#seen().get(key) : undefined;
  }

  /** Stores an emitted event together with the state it leaves: both or neither. */
  emit(epoch: string, state: JobState, event: NewEvent): void {
    this.#atomically(() => {
      if (!this.#exists) migrate(this.#sql, MIGRATIONS);
      this.#exists = true;
      this.#sql.exec("INSERT OR REPLACE INTO job (id, epoch, state) VALUES (1, ?, ?)", epoch, JSON.stringify(state));
      this.#sql.exec(
        "INSERT INTO event (seq, at, era, key, envelope, destinations, traceparent, raw, raw_type) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        event.envelope.seq,
        event.at,
        state.era,
        event.key,
        JSON.stringify(event.envelope),
        JSON.stringify(event.to),
        event.traceparent,
        event.raw?.body ?? null,
        event.raw?.contentType ?? null,
      );
      if (event.key !== null) this.#seen().set(event.key, { at: event.at, era: state.era });
    });
  }

  /** Stores an update that is not emitted, as number `state.record + 1`. */
  record(state: JobState, entry: NewRecord): void {
    this.#atomically(() => {
      this.#sql.exec(
        "INSERT INTO recorded (n, at, era, key, reason, heard, raw, raw_type) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        state.record + 1,
        entry.at,
        state.era,
        entry.key,
        entry.reason,
        JSON.stringify(entry.update),
        entry.raw?.body ?? null,
        entry.raw?.contentType ?? null,
      );
      this.#seen().set(entry.key, { at: entry.at, era: state.era });
    });
  }

  /** Records after number `after`, oldest first. */
  records(after: number): readonly StoredRecord[] {
    return this.#sql
      .exec<RecordRow>("SELECT n, at, reason, heard FROM recorded WHERE n > ? ORDER BY n", after)
      .toArray()
      .map(({ n, at, reason, heard }) => ({ n, at, reason: reason as Reason, update: JSON.parse(heard) as Heard }));
  }

  /** The raw bytes of a recorded update, when they were kept. */
  rawOf(record: number): RawBody | null {
    const row = this.#sql.exec<Pick<EventRow, "raw" | "raw_type">>("SELECT raw, raw_type FROM recorded WHERE n = ?", record).toArray()[0];
    return row === undefined ? null : rawBody(row);
  }

  /** At most `limit` events after `seq`, in order. */
  events(after: number, limit: number): readonly StoredEvent[] {
    return this.#sql
      .exec<EventRow>(
        "SELECT envelope, destinations, traceparent, raw, raw_type FROM event WHERE seq > ? ORDER BY seq LIMIT ?",
        after,
        limit,
      )
      .toArray()
      .map((row) => ({
        envelope: JSON.parse(row.envelope) as JobEnvelope,
        to: JSON.parse(row.destinations) as Destination[],
        traceparent: row.traceparent,
        raw: rawBody(row),
      }));
  }

  handover(): Handover {
    const row = this.#sql.exec<{ marks: string }>("SELECT marks FROM handover WHERE id = 1").toArray()[0];
    return row === undefined ? NOTHING_HANDED : (JSON.parse(row.marks) as Handover);
  }

  saveHandover(handover: Handover): void {
    this.#sql.exec("INSERT OR REPLACE INTO handover (id, marks) VALUES (1, ?)", JSON.stringify(handover));
  }

  /** A transaction that failed takes what it added to the cache with it: a lost row must not count as seen. */
  #atomically(write: () => void): void {
    try {
      this.#storage.transactionSync(write);
    } catch (error) {
      this.#sightings = null;
      throw error;
    }
  }

  #seen(): Map<string, Sighting> {
    this.#sightings ??= new Map(
      this.#sql
        .exec<{ key: string; at: number; era: number }>(
          "SELECT key, at, era FROM recorded UNION ALL SELECT key, at, era FROM event WHERE key IS NOT NULL ORDER BY era, at",
        )
        .toArray()
        .map(({ key, at, era }) => [key, { at, era }]),
    );
    return this.#sightings;
  }
}

const rawBody = (row: Pick<EventRow, "raw" | "raw_type">): RawBody | null =>
  row.raw === null || row.raw_type === null ? null : { contentType: row.raw_type, body: new Uint8Array(row.raw) };
