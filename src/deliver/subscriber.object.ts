// One subscriber's deliveries: stores them, delivers them, and answers for them (one per shard).

import { DurableObject } from "cloudflare:workers";
import { OpenCalls } from "../durable/open-calls.io.ts";
import { newDeliveryId, newTraceparent } from "../kernel/random.io.ts";
import { now } from "../kernel/clock.io.ts";
import type { Dispatch } from "../model/messages.ts";
import { logError } from "../kernel/log.io.ts";
import type { Result } from "../kernel/result.ts";
import { iso, SECOND, type Millis } from "../kernel/time.ts";
import type { SubscriberRpc } from "../rpc.ts";
import type { DeliveriesPage, DeliveriesQuery, ReplayRequest } from "./page.ts";
import { SubscriberParts } from "./parts.io.ts";
import { testDispatch } from "./queue/rows.ts";
import { pause, resume, type Health } from "./retry/breaker.ts";
import { eraseFiles } from "./targets/archive/erase.io.ts";
import type { WaitingJob } from "./shards/waiting-job.ts";
import type { SubscriberStatus } from "./view.ts";

/** How soon an alarm that failed because of a bug is tried again. */
const CRASH_RETRY_MS: Millis = 30 * SECOND;

/** The object of one shard of a subscriber. */
export class Subscriber extends DurableObject<Env> implements SubscriberRpc {
  readonly #parts = new SubscriberParts(this.ctx, this.env);
  readonly #calls = new OpenCalls(this.ctx.storage);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    void ctx.blockConcurrencyWhile(() => this.#parts.alarm.load());
  }

  /**
   * Stores events in the given order, without those that it has. Answers events about attempts, as
   * JSON, for whoever publishes for the job next.
   */
  async enqueue(dispatches: readonly Dispatch[], passedOn = 0): Promise<readonly string[]> {
    this.#calls.open();
    const to = await this.#parts.shard.destinationOf(dispatches, passedOn);
    if (to.other !== null) return to.other.enqueue(to.dispatches, passedOn + 1);
    return (await this.#parts.take(to.dispatches)).map((attempt) => JSON.stringify(attempt));
  }

  /** The status of this shard. */
  state(): SubscriberStatus {
    this.#parts.rearm();
    return this.#parts.overview.status();
  }

  /** A page of deliveries, the newest first. */
  deliveries(query: DeliveriesQuery): DeliveriesPage {
    this.#parts.rearm();
    return this.#parts.overview.deliveries(query);
  }

  /** Holds all deliveries until `resume`; attempts under way end. */
  pause(): void {
    this.#parts.setHealth(pause(this.#parts.queue.state.health, now()));
  }

  /** Delivers again, from every state; what the receiver asked to have later still waits. */
  resume(): void {
    this.#parts.setHealth(resume(this.#parts.queue.state.health, now()));
  }

  /** Sends one test event in every state, once. (RPC reserves the name `test`.) */
  sendTest(act?: string): { readonly delivery: string } {
    return this.#parts.act(act, () => {
      const dispatch = testDispatch(newDeliveryId().slice(4), iso(now()), newTraceparent());
      const [delivery = ""] = this.#parts.queue.enqueue([dispatch], "manual");
      return { delivery };
    });
  }

  /** Starts one delivery over, in every state; false when there is no delivery of that id. */
  retry(id: string, act?: string): boolean {
    const n = this.#parts.overview.rowOf(id);
    if (n === null) return false;
    return this.#parts.act(act, () => {
      this.#parts.queue.reopen([n], "manual", this.#parts.queue.state);
      return true;
    });
  }

  /** Starts many deliveries over; answers their count before the first leaves. */
  replay(request: ReplayRequest, act?: string): Result<{ readonly count: number }, "running"> {
    const begin = () => this.#parts.housekeeping.beginReplay(request);
    return this.#parts.act(act, begin, ({ ok }) => ok);
  }

  /** Removes a job's deliveries of up to `upTo`; for good, with `files` that were archived. */
  async erase(source: string, guid: string, files = false, upTo = now()): Promise<void> {
    if (!(await this.#parts.shard.erase(source, guid, files, upTo))) return;
    this.#parts.reporter.forget(source, guid);
    this.#parts.pump.pump();
    if (files) await eraseFiles(this.env, this.#parts.name.id, { source, guid });
  }

  /** Removes the finished deliveries of an expired job; answers when the last other one is due. */
  expire(source: string, guid: string, upTo: Millis = now()): Millis | null {
    const lastDue = this.#parts.queue.erase(source, guid, upTo, true);
    this.#parts.pump.pump();
    return lastDue;
  }

  /** Looks at everything that waits, by today's configuration. */
  async wake(): Promise<void> {
    this.#parts.queue.backlog.awakenAll();
    this.#parts.wake();
    await this.#parts.shard.wake();
  }

  /** How many shards were ever used; asked of shard 0. */
  shards(): number {
    return this.#parts.queue.state.usedShards;
  }

  /** Tells shard 0 that another one is used; answers the health with which that one begins. */
  join(shard: number): Health {
    return this.#parts.shard.admit(shard);
  }

  /** Gives what waits of a job to another shard; false while a delivery of it is under way. */
  handOver(source: string, guid: string, to: number, sentAt = now()): Promise<boolean> {
    return this.#parts.shard.handOver(source, guid, to, sentAt);
  }

  /** Takes what waited of a job in another shard; false where the job has left since. */
  adopt(waiting: WaitingJob): boolean {
    const isTaken = this.#parts.shard.adopt(waiting);
    this.#parts.wake();
    return isTaken;
  }

  override async alarm(): Promise<void> {
    this.#parts.alarm.fired();
    try {
      // Those that could not be written when they came.
      this.#parts.queue.flushResults();
      this.#parts.housekeeping.run();
      this.#parts.wake();
    } catch (thrown) {
      logError("subscriber.crashed", thrown, { subscriber: this.#parts.name.id });
      this.#parts.pump.arm(now() + CRASH_RETRY_MS);
    }
    await this.#parts.alarm.settled();
  }
}
