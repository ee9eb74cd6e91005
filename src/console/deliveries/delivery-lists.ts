// The deliveries of one subscriber: the newest page again and again, further pages on demand.

import { useState } from "preact/hooks";
import { pathOf } from "../api/request.ts";
import type { Delivery, ListOf } from "../api/wire.ts";
import { usePoll } from "../browser/use-poll.ts";
import { useSession } from "../shell/session.ts";
import { joinDeliveries } from "./delivery-view.ts";

/** Deliveries on a page. */
const PAGE = 50;

/** Time between two readings, in ms. */
const EVERY = 5_000;

interface More {
  readonly key: string;
  readonly items: readonly Delivery[];
  readonly cursor: string | null;
}

export interface DeliveryList {
  /** `null` before the first answer. */
  readonly items: readonly Delivery[] | null;
  readonly problem: string | null;
  readonly refresh: () => void;
  readonly hasMore: boolean;
  readonly loadMore: () => void;
}

/** The list; without a subscriber it stays empty. */
export function useDeliveries(
  subscriber: string | null,
  filters: { readonly state: string; readonly guid: string },
): DeliveryList {
  const { api, say } = useSession();
  const key = JSON.stringify([subscriber, filters]);
  const read = (cursor: string | null): Promise<ListOf<Delivery>> =>
    subscriber === null
      ? Promise.resolve({ items: [], cursor: null })
      : api.get(
          pathOf(["subscribers", subscriber, "deliveries"], { ...filters, cursor, limit: PAGE }),
        );
  const newest = usePoll(key, () => read(null), EVERY);
  const [more, setMore] = useState<More | null>(null);
  const further = more?.key === key ? more : null;
  const cursor = further === null ? (newest.data?.cursor ?? null) : further.cursor;
  const loadMore = (): void => {
    read(cursor).then(
      (page) =>
        setMore({ key, items: [...(further?.items ?? []), ...page.items], cursor: page.cursor }),
      (error: unknown) => say(error instanceof Error ? error.message : String(error), true),
    );
  };
  return {
    items: newest.data === null ? null : joinDeliveries(newest.data.items, further?.items ?? []),
    problem: newest.problem,
    refresh: newest.refresh,
    hasMore: cursor !== null,
    loadMore,
  };
}
