// Rows that come into a queue from another shard, or leave it for one.

import { now } from "../../kernel/clock.io.ts";
import type { KnownKeys } from "../queue/known-keys.io.ts";
import type { QueueWindow } from "../queue/window/window.io.ts";
import type { SubscriberStore } from "../subscriber.store.ts";
import type { WaitingDelivery } from "./waiting-job.ts";

/** The parts of a queue. */
interface TransfersDeps {
  readonly storage: DurableObjectStorage;
  readonly store: SubscriberStore;
  readonly keys: KnownKeys;
  readonly window: QueueWindow;
}

/** Part of a `SubscriberQueue`. */
export class Transfers {
  readonly #deps: TransfersDeps;

  constructor(deps: TransfersDeps) {
    this.#deps = deps;
  }

  /** Stores deliveries in rows from `nextN` on, without those that are known; answers how many. */
  adopt(deliveries: readonly WaitingDelivery[], nextN: number): number {
    const { storage, store, keys, window } = this.#deps;
    const fresh = keys.unknownToShard(deliveries);
    const hasRoom = window.hasRoom(nextN);
    const rows = storage.transactionSync(() =>
      fresh.map((one, index) => store.moved.insert(nextN + index, one)),
    );
    keys.add(
      fresh.map(({ key }) => key),
      now(),
    );
    store.pages.close(nextN + rows.length);
    for (const row of rows) window.adopt(row, hasRoom);
    if (hasRoom) window.tookUpTo(nextN + rows.length);
    return rows.length;
  }

  /** Removes a job's unfinished deliveries, as far as `ns` names them; answers their rows. */
  remove(source: string, guid: string, ns: ReadonlySet<number>): readonly number[] {
    const { keys, store } = this.#deps;
    const found = store.jobs.unfinished(source, guid).filter((n) => ns.has(n));
    keys.forget(store.moved.keysOf(found));
    return store.jobs.remove(found.map((n) => ({ n, state: "pending" })));
  }
}
