// How objects are named and addressed; the only file that knows. Stubs are made per call: a broken stub stays broken.

import type { Account } from "./live/account.object.ts";
import type { Correlation } from "./ingest/correlation.object.ts";
import type { Job } from "./job/job.object.ts";
import type { Source } from "./upstream/source.object.ts";
import type { Subscriber } from "./deliver/subscriber.object.ts";

/** A source id has no slash, so the first slash ends it; a guid may hold anything. */
export const jobName = (source: string, guid: string): string => `${source}/${guid}`;

/** Reads a job object's name back. */
export function jobOf(name: string): { readonly source: string; readonly guid: string } {
  const slash = name.indexOf("/");
  return { source: name.slice(0, slash), guid: name.slice(slash + 1) };
}

/** Shard 0 is the subscriber's own name, so a subscriber that never had shards keeps its queue. */
export const subscriberName = (id: string, shard: number): string => (shard === 0 ? id : `${id}/${shard}`);

/** Reads a subscriber object's name back. */
export function subscriberOf(name: string): { readonly id: string; readonly shard: number } {
  const [id = "", shard = "0"] = name.split("/");
  return { id, shard: Number(shard) };
}

export const jobObject = (env: Env, source: string, guid: string): DurableObjectStub<Job> => env.JOB.getByName(jobName(source, guid));

export const accountObject = (env: Env, account: string): DurableObjectStub<Account> => env.ACCOUNT.getByName(account);

export const subscriberObject = (env: Env, id: string, shard: number): DurableObjectStub<Subscriber> =>
  env.SUBSCRIBER.getByName(subscriberName(id, shard));

export const correlationObject = (env: Env, source: string, key: string): DurableObjectStub<Correlation> =>
  env.CORRELATION.getByName(`${source}/${key}`);

export const sourceObject = (env: Env, source: string): DurableObjectStub<Source> => env.SOURCE.getByName(source);
