// The rows of a job: its state, its log of emitted events, its records of what was not emitted, how far the hand-over got.

import type { JobEnvelope } from "../model/event.ts";
import type { RawBody } from "../model/messages.ts";
import { migrate } from "../durable/migrations.store.ts";
import type { Millis } from "../kernel/time.ts";
import { applyRecord, type RecordReason } from "./decide.ts";
import type { Sighting } from "./dedupe.ts";
import { MIGRATIONS, RAW_TABLE } from "./tables.ts";
import {
  NO_WATERMARKS,
  MAX_PAGE_EVENTS,
  type Destination,
  type Watermarks,
} from "./outbox/outbox.ts";
import type { StoredUpdate, JobState } from "./state.ts";

/** An emitted event with what its hand-over needs. */
export interface StoredEvent {
  readonly envelope: JobEnvelope;
  readonly to: readonly Destination[];
  readonly traceparent: string;
}

/** An event on its way out, with the provider's bytes if they are kept. */
export interface OutgoingEvent extends StoredEvent {
  readonly raw: RawBody | null;
  /** Characters of the envelope's text and bytes of the raw body together. */
  readonly size: number;
}

/** An event about to be stored. `key` is that of the update that speaks; `null` when it was recorded before or is the relay's own. */
export interface NewEvent extends StoredEvent {
  readonly raw: RawBody | null;
  readonly at: Millis;
  readonly key: string | null;
}

/** An update to keep without emitting it. */
export interface NewRecord {
  readonly at: Millis;
  readonly key: string;
  readonly reason: RecordReason;
  readonly update: StoredUpdate;
  readonly raw: RawBody | null;
}

/** An update that was kept without being emitted. */
export interface StoredRecord {
  readonly n: number;
  readonly at: Millis;
  readonly reason: RecordReason;
  readonly update: StoredUpdate;
}

type EventRow = { seq: number; envelope: string; destinations: string; traceparent: string };
type RecordRow = { n: number; at: number; reason: string; heard: string };

/** Whose raw bytes a row holds: those of an event (`n` is its `seq`), or of a recorded update. */
type RawOwner = "event" | "recorded";

/**
 * The state without what other rows hold already: the details stand in the last event, a waiting value in its record. A row
 * holds 2 MB on Cloudflare, and the details of one webhook may be half of that.
 */
type StoredState = Omit<JobState, "details" | "window"> & {
  readonly window: Omit<JobState["window"], "pending"> & { readonly pending: number | null };
};

/** Records that a state may be behind: loading folds them in, so this bounds what a load reads. */
const MAX_BEHIND = 100;

/** A job as it stands. `epoch` names this life of its log: a job that was erased and comes back has another one. */
export interface Loaded {
  readonly epoch: string;
  readonly state: JobState;
}

/** Typed access to one job's SQLite; what belongs together is written in one transaction. */
export class JobStore {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  /** Tables appear with the first write: asking for a job that does not exist must not leave anything behind. */
  #exists: boolean;
  /** The job as it stands, read once per wake. */
  #loaded: Loaded | null = null;
  /** Keys seen, read once per wake: a lookup in SQL would need an index, and an index costs a row per update. */
  #sightings: Map<string, Sighting> | null = null;
  #keepsRaw: boolean | null = null;
  #handover: Watermarks | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#exists =
      this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'job'").toArray().length > 0;
    if (this.#exists) migrate(this.#sql, MIGRATIONS);
  }

  /** Deletes everything, the alarm and the tables included; the next event starts a new job. */
  async erase(): Promise<void> {
    await this.#storage.deleteAll();
    this.#exists = false;
    this.#forget();
  }

