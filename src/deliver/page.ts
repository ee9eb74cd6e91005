// A page of deliveries: what a caller asks for, in the terms of the table.

import type { Format } from "../config/settings.ts";
import type { DeliveryRow, DeliveryState, StoredState } from "./delivery.ts";
import type { ReplayQuery } from "./state.ts";
import type { Selection } from "./tables.ts";
import { deliveryView, type DeliveryView } from "./view.ts";

/** Which deliveries to list, newest first; `cursor` is what the page before answered. */
export interface DeliveriesQuery {
  /** Only the delivery of this id, with what it sends. */
  readonly id?: string | undefined;
  readonly state?: DeliveryState | undefined;
  readonly guid?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** One page, newest first; `cursor` is `null` on the last one. */
export interface DeliveriesPage {
  readonly items: readonly DeliveryView[];
  readonly cursor: string | null;
  /** Where one delivery was asked for: its event, and the format of its newest attempt. */
  readonly sends?: SentEvent;
}

/** What a delivery sends, packed as in its row: types of the platform cannot unfold an event. */
export interface SentEvent {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly jsonBytes: number;
  readonly contentType: string | null;
  /** Absent before the first attempt, and for attempts of earlier versions. */
  readonly format?: Format;
}

/** Which deliveries an operator starts over; without a state the dead ones. */
export interface ReplayRequest extends Omit<ReplayQuery, "state"> {
  readonly state?: DeliveryState;
}

/** The state of the rows: a held delivery is a pending one of a subscriber that takes nothing. */
export const storedState = (state: DeliveryState): StoredState =>
  state === "held" ? "pending" : state;

/** Selects the rows of a page, those before `before`; `null` when there can be none. */
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

/** The page of these rows. `held` says that the subscriber takes nothing at present. */
export function pageView(
  rows: readonly DeliveryRow[],
  limit: number,
  owner: { readonly subscriber: string; readonly held: boolean },
): DeliveriesPage {
  const last = rows.at(-1);
  return {
    items: rows.map((row) => deliveryView(row, owner.subscriber, owner.held)),
    cursor: last !== undefined && rows.length === limit ? String(last.n) : null,
  };
}
