// Interrupts the relay at a chosen step: a write, an alarm that is set, a call of another object, a
// request that leaves, a bucket, or a message of an upstream server. A test counts the steps of a
// story, and then plays it once for each of them and each way in which it can be interrupted.

/** What a step does. */
export type Kind = "write" | "alarm" | "call" | "fetch" | "bucket" | "message";

/**
 * How a step is interrupted.
 *
 * - `before`, `after`: the object dies before the step, or right after it and before its turn has
 *   been committed; a call, a request or a message is lost, or its answer is.
 * - `committed`: the object dies as soon as the step is on disk, before anybody is told.
 * - `full`: the disk is full for this step; `stays full`: and for the next steps of every object.
 * - `evict`: the object leaves memory at its next pause, and keeps its sockets.
 * - `twice`: a call arrives twice. `late`: its answer comes when others have gone on.
 * - `overloaded`, `internal`: the platform refuses a call, with a flag or without one.
 */
export type Mode =
  | "before"
  | "after"
  | "committed"
  | "full"
  | "stays full"
  | "evict"
  | "twice"
  | "late"
  | "overloaded"
  | "internal";

/** The ways in which each kind of step is interrupted. */
export const MODES: Readonly<Record<Kind, readonly Mode[]>> = {
  write: ["before", "after", "committed", "full", "stays full", "evict"],
  alarm: ["before", "after", "full"],
  call: ["before", "after", "twice", "late", "overloaded", "internal"],
  fetch: ["before", "after", "late"],
  bucket: ["before", "after", "internal"],
  message: ["before", "after"],
};

/** A step of a story. */
export interface Step {
  readonly kind: Kind;
  readonly name: string;
}

/** An object that took part in a story. */
export interface Instance {
  readonly binding: string;
  readonly name: string;
}

/** Writes that fail while the disk stays full. */
const FULL_FOR_WRITES = 6;

/** How long a late answer takes, in ms: longer than all that is under way beside it. */
const LATE_BY = 60;

/** An error of the platform, with its flags. */
const platformError = (message: string, flags: object): Error =>
  Object.assign(new Error(message), { remote: true, ...flags });

const connectionLost = (): Error => platformError("Network connection lost.", { retryable: true });

/** The words of SQLite when the disk, or the limit of 10 GB, is reached. */
const diskFull = (): Error => new Error("database or disk is full: SQLITE_FULL");

const ERRORS = {
  overloaded: () =>
    platformError("Durable Object is overloaded. Too many requests queued.", {
      retryable: true,
      overloaded: true,
    }),
  internal: () => platformError("internal error; reference = 0123456789abcdefghijklmn", {}),
};

/** The steps of the story that is played now. */
const steps: Step[] = [];
let plan: { readonly at: number; readonly mode: Mode } | null = null;
let isCounting = false;
let failingWrites = 0;
const instances = new Map<string, Instance>();
const evictions = new Map<string, Instance>();

/** Begins to count; the step numbered `at` (from 0) is interrupted. */
export function begin(at: number | null, mode: Mode): void {
  steps.length = 0;
  instances.clear();
  isCounting = true;
  plan = at === null ? null : { at, mode };
}

/** Ends the counting; answers the steps. */
export function end(): readonly Step[] {
  isCounting = false;
  plan = null;
  failingWrites = 0;
  return [...steps];
}

/** The objects that took part since the story began. */
export const participants = (): readonly Instance[] => [...instances.values()];

/** The objects that are to be evicted now; each is answered once. */
export function takeEvictions(): readonly Instance[] {
  const all = [...evictions.values()];
  evictions.clear();
  return all;
}

/** Counts a step; how it is interrupted, `null` when it is not. */
function step(kind: Kind, name: string): Mode | null {
  if (!isCounting) return null;
  steps.push({ kind, name });
  const mode = plan !== null && steps.length - 1 === plan.at ? plan.mode : null;
  return mode !== null && MODES[kind].includes(mode) ? mode : null;
}

/** Something that reaches out of an object, or of the Worker, as a step. */
export async function interrupted<T>(
  kind: "call" | "fetch" | "bucket",
  name: string,
  act: () => Promise<T>,
): Promise<T> {
  const mode = step(kind, name);
  if (mode === "before") throw connectionLost();
  if (mode === "overloaded" || mode === "internal") throw ERRORS[mode]();
  const answer = await act();
  if (mode === "after") throw connectionLost();
  if (mode === "late") await new Promise((resolve) => setTimeout(resolve, LATE_BY));
  return mode === "twice" ? act() : answer;
}

/** A message of a server as a step: whether it arrives, and whether its socket lives on. */
export function interruptedMessage(name: string): {
  readonly arrives: boolean;
  readonly lives: boolean;
} {
  const mode = step("message", name);
  return { arrives: mode !== "before", lives: mode === null };
}

