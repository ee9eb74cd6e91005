// Webhooks at an even pace: of jobs whose next step is due, else of a new job.

import { setTimeout as pause } from "node:timers/promises";
import type { Dice } from "../parts/dice.ts";
import type { Book } from "./book.ts";
import { lifeOf, signed, type Life } from "./lives.ts";
import type { SoakRelay } from "./relay.ts";

/** Jobs that begin in a second, at most: a start must not be a wave that never flattens. */
const BIRTHS_PER_SECOND = 4;

/** Milliseconds after which a webhook without a 202 is sent again. */
const SEND_AGAIN = 1_000;

/** A job on its way. */
interface Journey {
  readonly life: Life;
  next: number;
}

/** What was sent, and how fast it was answered. */
interface Pace {
  sent: number;
  /** Answers other than 202, by status; 0 is no answer. */
  readonly refused: Record<number, number>;
  /** Milliseconds of the answers since they were last taken away. */
  latencies: number[];
}

/** The senders of all jobs. */
export class Pacer {
  readonly pace: Pace = { sent: 0, refused: {}, latencies: [] };
  /** When a webhook that led to an event was sent, by the event's id. */
  readonly sentAt = new Map<string, number>();
  readonly #relay: SoakRelay;
  readonly #book: Book;
  readonly #chance: Dice;
  readonly #ready: Journey[] = [];
  #alive = 0;
  #born = 0;

  constructor(relay: SoakRelay, book: Book, chance: Dice) {
    this.#relay = relay;
    this.#book = book;
    this.#chance = chance;
  }

  /** Jobs that have begun and are not over. */
  get alive(): number {
    return this.#alive;
  }

  get born(): number {
    return this.#born;
  }

  /** Sends until `isOver`, then only what living jobs have to say, until all are over. */
  async run(perSecond: number, isOver: () => boolean): Promise<void> {
    const began = performance.now();
    let slots = 0;
    let birthsFrom = began;
    while (!isOver() || this.#alive > 0) {
      const now = performance.now();
      for (; slots < ((now - began) * perSecond) / 1_000; slots += 1) {
        const journey = this.#ready.shift();
        if (journey !== undefined) void this.#send(journey);
        else if (!isOver() && birthsFrom <= now) {
          birthsFrom = Math.max(birthsFrom, now - 1_000) + 1_000 / BIRTHS_PER_SECOND;
          void this.#send(this.#bear());
        }
      }
      await pause(10);
    }
  }

  #bear(): Journey {
    this.#born += 1;
    this.#alive += 1;
    return { life: lifeOf(this.#chance, this.#born), next: 0 };
  }

  async #send(journey: Journey): Promise<void> {
    const { life, next } = journey;
    const step = life.steps[next];
    if (step === undefined) return;
    const post = await signed(life, step);
    const sent = performance.now();
    const { status, events, job } = await this.#relay.post(life.source, post);
    this.pace.sent += 1;
    this.pace.latencies.push(performance.now() - sent);
    if (status !== 202 || job === null) {
      this.pace.refused[status] = (this.pace.refused[status] ?? 0) + 1;
      setTimeout(() => this.#ready.push(journey), SEND_AGAIN);
      return;
    }
    for (const id of events) this.sentAt.set(id, sent);
    journey.next += 1;
    const following = life.steps[journey.next];
    this.#book.acknowledged(job, {
      events,
      isChatty: life.isChatty,
      isLast: following === undefined,
    });
    if (following === undefined) this.#alive -= 1;
    else setTimeout(() => this.#ready.push(journey), following.after);
  }
}