  /** The state with all records taken in; `null` for a job that nothing was heard of. */
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
    const waiting = pending === null ? undefined : this.records(pending - 1, 1)[0];
    const state: JobState = {
      ...stored,
      details: this.events(stored.seq - 1, 1)[0]?.envelope.details ?? {},
      window: {
        ...stored.window,
        pending: waiting === undefined ? null : { update: waiting.update, record: waiting.n },
      },
    };
    return { epoch: row.epoch, state: this.records(stored.record).reduce(applyRecord, state) };
  }

  sighting(key: string): Sighting | undefined {
    return this.#exists ? this.#seen().get(key) : undefined;
  }

  /** Stores an emitted event together with the state it leaves: both or neither. */
  emit(epoch: string, state: JobState, event: NewEvent): void {
    this.#atomically(true, () => {
      if (!this.#exists) migrate(this.#sql, MIGRATIONS);
      this.#save(epoch, state);
      this.#sql.exec(
        "INSERT INTO event (seq, at, era, key, envelope, destinations, traceparent) VALUES (?, ?, ?, ?, ?, ?, ?)",
        event.envelope.seq,
        event.at,
        state.era,
        event.key,
        JSON.stringify(event.envelope),
        JSON.stringify(event.to),
        event.traceparent,
      );
      this.#saveRaw("event", event.envelope.seq, event.raw);
    });
    this.#exists = true;
    this.#loaded = { epoch, state };
    if (event.key !== null) this.#seen().set(event.key, { at: event.at, era: state.era });
  }

  /** Stores an update that is not emitted, as number `state.record + 1`. */
  record({ epoch, state }: Loaded, entry: NewRecord): void {
    const { at, key, reason, update } = entry;
    const n = state.record + 1;
    const next = applyRecord(state, { n, at, reason, update });
    const more = entry.raw !== null || n % MAX_BEHIND === 0;
    this.#atomically(more, () => {
      this.#sql.exec(
        "INSERT INTO recorded (n, at, era, key, reason, heard) VALUES (?, ?, ?, ?, ?, ?)",
        n,
        at,
        state.era,
        key,
        reason,
        JSON.stringify(update),
      );
      this.#saveRaw("recorded", n, entry.raw);
      if (n % MAX_BEHIND === 0) this.#save(epoch, next);
    });
    this.#loaded = { epoch, state: next };
    this.#seen().set(key, { at, era: state.era });
  }

  #save(epoch: string, state: JobState): void {
    const { details: _, window, ...rest } = state;
    const stored: StoredState = {
      ...rest,
      window: { ...window, pending: window.pending?.record ?? null },
    };
    this.#sql.exec(
      "INSERT INTO job (id, epoch, state) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state",
      epoch,
      JSON.stringify(stored),
    );
  }

  #saveRaw(owner: RawOwner, n: number, raw: RawBody | null): void {
    if (raw === null) return;
    this.#sql.exec(RAW_TABLE);
    this.#keepsRaw = true;
    this.#sql.exec(
      "INSERT INTO raw (owner, n, type, body) VALUES (?, ?, ?, ?)",
      owner,
      n,
      raw.contentType,
      raw.body,
    );
  }

  /** At most `limit` records after number `after`, oldest first. */
  records(after: number, limit: number = Number.MAX_SAFE_INTEGER): readonly StoredRecord[] {
    return this.#sql
      .exec<RecordRow>(
        "SELECT n, at, reason, heard FROM recorded WHERE n > ? ORDER BY n LIMIT ?",
        after,
        limit,
      )
      .toArray()
      .map(({ n, at, reason, heard }) => ({
        n,
        at,
        reason: reason as RecordReason,
        update: JSON.parse(heard) as StoredUpdate,
      }));
  }

  /** The provider's bytes behind an event or a recorded update, when they were kept. */
  rawOf(owner: RawOwner, n: number): RawBody | null {
    this.#keepsRaw ??=
      this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'raw'").toArray().length > 0;
    if (!this.#keepsRaw) return null;
    const row = this.#sql
      .exec<{ type: string; body: ArrayBuffer }>(
        "SELECT type, body FROM raw WHERE owner = ? AND n = ?",
        owner,
        n,
      )
      .toArray()[0];
    return row === undefined ? null : { contentType: row.type, body: new Uint8Array(row.body) };
  }

  /** At most `limit` events after `seq`, in order. */
  events(after: number, limit: number): readonly StoredEvent[] {
    return this.#eventRows(after, limit).toArray().map(eventOf);
  }

  /** The events after `seq`, in order, read one by one: their bodies together may be larger than the object's memory. */
  *outgoing(after: number): Iterable<OutgoingEvent> {
    for (const row of this.#eventRows(after, MAX_PAGE_EVENTS + 1)) {
      const raw = this.rawOf("event", row.seq);
      yield { ...eventOf(row), raw, size: row.envelope.length + (raw?.body.byteLength ?? 0) };
    }
  }

  #eventRows(after: number, limit: number): SqlStorageCursor<EventRow> {
    return this.#sql.exec(
      "SELECT seq, envelope, destinations, traceparent FROM event WHERE seq > ? ORDER BY seq LIMIT ?",
      after,
      limit,
    );
  }

  /** Every destination that an event was ever meant for, or a replay. */
  destinationsEver(): ReadonlySet<Destination> {
    const rows = this.#sql
      .exec<{ to: Destination }>(
        'SELECT DISTINCT value AS "to" FROM event, json_each(destinations)',
      )
      .toArray();
    return new Set([...rows.map(({ to }) => to), ...(this.watermarks().replayed ?? [])]);
  }

  watermarks(): Watermarks {
    this.#handover ??= this.#readHandover();
    return this.#handover;
  }

  saveWatermarks(handover: Watermarks): void {
    this.#sql.exec("UPDATE job SET marks = ? WHERE id = 1", JSON.stringify(handover));
    this.#handover = handover;
  }

  #readHandover(): Watermarks {
    const row = this.#sql
      .exec<{ marks: string | null }>("SELECT marks FROM job WHERE id = 1")
      .toArray()[0];
    return row === undefined || row.marks === null
      ? NO_WATERMARKS
      : (JSON.parse(row.marks) as Watermarks);
  }

  /** What is cached is changed after the commit only; after one that failed it is read anew. One statement alone needs no transaction. */
  #atomically(several: boolean, write: () => void): void {
    try {
      if (several) this.#storage.transactionSync(write);
      else write();
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  #forget(): void {
    this.#loaded = null;
    this.#sightings = null;
    this.#keepsRaw = null;
    this.#handover = null;
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

const eventOf = (row: EventRow): StoredEvent => ({
  envelope: JSON.parse(row.envelope) as JobEnvelope,
  to: JSON.parse(row.destinations) as Destination[],
  traceparent: row.traceparent,
});
