// The rows of an account: its log, its index of jobs, its outbox, and the webhooks it has seen.

import { GoneJobs } from "../durable/gone.store.ts";
import { timeOf, type Millis } from "../kernel/time.ts";
import type { AccountEvent, AttemptEnvelope, RelayEvent } from "../model/event.ts";
import type { Publication } from "../model/messages.ts";
import type { LogEntry } from "../stream/log.ts";
import { attemptEntries, entryOf, newAttempts, type NewOutboxEntry } from "./entries.ts";
import { LatestProgressStore } from "./log/latest-progress.store.ts";
import { FanList } from "./fanout/fan-list.store.ts";
import { JobsStore } from "./jobs.store.ts";
import { LogStore } from "./log/log.store.ts";
import { selectNew } from "./new-publications.ts";
import { OutboxStore } from "./outbox.store.ts";
import { LOG_RETENTION, TRIM_BATCH } from "./retention.ts";
import { AccountTables } from "./tables.store.ts";

/** What is stored beside an account's own event. */
interface AccountEventOptions {
  /** The text under which its webhook is recognised when it is sent again. */
  readonly key: string;
  /** The subscribers that get the event. */
  readonly outbox: readonly NewOutboxEntry[];
  readonly now: Millis;
}

/** Typed access to one account's SQLite. Callers wrap what belongs together in one `commit`. */
export class AccountStore {
  readonly log: LogStore;
  readonly jobs: JobsStore;
  readonly outbox: OutboxStore;
  readonly fans: FanList;
  readonly #sql: SqlStorage;
  readonly #storage: DurableObjectStorage;
  readonly #tables: AccountTables;
  readonly #gone: GoneJobs;
  /** Up to which key the table of keys was looked through; empty at its beginning. */
  #trimmedKey = "";

  constructor(storage: DurableObjectStorage, account: string, newEpoch: () => string) {
    const { sql } = storage;
    this.#storage = storage;
    this.#sql = sql;
    this.#tables = new AccountTables(storage, newEpoch);
    this.#gone = new GoneJobs(sql);
    const progress = new LatestProgressStore(sql, this.#tables);
    this.jobs = new JobsStore(sql, this.#tables, { progress });
    this.outbox = new OutboxStore(sql, this.#tables);
    this.fans = new FanList(sql, this.#tables);
    this.log = new LogStore(sql, { account, jobs: this.jobs, tables: this.#tables, progress });
  }

  /** True once something was written. */
  get exists(): boolean {
    return this.#tables.exist;
  }

  /** Makes a change completely or not at all. */
  commit<T>(change: () => T): T {
    try {
      return this.#storage.transactionSync(change);
    } catch (error) {
      this.#tables.reload();
      this.log.reload();
      this.outbox.reload();
      throw error;
    }
  }

  /**
   * Empties the file of an account without tables: the platform keeps rows of its own in it, such
   * as an alarm.
   */
  async deleteIfEmpty(): Promise<void> {
    if (!this.exists) await this.#storage.deleteAll();
  }

  /**
   * Logs those of the jobs' events that are new, and updates the index of jobs. `attempts` are
   * those of the job of the first event, from before it; they share its row.
   */
  addPublications(
    publications: readonly Publication[],
    attempts: readonly AttemptEnvelope[],
    now: Millis,
  ): readonly LogEntry[] {
    const kept = publications.filter(({ event }) => !this.#isErased(event));
    const told = attempts.filter((event) => !this.#isErased(event));
    const { events, jobs, unlisted } = selectNew(kept, (job, from) => this.jobs.seqOf(job, from));
    for (const job of jobs) this.jobs.put(job);
    const entries = events.map(({ event, rest }, index) => {
      const progress = unlisted.get(event.id);
      return {
        ...entryOf(event),
        rest,
        ...(progress === undefined ? {} : { progress }),
        ...(index === 0 ? { attempts: told } : {}),
      };
    });
    return this.log.append(entries.length === 0 ? attemptEntries(told) : entries, now);
  }

  /** Logs those of the delivery attempts that are new. */
  addAttempts(events: readonly AttemptEnvelope[], now: Millis): readonly LogEntry[] {
    const kept = events.filter((event) => !this.#isErased(event));
    const attempts = newAttempts(kept, (ids) => this.log.recent(ids));
    return this.log.append(attemptEntries(attempts), now);
  }

  /** Logs an event of the account itself, and puts it into the outbox. */
  addEvent(event: AccountEvent, { key, outbox, now }: AccountEventOptions): readonly LogEntry[] {
    this.rememberKey(key, now);
    for (const entry of outbox) this.outbox.add(entry, now);
    return this.log.append([entryOf(event)], now);
  }

  /**
   * Removes a job and its events, `forGood` where an operator erases it; adds no entry. What began
   * after `upTo` is the job's next life, and stays.
   */
  forget(source: string, guid: string, upTo: Millis, forGood: boolean): readonly LogEntry[] {
    if (forGood) this.#tables.create();
    if (!this.exists) return [];
    if (this.#gone.isErased(source, guid, upTo) || this.jobs.isNewer(source, guid, upTo)) return [];
    if (forGood) this.#gone.add(source, guid, { at: upTo, shard: null });
    this.jobs.remove(source, guid);
    this.log.erase(source, guid);
    return [];
  }

  /** True for an event of a job, or about its deliveries, from before the job was erased. */
  #isErased(event: RelayEvent): boolean {
    const { source, guid } = entryOf(event);
    return this.exists && this.#gone.isErased(source, guid, timeOf(event.time));
  }

  /** True when the key was remembered less than `LOG_RETENTION` ago. */
  hasSeen(key: string, now: Millis): boolean {
    if (!this.exists) return false;
    const row = this.#sql
      .exec<{ at: number }>("SELECT at FROM seen WHERE key = ?", key)
      .toArray()[0];
    return row !== undefined && row.at > now - LOG_RETENTION;
  }

  /** Remembers the key of a webhook. */
  rememberKey(key: string, now: Millis): void {
    this.#tables.create();
    this.#sql.exec("INSERT OR REPLACE INTO seen (key, at) VALUES (?, ?)", key, now);
  }

  /** Deletes what is too old or too much. */
  trim(now: Millis): void {
    if (!this.exists) return;
    this.log.trim(now);
    this.#forgetKeys(now - LOG_RETENTION);
  }

  /**
   * Deletes the keys that were remembered by `time`, of a part of the table at a time: an index on
   * the instant would cost a row for each key. A key that is still there is not recognised either.
   */
  #forgetKeys(time: Millis): void {
    const last = this.#sql
      .exec<{ key: string }>(
        "SELECT key FROM seen WHERE key > ? ORDER BY key LIMIT 1 OFFSET ?",
        this.#trimmedKey,
        TRIM_BATCH - 1,
      )
      .toArray()[0]?.key;
    const old = "DELETE FROM seen WHERE at <= ? AND key > ?";
    if (last === undefined) this.#sql.exec(old, time, this.#trimmedKey);
    else this.#sql.exec(`${old} AND key <= ?`, time, this.#trimmedKey, last);
    this.#trimmedKey = last ?? "";
  }
}
