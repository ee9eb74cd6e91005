// The connector of EmailEngine: looks at the exports that it knows until each of them has ended.

import type { UpstreamSettings } from "../../config/settings.ts";
import { earliest } from "../../durable/alarm.ts";
import { now as clock } from "../../kernel/clock.io.ts";
import { log } from "../../kernel/log.io.ts";
import { randomFraction } from "../../kernel/random.io.ts";
import type { Millis } from "../../kernel/time.ts";
import type { ConnectorView, WatchAnswer, WatchedExport } from "../../model/connector.ts";
import type { Connector, ConnectorDeps } from "../connector.ts";
import { tell } from "../feed.io.ts";
import {
  answering,
  counted,
  failed,
  viewOf,
  withError,
  withStatus,
  type ConnectorRecord,
  type Failure,
} from "../record.ts";
import { ask, forAWhile } from "../request.io.ts";
import { Places } from "../side-by-side.ts";
import { Accounts } from "./accounts.ts";
import { judgeStatus, listUrl, readPages, statusUrl } from "./export-api.ts";
import { saidBy, saidByAbsence, type Said } from "./export-status.ts";
import { areOfAll, isAwaited, later, LEASE, MAX_REQUESTS, type Watched } from "./plan.ts";
import { Watches } from "./watches.ts";

type PollSettings = Extract<UpstreamSettings, { kind: "emailengine" }>;

/** Polls the exports of one source. */
export class Poller implements Connector {
  readonly #deps: ConnectorDeps;
  readonly #settings: PollSettings;
  #record: ConnectorRecord;
  readonly #watches: Watches;
  readonly #accounts = new Accounts();
  readonly #places: Places;
  /** The newest run: one that is over, but for answers that it awaits, begins nothing more. */
  #run = 0;
  #requestsLeft = 0;
  /** Exports and accounts that have failed since the last answer. */
  readonly #failed = new Set<string>();
  #isRunning = false;

  constructor(deps: ConnectorDeps, settings: PollSettings, record: ConnectorRecord) {
    this.#deps = deps;
    this.#settings = settings;
    this.#record = record;
    this.#watches = new Watches(deps.store, this.#accounts, clock());
    this.#places = new Places(() => this.#isRunning || deps.changed());
    if (this.#isIdle) this.#record = withStatus(record, "waiting", clock());
  }

  get #isIdle(): boolean {
    return this.#watches.size === 0 && this.#accounts.isIdle;
  }

