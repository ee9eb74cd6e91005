// Counts what the Worker and its objects use, inside the isolate that they share.

import { realNow } from "./virtual-time.ts";
import type { Usage } from "./usage.ts";

type Parts = Record<string, Record<string, number>>;

/** A cursor counts on while it is read, so it is asked at the end. */
interface Statement {
  readonly className: string;
  readonly table: string;
  readonly cursor: { readonly rowsRead: number; readonly rowsWritten: number };
}

let workerRequests = 0;
let statements: Statement[] = [];
let alarmsSet: Parts = {};
let rowsEmptied: Parts = {};
let objectRequests: Parts = {};
let messages: Parts = {};
let activeMs: Parts = {};
/** What is under way, by object: how much, and since when. */
const active = new Map<string, { count: number; since: number }>();

function add(parts: Parts, className: string, part: string, amount: number): void {
  const own = (parts[className] ??= {});
  own[part] = (own[part] ?? 0) + amount;
}

/** The table that a statement is about. */
function tableOf(query: string): string {
  if (/^\s*(?:create|alter|drop)\b/i.test(query)) return "(tables)";
  return /\b(?:into|update|from)\s+"?(\w+)/i.exec(query)?.[1] ?? "(other)";
}

/** Starts at nothing again. */
export function resetMeter(): void {
  workerRequests = 0;
  statements = [];
  [alarmsSet, objectRequests, messages, activeMs] = [{}, {}, {}, {}];
  rowsEmptied = {};
}

export function countWorkerRequest(): void {
  workerRequests += 1;
}

export function countStatement(
  className: string,
  query: string,
  cursor: Statement["cursor"],
): void {
  statements.push({ className, table: tableOf(query), cursor });
}

export const countAlarm = (className: string): void => add(alarmsSet, className, "setAlarm", 1);

export const countEmptied = (className: string, rows: number): void =>
  add(rowsEmptied, className, "deleteAll", rows);

export const countRequest = (className: string, method: string): void =>
  add(objectRequests, className, method, 1);

export const countMessage = (className: string): void => add(messages, className, "message", 1);

/** Runs work that keeps an object busy until it has ended. */
export async function whileActive<T>(
  className: string,
  object: string,
  work: () => T | Promise<T>,
): Promise<T> {
  const key = `${className} ${object}`;
  const entry = active.get(key) ?? { count: 0, since: realNow() };
  active.set(key, entry);
  entry.count += 1;
  try {
    return await work();
  } finally {
    entry.count -= 1;
    if (entry.count === 0) {
      active.delete(key);
      add(activeMs, className, "active", realNow() - entry.since);
    }
  }
}

/** True while any object has something to do. */
export const isActive = (): boolean => active.size > 0;

/** What was used since the last reset. */
export function usage(): Usage {
  const [rowsWritten, rowsRead]: [Parts, Parts] = [{}, {}];
  for (const { className, table, cursor } of statements) {
    if (cursor.rowsWritten > 0) add(rowsWritten, className, table, cursor.rowsWritten);
    if (cursor.rowsRead > 0) add(rowsRead, className, table, cursor.rowsRead);
  }
  return {
    workerRequests,
    rowsWritten,
    rowsRead,
    rowsEmptied,
    alarmsSet,
    objectRequests,
    messages,
    activeMs,
  };
}
