// Append-only migrations of an object's SQLite: what ran once stays as it is, forever.

/** One step. `id` sorts and never changes; `sql` may hold several statements. */
export interface Migration {
  readonly id: string;
  readonly sql: string;
}

/**
 * Brings an object's tables up to date, in the object's constructor. Applied ids are stored in one
 * row; when they are not the beginning of the coded list, the code was edited or rolled back, and
 * starting would damage data: it throws. An object without tables may begin with `newTables`, the
 * SQL of what all steps together make: fewer rows are written.
 */
export function migrate(
  sql: SqlStorage,
  migrations: readonly Migration[],
  newTables?: string,
): void {
  sql.exec(
    "CREATE TABLE IF NOT EXISTS schema_history (id INTEGER PRIMARY KEY, applied TEXT NOT NULL)",
  );
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
  if (newTables !== undefined && applied.length === 0) sql.exec(newTables);
  else for (const step of pending) sql.exec(step.sql);
  const ids = JSON.stringify(migrations.map((step) => step.id));
  sql.exec("INSERT OR REPLACE INTO schema_history (id, applied) VALUES (1, ?)", ids);
}
