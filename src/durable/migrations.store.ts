// Append-only migrations of an object's SQLite: what ran once stays as it is, forever.

/** One step. `id` sorts and never changes; `sql` may hold several statements. */
export interface Migration {
  readonly id: string;
  readonly sql: string;
}

/** What migrations need of an object's storage. */
export type MigratedStorage = Pick<DurableObjectStorage, "sql" | "transactionSync">;

/** The names of an object's tables; reading them writes nothing. */
export function tableNames(sql: SqlStorage): ReadonlySet<string> {
  const rows = sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'");
  return new Set(rows.toArray().map(({ name }) => name));
}

const HISTORY = `CREATE TABLE IF NOT EXISTS schema_history (
  id INTEGER PRIMARY KEY, applied TEXT NOT NULL
)`;

/**
 * Brings an object's tables up to date, all or nothing: a step that was made and not noted would
 * fail at every later start. Applied ids are stored in one row; when they are not the beginning of
 * the coded list, the code was edited or rolled back, and starting would damage data: it throws.
 */
export function migrate(storage: MigratedStorage, migrations: readonly Migration[]): void {
  storage.transactionSync(() => applyPending(storage.sql, migrations));
}

function applyPending(sql: SqlStorage, migrations: readonly Migration[]): void {
  sql.exec(HISTORY);
  const row = sql
    .exec<{ applied: string }>("SELECT applied FROM schema_history WHERE id = 1")
    .toArray()[0];
  const applied = row === undefined ? [] : (JSON.parse(row.applied) as string[]);
  applied.forEach((id, index) => {
    if (migrations[index]?.id !== id)
      throw new Error(`migration ${id} was applied but is not number ${index + 1} in the code`);
  });
  const pending = migrations.slice(applied.length);
  if (pending.length === 0) return;
  for (const step of pending) sql.exec(step.sql);
  saveApplied(sql, migrations);
}

/**
 * The same for an object that may have been born without a history, which spares rows: its tables
 * were made at once, in the form that the first `born` steps lead to. `tables` are the names of
 * those that it has.
 */
export function migrateBorn(
  storage: MigratedStorage,
  migrations: readonly Migration[],
  { born, tables }: { readonly born: number; readonly tables: ReadonlySet<string> },
): void {
  if (tables.has("schema_history")) return migrate(storage, migrations);
  if (migrations.length === born) return;
  storage.transactionSync(() => {
    storage.sql.exec(HISTORY);
    saveApplied(storage.sql, migrations.slice(0, born));
    applyPending(storage.sql, migrations);
  });
}

function saveApplied(sql: SqlStorage, migrations: readonly Migration[]): void {
  const ids = JSON.stringify(migrations.map(({ id }) => id));
  sql.exec("INSERT OR REPLACE INTO schema_history (id, applied) VALUES (1, ?)", ids);
}
