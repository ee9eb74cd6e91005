// What operators read about a subscriber: its status and its deliveries.

import { earliest } from "../durable/alarm.ts";
import { rowOfDelivery } from "./delivery.ts";
import { pageOf, pageView, type DeliveriesPage, type DeliveriesQuery } from "./page.ts";
import type { Pump } from "./pump.io.ts";
import { packDispatch } from "./queue/rows.ts";
import type { SubscriberQueue } from "./queue/queue.io.ts";
import type { SubscriberStore } from "./subscriber.store.ts";
import { deliveryView, statusOf, type SubscriberStatus } from "./view.ts";

/** The success rate and the latencies are those of this many of the newest attempted deliveries. */
const SAMPLED_DELIVERIES = 1_000;

/** What the overview works with. */
interface OverviewDeps {
  /** The subscriber's id, without its shard. */
  readonly id: string;
  readonly store: SubscriberStore;
  readonly queue: SubscriberQueue;
  readonly pump: Pick<Pump, "held">;
}

/** Reads one shard of a subscriber; every result is written to the table first. */
export class Overview {
  readonly #deps: OverviewDeps;

  constructor(deps: OverviewDeps) {
    this.#deps = deps;
  }

  /** The status of the shard. */
  status(): SubscriberStatus {
    const { queue, store, pump } = this.#deps;
    queue.flush();
    return statusOf(queue.state, {
      counts: store.counts.total(),
      sample: store.history.sample(SAMPLED_DELIVERIES),
      oldestPendingAt: earliest(queue.backlog.oldest(), store.waiting.oldest()),
      held: pump.held,
    });
  }

  /** A page of deliveries, the newest first; or one delivery with what it sends. */
  deliveries(query: DeliveriesQuery): DeliveriesPage {
    if (query.id !== undefined) return this.#delivery(query.id);
    const { id, queue, store, pump } = this.#deps;
    const { held } = pump;
    const page = pageOf(query, held);
    queue.flush();
    const rows = page === null ? [] : store.history.list(page.selection, page.before, query.limit);
    return pageView(rows, query.limit, { subscriber: id, held });
  }

  #delivery(delivery: string): DeliveriesPage {
    const { id, store, pump } = this.#deps;
    const n = this.rowOf(delivery);
    const row = n === null ? null : store.history.find(n);
    const dispatch = n === null ? undefined : store.load(n)?.dispatch;
    if (row === null || dispatch === undefined) return { items: [], cursor: null };
    const format = row.log.at(-1)?.format;
    return {
      items: [deliveryView(row, id, pump.held)],
      cursor: null,
      sends: {
        ...packDispatch(dispatch),
        contentType: dispatch.raw?.contentType ?? null,
        ...(format === undefined ? {} : { format }),
      },
    };
  }

  /** The row of a delivery; `null` when there is no delivery of that id. */
  rowOf(delivery: string): number | null {
    const { queue, store } = this.#deps;
    const n = store.moved.rowOf(delivery) ?? rowOfDelivery(delivery);
    queue.flush();
    return n !== null && store.history.find(n)?.id === delivery ? n : null;
  }
}
