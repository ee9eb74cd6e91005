// Which offsets of an account's log are on which channel and about which job, in memory: the log is
// bounded, and an index in storage would cost a row for each event.

/** An entry of the log, without its event. */
export interface LoggedEntry {
  readonly offset: number;
  readonly channels: readonly string[];
  readonly source: string;
  /** Empty for an entry that is about no job. */
  readonly guid: string;
}

/** A part of the offsets on some channels. */
interface OffsetRange {
  readonly from: number;
  readonly limit: number;
  readonly channels: readonly string[];
}

/** A source id has no slash, so two jobs never share a key. */
const jobKey = (source: string, guid: string): string => `${source}/${guid}`;

/** How many of ascending numbers are below `bound`. */
function countBelow(numbers: readonly number[], bound: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? bound) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Ascending offsets under each of several keys. */
class OffsetLists {
  readonly #lists = new Map<string, number[]>();

  of(key: string): readonly number[] {
    return this.#lists.get(key) ?? [];
  }

  add(key: string, offset: number): void {
    const list = this.#lists.get(key);
    if (list === undefined) this.#lists.set(key, [offset]);
    else list.push(offset);
  }

  removeUpTo(offset: number): void {
    for (const [key, list] of this.#lists) {
      const count = countBelow(list, offset + 1);
      if (count === list.length) this.#lists.delete(key);
      else list.splice(0, count);
    }
  }

  /** Takes ascending offsets out of one list. */
  remove(key: string, offsets: readonly number[]): void {
    const gone = new Set(offsets);
    const left = this.of(key).filter((offset) => !gone.has(offset));
    if (left.length === 0) this.#lists.delete(key);
    else this.#lists.set(key, left);
  }
}

/** The offsets of a log by channel and by job. */
export class LogPositions {
  readonly #byChannel = new OffsetLists();
  readonly #byJob = new OffsetLists();

  /** Adds an entry that is newer than all others. */
  add({ offset, channels, source, guid }: LoggedEntry): void {
    for (const channel of channels) this.#byChannel.add(channel, offset);
    if (guid !== "") this.#byJob.add(jobKey(source, guid), offset);
  }

  /** The first offsets after `from` on any of `channels`, ascending. */
  after({ from, limit, channels }: OffsetRange): readonly number[] {
    const found = channels.flatMap((channel) => {
      const list = this.#byChannel.of(channel);
      const start = countBelow(list, from + 1);
      return list.slice(start, start + limit);
    });
    return [...new Set(found)].toSorted((one, other) => one - other).slice(0, limit);
  }

  /** The last offsets before `from` on any of `channels`, descending. */
  before({ from, limit, channels }: OffsetRange): readonly number[] {
    const found = channels.flatMap((channel) => {
      const list = this.#byChannel.of(channel);
      const end = countBelow(list, from);
      return list.slice(Math.max(0, end - limit), end);
    });
    return [...new Set(found)].toSorted((one, other) => other - one).slice(0, limit);
  }

  /** The offsets of a job's events and of its delivery attempts, ascending. */
  ofJob(source: string, guid: string): readonly number[] {
    return this.#byJob.of(jobKey(source, guid));
  }

  /** Forgets a job, whose entries were on `channels`. */
  removeJob(source: string, guid: string, channels: readonly string[]): void {
    const offsets = this.ofJob(source, guid);
    for (const channel of channels) this.#byChannel.remove(channel, offsets);
    this.#byJob.remove(jobKey(source, guid), offsets);
  }

  /** Forgets the entries up to and including an offset. */
  removeUpTo(offset: number): void {
    this.#byChannel.removeUpTo(offset);
    this.#byJob.removeUpTo(offset);
  }
}
