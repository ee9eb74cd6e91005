// How objects are named and addressed; the only file that knows. Stubs are made per call: a broken stub stays broken.

import type { DurableObject } from "cloudflare:workers";
import type { Account } from "./account/account.object.ts";
import type { Fan } from "./account/fanout/fan.object.ts";
import type { Correlation } from "./ingest/correlation/correlation.object.ts";
import type { Job } from "./job/job.object.ts";
import type { Source } from "./source/source.object.ts";
import type { Subscriber } from "./deliver/subscriber.object.ts";

/**
 * The calls of an object as its callers see them: every method answers a promise of plain data. The platform's own stub
 * type unfolds each answer member by member, which recursive JSON never ends.
 */
export type Stub<T> = {
  [Name in Exclude<keyof T, keyof DurableObject | "fetch" | "alarm">]: T[Name] extends (
    ...values: infer Values
  ) => infer Answer
    ? (...values: Values) => Promise<Awaited<Answer>>
    : never;
} & { fetch(request: Request): Promise<Response> };

/** Sees a platform stub as its calls. */
const calls = <T>(stub: unknown): Stub<T> => stub as Stub<T>;

/** A source id has no slash, so the first slash ends it; a guid may hold anything. */
export const jobName = (source: string, guid: string): string => `${source}/${guid}`;

/** Shard 0 is the subscriber's own name, so a subscriber that never had shards keeps its queue. */
export const subscriberName = (id: string, shard: number): string =>
  shard === 0 ? id : `${id}/${shard}`;

/** Reads a subscriber object's name back. */
export function subscriberOf(name: string): { readonly id: string; readonly shard: number } {
  const [id = "", shard = "0"] = name.split("/");
  return { id, shard: Number(shard) };
}

export const jobObject = (env: Env, source: string, guid: string): Stub<Job> =>
  calls(env.JOB.getByName(jobName(source, guid)));

export const accountObject = (env: Env, account: string): Stub<Account> =>
  calls(env.ACCOUNT.getByName(account));

/** A fan's number has no slash, so the first slash ends it; an account's name may hold anything. */
export const fanName = (account: string, fan: number): string => `${fan}/${account}`;

/** Reads a fan object's name back. */
export function fanOf(name: string): { readonly account: string; readonly fan: number } {
  const slash = name.indexOf("/");
  return { account: name.slice(slash + 1), fan: Number(name.slice(0, slash)) };
}

export const fanObject = (env: Env, account: string, fan: number): Stub<Fan> =>
  calls(env.FAN.getByName(fanName(account, fan)));

export const subscriberObject = (env: Env, id: string, shard: number): Stub<Subscriber> =>
  calls(env.SUBSCRIBER.getByName(subscriberName(id, shard)));

export const correlationObject = (env: Env, source: string, key: string): Stub<Correlation> =>
  calls(env.CORRELATION.getByName(`${source}/${key}`));

export const sourceObject = (env: Env, source: string): Stub<Source> =>
  calls(env.SOURCE.getByName(source));
