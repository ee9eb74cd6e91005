// The object of one source: the index of its jobs, and what became of its webhooks. Objects of the
// same class are parts of that index.

import { DurableObject } from "cloudflare:workers";
import { ObjectAlarm } from "../durable/alarm.io.ts";
import { KEPT_MS } from "../durable/gone.store.ts";
import { now as clock } from "../kernel/clock.io.ts";
import type { Millis } from "../kernel/time.ts";
import type { IndexPart, SpreadDay } from "../model/index-parts.ts";
import type { JobRef, Kept, KeptAnswer, KeptRequest, Rejection, Tally } from "../model/messages.ts";
import { sourceOf } from "../objects.ts";
import type { Notice } from "../operations/notice.ts";
import { Notifier } from "../operations/notifier.io.ts";
import { noticeStamp } from "../operations/stamp.io.ts";
import type { Answer, SourceRpc } from "../rpc.ts";
import { HomeIndex } from "./index/home-index.io.ts";
import type { JobQuery, SourceJobs } from "./index/jobs.store.ts";
import { PartIndex } from "./index/part-index.io.ts";
import { KeptStore } from "./kept.store.ts";
import { addTally, countsOf, saveAt, withKept } from "./inspection.ts";
import type { Inspection, SourceCounts } from "./inspection.ts";
import { migrateSource, SourceStore } from "./source.store.ts";

/** What is in memory and not in storage: nothing, counts, or refused requests as well. */
type Unsaved = "nothing" | "counts" | "rejected";

/** Named by the source's id; a part of its index by id, day and number. */
export class Source extends DurableObject<Env> implements SourceRpc {
  readonly #store = new SourceStore(this.ctx.storage.sql);
  readonly #kept = new KeptStore(this.ctx.storage.sql);
  readonly #alarm = new ObjectAlarm(this.ctx.storage);
  readonly #home: HomeIndex;
  readonly #index: HomeIndex | PartIndex;
  readonly #notifier = new Notifier({
    env: this.env,
    subject: this.ctx.id.name ?? "",
    waiting: () => this.#known().refusals.notices,
    keepOnly: (notices) => this.#saveNotices(notices),
  });
  /** Read when it is first needed. */
  #inspection: Inspection | null = null;
  #unsaved: Unsaved = "nothing";
  /** When this instance wrote last. */
  #savedAt: Millis | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { source, part } = sourceOf(ctx.id.name ?? "");
    this.#home = new HomeIndex(ctx.storage, source);
    this.#index = part === null ? this.#home : new PartIndex(ctx.storage, { env, source, part });
    if (part === null) migrateSource(ctx.storage);
    // Nothing has to be armed: the alarm writes what this instance counted, and it has nothing yet.
    void ctx.blockConcurrencyWhile(() => this.#alarm.load());
  }

  /** Adds jobs, each in its newest state; `takesReferral`: the answer may name parts instead. */
  index(refs: readonly JobRef[], takesReferral = false): Answer<SpreadDay | null> {
    return this.#index.index(refs, takesReferral);
  }

  /** Jobs of this source, newest first, those of one instant by guid, at most 500. */
  jobs(query: JobQuery): SourceJobs {
    return this.#index.jobs(query);
  }

  /** Removes a job, all up to `upTo` for good. The answer may say in which part it is instead. */
  forget(guid: string, createdAt: Millis, upTo?: Millis): Answer<SpreadDay | null> {
    if (upTo !== undefined && this.#index instanceof PartIndex) {
      // A part without jobs closes when nothing comes late any more.
      this.#alarm.arm(upTo + KEPT_MS);
      this.#alarm.postpone(upTo + KEPT_MS);
    }
    return this.#index.forget(guid, createdAt, upTo);
  }

  /** Notes that a part of this source's index is about to hold its first job, or holds none. */
  notePart(part: IndexPart, holdsJobs: boolean): void {
    this.#home.notePart(part, holdsJobs);
  }

  /** Adds what an isolate has counted; written at once, or some seconds after the last write. */
  count(tally: Tally): void {
    const now = clock();
    const before = this.#known();
    this.#inspection = addTally(before, tally, now, noticeStamp);
    if (tally.rejected.length > 0) this.#unsaved = "rejected";
    else if (this.#unsaved === "nothing") this.#unsaved = "counts";
    const isNews = this.#inspection.refusals.notices !== before.refusals.notices;
    const due = isNews ? now : saveAt(now, this.#savedAt);
    if (due <= now) this.#save(now);
    else this.#alarm.arm(due);
    this.#alarm.arm(this.#notifier.due());
  }

  /** How many webhooks became what, and when a verified one came last. */
  counts(): SourceCounts {
    return countsOf(this.#known());
  }

  /** The last refused webhooks and all kept ones, newest first. */
  rejected(): readonly Rejection[] {
    return withKept(this.#known().rejected, this.#kept.rejections());
  }

  /** Keeps a refused request while there is room today; the bytes that are left. */
  keep(request: KeptRequest): number {
    return this.ctx.storage.transactionSync(() => this.#kept.put(request, clock()));
  }

  /** A refused request that is kept, or what it was answered when it was ingested, or `null`. */
  kept(n: number): Kept | null {
    return this.#kept.get(n);
  }

  /** Lets a kept request go, which was ingested, and keeps the answer. */
  release(n: number, answer: KeptAnswer): void {
    this.#kept.release(n, answer);
  }

  /** Writes what is not written yet. What is in memory when an instance ends is lost. */
  override async alarm(): Promise<void> {
    this.#alarm.fired();
    if (this.#index instanceof PartIndex) return this.#index.closeIfEmpty();
    this.#save(clock());
    void this.#notifier.send();
    this.#alarm.arm(this.#notifier.due());
    await this.#alarm.settled();
  }

  #known(): Inspection {
    this.#inspection ??= this.#store.inspection();
    return this.#inspection;
  }

  #saveNotices(notices: readonly Notice[]): void {
    const known = this.#known();
    this.#inspection = { ...known, refusals: { ...known.refusals, notices } };
    if (this.#unsaved === "nothing") this.#unsaved = "counts";
    this.#save(clock());
  }

  #save(now: Millis): void {
    if (this.#unsaved === "nothing") return;
    const withRejected = this.#unsaved === "rejected";
    this.ctx.storage.transactionSync(() => this.#store.saveInspection(this.#known(), withRejected));
    this.#unsaved = "nothing";
    this.#savedAt = now;
  }
}
