// The events that an object has stored since its last drain, so that a drain need not read them.

import { MAX_PAGE_CHARACTERS, MAX_PAGE_EVENTS } from "./outbox.ts";

/** An event with its place in the log. */
interface SizedEvent {
  readonly seq: number;
  readonly size: number;
}

/** Events in memory, at most one page; beyond that the log is read. */
export class RecentEvents<T extends SizedEvent> {
  #events: T[] = [];
  #size = 0;

  /** Adds the newest event. */
  add(event: T): void {
    const follows = this.#events.at(-1)?.seq === event.seq - 1;
    const fits =
      this.#events.length < MAX_PAGE_EVENTS && this.#size + event.size <= MAX_PAGE_CHARACTERS;
    if (!follows || !fits) this.clear();
    if (event.size > MAX_PAGE_CHARACTERS) return;
    this.#events.push(event);
    this.#size += event.size;
  }

  /** The events after `seq`; `null` when some of them are not in memory. */
  after(seq: number): readonly T[] | null {
    const first = this.#events.findIndex((event) => event.seq > seq);
    return this.#events[first]?.seq === seq + 1 ? this.#events.slice(first) : null;
  }

  /** Forgets the events up to `seq`. */
  dropUpTo(seq: number): void {
    const kept = this.#events.filter((event) => event.seq > seq);
    this.#size = kept.reduce((sum, { size }) => sum + size, 0);
    this.#events = kept;
  }

  /** Forgets all events. */
  clear(): void {
    this.#events = [];
    this.#size = 0;
  }
}
