// Hands a job's events to the objects that carry them, each destination on its own: one that fails holds back no other.

import type { Settings } from "../config/settings.ts";
import { newEventId } from "../kernel/chance.io.ts";
import { now as clock } from "../kernel/clock.io.ts";
import type { JobSnapshot } from "../kernel/event.ts";
import type { Dispatch, JobRef } from "../kernel/handoff.ts";
import { accountObject, sourceObject, subscriberObject } from "../objects.ts";
import { replayPlan, subscriberDestination, subscriberOf } from "./destinations.ts";
import type { JobStore, StoredEvent } from "./job.store.ts";
import { handedOver, undelivered, type Destination, type Drained } from "./outbox.ts";
import { snapshotOf } from "./state.ts";

/** Most events of one hand-over call: even with raw bodies of 100 kB each far below the 32 MiB of an RPC message. */
const BATCH = 100;

function chunks<T>(items: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / BATCH) }, (_, index) => items.slice(index * BATCH, (index + 1) * BATCH));
}

/** What to forward again: events after `since`, to the named subscribers or to those the rules name. */
export interface Replay {
  readonly since: number;
  readonly subscribers: readonly string[] | null;
}

/** Drains a job's outbox; one drain at a time, a second call joins the one under way. */
export class Handovers {
  readonly #env: Env;
  readonly #store: JobStore;
  #draining: Promise<void> | null = null;

  constructor(env: Env, store: JobStore) {
    this.#env = env;
    this.#store = store;
  }

  /** Hands over until nothing is lacking or something failed; then the alarm tries again. Never throws. */
  drain(): Promise<void> {
    this.#draining ??= this.#run().finally(() => {
      this.#draining = null;
    });
    return this.#draining;
  }

  /** Hands events to subscribers once more, under the same event ids; answers how many deliveries that makes. */
  async replay(provider: string, { since, subscribers }: Replay, settings: Settings): Promise<number> {
    const events = this.#store.events(since, Number.MAX_SAFE_INTEGER);
    const nonce = newEventId();
    let count = 0;
    for (const [destination, again] of replayPlan(events, { provider, subscribers }, settings)) {
      const { id, shard } = subscriberOf(destination);
      for (const part of chunks(again)) {
        await subscriberObject(this.#env, id, shard).enqueue(part.map((event) => dispatchOf(event, provider, nonce)));
      }
      count += again.length;
    }
    return count;
  }

  /**
   * Removes the job from every object that holds something of it, after whatever is on its way has arrived; an event that comes
   * in meanwhile is removed as well. Throws when an object does not answer; doing it again does no harm.
   */
  async erase(settings: Settings): Promise<void> {
    for (let seq = -1, loaded = this.#store.load(); loaded !== null && loaded.state.seq !== seq; loaded = this.#store.load()) {
      ({ seq } = loaded.state);
      await this.#draining;
      const job = snapshotOf(loaded.state);
      await accountObject(this.#env, job.account).forget(job.source, job.guid);
      await sourceObject(this.#env, job.source).forget(job.guid, loaded.state.createdAt);
      for (const id of settings.subscribers.keys()) {
        const { shard } = subscriberOf(subscriberDestination(id, job, settings));
        await subscriberObject(this.#env, id, shard).erase(job.source, job.guid);
      }
    }
  }

  async #run(): Promise<void> {
    for (let batch = this.#batch(); batch !== null; batch = this.#batch()) {
      const drained = await handOver(this.#env, batch);
      // The job may have been erased while its events travelled.
      if (this.#store.load() === null) return;
      this.#store.saveHandover(handedOver(this.#store.handover(), drained, clock()));
      if (drained.failed.length > 0) return;
    }
  }

  #batch(): Batch | null {
    const loaded = this.#store.load();
    if (loaded === null) return null;
    const handover = this.#store.handover();
    // Not bounded: a destination that is away for long must not keep the others from what comes after.
    const events = this.#store.events(handover.all, Number.MAX_SAFE_INTEGER);
    const last = events.at(-1)?.envelope.seq;
    if (last === undefined) return null;
    const bySeq = new Map(events.map((event) => [event.envelope.seq, event]));
    const lacking = undelivered(
      handover,
      events.map(({ envelope, to }) => ({ seq: envelope.seq, to })),
    );
    const { guid, account, provider, status, createdAt, updatedAt } = loaded.state;
    return {
      last,
      provider,
      snapshot: snapshotOf(loaded.state),
      ref: { guid, account, status, createdAt, updatedAt },
      lacking: new Map([...lacking].map(([destination, seqs]) => [destination, seqs.flatMap((seq) => bySeq.get(seq) ?? [])])),
    };
  }
}

/** What one drain has to hand over; `snapshot` is the job's state when the batch was read. */
interface Batch {
  readonly last: number;
  readonly provider: string;
  readonly snapshot: JobSnapshot;
  readonly ref: JobRef;
  readonly lacking: ReadonlyMap<Destination, readonly StoredEvent[]>;
}

/** Hands everything over at once and waits for every answer. Receivers drop what they already have. Never throws. */
async function handOver(env: Env, batch: Batch): Promise<Drained> {
  const destinations = [...batch.lacking.keys()];
  const answers = await Promise.allSettled(destinations.map((destination) => give(env, batch, destination)));
  const took: Destination[] = [];
  const failed: Destination[] = [];
  answers.forEach((answer, index) => {
    const destination = destinations[index];
    if (destination !== undefined) (answer.status === "fulfilled" ? took : failed).push(destination);
  });
  return { last: batch.last, took, failed };
}

async function give(env: Env, batch: Batch, destination: Destination): Promise<void> {
  const events = batch.lacking.get(destination) ?? [];
  if (destination === "account") {
    for (const part of chunks(events)) {
      await accountObject(env, batch.snapshot.account).publish(part.map(({ envelope }) => ({ event: envelope, snapshot: batch.snapshot })));
    }
  } else if (destination === "index") {
    await sourceObject(env, batch.snapshot.source).index([batch.ref]);
  } else {
    const { id, shard } = subscriberOf(destination);
    for (const part of chunks(events))
      await subscriberObject(env, id, shard).enqueue(part.map((event) => dispatchOf(event, batch.provider)));
  }
}

/** The form in which a subscriber takes an event; `nonce` marks one that it may have had before. */
export function dispatchOf(event: StoredEvent, provider: string, nonce?: string): Dispatch {
  return {
    event: event.envelope,
    provider,
    traceparent: event.traceparent,
    ...(event.raw === null ? {} : { raw: event.raw }),
    ...(nonce === undefined ? {} : { replay: nonce }),
  };
}
