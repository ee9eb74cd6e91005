// The SQLite files of a relay's objects: packed, unpacked, and moved in time.

import { execFileSync } from "node:child_process";
import { globSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from "node:sqlite";

/** Every database below a directory. */
function databases(directory: string): readonly string[] {
  return globSync(join(directory, "**", "*.sqlite"));
}

/** Opens each database of a runtime that has ended, and folds its write-ahead log in on closing. */
function eachDatabase(directory: string, use: (database: DatabaseSync) => void): void {
  for (const path of databases(directory)) {
    const database = new DatabaseSync(path);
    try {
      use(database);
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } finally {
      database.close();
    }
  }
}

/** Folds every write-ahead log below a directory into its database. */
export const foldStorage = (directory: string): void => eachDatabase(directory, () => undefined);

/** Packs the files of a runtime that has ended into one archive. */
export function packStorage(directory: string, archive: string): void {
  foldStorage(directory);
  const leftOut = ["--exclude=*-wal", "--exclude=*-shm"];
  execFileSync("tar", ["-czf", archive, ...leftOut, "-C", directory, "."]);
}

/** Unpacks an archive into a directory, which is made when it is not there. */
export function unpackStorage(archive: string, directory: string): void {
  mkdirSync(directory, { recursive: true });
  execFileSync("tar", ["-xzf", archive, "--no-same-owner", "-C", directory]);
}

/** What counts as an instant: whole milliseconds from July 2017 to March 2049. */
const INSTANTS = { from: 1_500_000_000_000n, to: 2_500_000_000_000n } as const;

/** The same as digits in a text: nothing else in a fixture is a number of that many. */
const MILLIS = /(?<![\w.-])(?:1[5-9]|2[0-4])\d{11}(?![\w.])/g;

const ISO = /(?<!\w)20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z(?!\w)/g;

/** workerd keeps the time of an alarm in nanoseconds. */
const NANOS = 1_000_000n;

function movedIso(text: string, by: number): string {
  const moved = new Date(Date.parse(text) + by).toISOString();
  return text.includes(".") ? moved : moved.replace(/\.\d{3}Z$/, "Z");
}

/** Moves every instant in a text by `by` milliseconds; the text stays as long as it is. */
export function moveText(text: string, by: number): string {
  const numbers = text.replace(MILLIS, (digits) => String(Number(digits) + by));
  return numbers.replace(ISO, (instant) => movedIso(instant, by));
}

function moveNumber(value: bigint, by: number): bigint {
  for (const unit of [1n, NANOS]) {
    const within = value >= INSTANTS.from * unit && value < INSTANTS.to * unit;
    if (within) return value + BigInt(by) * unit;
  }
  return value;
}

/** Bytes are read one character each, so that what is no text comes through unharmed. */
function moveBytes(bytes: Uint8Array, by: number): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  return Buffer.from(moveText(text, by), "latin1");
}

function moveValue(value: SQLOutputValue, by: number): SQLInputValue {
  if (typeof value === "bigint") return moveNumber(value, by);
  if (typeof value === "string") return moveText(value, by);
  return value instanceof Uint8Array ? moveBytes(value, by) : value;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * Moves every instant in every column of every table by `by` milliseconds, the runtime's own alarms
 * included. Instants are told by their look and not by a list of columns, which every version
 * would have to keep: storage in which something else looks like one must not be moved.
 */
export function moveStorage(directory: string, by: number): void {
  eachDatabase(directory, (database) => {
    const options = { deterministic: true, useBigIntArguments: true };
    database.function("moved", options, (value) => moveValue(value, by));
    const named = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL";
    for (const { name: table } of database.prepare(named).all()) {
      const columns = database.prepare("SELECT name FROM pragma_table_info(?)").all(String(table));
      const names = columns.map(({ name }) => quoted(String(name)));
      const changes = names.map((name) => `${name} = moved(${name})`);
      database.exec(`UPDATE ${quoted(String(table))} SET ${changes.join(", ")}`);
    }
  });
}
