// An object class whose SQL, alarms and calls are counted, and whose alarm obeys the virtual clock.

import {
  countAlarm,
  countEmptied,
  countMessage,
  countRequest,
  countStatement,
  whileActive,
} from "./meter.ts";
import { setVirtualAlarm, virtualAlarm } from "./virtual-time.ts";

type ObjectClass = new (ctx: DurableObjectState, env: Env) => object;

/** How an alarm is run from outside of its object. */
const RUN_ALARM = "runMeteredAlarm";

type Method = (...values: readonly unknown[]) => unknown;

/** What is not a request of its own, or is billed otherwise. */
const NOT_REQUESTS: ReadonlySet<string> = new Set([
  "constructor",
  "webSocketMessage",
  "webSocketClose",
  "webSocketError",
]);

function replace(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true });
}

function meterStorage(className: string, ctx: DurableObjectState, env: Env): void {
  const { storage, id } = ctx;
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  replace(sql, "exec", (query: string, ...bindings: readonly unknown[]) => {
    const cursor = exec(query, ...bindings);
    countStatement(className, query, cursor);
    return cursor;
  });
  replace(storage, "sql", sql);
  const object = `${className} ${String(id)}`;
  const namespaces = env as unknown as Readonly<Record<string, DurableObjectNamespace>>;
  const fire = async (): Promise<void> => {
    const stub = namespaces[className.toUpperCase()]?.get(id) as unknown as Record<string, Method>;
    await stub[RUN_ALARM]?.();
  };
  replace(storage, "setAlarm", async (at: number | Date) => {
    countAlarm(className);
    setVirtualAlarm(object, { at: Number(at), fire });
    await Promise.resolve();
  });
  replace(storage, "getAlarm", () => Promise.resolve(virtualAlarm(object)));
  replace(storage, "deleteAlarm", async () => {
    setVirtualAlarm(object, null);
    await Promise.resolve();
  });
  const deleteAll = storage.deleteAll.bind(storage);
  const countOf = (query: string): number => exec<{ count: number }>(query).one().count;
  replace(storage, "deleteAll", () => {
    setVirtualAlarm(object, null);
    const schema = "FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'";
    let rows = countOf(`SELECT count(*) AS count ${schema}`);
    for (const { name } of exec<{ name: string }>(`SELECT name ${schema} AND type = 'table'`))
      rows += countOf(`SELECT count(*) AS count FROM "${name}"`);
    countEmptied(className, rows);
    return deleteAll();
  });
  const waitUntil = ctx.waitUntil.bind(ctx);
  replace(ctx, "waitUntil", (work: Promise<unknown>) => {
    waitUntil(whileActive(className, String(id), () => work));
  });
}

/** The same class, counted under its name. */
export function metered<C extends ObjectClass>(className: string, Real: C): C {
  const Base: ObjectClass = Real;
  class Metered extends Base {
    constructor(ctx: DurableObjectState, env: Env) {
      meterStorage(className, ctx, env);
      super(ctx, env);
    }
  }
  const own = Real.prototype as Record<string, Method>;
  const counted = (name: string, count: () => void): Method =>
    function run(this: object, ...values) {
      count();
      const { id } = (this as { readonly ctx: DurableObjectState }).ctx;
      return whileActive(className, String(id), () => own[name]?.apply(this, [...values]));
    };
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(own))) {
    if (typeof value !== "function" || NOT_REQUESTS.has(name)) continue;
    // A method that calls itself by another one of its own is rare, and no request.
    replace(
      Metered.prototype,
      name,
      counted(name, () => countRequest(className, name)),
    );
  }
  if (own["webSocketMessage"] !== undefined)
    replace(
      Metered.prototype,
      "webSocketMessage",
      counted("webSocketMessage", () => countMessage(className)),
    );
  replace(Metered.prototype, RUN_ALARM, function runAlarm(this: Record<string, Method>) {
    return this["alarm"]?.();
  });
  return Metered as unknown as C;
}