  view(): ConnectorView {
    return viewOf(this.#record, { kind: "emailengine", watching: this.#watches.size });
  }

  due(now: Millis): Millis | null {
    // What was begun ends before its lease does, and is then looked at again.
    if (this.#places.areTaken) return now + LEASE;
    const due = earliest(this.#accounts.due, this.#watches.nextDue());
    return due === null ? null : Math.max(due, now, this.#record.retryAt ?? 0);
  }

  stop(): void {
    this.#watches.clear();
    this.#accounts.clear();
  }

  /** Adds exports, each once; none of them when there is no room. */
  watch(exports: readonly WatchedExport[], now: Millis): WatchAnswer {
    if (!this.#watches.add(exports, now)) return "full";
    const { status, retryAt } = this.#record;
    if (status === "waiting" && retryAt === null && this.#watches.size > 0)
      this.#record = withStatus(this.#record, "connecting", now);
    return "watching";
  }

  /** An export ended by a webhook; its account has others, perhaps. */
  ended(account: string, exportId: string): void {
    this.#watches.remove(exportId);
    this.#accounts.want(account, clock());
  }

  /** Asks for what is due. Answers that take long are taken in later, beside other runs. */
  async run(now: Millis): Promise<void> {
    if (this.#isRunning || this.#isIdle || (this.#record.retryAt ?? 0) > now) return;
    this.#isRunning = true;
    try {
      await this.#poll(now);
    } finally {
      this.#isRunning = false;
    }
  }

  async #poll(now: Millis): Promise<void> {
    this.#run += 1;
    this.#requestsLeft = MAX_REQUESTS;
    this.#record = { ...this.#record, retryAt: null };
    const accounts = this.#accounts.toList(this.#watches.due(now), now);
    const lists = this.#each(accounts, (account) => this.#list(account));
    await forAWhile(lists);
    const looks = this.#each(this.#watches.due(clock()), (one) => this.#look(one));
    await forAWhile(Promise.all([lists, looks]).then(() => this.#rest()));
  }

  /** Nothing is left to ask for, perhaps. */
  #rest(): void {
    if (!this.#isIdle) return;
    this.#accounts.settle();
    if (this.#record.retryAt === null) this.#settle(withStatus(this.#record, "waiting", clock()));
  }

  /** Works through a list until requests are used up or all have to wait. */
  #each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    const run = this.#run;
    const goesOn = (): boolean =>
      this.#run === run && this.#requestsLeft > 0 && this.#record.retryAt === null;
    return this.#places.each(items, work, goesOn);
  }

  async #list(account: string): Promise<void> {
    const list = await readPages((page) => {
      this.#accounts.lease(account, clock() + LEASE);
      return this.#ask(listUrl(this.#settings.url, account, page));
    });
    this.#accounts.release(account);
    if (list.kind === "failure") return this.#failAccount(account, list.failure);
    this.#succeed(account);
    const next = clock() + this.#settings.every;
    this.#accounts.listed(account, next);
    for (const { exportId } of this.#watches.unknown(list.exports))
      this.watch([{ account, exportId }], clock());
    this.#watches.putOff(account, list.exports, next);
  }

  async #look(one: Watched): Promise<void> {
    // Its account may have been put off while others were looked at.
    if (!this.#watches.isDue(one, clock())) return;
    this.#watches.set({ ...one, due: clock() + LEASE });
    const place = { base: this.#settings.url, account: one.account, exportId: one.exportId };
    const verdict = judgeStatus(await this.#ask(statusUrl(place)));
    if (verdict.kind !== "failure") this.#succeed(one.account);
    // A webhook may have ended it meanwhile.
    if (!this.#watches.has(one.exportId)) return;
    switch (verdict.kind) {
      case "failure":
        this.#watches.set(one);
        return this.#failLook(one, verdict.failure);
      case "status": {
        const isQueued = verdict.status.status === "queued";
        this.#watches.markSeen(one);
        return this.#take({ ...one, seen: true, isQueued }, saidBy(verdict.status, place));
      }
      case "gone":
        if (one.seen) return this.#take(one, saidByAbsence(place));
        if (isAwaited(one, clock()))
          return this.#watches.set({ ...one, due: clock() + this.#settings.every });
        return this.#drop(one, "is not known to EmailEngine");
      case "invalid":
        return this.#drop(one, "has no id of EmailEngine");
    }
  }

  /** Takes in what a look showed, unless it is known, or of a run that began again. */
  async #take(one: Watched, said: Said): Promise<void> {
    const now = clock();
    const next = { ...one, due: now + this.#settings.every };
    if (said.key === one.key || (!said.isEnd && said.done < one.done))
      return this.#watches.set(next);
    const told = await tell(this.#deps.feed, { ...said, id: said.key }, now);
    if (told === null) return this.#lookLater(one);
    this.#record = counted(this.#record, told.taken, now);
    if (told.refusal !== null) return this.#drop(one, told.refusal);
    if (said.isEnd) return this.#watches.remove(one.exportId);
    this.#watches.set({ ...next, key: said.key, done: Math.max(one.done, said.done), failures: 0 });
  }

  #ask(url: string): ReturnType<typeof ask> {
    this.#requestsLeft -= 1;
    const authorization = `Bearer ${this.#settings.token}`;
    return ask(url, { headers: { authorization, accept: "application/json" } });
  }

  /** The instance answers, unless another answer of this run has asked for a pause. */
  #succeed(account: string): void {
    const { status, retryAt } = this.#record;
    this.#failed.clear();
    this.#accounts.succeeded(account);
    const record = answering(this.#record, clock());
    if (status === "connected" || retryAt !== null) this.#record = { ...record, status, retryAt };
    else this.#settle(record);
  }

  /** One look came to nothing: that export waits, and after several all of them. */
  #failLook(one: Watched, failure: Failure): void {
    if (failure.refused) return this.#failAccount(one.account, failure);
    this.#failed.add(one.exportId);
    if (failure.retryAfter > 0 || areOfAll(this.#failed.size, this.#watches.size))
      return this.#fail(failure);
    this.#record = withError(this.#record, failure.error, clock());
    this.#lookLater(one);
  }

  /** An account refuses, or its list: it waits, and after several accounts all of them. */
  #failAccount(account: string, failure: Failure): void {
    // An account without a list is looked at export by export.
    if (failure.refused) this.#failed.add(`account ${account}`);
    if (failure.retryAfter > 0 || areOfAll(this.#failed.size, this.#watches.accounts()))
      return this.#fail(failure);
    const until = this.#accounts.failed(account, failure, clock(), randomFraction());
    if (failure.refused) this.#watches.putOffAll(account, until);
    this.#record = withError(this.#record, `${failure.error} for account ${account}`, clock());
  }

  #lookLater(one: Watched): void {
    this.#watches.set(later(one, this.#settings.every, clock(), randomFraction()));
  }

  /** Nothing can be asked for a while. Of requests at the same time the first one decides. */
  #fail(failure: Failure): void {
    if (this.#record.retryAt !== null) return;
    this.#log("upstream.disconnected", { error: failure.error });
    this.#settle(failed(this.#record, failure, clock(), randomFraction()));
  }

  #settle(record: ConnectorRecord): void {
    this.#record = record;
    this.#deps.store.save(record);
  }

  /** Ends looking at an export of which nothing more is to be had. */
  #drop({ exportId, account }: Watched, reason: string): void {
    this.#watches.remove(exportId);
    this.#log("upstream.unwatched", { exportId, reason });
    const error = `export ${exportId} of account ${account} ${reason}`;
    this.#settle(withError(this.#record, error, clock()));
  }

  #log(event: string, fields: Readonly<Record<string, string>>): void {
    const { settings, source } = this.#deps.feed;
    log(settings.logLevel, "warn", event, { source: source.id, ...fields });
  }
}
