// One job: decides what an update or the clock means, stores it, and sends out what was emitted.

import { DurableObject } from "cloudflare:workers";
import { settingsOrNull, settingsOrThrow } from "../config/load.ts";
import { now as clock } from "../kernel/clock.io.ts";
import { logError } from "../kernel/log.io.ts";
import type { Millis } from "../kernel/time.ts";
import type { JobSnapshot } from "../model/event.ts";
import type { ArchivedFile, IngestAnswer, JobUpdate } from "../model/messages.ts";
import type { JobRpc } from "../rpc.ts";
import { CLOSE, type Page } from "../stream/frames.ts";
import { closeBack } from "../stream/sockets/closed-socket.io.ts";
import { Stream } from "../stream/stream.io.ts";
import { admits, OPEN_HEADER, readStreamOpen, type PageQuery } from "../stream/stream.ts";
import { applyArchived, applyDue, applyUpdate } from "./apply.io.ts";
import { expiresAt } from "./decide.ts";
import { JobAlarm } from "./alarm/job-alarm.io.ts";
import { Outbox } from "./outbox/drain.io.ts";
import { policyOf, type Policy } from "./policy.ts";
import { snapshotOf, type JobState } from "./state.ts";
import { JobStore } from "./storage/job.store.ts";
import { recordedPage, type RecordedPage } from "./view/record-view.ts";
import { streamLogOf } from "./view/stream-log.ts";

/** The object of one job, named by its source and guid. */
export class Job extends DurableObject<Env> implements JobRpc {
  readonly #store = new JobStore(this.ctx.storage);
  readonly #stream = new Stream(this.ctx, streamLogOf(this.#store), "first");
  readonly #outbox = new Outbox(this.env, this.#store);
  readonly #deps = { store: this.#store, stream: this.#stream, outbox: this.#outbox };
  readonly #alarm = new JobAlarm(this.ctx.storage, { env: this.env, ...this.#deps });

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    // Then every call but the alarm's sets one that was lost (workerd#3566, 2026-11; a full disk).
    if (this.#store.exists()) void ctx.blockConcurrencyWhile(() => this.#alarm.load());
  }

  /** Applies an update; when it answers, all of it is stored. Throws while misconfigured. */
  ingest(update: JobUpdate): IngestAnswer {
    const options = { settings: settingsOrThrow(this.env), now: clock() };
    const { answer, sends } = applyUpdate(this.#deps, update, options);
    this.#alarm.armAll(options.now);
    if (sends) this.#startDrain();
    return answer;
  }

  /** Emits that a file was stored, once; a job that is gone ignores it. */
  archived(file: ArchivedFile): void {
    const options = { settings: settingsOrThrow(this.env), now: clock() };
    const emitted = applyArchived(this.#deps, file, options);
    this.#alarm.armAll(options.now);
    if (emitted) this.#startDrain();
  }

  /** The job as the API shows it; `null` for one that does not exist. */
  snapshot(): JobSnapshot | null {
    this.#alarm.armAll(clock());
    const loaded = this.#store.load();
    return loaded === null ? null : snapshotOf(loaded.state);
  }

  /** A poll of the stream; `null` for a job that does not exist or that the caller may not see. */
  page(query: PageQuery): (Page & Partial<RecordedPage>) | null {
    const loaded = this.#store.load();
    if (loaded === null || !admits(query, loaded.state.account, loaded.state.guid)) return null;
    const page = this.#stream.page(query);
    this.#alarm.armAll(clock());
    if (query.recorded !== true) return page;
    const since = query.recordedSince ?? 0;
    return { ...page, ...recordedPage(this.#store.records.page(since, query.limit), since) };
  }

  /** Forwards events after `since` again; answers how many deliveries, `null` without a job. */
  async replay(since: number, to: readonly string[] | null, id?: string): Promise<number | null> {
    const provider = this.#store.load()?.state.provider;
    if (provider === undefined) return null;
    this.#alarm.armAll(clock());
    const wanted = { since, subscribers: to, id };
    return this.#outbox.replay(provider, wanted, settingsOrThrow(this.env));
  }

  /**
   * Erases the job everywhere; false when there was none by `upTo`. With `policy`, only while the
   * job is expired by it. Throws when another object does not answer: then nothing is erased here.
   */
  async erase(upTo = clock(), policy?: Policy): Promise<boolean> {
    const due = (at: JobState): boolean =>
      at.createdAt <= upTo && (policy === undefined || expiresAt(at, policy) <= upTo);
    // What archives have stored outlives the retention.
    const how = { due, files: policy === undefined };
    if (!(await this.#outbox.erase(settingsOrThrow(this.env), how))) return false;
    this.#stream.end(CLOSE.notPermitted);
    await this.#store.erase();
    this.#alarm.fired();
    return true;
  }

  /** Moves what waits at a former shard of a subscriber; false until that has ended. */
  move(subscriber: string, shard: number): Promise<boolean> {
    this.#alarm.armAll(clock());
    return this.#outbox.move(subscriber, shard, settingsOrThrow(this.env));
  }

  override fetch(request: Request): Response {
    const open = readStreamOpen(request.headers.get(OPEN_HEADER));
    const state = this.#store.load()?.state;
    if (open === null || state === undefined || !admits(open, state.account, state.guid))
      return new Response(null, { status: 404 });
    const response = this.#stream.accept(open);
    this.#alarm.armAll(clock());
    return response;
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
    this.#stream.message(socket, data);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    closeBack(socket, code);
    this.#stream.left(socket);
  }

  /** Does what is due. Running it twice, early or late changes nothing. */
  override async alarm(): Promise<void> {
    this.#alarm.fired();
    const failed = (error: unknown) =>
      logError("job.alarm_failed", error, { job: this.ctx.id.name ?? "" });
    await this.#work(clock()).catch(failed);
    this.#alarm.armAll(clock());
    await this.#alarm.settled();
  }

  async #work(now: Millis): Promise<void> {
    this.#stream.expire(now);
    const settings = settingsOrNull(this.env);
    const loaded = this.#store.load();
    if (loaded === null || settings === null) return;
    const policy = policyOf(settings, loaded.state.source);
    if (expiresAt(loaded.state, policy) <= now)
      return void ((await this.#outbox.isKept(settings)) || (await this.erase(now, policy)));
    const emitted = applyDue(this.#deps, loaded, { settings, now });
    await (emitted ? this.#outbox.drain() : this.#outbox.drainAndSave());
  }

  #startDrain(): void {
    this.ctx.waitUntil(this.#outbox.drain().then(() => this.#alarm.rest(clock())));
  }
}
