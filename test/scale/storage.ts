// The SQLite files of objects, found and changed while no runtime has them open.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { uniqueKey } from "../bench/workerd.ts";

/** Where the files of a class's objects are, and the runtime's own about their alarms. */
export const folderOf = (storage: string, className: string): string =>
  join(storage, uniqueKey(className));

/** The runtime's own file about the alarms of a class's objects. */
export const alarmsOf = (storage: string, className: string): string =>
  join(folderOf(storage, className), "metadata.sqlite");

/** The file of the one object of a class that has a text in it; throws when there are others. */
export function fileWith(storage: string, className: string, text: string): string {
  const found = globSync(join(folderOf(storage, className), "*.sqlite")).filter((path) =>
    readFileSync(path).includes(text),
  );
  const [path] = found;
  if (path === undefined || found.length > 1)
    throw new Error(`${found.length} files of ${className} hold ${text}`);
  return path;
}

/**
 * Changes a file, and leaves it in the mode in which the runtime opens it. A change that fails
 * leaves a file that is of no use.
 */
export function changeFile<T>(path: string, change: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path);
  try {
    // What goes wrong here is made anew: nothing has to survive a crash, or be undone.
    database.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN");
    const result = change(database);
    database.exec("COMMIT; PRAGMA journal_mode = WAL");
    return result;
  } finally {
    database.close();
  }
}
