// Reads the whole log of a job, page by page.

import type { RelayEvent } from "../../model/event.ts";
import type { RelayApi } from "../relay-api.ts";
import type { StreamFrame } from "../stream-client.ts";

interface Page {
  readonly items: readonly StreamFrame[];
  readonly cursor: string;
}

/** All events of a job, the first one first. */
export async function eventsOf(
  api: RelayApi,
  source: string,
  guid: string,
): Promise<readonly RelayEvent[]> {
  const path = `/v1/jobs/${encodeURIComponent(source)}/${encodeURIComponent(guid)}/events?limit=1000`;
  const events: RelayEvent[] = [];
  for (let cursor = ""; ;) {
    const page = await api.get<Page>(`${path}&since=${encodeURIComponent(cursor)}`);
    if (page.items.length === 0) return events;
    for (const item of page.items) if (item.type === "event") events.push(item.event);
    cursor = page.cursor;
  }
}
