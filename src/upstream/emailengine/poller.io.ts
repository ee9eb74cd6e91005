// The connector of EmailEngine: looks at the exports that it knows until each of them has ended.

import type { UpstreamSettings } from "../../config/settings.ts";
import { backoffWait } from "../../kernel/backoff.ts";
import { now as clock } from "../../kernel/clock.io.ts";
import { log } from "../../kernel/log.io.ts";
import { randomFraction } from "../../kernel/random.io.ts";
import { MINUTE, type Millis } from "../../kernel/time.ts";
import type { ConnectorView, WatchAnswer, WatchedExport } from "../../model/connector.ts";
import type { Connector, ConnectorDeps } from "../connector.ts";
import { feed, logRefused, readStatement } from "../feed.io.ts";
import {
  answering,
  counted,
  REFUSED,
  failed,
  RETRY,
  viewOf,
  withError,
  withStatus,
  type ConnectorRecord,
  type Failure,
} from "../record.ts";
import { ask } from "../request.io.ts";
import { sideBySide } from "../side-by-side.ts";
import { judgeList, judgeStatus, listUrl, MAX_PAGES, statusUrl } from "./export-api.ts";
import { saidBy, saidByAbsence, type ListedExport, type Said } from "./export-status.ts";
import {
  accountsToList,
  dueExports,
  MAX_REQUESTS,
  MAX_WANTED,
  nextDue,
  unwatched,
  type Watched,
} from "./plan.ts";
import { Watches } from "./watches.ts";

type PollSettings = Extract<UpstreamSettings, { kind: "emailengine" }>;

/** Requests at once: an invocation may hold 6 outgoing connections (Workers, limits, 2026-10). */
const MAX_AT_ONCE = 6;

/** How long an export that EmailEngine does not know may be awaited. */
const UNKNOWN_GRACE: Millis = MINUTE;

/** Looks in a row that fail before the instance itself is left alone for a while. */
const FAILURES_OF_ALL = 3;

/** Polls the exports of one source. */
export class Poller implements Connector {
  readonly #deps: ConnectorDeps;
  readonly #settings: PollSettings;
  #record: ConnectorRecord;
  readonly #watches: Watches;
  /** Accounts whose list may show exports that nobody announced. */
  readonly #wanted = new Set<string>();
  readonly #listedAt = new Map<string, Millis>();
  #requestsLeft = 0;
  #failuresInRow = 0;
  #isRunning = false;

  constructor(deps: ConnectorDeps, settings: PollSettings, record: ConnectorRecord) {
    this.#deps = deps;
    this.#settings = settings;
    this.#record = record;
    this.#watches = new Watches(deps.store, clock());
    if (this.#isIdle) this.#record = withStatus(record, "waiting", clock());
  }

  get #isIdle(): boolean {
    return this.#watches.size === 0 && this.#wanted.size === 0;
  }

