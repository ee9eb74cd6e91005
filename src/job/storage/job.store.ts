// The rows of a job: its state, its events, its records, and how far each destination got.

import { migrateBorn, tableNames } from "../../durable/migrations.store.ts";
import type { Sighting } from "../dedupe.ts";
import { parseDestination, type Destination } from "../outbox/destinations.ts";
import { newWatermarks } from "../outbox/index.io.ts";
import { NO_WATERMARKS, withAmended, withReached, type Watermarks } from "../outbox/outbox.ts";
import { applyRecord } from "../records.ts";
import type { JobState } from "../state.ts";
import { recordedIn, type AmendedState } from "./amended-state.ts";
import { EventStore, type NewEvent, type OutgoingEvent } from "./event.store.ts";
import { EVENT_KEYS, KeyStore, recordKeys } from "./key.store.ts";
import { RawStore } from "./raw.store.ts";
import { Routes } from "./routes.ts";
import { RecordStore, type NewRecord } from "./record.store.ts";
import { stateFrom, storedJobOf, type JobInMemory } from "./stored-state.ts";
import { BORN_WITH, MIGRATIONS, NEW_TABLE } from "./tables.ts";

/** Records, and characters of them, that the stored state may be behind: a load applies them. */
const MAX_BEHIND = { records: 100, characters: 2_000_000 } as const;

/** A job as it stands. `epoch` names its log: another after an erasure and after an amendment. */
export interface Loaded {
  readonly epoch: string;
  readonly state: JobState;
}

/** Access to one job's SQLite; what belongs together is written in one transaction. */
export class JobStore {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  /** The provider's bytes. */
  readonly raw: RawStore;
  /** The log of emitted events. */
  readonly events: EventStore;
  /** The updates that were not emitted. */
  readonly records: RecordStore;
  /** To which shards of its subscribers the job's events go. */
  readonly routes = new Routes(this);
  readonly #eventKeys: KeyStore;
  readonly #recordKeys: KeyStore;
  /** Tables are made with the first write: asking for an unknown job leaves nothing behind. */
  #exists: boolean;
  /** The job as it stands, read once per wake. */
  #cached: JobInMemory | null = null;
  /** Characters of the records since the state was written. */
  #behind = 0;
  /** True when the watermarks in memory are newer than those in the row. */
  #hasNewerWatermarks = false;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.raw = new RawStore(this.#sql);
    this.events = new EventStore(this.#sql, this.raw);
    this.records = new RecordStore(this.#sql, this.raw);
    this.#eventKeys = new KeyStore(this.#sql, EVENT_KEYS);
    this.#recordKeys = new KeyStore(this.#sql, recordKeys(new Set()));
    const tables = tableNames(this.#sql);
    this.#exists = tables.has("event");
    this.raw.reset(tables);
    this.records.reset(tables);
    this.#recordKeys.reset(recordKeys(tables));
    if (this.#exists) migrateBorn(storage, MIGRATIONS, { born: BORN_WITH, tables });
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
    this.#cached ??= this.#read();
    return this.#cached;
  }

  #read(): JobInMemory | null {
    const newest = this.events.newest();
    if (newest === null) return null;
    const { envelope, job } = newest;
    const { pending } = job.state.window;
    const waiting = pending === null ? null : this.records.at(pending);
    const state = stateFrom(job.state, {
      envelope,
      pending: waiting === null ? null : { update: waiting.update, record: waiting.n },
    });
    return {
      epoch: job.epoch,
      state: this.records.applyAfter(state),
      envelope,
      rest: job.rest,
      watermarks: job.marks ?? NO_WATERMARKS,
    };
  }

  /** How a key was accepted; `undefined` for one that was not. */
  sighting(key: string): Sighting | undefined {
    const state = this.load()?.state;
    if (state === undefined) return undefined;
    const recorded = this.#recordKeys.find(key, state.lastRecord);
    const emitted = this.#eventKeys.find(key, state.seq);
    if (recorded === undefined || emitted === undefined) return recorded ?? emitted;
    return recorded.lifecycleCount > emitted.lifecycleCount ? recorded : emitted;
  }

  /** Stores an event together with the state it leaves: one row. */
  emit(epoch: string, state: JobState, event: NewEvent): OutgoingEvent {
    const before =
      this.load() === null ? newWatermarks(state) : this.routes.watermarksBefore(event.to);
    const watermarks = withReached(before, event.to);
    const { envelope, rest, key } = event;
    const job = { epoch, state, envelope, rest, watermarks };
    const stored = this.#atomically(!this.#exists || event.raw !== null, () => {
      if (!this.#exists) this.#sql.exec(NEW_TABLE);
      return this.events.insert(event, storedJobOf(job));
    });
    this.#exists = true;
    this.#cached = job;
    this.#saved();
    this.#eventKeys.add(key, { lifecycleCount: state.lifecycleCount }, state.seq);
    return stored;
  }

  /** Stores an update that is not emitted, as number `state.lastRecord + 1`. */
  record(loaded: Loaded, entry: NewRecord): void {
    const cached = this.#known();
    const { state } = loaded;
    const { at, key, reason, update } = entry;
    const { lifecycleCount } = state;
    const n = state.lastRecord + 1;
    const next = applyRecord(state, { n, at, reason, update });
    this.#atomically(entry.raw !== null, () => {
      this.#behind += this.records.insert(n, entry, lifecycleCount);
    });
    this.#cached = { ...cached, state: next };
    this.#recordKeys.add(key, { lifecycleCount }, n);
    if (n % MAX_BEHIND.records === 0 || this.#behind > MAX_BEHIND.characters) this.#saveJob();
  }

