// The exports that a source polls: in memory, each with its row.

import type { Millis } from "../../kernel/time.ts";
import type { WatchedExport } from "../../model/connector.ts";
import type { UpstreamStore } from "../upstream.store.ts";
import type { ListedExport } from "./export-status.ts";
import type { Accounts } from "./accounts.ts";
import {
  dueExports,
  MAX_WATCHED,
  newWatched,
  nextDue,
  unwatched,
  waitsStill,
  type Watched,
} from "./plan.ts";

/** All exports of one source that are polled. */
export class Watches {
  readonly #store: Pick<UpstreamStore, "watched" | "watch" | "unwatch">;
  readonly #byId: Map<string, Watched>;

  readonly #accounts: Pick<Accounts, "isLeased">;

  /** Reads what an earlier instance left; all of it is due. */
  constructor(
    store: Pick<UpstreamStore, "watched" | "watch" | "unwatch">,
    accounts: Pick<Accounts, "isLeased">,
    now: Millis,
  ) {
    this.#store = store;
    this.#accounts = accounts;
    this.#byId = new Map(
      store.watched().map((stored) => [stored.exportId, newWatched(stored, now)]),
    );
  }

  get size(): number {
    return this.#byId.size;
  }

  all(): readonly Watched[] {
    return [...this.#byId.values()];
  }

  /** The exports that are due, the longest first, but for accounts whose list is being read. */
  due(now: Millis): readonly Watched[] {
    return dueExports(this.#open(), now);
  }

  /** When the next of those is due; `null` without any. */
  nextDue(): Millis | null {
    return nextDue(this.#open());
  }

  #open(): readonly Watched[] {
    return this.all().filter(({ account }) => !this.#accounts.isLeased(account));
  }

  has(exportId: string): boolean {
    return this.#byId.has(exportId);
  }

  /** Exports of a list that run and are not polled yet. */
  unknown(listed: readonly ListedExport[]): readonly ListedExport[] {
    return unwatched(listed, (id) => this.has(id));
  }

  /** False once an export has ended, or its account was put off. */
  isDue({ exportId }: WatchedExport, now: Millis): boolean {
    return (this.#byId.get(exportId)?.due ?? Number.POSITIVE_INFINITY) <= now;
  }

  /** How many accounts have exports that are polled. */
  accounts(): number {
    return new Set(this.all().map(({ account }) => account)).size;
  }

  /** Adds exports, each once; false, and none of them, when there is no room. */
  add(exports: readonly WatchedExport[], now: Millis): boolean {
    const added = exports.filter(({ exportId }) => !this.has(exportId));
    if (this.size + added.length > MAX_WATCHED) return false;
    for (const { account, exportId } of added) {
      const stored = { account, exportId, since: now, seen: false };
      this.#store.watch(stored);
      this.set(newWatched(stored, now));
    }
    return true;
  }

  /** Keeps in memory what became of a look. */
  set(one: Watched): void {
    this.#byId.set(one.exportId, one);
  }

  /** Keeps in its row that EmailEngine knows the export. */
  markSeen(one: Watched): void {
    if (!one.seen) this.#store.watch({ ...one, seen: true });
  }

  remove(exportId: string): void {
    if (this.#byId.delete(exportId)) this.#store.unwatch(exportId);
  }

  /** Puts off the exports of an account that wait still, by its list. */
  putOff(account: string, listed: readonly ListedExport[], until: Millis): void {
    const byId = new Map(listed.map((one) => [one.exportId, one]));
    for (const one of this.all())
      if (one.account === account && waitsStill(one, byId.get(one.exportId)))
        this.set({ ...one, due: until });
  }

  /** Puts off all exports of an account that are due before an instant. */
  putOffAll(account: string, until: Millis): void {
    for (const one of this.all())
      if (one.account === account && one.due < until) this.set({ ...one, due: until });
  }

  /** Forgets all of them; their rows stay. */
  clear(): void {
    this.#byId.clear();
  }
}
