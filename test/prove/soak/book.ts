// What the soak knows of every job that it has not judged yet.

import {
  faultsOfDeliveries,
  faultsOfLog,
  faultsOfView,
  TERMINAL,
  type Arrived,
  type Told,
} from "../parts/judge.ts";
import type { SoakRelay } from "./relay.ts";
import type { Followed } from "./viewers.ts";
import { SUBSCRIBERS, THROTTLE, WANTS, type SubscriberId } from "./world.ts";

/** One job. */
interface Entry {
  readonly source: string;
  readonly guid: string;
  readonly isChatty: boolean;
  readonly acknowledged: string[];
  readonly arrived: Record<SubscriberId, Arrived[]>;
  /** What its viewer was shown; `null` when it has none. */
  shown: string[] | null;
  /** Its last webhook was answered. */
  isSaid: boolean;
}

/** Sums of the jobs that were judged. */
interface Judged {
  jobs: number;
  events: number;
  /** Milliseconds by which a value that waited left after its window had opened. */
  readonly late: number[];
  readonly faults: string[];
}

const keyOf = (source: string, guid: string): string => `${source} ${guid}`;

/** Logs that are read together. */
const JUDGED_AT_ONCE = 8;

/** Jobs from their first webhook until everything about them has been checked. */
export class Book {
  readonly judged: Judged = { jobs: 0, events: 0, late: [], faults: [] };
  readonly #entries = new Map<string, Entry>();
  readonly #toFollow: Entry[] = [];

  get open(): number {
    return this.#entries.size;
  }

  /** A webhook of a job was answered 202. */
  acknowledged(
    job: { readonly source: string; readonly guid: string },
    about: {
      readonly events: readonly string[];
      readonly isChatty: boolean;
      readonly isLast: boolean;
    },
  ): void {
    const entry = this.#entryOf(job, about.isChatty);
    entry.acknowledged.push(...about.events);
    entry.isSaid ||= about.isLast;
  }

  /** A subscriber took an event. */
  arrived(subscriber: SubscriberId, { source, guid, id, seq, event }: Told): void {
    if (event.startsWith("relay.")) return;
    const list = this.#entryOf({ source, guid }, false).arrived[subscriber];
    if (!list.some((one) => one.id === id)) list.push({ id, seq, isExcused: false });
  }

  /** A job that nobody follows yet; its viewer is shown everything from its beginning. */
  nextToFollow(): Followed | null {
    const entry = this.#toFollow.pop();
    if (entry === undefined) return null;
    this.#toFollow.length = 0;
    entry.shown = [];
    return {
      source: entry.source,
      guid: entry.guid,
      shown: entry.shown,
      isOver: () => entry.isSaid && this.#isShown(entry),
    };
  }

  /** Judges every job that is over by now and has arrived everywhere. */
  async judge(relay: SoakRelay): Promise<void> {
    const waiting = [...this.#entries].filter(([, entry]) => this.#hasArrived(entry)).values();
    const judgeNext = async (): Promise<void> => {
      for (const [key, entry] of waiting) {
        this.#judge(entry, await relay.logOf(entry.source, entry.guid));
        this.#entries.delete(key);
      }
    };
    await Promise.all(Array.from({ length: JUDGED_AT_ONCE }, judgeNext));
  }

  #hasArrived(entry: Entry): boolean {
    if (!entry.isSaid || !this.#isShown(entry)) return false;
    const last = entry.acknowledged.at(-1);
    return SUBSCRIBERS.every((id) => entry.arrived[id].some((one) => one.id === last));
  }

  /** What is still missing, in words: for the end, when nothing may be. */
  missing(): readonly string[] {
    return [...this.#entries.values()].map(
      ({ source, guid, acknowledged, arrived, isSaid, shown }) => {
        const counts = SUBSCRIBERS.map((id) => `${id} ${arrived[id].length}`).join(", ");
        const view = shown === null ? "" : `, viewer ${shown.length}`;
        return `${source} ${guid}: ${isSaid ? "over" : "not over"}, acknowledged ${acknowledged.length}; ${counts}${view}`;
      },
    );
  }

  #isShown({ shown, acknowledged }: Entry): boolean {
    return shown === null || shown.includes(acknowledged.at(-1) ?? "");
  }

  #judge(
    { source, guid, isChatty, acknowledged, arrived, shown }: Entry,
    log: readonly Told[],
  ): void {
    const { judged } = this;
    const faults = [
      ...faultsOfLog(log, { acknowledged, throttle: THROTTLE }),
      ...(TERMINAL.has(log.at(-1)?.event ?? "") ? [] : ["its end is not its last event"]),
      ...SUBSCRIBERS.flatMap((id) =>
        faultsOfDeliveries(log, arrived[id], ({ event }) => WANTS[id](event)).map(
          (fault) => `${id}: ${fault}`,
        ),
      ),
      ...(shown === null ? [] : faultsOfView(log, shown)),
    ];
    judged.faults.push(...faults.map((fault) => `${source} ${guid}: ${fault}`));
    judged.jobs += 1;
    judged.events += log.length;
    if (isChatty) judged.late.push(...lateness(log));
  }

  #entryOf({ source, guid }: { source: string; guid: string }, isChatty: boolean): Entry {
    const key = keyOf(source, guid);
    const found = this.#entries.get(key);
    if (found !== undefined && (found.isChatty || !isChatty)) return found;
    const made: Entry = {
      acknowledged: [],
      arrived: { well: [], flapping: [], slow: [] },
      shown: null,
      isSaid: false,
      ...found,
      source,
      guid,
      isChatty,
    };
    this.#entries.set(key, made);
    if (found === undefined) this.#toFollow.push(made);
    return made;
  }
}

/** How long after the opening of its window each value of a job left that reports all the time. */
function lateness(log: readonly Told[]): readonly number[] {
  const late: number[] = [];
  for (const [index, told] of log.entries()) {
    const before = log[index - 1];
    if (told.event !== "job.progress" || before?.event !== "job.progress") continue;
    late.push(Date.parse(told.time) - Date.parse(before.time) - THROTTLE);
  }
  return late;
}
