// The accounts whose exports are polled: whose list is read next, and who is left alone.

import { earliest } from "../../durable/alarm.ts";
import { backoffWait } from "../../kernel/backoff.ts";
import type { Millis } from "../../kernel/time.ts";
import { RETRY, RETRY_REFUSED, type Failure } from "../record.ts";
import { LIST_FROM, MAX_LISTS, MAX_WANTED, type Watched } from "./plan.ts";

/** What is known of the accounts of one source. */
export class Accounts {
  /** When a list that a webhook has made worth reading is read. */
  readonly #wanted = new Map<string, Millis>();
  /** When the list of an account may be read again. */
  readonly #listAt = new Map<string, Millis>();
  /** Lists that are being read, and when each would be begun again. */
  readonly #leases = new Map<string, Millis>();
  /** How many requests in a row came to nothing, and until when none is sent. */
  readonly #failures = new Map<string, { readonly count: number; readonly until: Millis }>();

  /** True from a failure to the next answer. */
  #isFailing = false;

  get isIdle(): boolean {
    return this.#wanted.size === 0;
  }

  /** When the first list is to be read; `null` while none is. */
  get due(): Millis | null {
    return earliest(...new Map([...this.#wanted, ...this.#leases]).values());
  }

  /** True while a list is being read: it says which exports of the account are worth a look. */
  isLeased(account: string): boolean {
    return this.#leases.has(account);
  }

  /** A list is being read. */
  lease(account: string, until: Millis): void {
    this.#leases.set(account, until);
  }

  /** A list was read, or is not to be had. */
  release(account: string): void {
    this.#leases.delete(account);
  }

  /** Wants a list, which may show exports that nobody announced. */
  want(account: string, now: Millis): void {
    if (this.#wanted.size < MAX_WANTED && !this.#wanted.has(account))
      this.#wanted.set(account, Math.max(now, this.#listAt.get(account) ?? 0));
  }

  /** The accounts whose list is read now: wanted ones, and those with several exports due. */
  toList(due: readonly Watched[], now: Millis): readonly string[] {
    this.#forget(now);
    const several = [...Map.groupBy(due, ({ account }) => account)]
      .filter(([account, exports]) => exports.length >= LIST_FROM && this.#mayList(account, now))
      .map(([account]) => account);
    const wanted = [...this.#wanted].filter(([, at]) => at <= now).map(([account]) => account);
    return [...new Set([...wanted, ...several])]
      .filter((account) => !this.isLeased(account))
      .slice(0, this.#isFailing ? 1 : MAX_LISTS);
  }

  #mayList(account: string, now: Millis): boolean {
    return (this.#listAt.get(account) ?? 0) <= now;
  }

  /** Forgets what lets nobody wait any more: accounts come and go. */
  #forget(now: Millis): void {
    for (const [account, at] of this.#listAt) if (at <= now) this.#listAt.delete(account);
    for (const [account, { until }] of this.#failures)
      if (until + RETRY_REFUSED.longest <= now) this.#failures.delete(account);
  }

  /** A list was read; the next one not before `next`. */
  listed(account: string, next: Millis): void {
    this.#wanted.delete(account);
    this.#listAt.set(account, next);
  }

  /** The account answers. */
  succeeded(account: string): void {
    this.#isFailing = false;
    this.#failures.delete(account);
  }

  /**
   * A request came to nothing: no list of the account is read before the instant that it answers.
   * Of requests at the same time the first one counts. `chance` in [0, 1) is the jitter.
   */
  failed(account: string, { refused }: Failure, now: Millis, chance: number): Millis {
    const before = this.#failures.get(account);
    if (before !== undefined && before.until > now) return before.until;
    const count = (before?.count ?? 0) + 1;
    const wait = backoffWait(refused ? RETRY_REFUSED : RETRY, count) * chance;
    const until = now + Math.round(wait);
    this.#failures.set(account, { count, until });
    this.#isFailing = true;
    this.#listAt.set(account, until);
    // A list that fails may be the instance's failure: the others wait as well.
    for (const [wanted, at] of this.#wanted)
      if (at < until && (wanted === account || !refused)) this.#wanted.set(wanted, until);
    return until;
  }

  /** Forgets what lets an account wait: nothing of it is polled. */
  settle(): void {
    this.#listAt.clear();
    this.#failures.clear();
  }

  /** Forgets everything. */
  clear(): void {
    this.settle();
    this.#wanted.clear();
  }
}
