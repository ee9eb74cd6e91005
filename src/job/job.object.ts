// One job: asks what an update or the clock means, commits the answer, and hands over what was emitted.

import { DurableObject } from "cloudflare:workers";
import { settingsOrNull, settingsOrThrow } from "../config/load.ts";
import { alarmAt } from "../kernel/agenda.ts";
import { newEpoch } from "../kernel/chance.io.ts";
import { now as clock } from "../kernel/clock.io.ts";
import type { JobSnapshot } from "../kernel/event.ts";
import type { ArchivedFile, IngestAnswer, JobUpdate } from "../kernel/handoff.ts";
import { log } from "../kernel/log.io.ts";
import type { Millis } from "../kernel/time.ts";
import { CLOSE, type Page } from "../live/frames.ts";
import { Stream } from "../live/stream.io.ts";
import { admits, OPEN_HEADER, readOpen, type PageQuery } from "../live/stream.ts";
import { dueAt } from "./deadlines.ts";
import { expiresAt, hear } from "./decide.ts";
import { keyText } from "./dedupe.ts";
import { emit, emitArchived, emitDue } from "./emit.io.ts";
import { Handovers } from "./handover.io.ts";
import { JobStore, type StoredRecord } from "./job.store.ts";
import { policyOf, policyOrNull } from "./policy.ts";
import { snapshotOf, type JobState } from "./state.ts";
import { streamLogOf } from "./stream-log.ts";

export class Job extends DurableObject<Env> {
  readonly #store = new JobStore(this.ctx.storage);
  readonly #stream = new Stream(this.ctx, streamLogOf(this.#store), "first");
  readonly #parts = { store: this.#store, stream: this.#stream };
  readonly #handovers = new Handovers(this.env, this.#store);
  /** The instant the alarm is set to, as far as this instance knows; unknown after a wake, then it is set anew. */
  #armed: Millis | null = null;

  /** Takes an update; when it answers, everything it says is stored. Throws while the configuration is broken. */
  ingest(update: JobUpdate): IngestAnswer {
    const now = clock();
    const settings = settingsOrThrow(this.env);
    const { raw = null, ...heard } = update;
    const loaded = this.#store.load();
    const key = keyText(update.key);
    const policy = policyOf(settings, update.source);
    const decision = hear(loaded?.state ?? null, heard, this.#store.sighting(key), { policy, now });
    switch (decision.kind) {
      case "duplicate":
        return { result: "duplicate", events: [] };
      case "record":
        if (loaded === null) throw new Error("the first update of a job is always emitted");
        this.#store.record(loaded.state, { at: now, key, reason: decision.reason, update: heard, raw });
        this.#arm(now);
        return { result: decision.reason === "duplicate" ? "duplicate" : "accepted", events: [] };
      case "emit": {
        const { epoch = newEpoch(), state: { status: statusBefore = null } = {} } = loaded ?? {};
        const { id } = emit(
          this.#parts,
          decision.emission,
          { epoch, now, statusBefore, key, traceparent: heard.traceparent, raw },
          settings,
        );
        this.#leave(now, decision.emission.state);
        return { result: "accepted", events: [id] };
      }
    }
  }

  /** Takes note of a stored file, once; a job that was erased meanwhile is none the wiser. Throws while the configuration is broken. */
  archived(file: ArchivedFile): void {
    const now = clock();
    if (emitArchived(this.#parts, file, now, settingsOrThrow(this.env))) this.#leave(now);
  }

  /** The job as the API shows it; `null` for one that does not exist. */
  snapshot(): JobSnapshot | null {
    const loaded = this.#store.load();
    return loaded === null ? null : snapshotOf(loaded.state);
  }

  /** A poll of the stream; `null` for a job that does not exist or that the caller may not see. */
  page(query: PageQuery): (Page & { readonly recorded?: readonly StoredRecord[] }) | null {
    const loaded = this.#store.load();
    if (loaded === null || !admits(query, loaded.state.account, loaded.state.guid)) return null;
    const page = this.#stream.page(query);
    return query.recorded === true ? { ...page, recorded: this.#store.records(0) } : page;
  }

  /** Forwards events after `since` again, to the named subscribers or to those the rules name; answers how many deliveries. */
  async replay(since: number, subscribers: readonly string[] | null): Promise<number | null> {
    const loaded = this.#store.load();
    return loaded === null ? null : this.#handovers.replay(loaded.state.provider, { since, subscribers }, settingsOrThrow(this.env));
  }

  /** Erases the job everywhere; false when there was none. Throws when another object does not answer: then nothing is forgotten here. */
  async erase(): Promise<boolean> {
    if (this.#store.load() === null) return false;
    await this.#handovers.erase(settingsOrThrow(this.env));
    this.#stream.end(CLOSE.notPermitted);
    await this.#store.erase();
    this.#armed = null;
    return true;
  }

  override fetch(request: Request): Response {
    const open = readOpen(request.headers.get(OPEN_HEADER));
    const state = this.#store.load()?.state;
    if (open === null || state === undefined || !admits(open, state.account, state.guid)) return new Response(null, { status: 404 });
    const response = this.#stream.accept(open);
    this.#arm(clock(), state);
    return response;
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
    this.#stream.message(socket, data);
  }

  /** Does what is due. Running it twice, early or late changes nothing; it never throws and always re-arms. */
  override async alarm(): Promise<void> {
    this.#armed = null;
    try {
      await this.#work(clock());
    } catch (error) {
      log("error", "error", "job.alarm_failed", { job: this.ctx.id.name ?? "", error: String(error) });
    } finally {
      this.#arm(clock());
    }
  }

  async #work(now: Millis): Promise<void> {
    this.#stream.expire(now);
    const settings = settingsOrNull(this.env);
    const loaded = this.#store.load();
    if (loaded === null || settings === null) return;
    const policy = policyOf(settings, loaded.state.source);
    const expired = expiresAt(loaded.state, policy) <= now;
    if (!expired) emitDue(this.#parts, loaded, { policy, now }, settings);
    await (expired ? this.erase() : this.#handovers.drain());
  }

  #leave(now: Millis, state?: JobState): void {
    this.#arm(now, state);
    this.ctx.waitUntil(this.#handovers.drain());
  }

  #arm(now: Millis, state: JobState | undefined = this.#store.load()?.state): void {
    if (state === undefined) return;
    const policy = policyOrNull(settingsOrNull(this.env), state.source);
    const due = dueAt({ state, policy, handover: this.#store.handover(), tokens: this.#stream.nextDeadline() }, now);
    const at = alarmAt(now, due, this.#armed);
    if (at === null) return;
    this.#armed = at;
    void this.ctx.storage.setAlarm(at);
  }
}
