// What is known of 1,000 deliveries together: how many are in each state, which are fresh, and how
// new they are. So neither a count, a list by state nor a wake reads the whole table.

import { PAGE_ROWS } from "../../durable/print-page.ts";
import type { Millis } from "../../kernel/time.ts";
import type { StoredState } from "../delivery.ts";
import { makeSome, missingPages, pageOf } from "./missing-pages.store.ts";

type Counts = Partial<Record<StoredState, number>>;

/** What a page's row says. */
interface Facts {
  readonly counts: Counts;
  /** The numbers of the unfinished ones that were not attempted yet, or start over. */
  readonly fresh: ReadonlySet<number>;
  /** When the newest one was enqueued. */
  readonly newest: Millis;
}

/** Rows after `after` up to `upTo`. */
export interface RowRange {
  readonly after: number;
  readonly upTo: number;
}

/** The states there are, as columns of a row that counts them. */
const STATES = ["pending", "delivered", "superseded", "dead", "cancelled"] as const;
const COUNTED = STATES.map((state) => `sum(state = '${state}') AS ${state}`).join(", ");

const NO_FACTS: Facts = { counts: {}, fresh: new Set(), newest: 0 };

const textOf = ({ counts, fresh, newest }: Facts): string =>
  JSON.stringify({ ...counts, fresh: [...fresh], newest });

function factsOf(text: string): Facts {
  type Stored = Counts & { readonly fresh: readonly number[]; readonly newest: Millis };
  const { fresh, newest, ...counts } = JSON.parse(text) as Stored;
  return { counts, fresh: new Set(fresh), newest };
}

/** The facts after delivery `n` has gone from one state to another. */
function afterMove(
  { counts, fresh, newest }: Facts,
  n: number,
  { from, to, isFresh }: { from: StoredState | null; to: StoredState | null; isFresh: boolean },
): Facts {
  const moved = { ...counts };
  if (from !== null) moved[from] = (moved[from] ?? 0) - 1;
  if (to !== null) moved[to] = (moved[to] ?? 0) + 1;
  if (fresh.has(n) === isFresh) return { counts: moved, fresh, newest };
  const others = new Set(fresh);
  if (isFresh) others.add(n);
  else others.delete(n);
  return { counts: moved, fresh: others, newest };
}

/**
 * A page has a row once it is full and the page after it, too: by then most of its deliveries are
 * finished. Until then its rows are read when somebody asks; afterwards its row follows every
 * change, several changes of a page in one write (`save`).
 */
export class StateCounts {
  readonly #sql: SqlStorage;
  /** The first page that has no row. */
  #open: number;
  /** Pages of an earlier version that are not made yet, the lowest last. */
  readonly #missing: number[];
  /** All pages that have a row; `null` until somebody asks. */
  #pages: Map<number, Facts> | null = null;
  readonly #changed = new Map<number, Facts>();

  /**
   * `nextN` is the number of the next delivery; `mayLack` says that an earlier version may have
   * stored deliveries without pages.
   */
  constructor(sql: SqlStorage, nextN: number, mayLack: boolean) {
    this.#sql = sql;
    this.#open = Math.max(pageOf(nextN) - 1, 0);
    this.#missing = mayLack ? missingPages(sql, "state_page", this.#open) : [];
  }

  /** True when all pages are made; before, tables have to be scanned. */
  get isComplete(): boolean {
    return this.#missing.length === 0;
  }

  /** Makes some of the pages that are missing. */
  build(): void {
    makeSome(this.#missing, (page) => this.#make(page));
  }

  /** Makes the pages that are due for it, when `nextN` is the number of the next delivery. */
  close(nextN: number): void {
    for (; this.#open < pageOf(nextN) - 1; this.#open += 1) this.#make(this.#open);
  }

  #make(page: number): void {
    const range = { after: page * PAGE_ROWS, upTo: (page + 1) * PAGE_ROWS };
    const facts = { ...this.#read(range), fresh: new Set(this.#freshIn(range)) };
    this.#write(page, facts);
    this.#pages?.set(page, facts);
  }

  #write(page: number, facts: Facts): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO state_page (page, counts) VALUES (?, ?)",
      page,
      textOf(facts),
    );
  }