  view(): ConnectorView {
    return viewOf(this.#record, { kind: "emailengine", watching: this.#watches.size });
  }

  due(now: Millis): Millis | null {
    const due = this.#wanted.size > 0 ? now : nextDue(this.#watches.all());
    return due === null ? null : Math.max(due, this.#record.retryAt ?? 0);
  }

  stop(): void {
    this.#watches.clear();
    this.#wanted.clear();
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
    if (this.#wanted.size < MAX_WANTED) this.#wanted.add(account);
  }

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
    this.#requestsLeft = MAX_REQUESTS;
    this.#record = { ...this.#record, retryAt: null };
    const due = dueExports(this.#watches.all(), now);
    const before = now - this.#settings.every;
    const accounts = new Set([...this.#wanted, ...accountsToList(due, this.#listedAt, before)]);
    await this.#each([...accounts], (account) => this.#list(account));
    await this.#each(dueExports(this.#watches.all(), clock()), (one) => this.#look(one));
    if (!this.#isIdle) return;
    this.#listedAt.clear();
    if (this.#record.retryAt === null) this.#settle(withStatus(this.#record, "waiting", clock()));
  }

  /** Works through a list until requests are used up or all have to wait. */
  #each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    const goesOn = (): boolean => this.#requestsLeft > 0 && this.#record.retryAt === null;
    return sideBySide(items, MAX_AT_ONCE, work, goesOn);
  }

  async #list(account: string): Promise<void> {
    const listed: ListedExport[] = [];
    for (let page = 0, pages = 1; page < Math.min(pages, MAX_PAGES); page += 1) {
      const verdict = judgeList(await this.#ask(listUrl(this.#settings.url, account, page)));
      if (verdict.kind === "failure") return this.#fail(verdict.failure);
      this.#succeed();
      listed.push(...verdict.exports);
      ({ pages } = verdict);
    }
    const now = clock();
    this.#wanted.delete(account);
    this.#listedAt.set(account, now);
    for (const { exportId } of unwatched(listed, (id) => this.#watches.has(id)))
      this.watch([{ account, exportId }], now);
    this.#watches.putOff(account, listed, now + this.#settings.every);
  }

  async #look(one: Watched): Promise<void> {
    const place = { base: this.#settings.url, account: one.account, exportId: one.exportId };
    const verdict = judgeStatus(await this.#ask(statusUrl(place)));
    if (verdict.kind === "failure") return this.#failLook(one, verdict.failure);
    this.#succeed();
    // A webhook may have ended it meanwhile.
    if (!this.#watches.has(one.exportId)) return;
    switch (verdict.kind) {
      case "status": {
        const { status } = verdict.status;
        this.#watches.markSeen(one);
        const seen: Watched = { ...one, seen: true, isQueued: status === "queued" };
        return this.#take(seen, saidBy(verdict.status, place));
      }
      case "gone":
        if (one.seen) return this.#take(one, saidByAbsence(place));
        if (clock() - one.since < UNKNOWN_GRACE)
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
    const { json, provider, key: id } = said;
    const updates = await readStatement(this.#deps.feed, { json, id, provider }, now);
    if (!updates.ok) {
      logRefused(this.#deps.feed, updates.fault);
      this.#record = counted(this.#record, REFUSED, now);
      return this.#drop(one, `is refused: ${updates.fault}`);
    }
    const fed = await feed(this.#deps.feed, updates.value);
    if (!fed.ok) return this.#lookLater(one);
    this.#record = counted(this.#record, fed.value, now);
    if (fed.value.outcome === "refused") return this.#drop(one, "belongs to another account");
    if (said.isEnd) return this.#watches.remove(one.exportId);
    this.#watches.set({ ...next, key: said.key, done: Math.max(one.done, said.done), failures: 0 });
  }

  #ask(url: string): ReturnType<typeof ask> {
    this.#requestsLeft -= 1;
    const authorization = `Bearer ${this.#settings.token}`;
    return ask(url, { headers: { authorization, accept: "application/json" } });
  }

  /** The instance answers, unless another answer of this run has asked for a pause. */
  #succeed(): void {
    const { status, retryAt } = this.#record;
    this.#failuresInRow = 0;
    const record = answering(this.#record, clock());
    if (status === "connected" || retryAt !== null) this.#record = { ...record, status, retryAt };
    else this.#settle(record);
  }

  /** One look came to nothing: that export waits, and after several all of them. */
  #failLook(one: Watched, failure: Failure): void {
    this.#failuresInRow += 1;
    const most = Math.min(FAILURES_OF_ALL, this.#watches.size);
    if (failure.refused || failure.retryAfter > 0 || this.#failuresInRow >= most)
      return this.#fail(failure);
    this.#record = withError(this.#record, failure.error, clock());
    this.#lookLater(one);
  }

  #lookLater(one: Watched): void {
    const failures = one.failures + 1;
    const wait = Math.max(this.#settings.every, backoffWait(RETRY, failures) * randomFraction());
    this.#watches.set({ ...one, failures, due: clock() + Math.round(wait) });
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
