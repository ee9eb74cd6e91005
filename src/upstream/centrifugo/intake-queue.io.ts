// Takes in what waits, batch by batch and in the background, and pauses while that fails.

import { backoffWait } from "../../kernel/backoff.ts";
import { now as clock } from "../../kernel/clock.io.ts";
import { logError } from "../../kernel/log.io.ts";
import { randomFraction } from "../../kernel/random.io.ts";
import type { Millis } from "../../kernel/time.ts";
import type { ConnectorDeps } from "../connector.ts";
import { RETRY } from "../record.ts";
import { takeIn, type Intake } from "./intake.io.ts";
import {
  afterTaking,
  MAX_BATCH,
  NOTHING_WAITS,
  withFrame,
  type Entry,
  type Waiting,
} from "./queue.ts";

/** A part of the queue that is durable now. */
export interface Taken {
  readonly outcomes: Intake["outcomes"];
  readonly entries: readonly Entry[];
}

/** The publications of one connector that wait. */
export class IntakeQueue {
  readonly #deps: Pick<ConnectorDeps, "feed" | "changed">;
  readonly #onTaken: (taken: Taken) => void;
  readonly #waiting: Entry[] = [];
  #size = NOTHING_WAITS;
  #isRunning = false;
  /** When it is tried again after the relay's own objects have failed. */
  #pausedUntil: Millis | null = null;
  #failures = 0;

  constructor(deps: Pick<ConnectorDeps, "feed" | "changed">, onTaken: (taken: Taken) => void) {
    this.#deps = deps;
    this.#onTaken = onTaken;
  }

  get size(): Waiting {
    return this.#size;
  }

  /** When `run` has something to do that does not run by itself. */
  get due(): Millis | null {
    return this.#pausedUntil;
  }

  /** Adds the entries of a frame of `length` characters, and takes them in unless it pauses. */
  push(entries: readonly Entry[], length: number): void {
    for (const entry of entries) this.#waiting.push(entry);
    this.#size = withFrame(this.#size, entries.length, length);
    if (this.#pausedUntil === null) this.#start();
  }

  /** Goes on after a pause. */
  run(now: Millis): void {
    if (this.#pausedUntil === null || this.#pausedUntil > now) return;
    this.#pausedUntil = null;
    this.#start();
  }

  #start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#drain()
      .catch((thrown: unknown) => {
        logError("upstream.failed", thrown, { source: this.#deps.feed.source.id });
        this.#pause();
      })
      .finally(() => {
        this.#isRunning = false;
        this.#deps.changed();
      });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, MAX_BATCH);
      const { outcomes, rest } = await takeIn(this.#deps.feed, batch, clock());
      const entries = batch.slice(0, batch.length - rest.length);
      this.#waiting.splice(0, batch.length, ...rest);
      this.#size = afterTaking(this.#size, this.#waiting.length);
      if (entries.length > 0) this.#onTaken({ outcomes, entries });
      if (rest.length > 0) return this.#pause();
      this.#failures = 0;
    }
  }

  #pause(): void {
    this.#failures += 1;
    const wait = backoffWait(RETRY, this.#failures) * randomFraction();
    this.#pausedUntil = clock() + Math.round(wait);
  }
}
