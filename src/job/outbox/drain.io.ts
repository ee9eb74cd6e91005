// Sends a job's events to their destinations; one that fails holds back no other.

import { settingsOrNull } from "../../config/load.ts";
import type { Settings } from "../../config/settings.ts";
import { newEventId } from "../../kernel/random.io.ts";
import { now as clock } from "../../kernel/clock.io.ts";
import type { Millis } from "../../kernel/time.ts";
import { subscriberObject } from "../../objects.ts";
import { isEnded } from "../lifecycle.ts";
import { snapshotOf, type JobState } from "../state.ts";
import type { OutgoingEvent } from "../storage/event.store.ts";
import type { JobStore } from "../storage/job.store.ts";
import { replayPlan, subscribersHolding, type ReplayOptions } from "./destinations.ts";
import { WaitingAttempts } from "./attempts.io.ts";
import { sendAmendment } from "./amendments.io.ts";
import { eraseElsewhere, lastDeliveryDue } from "./erase.io.ts";
import { dispatchOf, refOf } from "./dispatch.ts";
import {
  afterAmendment,
  afterDrain,
  afterMoves,
  beforeReplay,
  firstPage,
  inPart,
  undelivered,
} from "./outbox.ts";
import { ShardMoves } from "./moves.io.ts";
import { RecentEvents } from "./recent-events.ts";
import { sendAll, type Batch } from "./send.io.ts";

/** `due` says whether a job is still to be erased; `files`: what archives stored goes, too. */
interface Erasure {
  readonly due: (state: JobState) => boolean;
  readonly files: boolean;
}

export class Outbox {
  readonly #env: Env;
  readonly #store: JobStore;
  readonly #recent = new RecentEvents<OutgoingEvent>();
  readonly #moves: ShardMoves;
  #draining: Promise<boolean> | null = null;
  /** Up to this `seq` an event may have been sent; `null` until this instance has emitted one. */
  #attempted: number | null = null;
  readonly #attempts = new WaitingAttempts();
  readonly #replays = new Set<Promise<number>>();
  /** When an expired job asks again for its deliveries that wait. */
  keptUntil: Millis | null = null;
  /** While the job is being erased nothing leaves it. */
  #erasing = false;

  constructor(env: Env, store: JobStore) {
    this.#env = env;
    this.#store = store;
    this.#moves = new ShardMoves(env, store);
  }

  /** Tells of an event that was stored just now: the next drain need not read it. */
  add(event: OutgoingEvent): void {
    this.#attempted ??= event.seq - 1;
    this.#recent.add(event);
  }

  /** An event was changed. */
  forget(): void {
    this.#recent.clear();
  }

