// A page of deliveries: what a caller asks for, in the words of the table.

import type { Selection } from "./tables.ts";
import type { DeliveryRow, DeliveryState, StoredState } from "./view.ts";

/** Which deliveries to list, newest first; `cursor` is what the page before answered. */
export interface DeliveriesQuery {
  readonly state?: DeliveryState | undefined;
  readonly guid?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** `held` and `pending` are one state of the rows: which of the two they are is the subscriber's. */
export const storedState = (state: DeliveryState): StoredState =>
  state === "held" ? "pending" : state;

/** What to look for among the rows before `before`; `null` when nothing can be found. */
export function pageOf(
  query: DeliveriesQuery,
  held: boolean,
): { readonly selection: Selection; readonly before: number } | null {
  const { state, guid, cursor } = query;
  const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor);
  if (!Number.isSafeInteger(before) || state === (held ? "pending" : "held")) return null;
  const selection = {
    ...(state === undefined ? {} : { state: storedState(state) }),
    ...(guid === undefined ? {} : { guid }),
  };
  return { selection, before };
}

/** Where the next page begins; `null` after the last. */
export function cursorAfter(rows: readonly Pick<DeliveryRow, "n">[], limit: number): string | null {
  const last = rows.at(-1);
  return last !== undefined && rows.length === limit ? String(last.n) : null;
}
