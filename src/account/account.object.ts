// One account: keeps the log of its channels and the index of its jobs, shows both to browsers, and owes its own events to subscribers.

import { DurableObject } from "cloudflare:workers";
import { settingsOf } from "../config/load.ts";
import { earliest } from "../durable/alarm.ts";
import { newEpoch, newEventId } from "../kernel/random.io.ts";
import { now as clock } from "../kernel/clock.io.ts";
import type { AccountEvent, AttemptEnvelope, JobSnapshot } from "../model/event.ts";
import type { AccountUpdate, IngestAnswer, JobName, Publication } from "../model/messages.ts";
import { logError } from "../kernel/log.io.ts";
import { iso, type Millis } from "../kernel/time.ts";
import { route } from "../route/rules.ts";
import type { AccountRpc } from "../rpc.ts";
import { AccountStore } from "./account.store.ts";
import { newAttempts, outboxEntriesOf, entryOf, keyOf } from "./entries.ts";
import { ObjectAlarm } from "../durable/alarm.io.ts";
import { Audience } from "./audience.io.ts";
import type { InitialFrames, LogRange } from "./fanout/fans.ts";
import type { Page } from "../stream/frames.ts";
import { selectNew } from "./new-publications.ts";
import type { JobList, JobsQuery } from "./jobs.store.ts";
import { ALARM_RETRY } from "./retention.ts";
import type { LogEntry } from "../stream/log.ts";
import { drainOutbox } from "./outbox.io.ts";
import type { StreamOpen, PageQuery } from "../stream/stream.ts";

export class Account extends DurableObject<Env> implements AccountRpc {
  readonly #store: AccountStore;
  readonly #audience: Audience;
  readonly #alarm = new ObjectAlarm(this.ctx.storage);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new AccountStore(ctx.storage, ctx.id.name ?? "", newEpoch);
    this.#audience = new Audience(ctx, {
      env,
      log: this.#store.log,
      list: this.#store.fans,
      arm: () => this.#arm(),
    });
    // A deadline whose alarm was lost (workerd#3566, 2026-11) is found by whatever wakes the object next.
    void ctx.blockConcurrencyWhile(async () => {
      await this.#alarm.load();
      await this.#arm();
    });
  }

  /** Adds jobs' events to the log, each exactly once, and shows them. */
  async publish(publications: readonly Publication[]): Promise<void> {
    const now = clock();
    const { log: entries, jobs } = this.#store;
    await this.#add(() => {
      const taken = selectNew(publications, (snapshot) => jobs.seqOf(snapshot));
      for (const job of taken.jobs) jobs.put(job);
      return entries.append(taken.events.map(entryOf), now);
    });
  }

  /** Adds delivery attempts to the log, on the webhooks channel, and shows them. */
  async announce(events: readonly AttemptEnvelope[]): Promise<void> {
    const now = clock();
    const { log: entries } = this.#store;
    await this.#add(() =>
      entries.append(newAttempts(events, (ids) => entries.recent(ids)).map(entryOf), now),
    );
  }

  /** Takes in a webhook about the account as a whole. Throws, having stored nothing, while the configuration is broken. */
  async ingest(update: AccountUpdate): Promise<IngestAnswer> {
    const settings = settingsOf(this.env);
    if (!settings.ok) throw new Error("the configuration is invalid");
    const now = clock();
    const key = keyOf(update);
    if (this.#store.hasSeen(key, now)) return { result: "duplicate", events: [] };
    const event = { ...update.body, id: newEventId(), time: iso(now) } as AccountEvent;
    const debts = outboxEntriesOf(event, update, {
      subscribers: route(event, update.provider, settings.value),
      settings: settings.value,
    });
    await this.#add(() => {
      this.#store.rememberKey(key, now);
      for (const debt of debts) this.#store.addToOutbox(debt, now);
      return this.#store.log.append([entryOf(event)], now);
    });
    return { result: "accepted", events: [event.id] };
  }

  /** A page of the account's jobs, newest first, ties by source and guid. */
  jobs(query: JobsQuery): JobList {
    return this.#store.jobs.list(query);
  }

  /** The snapshots of those of the named jobs that the account has, newest first. */
  snapshots(names: readonly JobName[]): readonly JobSnapshot[] {
    return this.#store.jobs.named(names);
  }

  /** Removes a job and its events. Cursors from before its last event are answered with a snapshot from now on. */
  async forget(source: string, guid: string): Promise<void> {
    await this.#add(() => {
      this.#store.jobs.remove(source, guid);
      this.#store.log.erase(source, guid);
      return [];
    });
  }

  /** Answers a poll; the Worker has checked that the channels may be seen. */
  page(query: PageQuery): Page {
    return this.#audience.page(query);
  }

  /** Greets a viewer on its way to a fan. */
  greet(fan: number, sockets: number, open: StreamOpen): InitialFrames {
    return this.#audience.greet(fan, sockets, open);
  }

  /** What a fan lacks of the log; `null` where that is not known any more. */
  stretch(epoch: string, after: number): LogRange | null {
    return this.#audience.stretch(epoch, after);
  }

  /** An upgrade, asked by the Worker alone. */
  override async fetch(request: Request): Promise<Response> {
    const response = this.#audience.accept(request.headers);
    await this.#arm();
    return response;
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    await this.#audience.message(socket, data);
    await this.#arm();
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    this.#audience.left(socket, code);
  }

  override async alarm(): Promise<void> {
    this.#alarm.fired();
    await this.#store.deleteIfEmpty();
    let earliestNext: Millis = 0;
    try {
      const now = clock();
      this.#audience.expire(now);
      this.#store.commit(() => this.#store.trim(now));
      await drainOutbox(this.env, this.#store, now);
    } catch (error) {
      logError("account.alarm_failed", error);
      earliestNext = clock() + ALARM_RETRY;
    }
    await this.#arm(earliestNext);
  }

  /** Commits, shows what was committed, and sees to the alarm. */
  async #add(change: () => readonly LogEntry[]): Promise<void> {
    this.#audience.broadcast(this.#store.commit(change));
    await this.#arm();
  }

  async #arm(notBefore: Millis = 0): Promise<void> {
    const due = earliest(
      this.#audience.nextDeadline(),
      this.#store.log.trimDue(),
      this.#store.nextDue(),
    );
    this.#alarm.arm(due === null ? null : Math.max(due, notBefore));
  }
}
