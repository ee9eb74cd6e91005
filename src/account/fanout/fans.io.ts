// An account's side of its fans: who they are, what each still has to be shown, where newcomers are sent.

import { utf8 } from "../../kernel/bytes.ts";
import { now as clock } from "../../kernel/clock.io.ts";
import { log } from "../../kernel/log.io.ts";
import type { Millis } from "../../kernel/time.ts";
import { fanObject } from "../../objects.ts";
import type { FanList } from "./fan-list.store.ts";
import { FANS_HEADER } from "../../stream/http/fan-header.ts";
import { fansWanted, joinRanges, emptyRange, type LogRange } from "./fans.ts";
import { FAN_RETRY } from "../retention.ts";
import { HOME_SOCKETS, MAX_VIEWERS } from "../../stream/limits.ts";
import type { LogEntry, StreamLog } from "../../stream/log.ts";

/** Longest account name, in bytes, that leaves room for a fan's number in an object's name of 1,024 bytes. */
const LONGEST_NAME = 1_000;

/** What the account's side needs of the account. */
export interface FanOwner {
  readonly account: string;
  readonly env: Env;
  readonly log: Pick<StreamLog, "epoch" | "bounds">;
  readonly list: FanList;
  /** Arms the account's alarm, after `nextDeadline` has changed. */
  readonly arm: () => Promise<void>;
}

/**
 * The fans of one account. A fan is called once at a time; what happens meanwhile is shown by its next call. The memory of an
 * account that dies between a commit and these calls is lost: the first thing that an account tells after it woke, even to add nothing, is where its log ends.
 */
export class Fans {
  readonly #owner: FanOwner;
  /** Sockets of each fan, as it told last. */
  readonly #sizes = new Map<number, number>();
  readonly #waiting = new Map<number, LogRange>();
  readonly #busy = new Set<number>();
  readonly #failed = new Set<number>();
  /** How often viewers came to a fan: a fan that says it has none, while one is on its way, is kept. */
  readonly #arrivals = new Map<number, number>();
  #toldSinceWake = false;
  #retryAt: Millis | null = null;

  constructor(owner: FanOwner) {
    this.#owner = owner;
  }

  /** True when an account of this name can have fans. */
  get possible(): boolean {
    return utf8(this.#owner.account).byteLength <= LONGEST_NAME;
  }

  /** Sends a newcomer on to any of so many fans (421), or away (429). */
  elsewhere(): Response {
    const sizes = new Map(
      [...this.#owner.list.all()].map((fan) => [fan, this.#sizes.get(fan) ?? 0] as const),
    );
    const viewers = [...sizes.values()].reduce((sum, size) => sum + size, HOME_SOCKETS);
    if (viewers >= MAX_VIEWERS) return new Response(null, { status: 429 });
    return new Response(null, {
      status: 421,
      headers: { [FANS_HEADER]: String(fansWanted(sizes)) },
    });
  }

  /** Notes that a viewer comes to a fan, which has `sockets` without it: from here on the fan is shown every event. */
  attend(fan: number, sockets: number): void {
    this.#owner.list.add(fan);
    this.#sizes.set(fan, sockets + 1);
    this.#arrivals.set(fan, this.#arrivalsOf(fan) + 1);
  }

  /** Shows committed entries to every fan. Does not wait for them. */
  broadcast(entries: readonly LogEntry[]): void {
    const [first] = entries;
    if (first === undefined && this.#toldSinceWake) return;
    this.#toldSinceWake = true;
    const epoch = this.#owner.log.epoch();
    const { last } = this.#owner.log.bounds();
    const news: LogRange = {
      epoch,
      after: first === undefined ? last : first.offset - 1,
      last,
      entries,
    };
    for (const fan of this.#owner.list.all()) this.#show(fan, news);
  }

  /** When a fan that could not be reached is tried again. */
  nextDeadline(): Millis | null {
    return this.#retryAt;
  }

  /** Tells fans that could not be reached, or after a wake all of them, where the log ends; they ask for what they lack. */
  retry(now: Millis): void {
    this.broadcast([]);
    if (this.#retryAt === null || this.#retryAt > now) return;
    this.#retryAt = null;
    const place = emptyRange({
      epoch: this.#owner.log.epoch(),
      offset: this.#owner.log.bounds().last,
    });
    for (const fan of this.#failed) this.#show(fan, place);
    this.#failed.clear();
  }

  #arrivalsOf(fan: number): number {
    return this.#arrivals.get(fan) ?? 0;
  }

  #show(fan: number, news: LogRange): void {
    const waiting = this.#waiting.get(fan);
    this.#waiting.set(fan, (waiting === undefined ? null : joinRanges(waiting, news)) ?? news);
    if (!this.#busy.has(fan)) void this.#work(fan);
  }

  async #work(fan: number): Promise<void> {
    this.#busy.add(fan);
    try {
      for (let news = this.#waiting.get(fan); news !== undefined; news = this.#waiting.get(fan)) {
        this.#waiting.delete(fan);
        const arrivals = this.#arrivalsOf(fan);
        const sockets = await fanObject(this.#owner.env, this.#owner.account, fan).show(news);
        this.#sizes.set(fan, sockets);
        if (sockets === 0 && this.#arrivalsOf(fan) === arrivals) this.#remove(fan);
      }
    } catch (error) {
      log("error", "error", "fan.unreachable", { fan, error: String(error) });
      this.#waiting.delete(fan);
      this.#failed.add(fan);
      this.#retryAt = clock() + FAN_RETRY;
      await this.#owner.arm();
    } finally {
      this.#busy.delete(fan);
    }
  }

  #remove(fan: number): void {
    this.#owner.list.remove(fan);
    this.#waiting.delete(fan);
    this.#sizes.delete(fan);
  }
}
