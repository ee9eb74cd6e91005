// The rows of a job: its state, its events, its records, and how far each destination got.

import { migrate } from "../../durable/migrations.store.ts";
import type { Sighting } from "../dedupe.ts";
import { parseDestination, type Destination } from "../outbox/destinations.ts";
import { NO_WATERMARKS, type Watermarks } from "../outbox/outbox.ts";
import { applyRecord } from "../records.ts";
import type { JobState } from "../state.ts";
import { EventStore, type NewEvent, type OutgoingEvent } from "./event.store.ts";
import { RawStore } from "./raw.store.ts";
import { RecordStore, type NewRecord } from "./record.store.ts";
import { stateFrom, storedStateOf, type StoredState } from "./stored-state.ts";
import { MIGRATIONS } from "./tables.ts";

/** Records that a stored state may be behind: a load applies them, so this bounds what it reads. */
const MAX_RECORDS_BEHIND = 100;

/**
 * A job as it stands. `epoch` names this life of its log: an erased job that returns has another.
 */
export interface Loaded {
  readonly epoch: string;
  readonly state: JobState;
}

/** Typed access to one job's SQLite; what belongs together is written in one transaction. */
export class JobStore {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  /** The provider's bytes. */
  readonly raw: RawStore;
  /** The log of emitted events. */
  readonly events: EventStore;
  /** The updates that were not emitted. */
  readonly records: RecordStore;
  /** Tables are made with the first write: asking for an unknown job must leave nothing behind. */
  #exists: boolean;
  /** The job as it stands, read once per wake. */
  #loaded: Loaded | null = null;
  /** Keys seen, read once per wake: an index would cost a row per update. */
  #sightings: Map<string, Sighting> | null = null;
  #watermarks: Watermarks | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.raw = new RawStore(this.#sql);
    this.events = new EventStore(this.#sql, this.raw);
    this.records = new RecordStore(this.#sql, this.raw);
    this.#exists =
      this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'job'").toArray().length > 0;
    if (this.#exists) migrate(this.#sql, MIGRATIONS);
  }

  /** True once the job has its tables. */
  exists(): boolean {
    return this.#exists;
  }

  /** Deletes everything, the alarm and the tables included; the next event starts a new job. */
  async erase(): Promise<void> {
    await this.#storage.deleteAll();
    this.#exists = false;
    this.#forget();
  }

  /** The job with all its records applied; `null` for one that does not exist. */
  load(): Loaded | null {
    if (!this.#exists) return null;
    this.#loaded ??= this.#read();
    return this.#loaded;
  }

  #read(): Loaded | null {
    const row = this.#sql
      .exec<{ epoch: string; state: string }>("SELECT epoch, state FROM job WHERE id = 1")
      .toArray()[0];
    if (row === undefined) return null;
    const stored = JSON.parse(row.state) as StoredState;
    const { pending } = stored.window;
    const waiting = pending === null ? undefined : this.records.after(pending - 1, 1)[0];
    const state = stateFrom(stored, {
      details: this.events.after(stored.seq - 1, 1)[0]?.envelope.details ?? {},
      pending: waiting === undefined ? null : { update: waiting.update, record: waiting.n },
    });
    return {
      epoch: row.epoch,
      state: this.records.after(state.lastRecord).reduce(applyRecord, state),
    };
  }

  /** When a key was accepted; `undefined` for one that was not. */
  sighting(key: string): Sighting | undefined {
    return this.#exists ? this.#seen().get(key) : undefined;
  }

  /** Stores an event together with the state it leaves: both or neither. */
  emit(epoch: string, state: JobState, event: NewEvent): OutgoingEvent {
    const stored = this.#atomically(true, () => {
      if (!this.#exists) migrate(this.#sql, MIGRATIONS);
      this.#save(epoch, state);
      return this.events.insert(event, state.lifecycleCount);
    });
    this.#exists = true;
    this.#loaded = { epoch, state };
    const { key } = event;
    if (key !== null) this.#seen().set(key, { lifecycleCount: state.lifecycleCount });
    return stored;
  }

  /** Stores an update that is not emitted, as number `state.lastRecord + 1`. */
  record({ epoch, state }: Loaded, entry: NewRecord): void {
    const { at, key, reason, update } = entry;
    const { lifecycleCount } = state;
    const n = state.lastRecord + 1;
    const next = applyRecord(state, { n, at, reason, update });
    const saves = n % MAX_RECORDS_BEHIND === 0;
    this.#atomically(saves || entry.raw !== null, () => {
      this.records.insert(n, entry, lifecycleCount);
      if (saves) this.#save(epoch, next);
    });
    this.#loaded = { epoch, state: next };
    this.#seen().set(key, { lifecycleCount });
  }

  #save(epoch: string, state: JobState): void {
    this.#sql.exec(
      `INSERT INTO job (id, epoch, state) VALUES (1, ?, ?)
       ON CONFLICT (id) DO UPDATE SET state = excluded.state`,
      epoch,
      JSON.stringify(storedStateOf(state)),
    );
  }

  /** Every destination that an event or a replay was meant for. */
  destinationsReached(): readonly Destination[] {
    const replayed = this.watermarks().replayed ?? [];
    return [...this.events.destinations(), ...replayed.map(parseDestination)];
  }

  /** How far each destination got. */
  watermarks(): Watermarks {
    this.#watermarks ??= this.#readWatermarks();
    return this.#watermarks;
  }

  /** Writes how far each destination got. */
  saveWatermarks(watermarks: Watermarks): void {
    this.#sql.exec("UPDATE job SET marks = ? WHERE id = 1", JSON.stringify(watermarks));
    this.#watermarks = watermarks;
  }

  #readWatermarks(): Watermarks {
    const row = this.#sql
      .exec<{ marks: string | null }>("SELECT marks FROM job WHERE id = 1")
      .toArray()[0];
    return row === undefined || row.marks === null
      ? NO_WATERMARKS
      : (JSON.parse(row.marks) as Watermarks);
  }

  /**
   * Runs `write`, in a transaction when it is `several` statements. A failure empties the caches.
   */
  #atomically<T>(several: boolean, write: () => T): T {
    try {
      return several ? this.#storage.transactionSync(write) : write();
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  #forget(): void {
    this.#loaded = null;
    this.#sightings = null;
    this.#watermarks = null;
    this.raw.reset();
  }

  #seen(): Map<string, Sighting> {
    this.#sightings ??= new Map(
      this.#sql
        .exec<{ key: string; era: number }>(
          `SELECT key, era FROM recorded
           UNION ALL SELECT key, era FROM event WHERE key IS NOT NULL ORDER BY era`,
        )
        .toArray()
        .map(({ key, era }) => [key, { lifecycleCount: era }]),
    );
    return this.#sightings;
  }
}
