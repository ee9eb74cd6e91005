// One job: asks what an update or the clock means, commits the answer, and hands over what was emitted.

import { DurableObject } from "cloudflare:workers";
import { settingsOrNull, settingsOrThrow } from "../config/load.ts";
import { alarmAt } from "../durable/alarm.ts";
import { now as clock } from "../kernel/clock.io.ts";
import type { JobSnapshot } from "../model/event.ts";
import type { ArchivedFile, IngestAnswer, JobUpdate } from "../model/messages.ts";
import { log } from "../kernel/log.io.ts";
import type { Millis } from "../kernel/time.ts";
import { closeBack } from "../stream/sockets/closed-socket.io.ts";
import { CLOSE, type Page } from "../stream/frames.ts";
import { Stream } from "../stream/stream.io.ts";
import { admits, OPEN_HEADER, readStreamOpen, type PageQuery } from "../stream/stream.ts";
import type { JobRpc } from "../rpc.ts";
import { dueAt } from "./deadlines.ts";
import { expiresAt, type Policy } from "./decide.ts";
import { applyArchived, applyDue } from "./emit.io.ts";
import { Outbox } from "./outbox/drain.io.ts";
import { JobStore } from "./job.store.ts";
import { policyOf, policyOrNull } from "./policy.ts";
import { recordView, type RecordView } from "./record-view.ts";
import { snapshotOf, type JobState } from "./state.ts";
import { streamLogOf } from "./stream-log.ts";
import { applyUpdate } from "./take.io.ts";

export class Job extends DurableObject<Env> implements JobRpc {
  readonly #store = new JobStore(this.ctx.storage);
  readonly #stream = new Stream(this.ctx, streamLogOf(this.#store), "first");
  readonly #parts = { store: this.#store, stream: this.#stream };
  readonly #handovers = new Outbox(this.env, this.#store);
  /** The instant the alarm is set to, as far as this instance knows; unknown after a wake, then it is set anew. */
  #armed: Millis | null = null;

  /** Takes an update; when it answers, everything it says is stored. Throws while the configuration is broken. */
  ingest(update: JobUpdate): IngestAnswer {
    const now = clock();
    const { answer, emitted } = applyUpdate(this.#parts, update, settingsOrThrow(this.env), now);
    if (emitted) this.#leave(now);
    else this.#arm(now);
    return answer;
  }

  /** Takes note of a stored file, once; a job that was erased meanwhile is none the wiser. Throws while the configuration is broken. */
  archived(file: ArchivedFile): void {
    const now = clock();
    if (applyArchived(this.#parts, file, now, settingsOrThrow(this.env))) this.#leave(now);
  }

  /** The job as the API shows it; `null` for one that does not exist. */
  snapshot(): JobSnapshot | null {
    const loaded = this.#store.load();
    return loaded === null ? null : snapshotOf(loaded.state);
  }

  /** A poll of the stream; `null` for a job that does not exist or that the caller may not see. */
  page(query: PageQuery): (Page & { readonly recorded?: readonly RecordView[] }) | null {
    const loaded = this.#store.load();
    if (loaded === null || !admits(query, loaded.state.account, loaded.state.guid)) return null;
    const page = this.#stream.page(query);
    return query.recorded === true
      ? { ...page, recorded: this.#store.records(0).map(recordView) }
      : page;
  }

  /** Forwards events after `since` again, to the named subscribers or to those the rules name; answers how many deliveries. */
  async replay(since: number, subscribers: readonly string[] | null): Promise<number | null> {
    const loaded = this.#store.load();
    return loaded === null
      ? null
      : this.#handovers.replay(
          loaded.state.provider,
          { since, subscribers },
          settingsOrThrow(this.env),
        );
  }

  /**
   * Erases the job everywhere; false when there was none. Throws when another object does not answer: then nothing is forgotten here.
   * With `policy`, only while the job is expired by it: a webhook that comes in meanwhile keeps it.
   */
  async erase(policy?: Policy): Promise<boolean> {
    const due = (state: JobState): boolean =>
      policy === undefined || expiresAt(state, policy) <= clock();
    if (!(await this.#handovers.erase(settingsOrThrow(this.env), due))) return false;
    this.#stream.end(CLOSE.notPermitted);
    await this.#store.erase();
    this.#armed = null;
    return true;
  }

  override fetch(request: Request): Response {
    const open = readStreamOpen(request.headers.get(OPEN_HEADER));
    const state = this.#store.load()?.state;
    if (open === null || state === undefined || !admits(open, state.account, state.guid))
      return new Response(null, { status: 404 });
    const response = this.#stream.accept(open);
    this.#arm(clock(), state);
    return response;
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
    this.#stream.message(socket, data);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    closeBack(socket, code);
  }

  /** Does what is due. Running it twice, early or late changes nothing; it never throws and always re-arms. */
  override async alarm(): Promise<void> {
    this.#armed = null;
    await this.#work(clock()).catch((error: unknown) => {
      log("error", "error", "job.alarm_failed", {
        job: this.ctx.id.name ?? "",
        error: String(error),
      });
    });
    this.#arm(clock());
  }

  async #work(now: Millis): Promise<void> {
    this.#stream.expire(now);
    const settings = settingsOrNull(this.env);
    const loaded = this.#store.load();
    if (loaded === null || settings === null) return;
    const policy = policyOf(settings, loaded.state.source);
    const expired = expiresAt(loaded.state, policy) <= now;
    if (!expired) applyDue(this.#parts, loaded, { policy, now }, settings);
    await (expired ? this.erase(policy) : this.#handovers.drain());
  }

  #leave(now: Millis): void {
    this.#arm(now);
    this.ctx.waitUntil(this.#handovers.drain());
  }

  #arm(now: Millis, state: JobState | undefined = this.#store.load()?.state): void {
    if (state === undefined) return;
    const policy = policyOrNull(settingsOrNull(this.env), state.source);
    const due = dueAt(
      { state, policy, handover: this.#store.watermarks(), tokens: this.#stream.nextDeadline() },
      now,
    );
    const at = alarmAt(now, due, this.#armed);
    if (at === null) return;
    this.#armed = at;
    void this.ctx.storage.setAlarm(at);
  }
}
