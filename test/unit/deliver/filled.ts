// A subscriber's table with as many deliveries as a test needs, as they are after their pages were
// made.

import { SubscriberStore } from "../../../src/deliver/subscriber.store.ts";
import type { JobEnvelope } from "../../../src/model/event.ts";
import type { Dispatch } from "../../../src/model/messages.ts";
import { HOUR, iso } from "../../../src/kernel/time.ts";
import { openStorage, type NodeStorage } from "./sqlite.ts";

/** Deliveries of so many, the first of them refused and waiting for hours. */
export interface Filling {
  readonly count: number;
  /** Every delivery has a job of its own. */
  readonly refused: number;
  /** Numbers of those that were not attempted yet. */
  readonly fresh?: readonly number[];
}

/** An event of a job of its own, emitted now unless told otherwise. */
export function dispatch(
  index: number,
  over: Partial<JobEnvelope> = {},
): Dispatch & { readonly event: JobEnvelope } {
  const event: JobEnvelope = {
    version: "v3-beta",
    event: "job.created",
    guid: `g${index}`,
    status: "",
    url: null,
    details: {},
    id: `evt_${index}`,
    seq: 1,
    attempt: 1,
    source: "s",
    account: "a",
    time: iso(Date.now()),
    ...over,
  };
  return { event, provider: "p", traceparent: "" };
}

/** Storage with deliveries that came over the last day, the newest an hour ago. */
export function filled({ count, refused, fresh = [] }: Filling): NodeStorage {
  const node = openStorage();
  const { sql } = node.storage;
  const store = new SubscriberStore(node.storage);
  const body = JSON.stringify(dispatch(0));
  const last = Date.now() - HOUR;
  sql.exec(
    `INSERT INTO delivery (n, id, key, event_id, event, source, guid, seq, state, at, due, waiting,
        cause, attempts, step, instant, tried, ms, log, json_bytes, body)
      WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1)
      SELECT n, 'dlv_' || n, 'evt_' || n, 'evt_' || n, 'job.created', 's', 'g' || n, 1,
        iif(n <= ?2, 'pending', 'delivered'), ?3 - (?1 - n) * 20, ?3 + ?4 + n,
        iif(n <= ?2, 'refusal', 'fresh'), 'schedule', 1, 1, 0, ?3, 1, '', ?5, ?6 FROM number`,
    count,
    refused,
    last,
    5 * HOUR,
    body.length,
    new TextEncoder().encode(body).buffer,
  );
  for (const n of fresh)
    sql.exec(
      "UPDATE delivery SET state = 'pending', waiting = 'fresh', attempts = 0 WHERE n = ?",
      n,
    );
  store.pages.close(count + 1);
  return node;
}