  /**
   * Sends until nothing is lacking or something failed; then the alarm tries again. One drain runs
   * at a time: a second call joins it. Answers whether there was anything to send. Never throws.
   */
  drain(): Promise<boolean> {
    this.#draining ??= this.#run().finally(() => {
      this.#draining = null;
    });
    return this.#draining;
  }

  /**
   * Drains, and writes the watermarks unless a value waits, whose event writes them. After an end
   * that was sent before, nothing needs them: a wake in weeks would send it once more.
   */
  async drainAndSave(): Promise<void> {
    const sent = await this.drain();
    const state = this.#store.load()?.state;
    if (state === undefined || state.window.pending !== null) return;
    await this.#attempts.announce(this.#env, state.account);
    if (sent || !isEnded(state.lifecycle.phase)) this.#store.saveWatermarks();
  }

  /** Sends events to subscribers once more, under the same ids; answers how many deliveries. */
  async replay(provider: string, options: ReplayOptions, settings: Settings): Promise<number> {
    const replay = this.#replay(provider, options, settings);
    this.#replays.add(replay);
    return replay.finally(() => this.#replays.delete(replay));
  }

  async #replay(
    provider: string,
    { since, subscribers, id }: ReplayOptions,
    settings: Settings,
  ): Promise<number> {
    const replayId = id ?? newEventId();
    let count = 0;
    let page = firstPage(this.#store.events.outgoing(since));
    while (page.length > 0) {
      const [kept, only] = [this.#store.routes.last(), this.#store.load()?.state.only];
      const plan = replayPlan(page, { provider, only, subscribers, kept }, settings);
      // Written before anything leaves: an erasure must find all of it.
      const names = plan.map(({ destination }) => destination.name);
      const watermarks = beforeReplay(this.#store.watermarks(), names);
      if (watermarks !== this.#store.watermarks()) {
        this.#store.setWatermarks(watermarks);
        this.#store.saveWatermarks();
      }
      for (const { destination, events } of plan) {
        if (this.#erasing) return count;
        await subscriberObject(this.#env, destination.id, destination.shard).enqueue(
          events.map((event) => dispatchOf(event, provider, replayId)),
        );
        count += events.length;
      }
      page = firstPage(this.#store.events.outgoing(page.at(-1)?.seq ?? since));
    }
    return count;
  }

  /** Whether deliveries of an expired job still wait; finished ones are removed. */
  async isKept(settings: Settings): Promise<boolean> {
    this.keptUntil = await lastDeliveryDue(this.#env, this.#store, settings);
    return this.keptUntil !== null;
  }

  /**
   * Removes the job from every object that holds something of it, after whatever is on its way has
   * arrived; what comes in meanwhile is removed as well, unless `due` says that it keeps the job.
   * True when the job may be deleted here. Throws when an object does not answer; to repeat it does
   * no harm.
   */
  async erase(settings: Settings, { due, files }: Erasure): Promise<boolean> {
    this.#erasing = true;
    try {
      await Promise.allSettled([this.#draining, ...this.#replays]);
      for (let seq = -1; ;) {
        const loaded = this.#store.load();
        if (loaded === null || !due(loaded.state)) return false;
        if (loaded.state.seq === seq) {
          this.#recent.clear();
          this.#attempts.take();
          return true;
        }
        ({ seq } = loaded.state);
        const reached = this.#store.destinationsReached();
        const subscribers = subscribersHolding(loaded.state, reached, settings);
        await eraseElsewhere(this.#env, this.#store, { subscribers, files });
      }
    } finally {
      this.#erasing = false;
    }
  }

  /** A destination that fails is left out for the rest of the run. True when anything was sent. */
  async #run(): Promise<boolean> {
    const failed = new Set<string>();
    let sent = false;
    do {
      sent = (await this.#sendPages(failed)) || sent;
      if (failed.size > 0 || this.#erasing) return sent;
      await this.#moves.end();
      await this.#sendAmendments();
      // What was emitted meanwhile joined this drain.
    } while ((this.#store.load()?.state.seq ?? 0) > this.#store.watermarks().all);
    return sent;
  }

  async #sendPages(failed: Set<string>): Promise<boolean> {
    let sent = false;
    for (let after = this.#store.watermarks().all; !this.#erasing;) {
      const batch = this.#batch(after, failed);
      if (batch === null) break;
      const outcome = await sendAll(this.#env, batch);
      this.#attempts.add(outcome.attempts);
      for (const name of outcome.failed) failed.add(name);
      const before = inPart(afterMoves(this.#store.watermarks(), outcome.moved), outcome.part);
      this.#store.setWatermarks(afterDrain(before, { ...outcome, failed: [...failed] }, clock()));
      if (failed.size > 0) this.#store.saveWatermarks();
      after = batch.last;
      sent = true;
      this.#recent.dropUpTo(after);
    }
    return sent;
  }

  /**
   * Moves what waits for a subscriber at `shard` to the shard that the configuration gives the job,
   * and its later events with it. False when that did not come to an end yet.
   */
  async move(subscriber: string, shard: number, settings: Settings): Promise<boolean> {
    await this.drain();
    if (this.#moves.begin(subscriber, shard, settings)) await this.drain();
    return !this.#moves.isMoving(subscriber);
  }

  /** One after the other, until one fails. Each was stored with what is to be sent of it. */
  async #sendAmendments(): Promise<void> {
    const settings = settingsOrNull(this.#env);
    if (settings === null) return;
    const deps = { env: this.#env, store: this.#store, settings };
    for (let wasSent = true; wasSent && !this.#erasing;) {
      const { amended: [amended] = [], moves = [] } = this.#store.watermarks();
      const loaded = this.#store.load();
      // What waits at a former shard comes first.
      if (amended === undefined || loaded === null || moves.length > 0) return;
      wasSent = await sendAmendment(deps, loaded, amended).then(
        () => true,
        () => false,
      );
      this.#store.setWatermarks(afterAmendment(this.#store.watermarks(), wasSent, clock()));
      this.#store.saveWatermarks();
    }
  }

  #batch(after: number, failed: ReadonlySet<string>): Batch | null {
    const loaded = this.#store.load();
    if (loaded === null || after >= loaded.state.seq) return null;
    const events = firstPage(this.#recent.after(after) ?? this.#store.events.outgoing(after));
    const last = events.at(-1)?.seq;
    if (last === undefined) return null;
    const { provider, event, untold } = loaded.state;
    const attempted = this.#attempted ?? last;
    this.#attempted = Math.max(attempted, last);
    return {
      last,
      provider,
      attempted,
      attempts: this.#attempts.take(),
      moves: this.#store.watermarks().moves ?? [],
      part: this.#store.watermarks().part,
      routes: this.#store.routes.last(),
      snapshot: snapshotOf(loaded.state),
      ref: refOf(loaded.state),
      trailing: untold && event === "job.stalled",
      lacks: undelivered(this.#store.watermarks(), events).filter(
        ({ destination }) => !failed.has(destination.name),
      ),
    };
  }
}
