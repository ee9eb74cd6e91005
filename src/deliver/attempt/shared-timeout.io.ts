// How long attempts may take: those that begin together share one timer and one signal, because a pair of its own costs each a fifth more.

import { now } from "../../kernel/clock.io.ts";
import type { Millis } from "../../kernel/time.ts";

/** Attempts join the one that began before them for this share of their limit: so much later than it says does a limit end the last of them. */
const JOINING = 0.01;

/** Attempts that end together when they do not end by themselves. */
interface Party {
  readonly limit: Millis;
  readonly joinUntil: Millis;
  readonly controller: AbortController;
  readonly timer: ReturnType<typeof setTimeout>;
  members: number;
}

/** Lends signals to the attempts of one object; an object's timers are of no use to another. */
export class SharedTimeout {
  #latest: Party | null = null;

  /**
   * Runs `work` with a signal that aborts once `limit` is over, and throws a `TimeoutError` then. Nothing goes on after the last
   * one has ended: an object with a pending timer stays billed, which is why this is no `AbortSignal.timeout`.
   */
  async run<T>(limit: Millis, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const party = this.#join(limit);
    const { signal } = party.controller;
    try {
      return await work(signal);
    } catch (thrown) {
      throw signal.aborted ? signal.reason : thrown;
    } finally {
      this.#leave(party);
    }
  }

  #join(limit: Millis): Party {
    const latest = this.#latest;
    if (
      latest !== null &&
      latest.limit === limit &&
      now() <= latest.joinUntil &&
      !latest.controller.signal.aborted
    ) {
      latest.members += 1;
      return latest;
    }
    const controller = new AbortController();
    const late = Math.floor(limit * JOINING);
    const abort = (): void =>
      controller.abort(new DOMException(`no answer within ${limit} ms`, "TimeoutError"));
    const party = {
      limit,
      joinUntil: now() + late,
      controller,
      timer: setTimeout(abort, limit + late),
      members: 1,
    };
    this.#latest = party;
    return party;
  }

  #leave(party: Party): void {
    party.members -= 1;
    if (party.members > 0) return;
    clearTimeout(party.timer);
    if (this.#latest === party) this.#latest = null;
  }
}
