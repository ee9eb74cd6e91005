// Multiplies rows of a table: a million rows in seconds, in whatever columns the table has by now.

import type { DatabaseSync, SQLOutputValue } from "node:sqlite";

/** What a copy has in place of a text of its model, in every column where the text stands. */
export interface Replacement {
  readonly from: string;
  /**
   * An expression of SQLite that may name `i`, the number of the copy. Of the length of `from`, so
   * that sizes that are stored beside a text stay right.
   */
  readonly to: string;
}

/** Which copies are made of which row. */
export interface Growth {
  readonly table: string;
  /** The condition that selects the one row that is copied. */
  readonly model: string;
  /** Numbers of the copies: `count` of them, from `first` on. */
  readonly first: number;
  readonly count: number;
  readonly replace: readonly Replacement[];
  /**
   * Expressions for whole columns; they may name `i`, and the model's columns with `m.` in front.
   */
  readonly columns: Readonly<Record<string, string>>;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

type Row = Readonly<Record<string, unknown>>;

/** A column's value with everything replaced that stands in the model's. */
function replaced(name: string, model: Row, replace: readonly Replacement[]): string {
  const column = `m.${quoted(name)}`;
  const value = model[name];
  const isBlob = value instanceof Uint8Array;
  const text = isBlob ? Buffer.from(value).toString("utf8") : value;
  if (typeof text !== "string") return column;
  const standing = replace.filter(({ from }) => text.includes(from));
  if (standing.length === 0) return column;
  const source = isBlob ? `CAST(${column} AS TEXT)` : column;
  const copy = standing.reduce(
    (sql, { from, to }) => `replace(${sql}, ${literal(from)}, ${to})`,
    source,
  );
  return isBlob ? `CAST(${copy} AS BLOB)` : copy;
}

/** Makes the copies in one statement. Throws when the model is not exactly one row. */
export function growTable(database: DatabaseSync, growth: Growth): void {
  const { table, model, first, count, replace, columns } = growth;
  if (count <= 0) return;
  // A table of its own: a statement that reads what it writes would keep all copies aside.
  database.exec("DROP TABLE IF EXISTS temp.model");
  database.exec(`CREATE TEMP TABLE model AS SELECT * FROM ${quoted(table)} WHERE ${model} LIMIT 2`);
  const [row, ...others] = database.prepare("SELECT * FROM temp.model").all();
  if (row === undefined || others.length > 0)
    throw new Error(`${row === undefined ? "no" : "more than one"} row of ${table} has ${model}`);
  const missing = Object.keys(columns).filter((name) => !(name in row));
  if (missing.length > 0) throw new Error(`${table} has no column ${missing.join(", ")}`);
  const names = Object.keys(row);
  const values = names.map((name) => columns[name] ?? replaced(name, row, replace));
  // Numbers stand in the text: one that is bound would be a float, and be written as one.
  const last = first + count - 1;
  database.exec(
    `WITH RECURSIVE number (i) AS (
       SELECT ${first} UNION ALL SELECT i + 1 FROM number WHERE i < ${last}
     )
     INSERT INTO ${quoted(table)} (${names.map(quoted).join(", ")})
     SELECT ${values.join(", ")} FROM number, temp.model AS m`,
  );
}

function valueOf(database: DatabaseSync, query: string): SQLOutputValue {
  const row = database.prepare(query).get();
  if (row === undefined) throw new Error(`nothing is answered to ${query}`);
  return Object.values(row)[0] ?? null;
}

/** The number that a query answers; throws when it answers nothing. */
export const numberOf = (database: DatabaseSync, query: string): number =>
  Number(valueOf(database, query));

/** The text that a query answers; throws when it answers nothing. */
export const textOf = (database: DatabaseSync, query: string): string =>
  String(valueOf(database, query));

/** Nine digits that stand in a model's texts where each copy has its own number. */
export const MARKER = "700000000";

/** The marker of the copy `i`. */
export const markerOf = (i: number): string => String(Number(MARKER) + i);

/** Gives every copy its own marker. */
export const ownMarker: Replacement = { from: MARKER, to: `(${MARKER} + i)` };

/** Gives every copy an event id of its own, made from the model's. */
export const ownEventId = (eventId: string): Replacement => ({
  from: eventId,
  to: `(${literal(eventId.slice(0, -10))} || printf('%010x', i))`,
});

/** An instant `ms` as ISO 8601, from an expression that gives milliseconds. */
export const isoOf = (ms: string): string =>
  `(strftime('%Y-%m-%dT%H:%M:%S', (${ms}) / 1000, 'unixepoch') || printf('.%03dZ', (${ms}) % 1000))`;
