// The limits of the platform, as objects under test meet them.

import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";

let serial = 0;

/** Runs `use` on the database of an object of its own. */
function database(use: (sql: SqlStorage) => void): Promise<void> {
  serial += 1;
  const stub = env.SOURCE.getByName(`limits-${serial}`);
  return runInDurableObject(stub, (_, { storage }) => {
    storage.sql.exec("CREATE TABLE page (n INTEGER PRIMARY KEY, title TEXT, body BLOB)");
    use(storage.sql);
  });
}

const TOO_BIG = "string or blob too big: SQLITE_TOOBIG";
const text = (bytes: number): string => "x".repeat(bytes);
const blob = (bytes: number): ArrayBuffer => new Uint8Array(bytes).buffer;

describe("an object's SQLite", () => {
  test("takes a text of 2 MB, and refuses one of a byte more", () =>
    database((sql) => {
      const ask = (bytes: number): unknown => sql.exec("SELECT ?", text(bytes)).raw().next().done;
      expect(ask(2_000_000)).toBe(false);
      expect(() => ask(2_000_001)).toThrow(TOO_BIG);
    }));

  test("measures a text by its bytes", () =>
    database((sql) => {
      expect(() => sql.exec("SELECT ?", "ü".repeat(1_000_001))).toThrow(TOO_BIG);
    }));

  test("refuses a blob of more than 2 MB", () =>
    database((sql) => {
      expect(() => sql.exec("SELECT ?", blob(2_000_001))).toThrow(TOO_BIG);
    }));

  test("refuses a row of more than 2 MB, and keeps nothing of it", () =>
    database((sql) => {
      const insert = "INSERT INTO page (title, body) VALUES (?, ?)";
      expect(() => sql.exec(insert, text(1_000_000), blob(1_000_001))).toThrow(TOO_BIG);
      expect(sql.exec("SELECT count(*) AS count FROM page").one()).toEqual({ count: 0 });
    }));

  test("refuses a row that an update makes larger than 2 MB", () =>
    database((sql) => {
      sql.exec("INSERT INTO page (title) VALUES (?)", text(1_500_000));
      expect(() => sql.exec("UPDATE page SET title = title || title")).toThrow(TOO_BIG);
      const size = "SELECT length(title) AS length FROM page";
      expect(sql.exec(size).one()).toEqual({ length: 1_500_000 });
    }));

  test("refuses more than 100 bound parameters", () =>
    database((sql) => {
      const ask = (count: number): unknown => {
        const numbers = Array.from({ length: count }, (_, index) => index);
        const places = numbers.map(() => "?").join(", ");
        return sql.exec(`SELECT 1 WHERE 1 IN (${places})`, ...numbers).toArray();
      };
      expect(ask(100)).toHaveLength(1);
      expect(() => ask(101)).toThrow("too many SQL variables");
    }));

  test("refuses a statement of more than 100 KB", () =>
    database((sql) => {
      expect(() => sql.exec(`SELECT 1 -- ${text(100_000)}`)).toThrow("statement too long");
    }));
});

describe("a call of an object", () => {
  test("refuses arguments of more than 32 MiB", async () => {
    const source = env.SOURCE.getByName("limits-of-calls");
    const call = async () => await source.forget(text(33 * 1_024 * 1_024), 0);
    await expect(call()).rejects.toThrow("limited to 32MiB");
  });
});
