// One account: keeps the log of its channels and the index of its jobs, and shows both to viewers.

import { DurableObject } from "cloudflare:workers";
import { settingsOrThrow } from "../config/load.ts";
import { ObjectAlarm } from "../durable/alarm.io.ts";
import { earliest } from "../durable/alarm.ts";
import { OpenCalls } from "../durable/open-calls.io.ts";
import { now as clock } from "../kernel/clock.io.ts";
import { logError } from "../kernel/log.io.ts";
import { newEpoch, newEventId } from "../kernel/random.io.ts";
import { iso, type Millis } from "../kernel/time.ts";
import type { AccountEvent, AttemptEnvelope } from "../model/event.ts";
import type { AccountUpdate, IngestAnswer, Publication } from "../model/messages.ts";
import { route } from "../route/rules.ts";
import type { AccountRpc } from "../rpc.ts";
import type { Page } from "../stream/frames.ts";
import type { LogEntry } from "../stream/log.ts";
import type { StreamOpen, PageQuery } from "../stream/stream.ts";
import { AccountStore } from "./account.store.ts";
import { Audience } from "./audience.io.ts";
import { outboxEntriesOf, keyOf } from "./entries.ts";
import type { InitialFrames } from "./fanout/fans.ts";
import type { LogRange } from "./fanout/log-range.ts";
import type { JobList, JobsQuery } from "./jobs.store.ts";
import { drainOutbox } from "./outbox.io.ts";
import { ALARM_RETRY } from "./retention.ts";

export class Account extends DurableObject<Env> implements AccountRpc {
  readonly #store = new AccountStore(this.ctx.storage, this.ctx.id.name ?? "", newEpoch);
  readonly #audience = new Audience(this.ctx, {
    env: this.env,
    log: this.#store.log,
    list: this.#store.fans,
    arm: () => this.#arm(),
  });
  readonly #alarm = new ObjectAlarm(this.ctx.storage);
  readonly #calls = new OpenCalls(this.ctx.storage);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    // A deadline whose alarm was lost (workerd#3566, 2026-11) is found by whatever wakes it.
    void ctx.blockConcurrencyWhile(async () => {
      await this.#alarm.load();
      this.#arm();
    });
  }

  /** Adds jobs' events to the log, each once, and attempts of the first one's job; shows them. */
  publish(publications: readonly Publication[], attempts: readonly AttemptEnvelope[] = []): void {
    this.#calls.open();
    this.#add(() => this.#store.addPublications(publications, attempts, clock()));
  }

  /** Adds delivery attempts to the log, on the webhooks channel, and shows them. */
  announce(events: readonly AttemptEnvelope[]): void {
    this.#add(() => this.#store.addAttempts(events, clock()));
  }

  /** Logs, shows and forwards a webhook about the account; throws while misconfigured. */
  ingest(update: AccountUpdate): IngestAnswer {
    const settings = settingsOrThrow(this.env);
    const now = clock();
    const key = keyOf(update);
    if (this.#store.hasSeen(key, now)) return { result: "duplicate", events: [] };
    const event = { ...update.body, id: newEventId(), time: iso(now) } as AccountEvent;
    const subscribers = route(event, update.provider, settings);
    const outbox = outboxEntriesOf(event, update, { subscribers, settings });
    this.#add(() => this.#store.addEvent(event, { key, outbox, now }));
    return { result: "accepted", events: [event.id] };
  }

  /** A page of the account's jobs, newest first, ties by source and guid. */
  jobs(query: JobsQuery): JobList {
    return this.#store.jobs.list(query);
  }

  /** Removes a job of up to `upTo`; cursors from before its end get a snapshot. */
  async forget(source: string, guid: string, upTo = clock(), forGood = false): Promise<void> {
    this.#add(() => this.#store.forget(source, guid, upTo, forGood));
    await this.#audience.forget(source, guid);
  }

  /** Answers a poll; the Worker has checked that the channels may be seen. */
  page(query: PageQuery): Page {
    return this.#audience.page(query);
  }

  /** The first frames of a fan's new viewer; the fan has `sockets` others. */
  openViewer(fan: number, sockets: number, open: StreamOpen, characters?: number): InitialFrames {
    return this.#audience.openViewer(fan, sockets, open, characters);
  }

  /** Answers everything after an offset; `null` where some of it is gone, or it is too much. */
  logAfter(epoch: string, after: number): LogRange | null {
    return this.#audience.logAfter(epoch, after);
  }

  /** How many sockets are open, those of fans as far as the account was told. */
  viewers(): number {
    return this.#audience.viewers();
  }

  /** An upgrade that the Worker asks for. */
  override fetch(request: Request): Response {
    const response = this.#audience.accept(request.headers);
    this.#arm();
    return response;
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    await this.#audience.message(socket, data);
    this.#arm();
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    this.#audience.left(socket, code);
  }

  /** Does what is due. It always re-arms, and throws only where that was not possible. */
  override async alarm(): Promise<void> {
    this.#alarm.fired();
    let notBefore: Millis = 0;
    try {
      await this.#store.deleteIfEmpty();
      const now = clock();
      this.#audience.expire(now);
      this.#store.commit(() => this.#store.trim(now));
      await drainOutbox(this.env, this.#store, now);
    } catch (error) {
      logError("account.alarm_failed", error);
      notBefore = clock() + ALARM_RETRY;
    }
    this.#arm(notBefore);
    await this.#alarm.settled();
  }

  /** Commits, shows what was committed, and arms the alarm. */
  #add(change: () => readonly LogEntry[]): void {
    this.#audience.broadcast(this.#store.commit(change));
    this.#arm();
  }

  #arm(notBefore: Millis = 0): void {
    const { log, outbox } = this.#store;
    const due = earliest(this.#audience.nextDeadline(), log.trimDue(), outbox.nextDue());
    this.#alarm.arm(due === null ? null : Math.max(due, notBefore));
  }
}