const WRITES = /^\s*(?:insert|update|delete|replace)\b/i;

/** An object's storage, and the object itself for those who interrupt it. */
class Storage {
  readonly #ctx: DurableObjectState;
  readonly #instance: Instance;

  constructor(ctx: DurableObjectState, instance: Instance) {
    this.#ctx = ctx;
    this.#instance = instance;
  }

  /** Runs a write as a step. */
  run<T>(kind: "write" | "alarm", what: string, act: () => T): T {
    const { binding, name } = this.#instance;
    if (isCounting) instances.set(`${binding} ${name}`, this.#instance);
    const mode = step(kind, `${binding} ${what}`);
    if (mode === "stays full") failingWrites = FULL_FOR_WRITES;
    if (failingWrites > 0) failingWrites -= 1;
    if (mode === "full" || mode === "stays full" || failingWrites > 0) throw diskFull();
    if (mode === "before") this.#die();
    const answer = act();
    if (mode === "after") this.#die();
    if (mode === "committed") void this.#ctx.storage.sync().then(() => this.#abort());
    if (mode === "evict") evictions.set(`${binding} ${name}`, this.#instance);
    return answer;
  }

  #abort(): void {
    this.#ctx.abort("interrupted");
  }

  #die(): never {
    this.#abort();
    throw platformError("interrupted", { retryable: true });
  }
}

function interruptStorage(ctx: DurableObjectState, binding: string): void {
  const { storage } = ctx;
  const { sql } = storage;
  const interrupting = new Storage(ctx, { binding, name: ctx.id.name ?? "" });
  const exec = sql.exec.bind(sql);
  Object.defineProperty(sql, "exec", {
    configurable: true,
    writable: true,
    value: (query: string, ...bindings: SqlStorageValue[]) =>
      WRITES.test(query)
        ? interrupting.run("write", query.trim().slice(0, 30), () => exec(query, ...bindings))
        : exec(query, ...bindings),
  });
  for (const name of ["setAlarm", "deleteAll"] as const) {
    const real = storage[name].bind(storage) as (...values: unknown[]) => Promise<void>;
    Object.defineProperty(storage, name, {
      configurable: true,
      value: async (...values: unknown[]): Promise<void> =>
        interrupting.run(name === "setAlarm" ? "alarm" : "write", name, () => real(...values)),
    });
  }
}

type Call = (...values: readonly unknown[]) => Promise<unknown>;

/** The same object, with each of its methods as a step. */
const interruptibleMembers = (target: object, kind: "call" | "bucket", name: string): object =>
  new Proxy(target, {
    get(real, key) {
      const member = Reflect.get(real, key) as Call;
      if (typeof key !== "string" || typeof member !== "function") return member;
      return async (...values: readonly unknown[]): Promise<unknown> =>
        // `member.call` would name a method of the object at the other end.
        interrupted(kind, `${name}.${key}`, () => Reflect.apply(member, real, values));
    },
  });

/** The classes of objects by their bindings. */
const OBJECTS = [
  "JOB",
  "ACCOUNT",
  "SUBSCRIBER",
  "SOURCE",
  "FAN",
  "CORRELATION",
  "IDEMPOTENCY",
  "UPSTREAM",
] as const;

/** One environment for all objects: the configuration is parsed once for each. */
const envs = new WeakMap<Env, Env>();

/** The environment of an object or of the Worker, its calls of others interruptible. */
export function interruptibleEnv(env: Env): Env {
  const known = envs.get(env);
  if (known !== undefined) return known;
  const bindings = OBJECTS.map((name) => {
    const namespace = env[name] as DurableObjectNamespace;
    const value = new Proxy(namespace, {
      get(target, key) {
        if (key === "getByName")
          return (id: string, options?: DurableObjectNamespaceGetDurableObjectOptions) =>
            interruptibleMembers(target.getByName(id, options), "call", name);
        const member = Reflect.get(target, key) as unknown;
        return typeof member === "function" ? (member as Call).bind(target) : member;
      },
    });
    return [name, value] as const;
  });
  const { FILES } = env as unknown as { FILES: object };
  const made = {
    ...env,
    ...Object.fromEntries(bindings),
    FILES: interruptibleMembers(FILES, "bucket", "FILES"),
  };
  envs.set(env, made);
  return made;
}

type ObjectClass = new (ctx: DurableObjectState, env: Env) => object;

/** The same class of Durable Objects, interruptible. */
export function interruptible<C>(Real: C, binding: (typeof OBJECTS)[number]): C {
  const Base = Real as ObjectClass;
  const Interruptible = class extends Base {
    constructor(ctx: DurableObjectState, env: Env) {
      // Before anything is read or written: a constructor migrates.
      interruptStorage(ctx, binding);
      super(ctx, interruptibleEnv(env));
    }
  };
  return Interruptible as unknown as C;
}
