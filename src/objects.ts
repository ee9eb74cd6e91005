// How objects are named and addressed; the only file that knows. Stubs are made per call: a broken
// stub stays broken.

import type {
  AccountRpc,
  CorrelationRpc,
  FanRpc,
  IdempotencyRpc,
  JobRpc,
  SourceRpc,
  SubscriberRpc,
  UpstreamRpc,
} from "./rpc.ts";

/** The calls of an object as its callers see them: every method answers a promise of plain data. */
export type Stub<T> = {
  [Name in keyof T]: T[Name] extends (...values: infer Values) => infer Given
    ? (...values: Values) => Promise<Awaited<Given>>
    : never;
} & { fetch(request: Request): Promise<Response> };

/**
 * Sees a platform stub as its calls. The platform's own stub type unfolds each answer member by
 * member, which recursive JSON never ends.
 */
const calls = <T>(stub: unknown): Stub<T> => stub as Stub<T>;

/** Where Cloudflare keeps and runs the objects: vars that `check` and `/healthz` have judged. */
interface Placement {
  readonly JURISDICTION?: DurableObjectJurisdiction | "";
  readonly LOCATION_HINT?: DurableObjectLocationHint | "";
}

/**
 * The object of a name, in the jurisdiction of this deployment. A hint counts only while an object
 * is made. In another jurisdiction its id is another: it is another object.
 */
function placed(
  namespace: DurableObjectNamespace,
  env: Env & Placement,
  name: string,
): DurableObjectStub {
  const { JURISDICTION, LOCATION_HINT } = env;
  const within =
    JURISDICTION === undefined || JURISDICTION === ""
      ? namespace
      : inJurisdiction(namespace, JURISDICTION);
  return LOCATION_HINT === undefined || LOCATION_HINT === ""
    ? within.getByName(name)
    : within.getByName(name, { locationHint: LOCATION_HINT });
}

/**
 * Outside of Cloudflare there are no jurisdictions, and workerd says so by throwing: there the data
 * is on the machine of whoever runs it. Any other error stays one: data must not go elsewhere.
 */
function inJurisdiction(
  namespace: DurableObjectNamespace,
  jurisdiction: DurableObjectJurisdiction,
): DurableObjectNamespace {
  try {
    return namespace.jurisdiction(jurisdiction);
  } catch (error) {
    if (String(error).includes("not implemented in workerd")) return namespace;
    throw error;
  }
}

/** A source id has no slash, so the first slash ends it; a guid may hold anything. */
export const jobName = (source: string, guid: string): string => `${source}/${guid}`;

/** Shard 0 is the subscriber's own name, so a subscriber that never had shards keeps its queue. */
const subscriberName = (id: string, shard: number): string => (shard === 0 ? id : `${id}/${shard}`);

/** Reads a subscriber object's name back. */
export function subscriberOf(name: string): { readonly id: string; readonly shard: number } {
  const [id = "", shard = "0"] = name.split("/");
  return { id, shard: Number(shard) };
}

/** A fan's number has no slash, so the first slash ends it; an account's name may hold anything. */
const fanName = (account: string, fan: number): string => `${fan}/${account}`;

/** Reads a fan object's name back. */
export function fanOf(name: string): { readonly account: string; readonly fan: number } {
  const slash = name.indexOf("/");
  return { account: name.slice(slash + 1), fan: Number(name.slice(0, slash)) };
}

/** One part of one day of a source's index of jobs. */
type IndexPart = Parameters<SourceRpc["notePart"]>[0];

/** Reads a source object's name back; an id has no slash. The source itself is no part: `null`. */
export function sourceOf(name: string): {
  readonly source: string;
  readonly part: IndexPart | null;
} {
  const [source = "", day, part] = name.split("/");
  return { source, part: part === undefined ? null : { day: Number(day), part: Number(part) } };
}

/** The object of a job. */
export const jobObject = (env: Env, source: string, guid: string): Stub<JobRpc> =>
  calls(placed(env.JOB, env, jobName(source, guid)));

/** The object of an account. */
export const accountObject = (env: Env, account: string): Stub<AccountRpc> =>
  calls(placed(env.ACCOUNT, env, account));

/** A fan of an account. */
export const fanObject = (env: Env, account: string, fan: number): Stub<FanRpc> =>
  calls(placed(env.FAN, env, fanName(account, fan)));

/** A shard of a subscriber. */
export const subscriberObject = (env: Env, id: string, shard: number): Stub<SubscriberRpc> =>
  calls(placed(env.SUBSCRIBER, env, subscriberName(id, shard)));

/** The object of a correlation key; `key` is a hash. */
export const correlationObject = (env: Env, source: string, key: string): Stub<CorrelationRpc> =>
  calls(placed(env.CORRELATION, env, `${source}/${key}`));

/** The object of an idempotency key; `key` is a hash. */
export const idempotencyObject = (env: Env, key: string): Stub<IdempotencyRpc> =>
  calls(placed(env.IDEMPOTENCY, env, key));

/** The object of a source. */
export const sourceObject = (env: Env, source: string): Stub<SourceRpc> =>
  calls(placed(env.SOURCE, env, source));

/** A part of a source's index of jobs. */
export const indexPartObject = (
  env: Env,
  source: string,
  { day, part }: IndexPart,
): Stub<SourceRpc> => calls(placed(env.SOURCE, env, `${source}/${day}/${part}`));

/** The object of a source's connector. */
export const upstreamObject = (env: Env, source: string): Stub<UpstreamRpc> =>
  calls(placed(env.UPSTREAM, env, source));
