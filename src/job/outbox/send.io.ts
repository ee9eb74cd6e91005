// Sends a page of a job's events to its destinations, each in order.

import type { AttemptEnvelope, JobSnapshot } from "../../model/event.ts";
import { now } from "../../kernel/clock.io.ts";
import { callObject } from "../../durable/object-call.io.ts";
import type { Counts } from "../../model/measures.ts";
import type { JobRef } from "../../model/messages.ts";
import { accountObject, sourceObject, subscriberObject } from "../../objects.ts";
import type { OutgoingEvent } from "../storage/event.store.ts";
import { subscriberDestination, type Shards } from "./destinations.ts";
import { dispatchOf, ownEvents } from "./dispatch.ts";
import { indexJob } from "./index.io.ts";
import type { DrainOutcome, Lack } from "./outbox.ts";
import type { ShardMove } from "./shards.ts";

/** One page of a drain; `snapshot` is the job as it stood when the page was read. */
export interface Batch {
  readonly last: number;
  readonly provider: string;
  readonly snapshot: JobSnapshot;
  readonly ref: JobRef;
  /** True when the clock has emitted progress before a stall, and no answer has told it. */
  readonly trailing: boolean;
  /** Up to this `seq` an event may have been sent before. */
  readonly attempted: number;
  readonly lacks: readonly Lack<OutgoingEvent>[];
  /** Changes of shards that have not ended, and the shards after them. */
  readonly moves: readonly ShardMove[];
  readonly routes: Shards;
  /** The part of its index where the job is. */
  readonly part: number | undefined;
  /** Events about earlier attempts, which the account gets with the page. */
  readonly attempts: readonly AttemptEnvelope[];
}

/**
 * What became of a page; `attempts` are events about its attempts, `moved` the subscribers whose
 * change of a shard has ended, `part` where the index put the job.
 */
interface SentPage extends DrainOutcome {
  readonly attempts: readonly AttemptEnvelope[];
  readonly moved: ReadonlySet<string>;
  readonly part: number | undefined;
}

/**
 * Sends a page to all destinations at once. Receivers drop what they already have. Never throws.
 */
export async function sendAll(env: Env, batch: Batch): Promise<SentPage> {
  const groups = Map.groupBy(batch.lacks, ({ destination }) =>
    destination.kind === "subscriber" ? destination.id : `/${destination.kind}`,
  );
  const notes: Notes = { moved: new Set(), attempts: [], part: batch.part };
  const results = await Promise.all(
    [...groups.values()].map((lacks) => sendInOrder(env, { ...batch, lacks }, notes)),
  );
  return {
    last: batch.last,
    took: results.flatMap(({ took }) => took),
    failed: results.flatMap(({ failed }) => failed),
    ...notes,
  };
}

/** What is noted while a page is sent. */
interface Notes {
  readonly moved: Set<string>;
  readonly attempts: AttemptEnvelope[];
  part: number | undefined;
}

/**
 * Sends to the shards of one subscriber, the former one first. After a failure nothing more goes to
 * any of them.
 */
async function sendInOrder(
  env: Env,
  batch: Batch,
  notes: Notes,
): Promise<Pick<DrainOutcome, "took" | "failed">> {
  const lacks = batch.lacks.toSorted(
    (left, right) => (left.events[0]?.seq ?? 0) - (right.events[0]?.seq ?? 0),
  );
  const took: string[] = [];
  for (const lack of lacks) {
    if (!(await isOpen(env, batch, lack, notes.moved)) || !(await send(env, batch, lack, notes))) {
      const names = lacks.map(({ destination }) => destination.name);
      return {
        took,
        failed: [...new Set([...names, ...routeOf(batch, lack)])].filter(
          (name) => !took.includes(name),
        ),
      };
    }
    took.push(lack.destination.name);
  }
  return { took, failed: [] };
}

/** The name of the shard to which later events of a lack's subscriber go. */
function routeOf({ routes }: Batch, { destination }: Lack<OutgoingEvent>): readonly string[] {
  const shard = destination.kind === "subscriber" ? routes.get(destination.id) : undefined;
  return destination.kind === "subscriber" && shard !== undefined
    ? [subscriberDestination(destination.id, shard).name]
    : [];
}

/** Whether a destination may get events: not before what waits at its former shard has come. */
async function isOpen(
  env: Env,
  { moves, routes, snapshot }: Batch,
  { destination }: Lack<OutgoingEvent>,
  moved: Set<string>,
): Promise<boolean> {
  if (destination.kind !== "subscriber") return true;
  const { id, shard } = destination;
  const move = moves.find((one) => one.id === id);
  if (move === undefined || moved.has(id) || routes.get(id) !== shard) return true;
  if (!(await handOver(env, snapshot, move, shard))) return false;
  moved.add(id);
  return true;
}

/** Lets a former shard hand over what waits there; false when it could not. Never throws. */
export const handOver = (
  env: Env,
  { source, guid }: { readonly source: string; readonly guid: string },
  { id, from }: ShardMove,
  to: number,
): Promise<boolean> =>
  subscriberObject(env, id, from)
    .handOver(source, guid, to, now())
    .catch(() => false);

/** False when the destination did not answer. */
const send = (env: Env, batch: Batch, lack: Lack<OutgoingEvent>, notes: Notes): Promise<boolean> =>
  dispatch(env, batch, lack, notes).then(
    () => true,
    () => false,
  );

async function dispatch(
  env: Env,
  { provider, snapshot, ref, part, trailing, attempted, attempts }: Batch,
  { destination, events }: Lack<OutgoingEvent>,
  notes: Notes,
): Promise<void> {
  switch (destination.kind) {
    case "account":
      await accountObject(env, snapshot.account).publish(
        events.map(({ seq, envelope, rest, to }) => ({
          event: envelope,
          rest,
          snapshot,
          first: seq > attempted,
          // Progress after progress changes nothing that an index knows.
          minor: !to.some(({ kind }) => kind === "index"),
        })),
        attempts,
      );
      return;
    case "index":
      notes.part = await indexJob(env, snapshot.source, { ref, part });
      await countOwn(env, snapshot.source, ownEvents(events, { attempted, trailing }));
      return;
    case "subscriber":
      notes.attempts.push(
        ...attemptsIn(
          await subscriberObject(env, destination.id, destination.shard).enqueue(
            events.map((event) => dispatchOf(event, provider)),
          ),
        ),
      );
  }
}

/** Counts events that no answer to a webhook tells; what is not counted then is left out. */
async function countOwn(env: Env, source: string, events: Counts | null): Promise<void> {
  if (events === null) return;
  const counts = { accepted: 0, duplicate: 0, ignored: 0, refused: 0 };
  const tally = { counts, seenAt: null, rejected: [], events };
  await callObject(() => sourceObject(env, source).count(tally));
}

/** Events about attempts, as an object answers them; one of an earlier version answers nothing. */
const attemptsIn = (texts: readonly string[] | undefined): readonly AttemptEnvelope[] =>
  (texts ?? []).map((text) => JSON.parse(text) as AttemptEnvelope);
