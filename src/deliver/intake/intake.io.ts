// How events come into a subscriber's queue: stored at once, or with the result of their attempt.

import { newDeliveryId } from "../../kernel/random.io.ts";
import { now } from "../../kernel/clock.io.ts";
import type { Dispatch } from "../../model/messages.ts";
import { deliveryId } from "../delivery.ts";
import type { DispatchCache } from "../queue/dispatch-cache.io.ts";
import type { KnownKeys } from "../queue/known-keys.io.ts";
import type { QueueRow } from "../queue/queue-row.ts";
import { keyOfDispatch } from "../queue/recent-keys.ts";
import type { QueueWindow } from "../queue/window/window.io.ts";
import { Transfers } from "../shards/transfers.io.ts";
import type { WaitingDelivery } from "../shards/waiting-job.ts";
import { closesPage } from "../storage/key-page.store.ts";
import type { SubscriberStore } from "../subscriber.store.ts";
import { newColumns, queueRow, type NewDelivery } from "../tables.ts";
import type { UnstoredDeliveries } from "./unstored.ts";

/** The parts of a queue. */
interface IntakeDeps {
  readonly storage: DurableObjectStorage;
  readonly store: SubscriberStore;
  readonly keys: KnownKeys;
  readonly window: QueueWindow;
  readonly dispatches: DispatchCache;
  readonly unstored: UnstoredDeliveries;
  /** Stores everything that is in memory only. */
  readonly flush: () => void;
}

/** Part of a `SubscriberQueue`. */
export class Intake {
  readonly #deps: IntakeDeps;
  readonly #transfers: Transfers;
  /** The number of the next delivery. */
  #nextN: number;

  constructor(deps: IntakeDeps, nextN: number) {
    this.#deps = deps;
    this.#transfers = new Transfers(deps);
    this.#nextN = nextN;
  }

  get nextN(): number {
    return this.#nextN;
  }

  /**
   * Stores dispatches in their order, but for those that are stored already; answers the ids of the
   * new deliveries. `cause` is `null` unless an operator asked for them.
   */
  enqueue(dispatches: readonly Dispatch[], cause: QueueRow["cause"] | null): readonly string[] {
    const { storage, store, keys, window, flush } = this.#deps;
    const at = now();
    const fresh = this.#unknown(dispatches);
    // A page of keys is made of stored rows.
    if (closesPage(this.#nextN, fresh.length)) flush();
    const hasRoom = window.hasRoom(this.#nextN);
    const inserted = storage.transactionSync(() =>
      fresh.map((dispatch, index) => {
        const n = this.#nextN + index;
        const id = deliveryId(n, newDeliveryId().slice(-8));
        const ownCause = cause ?? (dispatch.replay === undefined ? "schedule" : "replay");
        const row = store.insert({ n, id, at, dispatch, cause: ownCause });
        return { id, dispatch, ...row };
      }),
    );
    this.#nextN += inserted.length;
    keys.add(fresh.map(keyOfDispatch), at);
    store.pages.close(this.#nextN);
    for (const { row, size, id, dispatch } of inserted)
      if (window.offer(row, hasRoom)) this.#deps.dispatches.keep(row.n, { id, dispatch }, size);
    if (hasRoom) window.tookUpTo(this.#nextN);
    return inserted.map(({ id }) => id);
  }

  /**
   * Takes a dispatch into memory alone, and answers the number of its delivery: the call that
   * brought it has to wait for the attempt, and then to store it. `null`: it has to be enqueued.
   */
  hold(dispatch: Dispatch): number | null {
    const { keys, window, unstored } = this.#deps;
    const n = this.#nextN;
    const isPlain = dispatch.replay === undefined && !closesPage(n, 1) && window.hasRoom(n);
    if (!isPlain || this.#unknown([dispatch]).length === 0) return null;
    const at = now();
    const id = deliveryId(n, newDeliveryId().slice(-8));
    const delivery: NewDelivery = { n, id, at, dispatch, cause: "schedule" };
    if (!window.offer(queueRow(newColumns(delivery)), true)) return null;
    unstored.add(delivery);
    this.#nextN += 1;
    keys.add([keyOfDispatch(dispatch)], at);
    window.tookUpTo(this.#nextN);
    return n;
  }

  /** Stores what another shard hands over, but for what is stored already. */
  adopt(deliveries: readonly WaitingDelivery[]): void {
    this.#deps.flush();
    this.#nextN += this.#transfers.adopt(deliveries, this.#nextN);
  }

  /** Removes what another shard has taken; answers the rows. */
  remove(source: string, guid: string, ns: ReadonlySet<number>): readonly number[] {
    return this.#transfers.remove(source, guid, ns);
  }

  /** The dispatches that are new. What is known has to be stored before anybody is told so. */
  #unknown(dispatches: readonly Dispatch[]): readonly Dispatch[] {
    const fresh = this.#deps.keys.unknown(dispatches);
    if (fresh.length < dispatches.length) this.#deps.flush();
    return fresh;
  }
}
