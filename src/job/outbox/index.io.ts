// Where the index of a job's source keeps it: in the source's object, or in a part of a busy day.

import { dayOf, partOf, type SpreadDay } from "../../model/index-parts.ts";
import type { JobRef } from "../../model/messages.ts";
import type { Millis } from "../../kernel/time.ts";
import { indexPartObject, sourceObject } from "../../objects.ts";
import { NEW_JOB, type Watermarks } from "./outbox.ts";

/**
 * Busy days that jobs of this isolate were told of, the newest for each source. A new job that
 * knows does not have to ask, so that the source's object does not hear of every one.
 */
const spreadDays = new Map<string, SpreadDay>();

/** A job as its index knows it. */
interface IndexedJob {
  readonly source: string;
  readonly guid: string;
  readonly createdAt: Millis;
}

/** The watermarks of a new job; its index is a part where this isolate knows of one. */
export function newWatermarks({ source, guid, createdAt }: IndexedJob): Watermarks {
  const spread = spreadDays.get(source);
  return spread === undefined || spread.day !== dayOf(createdAt)
    ? NEW_JOB
    : { ...NEW_JOB, part: partOf(guid, spread.parts) };
}

/**
 * Adds a job to its index, or a later state of it; the part where it is then, if any. To repeat it
 * leads to the same place. Throws when an object does not answer.
 */
export async function indexJob(
  env: Env,
  source: string,
  { ref, part }: { readonly ref: JobRef; readonly part: number | undefined },
): Promise<number | undefined> {
  const day = dayOf(ref.createdAt);
  let into = part;
  if (into === undefined) {
    const spread = await sourceObject(env, source).index([ref], true);
    if (spread === null) return undefined;
    if (day >= (spreadDays.get(source)?.day ?? 0)) spreadDays.set(source, spread);
    into = partOf(ref.guid, spread.parts);
  }
  await indexPartObject(env, source, { day, part: into }).index([ref]);
  return into;
}

/** Removes a job, all up to `upTo` for good. Throws when an object does not answer. */
export async function unindexJob(
  env: Env,
  { source, guid, createdAt }: IndexedJob,
  part: number | undefined,
  upTo?: Millis,
): Promise<void> {
  const day = dayOf(createdAt);
  let from = part;
  if (from === undefined) {
    const spread = await sourceObject(env, source).forget(guid, createdAt, upTo);
    if (spread === null) return;
    from = partOf(guid, spread.parts);
  }
  await indexPartObject(env, source, { day, part: from }).forget(guid, createdAt, upTo);
}
