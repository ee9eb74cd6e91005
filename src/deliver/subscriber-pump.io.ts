// Keeps a subscriber's deliveries moving: asks what may leave, sends it, commits what came of it, and looks again.

import { settingsOf } from "../config/load.ts";
import type { Settings, SubscriberSettings } from "../config/settings.ts";
import { alarmAt, earliest } from "../kernel/agenda.ts";
import { chance, newDeliveryId, newEventId } from "../kernel/chance.io.ts";
import { now } from "../kernel/clock.io.ts";
import { isJobEvent, nameOf } from "../kernel/event.ts";
import type { Dispatch } from "../kernel/handoff.ts";
import { log } from "../kernel/log.io.ts";
import { HOUR, MINUTE, parseIso, SECOND, type Millis } from "../kernel/time.ts";
import { Announcer } from "./announce.io.ts";
import { attemptEnvelope, isTold } from "./announce.ts";
import { attempt } from "./attempt.io.ts";
import { afterAttempt, gateOf, type Gate } from "./breaker.ts";
import { allowance, bucketAfter, nextAllowed, spend, type Bucket } from "./bucket.ts";
import { judge } from "./outcome.ts";
import { Backlog } from "./queue-backlog.ts";
import { isTest } from "./queue-rows.ts";
import { keyOfDispatch, REMEMBERED, Seen } from "./queue-seen.ts";
import { planBehind, type QueueRow } from "./queue.ts";
import { after, entryOf, triggerOf } from "./settlement.ts";
import type { Standing } from "./subscriber-standing.ts";
import type { SubscriberStore } from "./subscriber.store.ts";
import { deliveryId } from "./subscriber-view.ts";

/** Outgoing connections of one object at once (Durable Objects limits, 2026-10); more would queue with their timeouts running. */
const CONNECTIONS = 6;

/** Attempts started per wake-up: the free plan allows 50 subrequests per invocation, and attempt events need some. */
export const RUN = 40;

/** Rows kept in memory, about 10 MB; the rest of a longer queue waits in the table. */
export const WINDOW = 50_000;

/** An alarm within this time follows every enqueue and every attempt: what a crash leaves behind is found by it. */
const WATCHDOG: Millis = 30 * SECOND;

/** How soon a broken configuration is looked at again; only a deploy can mend it, and that starts the object anew. */
const LOOK_AGAIN: Millis = MINUTE;

/** How often deliveries of a subscriber that left the configuration are looked at; retention removes them in the end. */
const ABSENT: Millis = HOUR;

/** How many rows may become finished before the mark of the oldest unfinished one is written. */
const LOW_STEP = 1_000;

/** What the configuration says about this subscriber at the moment. */
interface Orders {
  readonly settings: Settings;
  readonly subscriber: SubscriberSettings;
}

interface Run {
  readonly orders: Orders;
  readonly probe: boolean;
}

/** Lives as long as its object. Leases are kept in memory only: an object has one instance, and a crash ends its attempts too. */
export class Pump {
  readonly backlog = new Backlog();
  readonly underWay = new Set<number>();
  standing: Standing;
  readonly #announcer: Announcer;
  readonly #seen: Seen;
  #bucket: Bucket;
  #nextN: number;
  /** Every unfinished row with a smaller `n` is in the backlog. */
  #loadedTo: number;
  #budget = RUN;
  #armed: Millis | null = null;

  constructor(
    private_: { readonly env: Env; readonly ctx: DurableObjectState },
    store: SubscriberStore,
    id: string,
  ) {
    this.#env = private_.env;
    this.#ctx = private_.ctx;
    this.#store = store;
    this.#id = id;
    this.#announcer = new Announcer(this.#env);
    this.standing = store.standing();
    this.#nextN = store.nextN();
    this.#loadedTo = this.standing.low;
    const keys = store.newestKeys();
    this.#seen = new Seen(keys, keys.length < REMEMBERED);
    const { last, progress } = store.left(WINDOW);
    const subscriber = this.orders()?.subscriber;
    this.#bucket = bucketAfter(last, subscriber?.rate ?? null);
    for (const [job, at] of progress) this.backlog.left(job, at, subscriber?.throttle ?? 0);
    this.#load();
  }

  readonly #env: Env;
  readonly #ctx: DurableObjectState;
  readonly #store: SubscriberStore;
  readonly #id: string;

  /** The subscriber's settings; `null` while the configuration is broken or does not name it. */
  orders(): Orders | null {
    const settings = settingsOf(this.#env);
    const subscriber = settings.ok ? settings.value.subscribers.get(this.#id) : undefined;
    return settings.ok && subscriber !== undefined ? { settings: settings.value, subscriber } : null;
  }
