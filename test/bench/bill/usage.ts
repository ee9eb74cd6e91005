// What a run used of the platform, in the units of Cloudflare's bill.

/** Numbers by the class of the object, and by what it was. */
export type Counts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What was used. Objects are named by their class. */
export interface Usage {
  /** Requests to the Worker from outside. */
  readonly workerRequests: number;
  /** Rows written by table; `(tables)` are those of SQLite's own schema. */
  readonly rowsWritten: Counts;
  readonly rowsRead: Counts;
  /**
   * Rows that objects had, their tables included, when `deleteAll()` emptied them. It is not
   * documented whether each of them is a row written, as it is when a statement deletes it.
   */
  readonly rowsEmptied: Counts;
  /** Alarms set: each is billed as a row written. */
  readonly alarmsSet: Counts;
  /** Requests to objects: calls by method, upgrades, alarms that ran. */
  readonly objectRequests: Counts;
  /** WebSocket messages that came in; twenty are billed as a request. */
  readonly messages: Counts;
  /** Milliseconds in which an object had something to do. */
  readonly activeMs: Counts;
}

/** All numbers of a class, or of all classes. */
export const sumOf = (counts: Counts, className?: string): number =>
  Object.entries(counts)
    .filter(([name]) => className === undefined || name === className)
    .flatMap(([, parts]) => Object.values(parts))
    .reduce((sum, value) => sum + value, 0);
