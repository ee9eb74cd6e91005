// The log of a job's emitted events, which is its outbox, too.

import type { JobEnvelope } from "../../model/event.ts";
import type { JobRest } from "../../model/reduce.ts";
import type { RawBody } from "../../model/messages.ts";
import type { Millis } from "../../kernel/time.ts";
import { parseDestination, type Destination } from "../outbox/destinations.ts";
import { MAX_PAGE_EVENTS } from "../outbox/outbox.ts";
import type { RawStore } from "./raw.store.ts";
import type { StoredJob } from "./stored-state.ts";

/** An emitted event, and what its destinations need beside it. */
export interface StoredEvent {
  readonly seq: number;
  readonly envelope: JobEnvelope;
  /** What the event does not say of the job after it; absent in rows of version 0.1.0. */
  readonly rest?: JobRest | undefined;
  readonly to: readonly Destination[];
  readonly traceparent: string;
}

/** An event on its way to its destinations, with the provider's bytes if they are kept. */
export interface OutgoingEvent extends StoredEvent {
  readonly raw: RawBody | null;
  /** Characters of the envelope's text and bytes of the raw body together. */
  readonly size: number;
}

/** An event to store. */
export interface NewEvent extends Omit<StoredEvent, "seq"> {
  readonly raw: RawBody | null;
  readonly at: Millis;
  /** Key of the update that is emitted; `null` when a record holds it, and for the relay's own. */
  readonly key: string | null;
}

/** The newest event, and the job as its row holds it. */
export interface NewestEvent {
  readonly envelope: JobEnvelope;
  readonly job: StoredJob;
}

type EventRow = {
  seq: number;
  envelope: string;
  destinations: string;
  traceparent: string;
  rest: string | null;
};

/** The columns of an event; the job in its row holds what the event does not say. */
const COLUMNS = "seq, envelope, destinations, traceparent, json_extract(job, '$.rest') AS rest";

/** The rows of emitted events. The newest one's holds the job, so that an event costs one row. */
export class EventStore {
  readonly #sql: SqlStorage;
  readonly #raw: RawStore;

  constructor(sql: SqlStorage, raw: RawStore) {
    this.#sql = sql;
    this.#raw = raw;
  }

  /** Stores an event with the job after it, and answers the event as the outbox takes it. */
  insert(event: NewEvent, job: StoredJob): OutgoingEvent {
    const { envelope, to, traceparent, raw, at, key } = event;
    const { seq } = envelope;
    const text = JSON.stringify(envelope);
    this.#sql.exec(
      `INSERT INTO event (seq, at, era, key, envelope, destinations, traceparent, job)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      seq,
      at,
      job.state.era,
      key,
      text,
      destinationsText(to),
      traceparent,
      JSON.stringify(job),
    );
    this.#raw.save("event", seq, raw);
    const size = text.length + (raw?.body.byteLength ?? 0);
    return { seq, envelope, rest: job.rest, to, traceparent, raw, size };
  }

  /** The newest event with the job; `null` without any event. */
  newest(): NewestEvent | null {
    const row = this.#sql
      .exec<{ envelope: string; job: string }>(
        "SELECT envelope, job FROM event ORDER BY seq DESC LIMIT 1",
      )
      .toArray()[0];
    return row === undefined
      ? null
      : {
          envelope: JSON.parse(row.envelope) as JobEnvelope,
          job: JSON.parse(row.job) as StoredJob,
        };
  }

  /** Writes the job into the row of its newest event. */
  saveJob(seq: number, job: StoredJob): void {
    this.#sql.exec("UPDATE event SET job = ? WHERE seq = ?", JSON.stringify(job), seq);
  }

  /** The newest event of a kind after `seq`; `null` without one. */
  newestOf(event: JobEnvelope["event"], after: number): StoredEvent | null {
    const row = this.#sql
      .exec<EventRow>(
        `SELECT ${COLUMNS} FROM event
         WHERE seq > max(0, ?) AND json_extract(envelope, '$.event') = ? ORDER BY seq DESC LIMIT 1`,
        after,
        event,
      )
      .toArray()[0];
    return row === undefined ? null : eventOf(row);
  }

  /** Replaces the envelope and the destinations of a stored event. */
  amend(envelope: JobEnvelope, to: readonly Destination[]): void {
    this.#sql.exec(
      "UPDATE event SET envelope = ?, destinations = ? WHERE seq = ?",
      JSON.stringify(envelope),
      destinationsText(to),
      envelope.seq,
    );
  }

  /** At most `limit` events after `seq`, in order. */
  after(seq: number, limit: number): readonly StoredEvent[] {
    return this.#rows(seq, limit).toArray().map(eventOf);
  }

  /** The events after `seq`, read one by one: together they may be larger than the memory. */
  *outgoing(after: number): Iterable<OutgoingEvent> {
    for (const row of this.#rows(after, MAX_PAGE_EVENTS + 1)) {
      const raw = this.#raw.read("event", row.seq);
      yield { ...eventOf(row), raw, size: row.envelope.length + (raw?.body.byteLength ?? 0) };
    }
  }

  /** The names of an event's destinations. */
  namesOf(seq: number): readonly string[] {
    return this.after(seq - 1, 1)[0]?.to.map(({ name }) => name) ?? [];
  }

  /** Every destination that an event was meant for; reads all events. */
  destinations(): readonly Destination[] {
    return this.#sql
      .exec<{ name: string }>(
        'SELECT DISTINCT value AS "name" FROM event, json_each(destinations) WHERE seq > 0',
      )
      .toArray()
      .map(({ name }) => parseDestination(name));
  }

  #rows(after: number, limit: number): SqlStorageCursor<EventRow> {
    const query = `SELECT ${COLUMNS} FROM event WHERE seq > ? ORDER BY seq LIMIT ?`;
    return this.#sql.exec(query, after, limit);
  }
}

const destinationsText = (to: readonly Destination[]): string =>
  JSON.stringify(to.map(({ name }) => name));

const eventOf = (row: EventRow): StoredEvent => ({
  seq: row.seq,
  envelope: JSON.parse(row.envelope) as JobEnvelope,
  rest: row.rest === null ? undefined : (JSON.parse(row.rest) as JobRest),
  to: (JSON.parse(row.destinations) as string[]).map(parseDestination),
  traceparent: row.traceparent,
});
