// Hands a job's events to the objects that carry them, each destination on its own: one that fails holds back no other.

import type { Settings } from "../../config/settings.ts";
import { newEventId } from "../../kernel/random.io.ts";
import { now as clock } from "../../kernel/clock.io.ts";
import type { JobSnapshot } from "../../model/event.ts";
import type { Dispatch, JobRef } from "../../model/messages.ts";
import { accountObject, sourceObject, subscriberObject } from "../../objects.ts";
import { destinationsHolding, replayPlan, subscriberOf } from "./destinations.ts";
import type { JobStore, OutgoingEvent } from "../job.store.ts";
import {
  firstPage,
  afterDrain,
  beforeReplay,
  undelivered,
  type Destination,
  type DrainOutcome,
} from "./outbox.ts";
import { snapshotOf, type JobState } from "../state.ts";

/** What to forward again: events after `since`, to the named subscribers or to those the rules name. */
export interface Replay {
  readonly since: number;
  readonly subscribers: readonly string[] | null;
}

/** Drains a job's outbox; one drain at a time, a second call joins the one under way. */
export class Outbox {
  readonly #env: Env;
  readonly #store: JobStore;
  #draining: Promise<void> | null = null;
  readonly #replays = new Set<Promise<number>>();
  /** While the job is being erased nothing leaves it. */
  #erasing = false;

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
  async replay(provider: string, terms: Replay, settings: Settings): Promise<number> {
    const replay = this.#replay(provider, terms, settings);
    this.#replays.add(replay);
    return replay.finally(() => this.#replays.delete(replay));
  }

  async #replay(
    provider: string,
    { since, subscribers }: Replay,
    settings: Settings,
  ): Promise<number> {
    const nonce = newEventId();
    let count = 0;
    for (
      let page = this.#page(since);
      page.length > 0;
      page = this.#page(page.at(-1)?.envelope.seq ?? since)
    ) {
      const plan = replayPlan(page, { provider, subscribers }, settings);
      // Noted before anything leaves: an erasure must find all of it.
      const marks = beforeReplay(this.#store.watermarks(), [...plan.keys()]);
      if (marks !== this.#store.watermarks()) this.#store.saveWatermarks(marks);
      for (const [destination, again] of plan) {
        if (this.#erasing) return count;
        const { id, shard } = subscriberOf(destination);
        await subscriberObject(this.#env, id, shard).enqueue(
          again.map((event) => dispatchOf(event, provider, nonce)),
        );
        count += again.length;
      }
    }
    return count;
  }

  /**
   * Removes the job from every object that holds something of it, after whatever is on its way has arrived; what comes in meanwhile
   * is removed as well, unless `due` says that it keeps the job. True when the job may be deleted here. Throws when an object does
   * not answer; doing it again does no harm.
   */
  async erase(settings: Settings, due: (state: JobState) => boolean): Promise<boolean> {
    this.#erasing = true;
    try {
      await Promise.allSettled([this.#draining, ...this.#replays]);
      for (let seq = -1; ;) {
        const loaded = this.#store.load();
        if (loaded === null || !due(loaded.state)) return false;
        if (loaded.state.seq === seq) return true;
        ({ seq } = loaded.state);
        await eraseElsewhere(
          this.#env,
          loaded.state,
          destinationsHolding(loaded.state, this.#store.destinationsEver(), settings),
        );
      }
    } finally {
      this.#erasing = false;
    }
  }

  /** Page by page; a destination that fails is left out for the rest of the run, so it holds back no other. */
  async #run(): Promise<void> {
    const failed = new Set<Destination>();
    for (let after = this.#store.watermarks().all; !this.#erasing;) {
      const batch = this.#batch(after, failed);
      if (batch === null) return;
      const drained = await handOver(this.#env, batch);
      for (const destination of drained.failed) failed.add(destination);
      this.#store.saveWatermarks(
        afterDrain(this.#store.watermarks(), { ...drained, failed: [...failed] }, clock()),
      );
      after = batch.last;
    }
  }

  #page(after: number): readonly OutgoingEvent[] {
    return firstPage(this.#store.outgoing(after));
  }

  #batch(after: number, failed: ReadonlySet<Destination>): Batch | null {
    const loaded = this.#store.load();
    const events = loaded === null ? [] : this.#page(after);
    const last = events.at(-1)?.envelope.seq;
    if (loaded === null || last === undefined) return null;
    const bySeq = new Map(events.map((event) => [event.envelope.seq, event]));
    const lacking = undelivered(
      this.#store.watermarks(),
      events.map(({ envelope, to }) => ({
        seq: envelope.seq,
        to: to.filter((destination) => !failed.has(destination)),
      })),
    );
    const { guid, account, provider, status, createdAt, updatedAt } = loaded.state;
    return {
      last,
      provider,
      snapshot: snapshotOf(loaded.state),
      ref: { guid, account, status, createdAt, updatedAt },
      lacking: new Map(
        [...lacking].map(([destination, seqs]) => [
          destination,
          seqs.flatMap((seq) => bySeq.get(seq) ?? []),
        ]),
      ),
    };
  }
}

/** Removes what other objects hold of a job; the account last, since subscribers tell it of their attempts. */
async function eraseElsewhere(
  env: Env,
  job: JobState,
  subscribers: ReadonlySet<`subscriber:${string}`>,
): Promise<void> {
  for (const subscriber of subscribers) {
    const { id, shard } = subscriberOf(subscriber);
    await subscriberObject(env, id, shard).erase(job.source, job.guid);
  }
  await sourceObject(env, job.source).forget(job.guid, job.createdAt);
  await accountObject(env, job.account).forget(job.source, job.guid);
}

/** What one drain has to hand over; `snapshot` is the job's state when the batch was read. */
interface Batch {
  readonly last: number;
  readonly provider: string;
  readonly snapshot: JobSnapshot;
  readonly ref: JobRef;
  readonly lacking: ReadonlyMap<Destination, readonly OutgoingEvent[]>;
}

/** Hands everything over at once and waits for every answer. Receivers drop what they already have. Never throws. */
async function handOver(env: Env, batch: Batch): Promise<DrainOutcome> {
  const destinations = [...batch.lacking.keys()];
  const answers = await Promise.allSettled(
    destinations.map((destination) => give(env, batch, destination)),
  );
  const took: Destination[] = [];
  const failed: Destination[] = [];
  answers.forEach((answer, index) => {
    const destination = destinations[index];
    if (destination !== undefined)
      (answer.status === "fulfilled" ? took : failed).push(destination);
  });
  return { last: batch.last, took, failed };
}

async function give(env: Env, batch: Batch, destination: Destination): Promise<void> {
  const events = batch.lacking.get(destination) ?? [];
  if (destination === "account") {
    await accountObject(env, batch.snapshot.account).publish(
      events.map(({ envelope }) => ({ event: envelope, snapshot: batch.snapshot })),
    );
  } else if (destination === "index") {
    await sourceObject(env, batch.snapshot.source).index([batch.ref]);
  } else {
    const { id, shard } = subscriberOf(destination);
    await subscriberObject(env, id, shard).enqueue(
      events.map((event) => dispatchOf(event, batch.provider)),
    );
  }
}

/** The form in which a subscriber takes an event; `nonce` marks one that it may have had before. */
function dispatchOf(event: OutgoingEvent, provider: string, nonce?: string): Dispatch {
  return {
    event: event.envelope,
    provider,
    traceparent: event.traceparent,
    ...(event.raw === null ? {} : { raw: event.raw }),
    ...(nonce === undefined ? {} : { replay: nonce }),
  };
}
