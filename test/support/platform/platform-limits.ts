// The platform's limit on the size of what SQLite stores, which the local runtime does not hold.
//
// What the local runtime does hold, as on Cloudflare (measured 2026-11): 100 bound parameters and
// 100 KB of text for a statement, 32 MiB for the arguments and the answer of a call.

/**
 * Most bytes of a text, of a blob or of a row together (Durable Objects, limits, 2026-11: 2 MB).
 */
const MAX_ROW_BYTES = 2_000_000;

/** What the runtime says of a value that is over SQLite's limit. */
const TOO_BIG = "string or blob too big";

const tooBig = (): Error => new Error(`${TOO_BIG}: SQLITE_TOOBIG`);

function isTooBig(value: unknown): boolean {
  if (typeof value === "string") {
    // A character takes three bytes of UTF-8 at most, and two units take four.
    if (value.length * 3 <= MAX_ROW_BYTES) return false;
    return new TextEncoder().encode(value).byteLength > MAX_ROW_BYTES;
  }
  const bytes = value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? value.byteLength : 0;
  return bytes > MAX_ROW_BYTES;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Triggers that refuse a row of a table that is too large. */
function guardOf(table: string, columns: readonly string[]): readonly string[] {
  const sizes = columns.map((column) => `coalesce(octet_length(NEW.${quoted(column)}), 0)`);
  return ["INSERT", "UPDATE"].map(
    (change) => `CREATE TRIGGER ${quoted(`limit_${change}_${table}`)}
      AFTER ${change} ON ${quoted(table)} WHEN ${sizes.join(" + ")} > ${MAX_ROW_BYTES}
      BEGIN SELECT RAISE(ABORT, '${TOO_BIG}'); END`,
  );
}

/** Gives every table that has none its triggers. */
function guardTables(exec: SqlStorage["exec"]): void {
  const tables = exec<{ name: string }>(
    `SELECT name FROM sqlite_master AS t
     WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_cf%' ESCAPE '\\'
       AND sql NOT LIKE 'CREATE VIRTUAL%'
       AND NOT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND tbl_name = t.name)`,
  );
  for (const { name } of tables.toArray()) {
    const query = "SELECT name FROM pragma_table_info(?)";
    const columns = exec<{ name: string }>(query, name).toArray();
    const names = columns.map((column) => column.name);
    for (const trigger of guardOf(name, names)) exec(trigger);
  }
}

/** A statement that may make a table. */
const MAKES_TABLES = /\b(?:create|alter)\s+(?:temp\w*\s+)?table\b/i;

/** Makes the SQLite of an object refuse values and rows that the platform refuses. */
function limitStorage(storage: DurableObjectStorage): void {
  const { sql } = storage;
  const real = sql.exec.bind(sql);
  const exec = (query: string, ...bindings: unknown[]): unknown => {
    if (bindings.some(isTooBig)) throw tooBig();
    try {
      const cursor = real(query, ...bindings);
      if (MAKES_TABLES.test(query)) guardTables(real);
      return cursor;
    } catch (error) {
      if (error instanceof Error && error.message.startsWith(TOO_BIG)) throw tooBig();
      throw error;
    }
  };
  guardTables(real);
  // The runtime's own objects take further properties; a proxy in their place would be refused.
  Object.defineProperty(sql, "exec", { value: exec, writable: true, configurable: true });
  Object.defineProperty(storage, "sql", { value: sql });
}

type ObjectClass<T> = new (ctx: DurableObjectState, env: Env) => T;

/** The same class of Durable Objects, held to the platform's limits. */
export function limited<T extends object, C extends ObjectClass<T>>(Real: C): C {
  const Base = Real as ObjectClass<object>;
  const Limited = class extends Base {
    constructor(ctx: DurableObjectState, env: Env) {
      limitStorage(ctx.storage);
      super(ctx, env);
    }
  };
  return Limited as unknown as C;
}