  #read({ after, upTo }: RowRange): Omit<Facts, "fresh"> {
    const { newest, ...counts } = this.#sql
      .exec<Record<StoredState | "newest", number | null>>(
        `SELECT max(at) AS newest, ${COUNTED} FROM delivery WHERE n > ? AND n <= ?`,
        after,
        upTo,
      )
      .one();
    const found = Object.entries(counts).filter(([, count]) => (count ?? 0) > 0);
    return { counts: Object.fromEntries(found), newest: newest ?? 0 };
  }

  #freshIn({ after, upTo }: RowRange): readonly number[] {
    return this.#sql
      .exec<{ n: number }>(
        `SELECT n FROM delivery
          WHERE n > ? AND n <= ? AND state = 'pending' AND waiting = 'fresh' ORDER BY n`,
        after,
        upTo,
      )
      .toArray()
      .map(({ n }) => n);
  }

  /**
   * Follows a delivery from a state (`null`: it is new) to another (`null`: it is removed).
   * `isFresh`: it is unfinished now, and was not attempted yet or starts over.
   */
  move(n: number, from: StoredState | null, to: StoredState | null, isFresh: boolean): void {
    const page = pageOf(n);
    if (page >= this.#open || this.#missing.includes(page)) return;
    const before = this.#changed.get(page) ?? this.#stored(page);
    // A failed attempt of a delivery that had failed before changes nothing here.
    if (from === to && before.fresh.has(n) === isFresh) return;
    const facts = afterMove(before, n, { from, to, isFresh });
    this.#changed.set(page, facts);
    this.#pages?.set(page, facts);
  }

  #stored(page: number): Facts {
    const known = this.#pages?.get(page);
    if (known !== undefined) return known;
    const row = this.#sql
      .exec<{ counts: string }>("SELECT counts FROM state_page WHERE page = ?", page)
      .toArray()[0];
    return row === undefined ? NO_FACTS : factsOf(row.counts);
  }

  /** Writes what `move` has changed, in the turn in which the deliveries were written. */
  save(): void {
    for (const [page, facts] of this.#changed) this.#write(page, facts);
    this.#changed.clear();
  }

  #load(): ReadonlyMap<number, Facts> {
    this.#pages ??= new Map(
      this.#sql
        .exec<{ page: number; counts: string }>(
          "SELECT page, counts FROM state_page WHERE page < ? ORDER BY page",
          this.#open,
        )
        .toArray()
        .map(({ page, counts }) => [page, this.#changed.get(page) ?? factsOf(counts)]),
    );
    return this.#pages;
  }

  /** How many deliveries are in each state; scans the table while pages are missing. */
  total(): ReadonlyMap<StoredState, number> {
    const after = this.isComplete ? this.#open * PAGE_ROWS : 0;
    const total = new Map<StoredState, number>();
    const add = (counts: Counts): void => {
      for (const [state, count] of Object.entries(counts))
        total.set(state as StoredState, (total.get(state as StoredState) ?? 0) + count);
    };
    add(this.#read({ after, upTo: Number.MAX_SAFE_INTEGER }).counts);
    if (this.isComplete) for (const { counts } of this.#load().values()) add(counts);
    for (const [state, count] of total) if (count <= 0) total.delete(state);
    return total;
  }

  /** The rows of a range that may be in a state, in parts, the newest first. */
  *rangesOf(state: StoredState, { after, upTo }: RowRange): Generator<RowRange> {
    if (!this.isComplete) return void (yield { after, upTo });
    const newest = this.#open * PAGE_ROWS;
    if (upTo > newest) yield { after: Math.max(after, newest), upTo };
    const pages = [...this.#load()].filter(([, { counts }]) => (counts[state] ?? 0) > 0);
    for (const [page] of pages.toSorted(([left], [right]) => right - left)) {
      const part = {
        after: Math.max(after, page * PAGE_ROWS),
        upTo: Math.min(upTo, (page + 1) * PAGE_ROWS),
      };
      if (part.after < part.upTo) yield part;
    }
  }

  /**
   * The numbers of fresh deliveries from `from` to below `to`, in their order; reads the rows of
   * missing pages.
   */
  *freshBetween(from: number, to: number): Generator<number> {
    const pages = this.#load();
    const missing = new Set(this.#missing);
    const open = Math.min(this.#open * PAGE_ROWS, to - 1);
    for (let page = pageOf(Math.max(from, 1)); page * PAGE_ROWS < open; page += 1) {
      const range = { after: page * PAGE_ROWS, upTo: (page + 1) * PAGE_ROWS };
      const fresh = missing.has(page)
        ? this.#freshIn(range)
        : [...(pages.get(page)?.fresh ?? [])].toSorted((left, right) => left - right);
      for (const n of fresh) if (n >= from && n < to) yield n;
    }
    yield* this.#freshIn({ after: Math.max(from - 1, open), upTo: to - 1 });
  }

  /** False when a page has no fresh delivery for certain. */
  mayHaveFresh(page: number): boolean {
    return this.#load().get(page)?.fresh.size !== 0;
  }

  /** When the newest delivery of a page was enqueued; `null` when that is not known. */
  newestOf(page: number): Millis | null {
    return this.#load().get(page)?.newest ?? null;
  }

  /** Removes the pages whose rows are all below `n`, which are gone. */
  dropBelow(n: number): void {
    const page = pageOf(n);
    this.#sql.exec("DELETE FROM state_page WHERE page < ?", page);
    for (const number of this.#pages?.keys() ?? []) if (number < page) this.#pages?.delete(number);
    while ((this.#missing.at(-1) ?? page) < page) this.#missing.pop();
  }
}
