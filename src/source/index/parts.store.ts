// Which days of a source have parts, and which of these hold jobs.

import type { IndexPart, SpreadDay } from "../../model/index-parts.ts";

/** Reads and writes the table `parts`. */
export class PartsStore {
  readonly #sql: SqlStorage;
  /** Parts by day, read once. */
  #spread: Map<number, number> | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** How a day is spread; `null` while its jobs stay together. */
  spreadOf(day: number): SpreadDay | null {
    const parts = this.#known().get(day);
    return parts === undefined ? null : { day, parts };
  }

  /** From now on the new jobs of a day go to parts. */
  spread({ day, parts }: SpreadDay): void {
    if (this.#known().has(day)) return;
    this.#insert(day, 0, parts);
    this.#known().set(day, parts);
  }

  /** A part holds jobs. */
  open({ day, part }: IndexPart, parts: number): void {
    this.spread({ day, parts });
    this.#insert(day, part, parts);
  }

  /** A part holds no jobs any more; the last one of a day takes the day along. */
  close({ day, part }: IndexPart): void {
    this.#sql.exec("DELETE FROM parts WHERE day = ? AND part = ?", day, part);
    const left = this.#sql.exec("SELECT 1 FROM parts WHERE day = ? AND part > 0 LIMIT 1", day);
    if (left.toArray().length > 0) return;
    this.#sql.exec("DELETE FROM parts WHERE day = ?", day);
    this.#spread = null;
  }

  /** The parts of days between two, both included, newest days first. */
  between(first: number, last: number, limit: number): readonly IndexPart[] {
    return this.#sql
      .exec<{ day: number; part: number }>(
        `SELECT day, part FROM parts WHERE day BETWEEN ? AND ? AND part > 0
         ORDER BY day DESC, part LIMIT ?`,
        first,
        last,
        limit,
      )
      .toArray();
  }

  #insert(day: number, part: number, parts: number): void {
    this.#sql.exec(
      `INSERT OR IGNORE INTO parts (day, part, "of") VALUES (?, ?, ?)`,
      day,
      part,
      parts,
    );
  }

  #known(): Map<number, number> {
    this.#spread ??= new Map(
      this.#sql
        .exec<{ day: number; of: number }>('SELECT day, "of" FROM parts WHERE part = 0')
        .toArray()
        .map((row) => [row.day, row.of]),
    );
    return this.#spread;
  }
}
