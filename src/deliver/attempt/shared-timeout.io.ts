// How long attempts may take: those that begin together share one timer and one signal.

import { now } from "../../kernel/clock.io.ts";
import type { Millis } from "../../kernel/time.ts";

/**
 * Attempts share a timer when they begin within this share of their limit. The timer fires later
 * by as much, so that none is ended too early. A timer for each would cost a fifth of an attempt.
 */
const SHARED_FOR = 0.01;

/** Attempts that share a timer. */
interface TimeoutGroup {
  readonly limit: Millis;
  readonly joinUntil: Millis;
  readonly controller: AbortController;
  readonly timer: ReturnType<typeof setTimeout>;
  running: number;
}

/** The timers of one object's attempts; on Workers a timer of one object cannot serve another. */
export class SharedTimeout {
  #latest: TimeoutGroup | null = null;

  /**
   * Runs `work` with a signal that aborts once `limit` is over, and throws a `TimeoutError` then.
   * The timer ends with the last attempt, because an object with a pending timer stays billed:
   * `AbortSignal.timeout` would keep its timer.
   */
  async run<T>(limit: Millis, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const group = this.#join(limit);
    const { signal } = group.controller;
    try {
      return await work(signal);
    } catch (thrown) {
      throw signal.aborted ? signal.reason : thrown;
    } finally {
      this.#leave(group);
    }
  }

  #join(limit: Millis): TimeoutGroup {
    const latest = this.#latest;
    if (
      latest !== null &&
      latest.limit === limit &&
      now() <= latest.joinUntil &&
      !latest.controller.signal.aborted
    ) {
      latest.running += 1;
      return latest;
    }
    const controller = new AbortController();
    const sharedFor = Math.floor(limit * SHARED_FOR);
    const abort = (): void =>
      controller.abort(new DOMException(`no answer within ${limit} ms`, "TimeoutError"));
    const group = {
      limit,
      joinUntil: now() + sharedFor,
      controller,
      timer: setTimeout(abort, limit + sharedFor),
      running: 1,
    };
    this.#latest = group;
    return group;
  }

  #leave(group: TimeoutGroup): void {
    group.running -= 1;
    if (group.running > 0) return;
    clearTimeout(group.timer);
    if (this.#latest === group) this.#latest = null;
  }
}
