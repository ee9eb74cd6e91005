// What the guarantees say about a job: its own log against what was promised, delivered and shown.

/** An event as the log of its job tells it. */
export interface Told {
  readonly id: string;
  readonly event: string;
  readonly guid: string;
  readonly source: string;
  readonly seq: number;
  readonly attempt: number;
  readonly time: string;
  readonly current?: number;
}

/** An event as it arrived somewhere for the first time. */
export interface Arrived {
  readonly id: string;
  readonly seq: number;
  /**
   * It was answered 4xx before it was taken, so that later ones did not have to wait.
   */
  readonly isExcused: boolean;
}

export const TERMINAL: ReadonlySet<string> = new Set(["job.finished", "job.failed"]);

/** Faults of a job's log, seen from what its webhooks were answered. */
export function faultsOfLog(
  log: readonly Told[],
  {
    acknowledged,
    throttle,
  }: { readonly acknowledged: readonly string[]; readonly throttle: number },
): readonly string[] {
  const faults: string[] = [];
  for (const [index, { seq }] of log.entries())
    if (seq !== index + 1) faults.push(`seq ${seq} stands at ${index + 1}`);
  if (new Set(log.map(({ id }) => id)).size < log.length) faults.push("an id stands twice");
  const places = acknowledged.map((id) => log.findIndex((told) => told.id === id));
  for (const [index, place] of places.entries()) {
    if (place < 0) faults.push(`${acknowledged[index]} was acknowledged and is not in the log`);
    else if (place <= (places[index - 1] ?? -1))
      faults.push(`${acknowledged[index]} was acknowledged after the event that follows it`);
  }
  return [...faults, ...faultsOfProgress(log, throttle)];
}

/** Progress rises within an attempt, and two of them are a window apart. */
function faultsOfProgress(log: readonly Told[], throttle: number): readonly string[] {
  const faults: string[] = [];
  let last: Told | null = null;
  for (const told of log.filter(({ event }) => event === "job.progress")) {
    if (last !== null && last.attempt === told.attempt) {
      if ((told.current ?? 0) < (last.current ?? 0)) faults.push(`progress ${told.seq} goes back`);
      const apart = Date.parse(told.time) - Date.parse(last.time);
      if (apart < throttle)
        faults.push(`progress ${told.seq} comes ${apart} ms after the last one`);
    }
    last = told;
  }
  return faults;
}

/**
 * Faults of what a subscriber got of a job. Progress may be replaced by what is newer; everything
 * else that it wants has to arrive.
 */
export function faultsOfDeliveries(
  log: readonly Told[],
  arrived: readonly Arrived[],
  wants: (told: Told) => boolean,
): readonly string[] {
  const faults: string[] = [];
  const known = new Set(log.map(({ id }) => id));
  const got = new Set(arrived.map(({ id }) => id));
  for (const { id } of arrived)
    if (!known.has(id)) faults.push(`${id} was delivered and never told`);
  const wanted = log.filter(wants);
  for (const [index, told] of wanted.entries()) {
    const isReplaced = told.event === "job.progress" && index < wanted.length - 1;
    if (!got.has(told.id) && !isReplaced) faults.push(`${told.event} ${told.seq} did not arrive`);
  }
  let highest = 0;
  for (const { seq, isExcused } of arrived) {
    if (isExcused) continue;
    if (seq < highest) faults.push(`${seq} arrived after ${highest}`);
    highest = Math.max(highest, seq);
  }
  return faults;
}

/** Faults of what a viewer of one job was shown, from its beginning on. */
export function faultsOfView(log: readonly Told[], shown: readonly string[]): readonly string[] {
  const faults: string[] = [];
  for (const [index, id] of shown.entries())
    if (log[index]?.id !== id) {
      faults.push(`the viewer was shown ${id} in place ${index + 1}`);
      break;
    }
  if (shown.length < log.length)
    faults.push(`the viewer was shown ${shown.length} of ${log.length} events`);
  return faults;
}

/**
 * The one order in which an account's viewers are shown its events: the first one that is shown an
 * event says where it stands, and all others have to agree.
 */
export class Sequence {
  readonly #ids: string[] = [];
  readonly #places = new Map<string, number>();

  /** Where the next event of a viewer stands, or what is wrong with it. */
  take(place: number, id: string): number | string {
    const next = place + 1;
    if (next === this.#ids.length) {
      if (this.#places.has(id)) return `${id} came twice`;
      this.#ids.push(id);
      this.#places.set(id, next);
      return next;
    }
    if (this.#ids[next] === id) return next;
    return `${id} in place ${next}, where ${this.#ids[next]} stands`;
  }

  /** Where an event stands; -1 when nobody has been shown it yet. */
  placeOf(id: string): number {
    return this.#places.get(id) ?? -1;
  }

  /** The place of the newest event. */
  get last(): number {
    return this.#ids.length - 1;
  }
}