  /** Stores an update as a record, and what it adds to an emitted event, at once. */
  amend(loaded: Loaded, entry: NewRecord, amended: AmendedState): void {
    const { epoch, envelope, to, first } = amended;
    const { seq } = envelope;
    const isNewest = seq === loaded.state.seq;
    this.#atomically(true, () => {
      this.record(loaded, entry);
      const { state, ...cached } = this.#known();
      this.events.amend(envelope, to);
      const replay = `amended-${state.lastRecord}`;
      this.#cached = {
        epoch,
        state: { ...amended.state, ...recordedIn(state) },
        envelope: isNewest ? envelope : cached.envelope,
        rest: isNewest ? amended.rest : cached.rest,
        watermarks: withAmended(
          withReached(
            cached.watermarks,
            to.filter(({ name }) => first.includes(name)),
          ),
          { seq, replay, first },
        ),
      };
      this.#saveJob();
    });
  }

  /** Every destination that an event or a replay was meant for. */
  destinationsReached(): readonly Destination[] {
    const { reached, replayed = [] } = this.watermarks();
    const all = reached?.map(parseDestination) ?? this.events.destinations();
    return [...all, ...replayed.map(parseDestination)];
  }

  /** How far each destination got. */
  watermarks(): Watermarks {
    this.load();
    return this.#cached?.watermarks ?? NO_WATERMARKS;
  }

  /** Keeps the watermarks in memory: the next event's row writes them, or `saveWatermarks`. */
  setWatermarks(watermarks: Watermarks): void {
    this.#cached = { ...this.#known(), watermarks };
    this.#hasNewerWatermarks = true;
  }

  /** The watermarks, and whether they are newer than those in the row. */
  transfers(): { readonly watermarks: Watermarks; readonly unsaved: boolean } {
    return { watermarks: this.watermarks(), unsaved: this.#hasNewerWatermarks };
  }

  /** Writes the watermarks if they are newer than the row's: one row. */
  saveWatermarks(): void {
    if (this.#hasNewerWatermarks) this.#saveJob();
  }

  #saveJob(): void {
    const job = this.#known();
    this.#atomically(false, () => this.events.saveJob(job.state.seq, storedJobOf(job)));
    this.#saved();
  }

  #saved(): void {
    this.#behind = 0;
    this.#hasNewerWatermarks = false;
  }

  #known(): JobInMemory {
    this.load();
    if (this.#cached === null) throw new Error("the job does not exist");
    return this.#cached;
  }

  /** Runs `write`; `several` statements in a transaction. A failure empties the caches. */
  #atomically<T>(several: boolean, write: () => T): T {
    try {
      return several ? this.#storage.transactionSync(write) : write();
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  #forget(): void {
    this.#cached = null;
    this.#saved();
    const tables = tableNames(this.#sql);
    this.raw.reset(tables);
    this.records.reset(tables);
    this.#eventKeys.reset();
    this.#recordKeys.reset(recordKeys(tables));
  }
}
