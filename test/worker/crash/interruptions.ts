// Interrupts Durable Objects at a chosen step: a write, an alarm that is set, or a call of another
// object. A test counts the steps of a story, and then plays it once for each of them.

/** What is interrupted: nothing of the step happened, all of it did, or a call arrives twice. */
export type Mode = "before" | "after" | "twice";

/** The error of an interrupted step, as the platform flags a call that may be repeated. */
class Interruption extends Error {
  readonly retryable = true;
}

/** The steps of the story that is played now. */
const steps: string[] = [];
let plan: { readonly at: number; readonly mode: Mode } | null = null;
let isCounting = false;

/** Begins to count; the step numbered `at` (from 0) is interrupted. */
export function begin(at: number | null, mode: Mode): void {
  steps.length = 0;
  isCounting = true;
  plan = at === null ? null : { at, mode };
}

/** Ends the counting; answers the steps by name. */
export function end(): readonly string[] {
  isCounting = false;
  plan = null;
  return [...steps];
}

/** Counts a step; how it is interrupted, `null` when it is not. */
function step(name: string): Mode | null {
  if (!isCounting) return null;
  steps.push(name);
  return plan !== null && steps.length - 1 === plan.at ? plan.mode : null;
}

const WRITES = /^\s*(?:insert|update|delete|replace)\b/i;

function interruptStorage(ctx: DurableObjectState, name: string): void {
  const { storage } = ctx;
  const { sql } = storage;
  const die = (): never => {
    const error = new Interruption(`interrupted in ${name}`);
    ctx.abort(error.message);
    throw error;
  };
  const exec = sql.exec.bind(sql);
  Object.defineProperty(sql, "exec", {
    configurable: true,
    writable: true,
    value: (query: string, ...bindings: SqlStorageValue[]) => {
      const mode = WRITES.test(query) ? step(`${name} ${query.trim().slice(0, 30)}`) : null;
      if (mode === "before") die();
      const cursor = exec(query, ...bindings);
      return mode === "after" ? die() : cursor;
    },
  });
  const setAlarm = storage.setAlarm.bind(storage);
  Object.defineProperty(storage, "setAlarm", {
    configurable: true,
    value: async (at: number): Promise<void> => {
      const mode = step(`${name} setAlarm`);
      if (mode === "before") die();
      await setAlarm(at);
      if (mode === "after") die();
    },
  });
}

type Call = (...values: readonly unknown[]) => Promise<unknown>;

/** A stub whose calls can be lost, whose answers can be lost, and whose calls can arrive twice. */
const interruptibleStub = (stub: object, name: string): object =>
  new Proxy(stub, {
    get(target, key) {
      const member = Reflect.get(target, key) as Call;
      if (key === "fetch" || typeof key !== "string") return member;
      return async (...values: readonly unknown[]): Promise<unknown> => {
        // `member.call` would name a method of the object at the other end.
        const call = (): Promise<unknown> => Reflect.apply(member, target, values);
        const mode = step(`call ${name}.${key}`);
        if (mode === "before") throw new Interruption("the call did not arrive");
        const answer = await call();
        if (mode === "after") throw new Interruption("the answer was lost");
        return mode === "twice" ? call() : answer;
      };
    },
  });

const OBJECTS = ["JOB", "ACCOUNT", "SUBSCRIBER", "SOURCE", "FAN", "CORRELATION"] as const;

/** The environment of an object, its calls of others interruptible. */
function interruptibleEnv(env: Env): Env {
  const bindings = OBJECTS.map((name) => {
    const namespace = env[name] as DurableObjectNamespace;
    const value = new Proxy(namespace, {
      get(target, key) {
        if (key === "getByName")
          return (id: string, options?: DurableObjectNamespaceGetDurableObjectOptions) =>
            interruptibleStub(target.getByName(id, options), name);
        const member = Reflect.get(target, key) as unknown;
        return typeof member === "function" ? (member as Call).bind(target) : member;
      },
    });
    return [name, value] as const;
  });
  return { ...env, ...Object.fromEntries(bindings) };
}

/** One environment for all objects: the configuration is parsed once for each. */
const envs = new WeakMap<Env, Env>();

type ObjectClass = new (ctx: DurableObjectState, env: Env) => object;

/** The same class of Durable Objects, interruptible. */
export function interruptible<C>(Real: C, name: string): C {
  const Base = Real as ObjectClass;
  const Interruptible = class extends Base {
    constructor(ctx: DurableObjectState, env: Env) {
      const known = envs.get(env) ?? interruptibleEnv(env);
      envs.set(env, known);
      super(ctx, known);
      interruptStorage(ctx, name);
    }
  };
  return Interruptible as unknown as C;
}
