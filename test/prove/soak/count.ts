// Counts rows, alarms and requests of objects inside the Worker, in constant memory.

type ObjectClass = new (ctx: DurableObjectState, env: Env) => object;
type Method = (...values: readonly unknown[]) => unknown;

/** What was used since the start, by class. */
export interface Used {
  readonly rowsWritten: Readonly<Record<string, number>>;
  readonly alarmsSet: Readonly<Record<string, number>>;
  readonly requests: Readonly<Record<string, number>>;
}

const rowsWritten: Record<string, number> = {};
const alarmsSet: Record<string, number> = {};
const requests: Record<string, number> = {};

const add = (counts: Record<string, number>, name: string, amount: number): void => {
  counts[name] = (counts[name] ?? 0) + amount;
};

/** The name under which rows are counted that leave a log because it is full. */
export const FULL_LOGS = "full logs";

/** A log takes 10,000 events before the first one leaves: rows of the beginning have no such. */
const LEAVES_LOG = /^DELETE FROM log WHERE off <=/;

/** Statements whose cursor may still be read: it counts until its end. */
const MAX_OPEN = 256;
const open: { readonly name: string; readonly cursor: { readonly rowsWritten: number } }[] = [];

function close(upTo: number): void {
  for (const { name, cursor } of open.splice(0, Math.max(0, open.length - upTo)))
    add(rowsWritten, name, cursor.rowsWritten);
}

/** What was used so far. */
export function used(): Used {
  close(0);
  return { rowsWritten, alarmsSet, requests };
}

function replace(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true });
}

/** The same class, counted under its name. */
export function counted<C extends ObjectClass>(name: string, Real: C): C {
  const Base: ObjectClass = Real;
  class Counted extends Base {
    constructor(ctx: DurableObjectState, env: Env) {
      const { storage } = ctx;
      const { sql } = storage;
      const exec = sql.exec.bind(sql);
      replace(sql, "exec", (query: string, ...bindings: readonly unknown[]) => {
        const cursor = exec(query, ...bindings);
        open.push({ name: LEAVES_LOG.test(query) ? FULL_LOGS : name, cursor });
        close(MAX_OPEN);
        return cursor;
      });
      replace(storage, "sql", sql);
      const setAlarm = storage.setAlarm.bind(storage);
      replace(storage, "setAlarm", (at: number | Date) => {
        add(alarmsSet, name, 1);
        return setAlarm(at);
      });
      super(ctx, env);
    }
  }
  const own = Real.prototype as Record<string, Method>;
  for (const [method, { value }] of Object.entries(Object.getOwnPropertyDescriptors(own))) {
    if (typeof value !== "function" || method === "constructor") continue;
    replace(Counted.prototype, method, function run(this: object, ...values: readonly unknown[]) {
      add(requests, name, 1);
      return own[method]?.apply(this, [...values]);
    });
  }
  return Counted as unknown as C;
}
