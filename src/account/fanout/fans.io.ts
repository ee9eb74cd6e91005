// The account's side of its fans: which are in use, what each still has to be sent, where new
// viewers go.

import { now as clock } from "../../kernel/clock.io.ts";
import { utf8 } from "../../kernel/bytes.ts";
import { logError } from "../../kernel/log.io.ts";
import type { Millis } from "../../kernel/time.ts";
import { fanObject } from "../../objects.ts";
import { FANS_HEADER } from "../../stream/http/fan-header.ts";
import { MAX_READ_CHARACTERS } from "../../stream/bounded-read.ts";
import type { LogEntry, StreamLog } from "../../stream/log.ts";
import { MAX_REPLAY } from "../../stream/recovery.ts";
import { FAN_RETRY } from "../retention.ts";
import type { FanList } from "./fan-list.store.ts";
import { fansWanted, isFull, type FanSizes } from "./fans.ts";
import { emptyRange, joinRanges, withinBounds, type LogRange } from "./log-range.ts";

/** Longest account name, in bytes: a fan's name adds its number and may have 1,024 bytes. */
const MAX_ACCOUNT_BYTES = 1_000;

/** What one call of a fan carries: as much as a fan that is behind may ask for. */
const CALL_BOUNDS = { most: MAX_REPLAY, characters: MAX_READ_CHARACTERS };

/** What the fans need of their account. */
interface FansOptions {
  readonly account: string;
  readonly env: Env;
  readonly log: Pick<StreamLog, "epoch" | "bounds">;
  readonly list: FanList;
  /** Arms the account's alarm after `nextDeadline` has changed. */
  readonly arm: () => void;
}

/**
 * The fans of one account. Each is called once at a time; entries that are appended meanwhile go
 * with its next call. An account that dies between a commit and these calls forgets them. So after
 * a wake it sends every fan the end of its log, and a fan that is behind asks for the rest.
 */
export class Fans {
  readonly #options: FansOptions;
  /** The sockets of each fan, by its last answer. */
  readonly #sizes = new Map<number, number>();
  readonly #waiting = new Map<number, LogRange>();
  readonly #calling = new Set<number>();
  readonly #failed = new Set<number>();
  /** Viewers that came to each fan: a fan that has no socket yet, but expects one, stays in use. */
  readonly #arrivals = new Map<number, number>();
  #sentSinceWake = false;
  #retryAt: Millis | null = null;

  constructor(options: FansOptions) {
    this.#options = options;
  }

  /** True when an account of this name can have fans. */
  get possible(): boolean {
    return utf8(this.#options.account).byteLength <= MAX_ACCOUNT_BYTES;
  }

  /** Refers a new viewer to the fans (421), or refuses it (429). */
  refer(): Response {
    const sizes: FanSizes = new Map(
      [...this.#options.list.all()].map((fan) => [fan, this.#sizes.get(fan) ?? 0] as const),
    );
    if (isFull(sizes)) return new Response(null, { status: 429 });
    const headers = { [FANS_HEADER]: String(fansWanted(sizes)) };
    return new Response(null, { status: 421, headers });
  }

  /**
   * Notes a new viewer of a fan that has `sockets` others: from now on the fan is sent every event.
   */
  addViewer(fan: number, sockets: number): void {
    this.#options.list.add(fan);
    this.#sizes.set(fan, sockets + 1);
    this.#arrivals.set(fan, this.#arrivalsOf(fan) + 1);
  }

  /** Sockets of all fans by their last answers; a fan that has not answered is missing. */
  viewers(): number {
    return [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  /** Sends committed entries to every fan. Does not wait for them. */
  broadcast(entries: readonly LogEntry[]): void {
    const [first] = entries;
    if (first === undefined && this.#sentSinceWake) return;
    this.#sentSinceWake = true;
    const { log, list } = this.#options;
    const { last } = log.bounds();
    const after = first === undefined ? last : first.offset - 1;
    for (const fan of list.all()) this.#send(fan, { epoch: log.epoch(), after, last, entries });
  }

  /** Lets every fan forget the events of an erased job. Throws when one does not answer. */
  async forget(source: string, guid: string): Promise<void> {
    const { env, account, list } = this.#options;
    await Promise.all(
      [...list.all()].map((fan) => fanObject(env, account, fan).forget(source, guid)),
    );
  }

  /** When a fan that did not answer is tried again; `null` without one. */
  nextDeadline(): Millis | null {
    return this.#retryAt;
  }

  /**
   * Sends the end of the log to the fans that did not answer, and after a wake to all of them. They
   * ask for what they have not seen.
   */
  retry(now: Millis): void {
    this.broadcast([]);
    if (this.#retryAt === null || this.#retryAt > now) return;
    this.#retryAt = null;
    const { log } = this.#options;
    const end = emptyRange({ epoch: log.epoch(), offset: log.bounds().last });
    for (const fan of this.#failed) this.#send(fan, end);
    this.#failed.clear();
  }

  #arrivalsOf(fan: number): number {
    return this.#arrivals.get(fan) ?? 0;
  }

  #send(fan: number, range: LogRange): void {
    const waiting = this.#waiting.get(fan);
    const joined = (waiting === undefined ? null : joinRanges(waiting, range)) ?? range;
    this.#waiting.set(fan, withinBounds(joined, CALL_BOUNDS));
    if (!this.#calling.has(fan)) void this.#call(fan);
  }

  async #call(fan: number): Promise<void> {
    const { env, account, arm } = this.#options;
    this.#calling.add(fan);
    try {
      for (
        let range = this.#waiting.get(fan);
        range !== undefined;
        range = this.#waiting.get(fan)
      ) {
        this.#waiting.delete(fan);
        const arrivals = this.#arrivalsOf(fan);
        const sockets = await fanObject(env, account, fan).show(range);
        this.#sizes.set(fan, sockets);
        if (sockets === 0 && this.#arrivalsOf(fan) === arrivals) this.#remove(fan);
      }
    } catch (error) {
      logError("fan.unreachable", error, { fan });
      this.#waiting.delete(fan);
      this.#failed.add(fan);
      this.#retryAt = clock() + FAN_RETRY;
      arm();
    } finally {
      this.#calling.delete(fan);
    }
  }

  #remove(fan: number): void {
    this.#options.list.remove(fan);
    this.#waiting.delete(fan);
    this.#sizes.delete(fan);
  }
}
