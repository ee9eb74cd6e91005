// A changed number of shards moves any number of waiting deliveries, in steps that cost the same.

import { expect, test } from "vitest";
import { SubscriberQueue } from "../../../src/deliver/queue/queue.io.ts";
import { SubscriberStore } from "../../../src/deliver/subscriber.store.ts";
import { shardOf } from "../../../src/kernel/shard.ts";
import { dispatch, filled } from "./filled.ts";
import { openStorage, type NodeStorage } from "./sqlite.ts";

/** Deliveries that wait in a test; `ROWS=200000` plays the size that docs/scale.md names. */
const WAITING = Number(process.env["ROWS"] ?? 5_000);

/** Time for it on a busy machine. */
const TIME_LIMIT_MS = 600_000;

interface Shard {
  readonly node: NodeStorage;
  readonly store: SubscriberStore;
  readonly queue: SubscriberQueue;
}

function shardOn(node: NodeStorage): Shard {
  const store = new SubscriberStore(node.storage);
  return { node, store, queue: new SubscriberQueue(node.storage, store) };
}

interface Passed {
  readonly moved: number;
  /** Queries and rows of each step, at the shard that hands over. */
  readonly steps: readonly {
    readonly jobs: number;
    readonly queries: number;
    readonly rows: number;
  }[];
}

/**
 * One pass over a shard after the configuration has changed to `configured` shards, as `Relocation`
 * makes it; the instance is a new one every ten steps.
 */
function relocate(shards: Shard[], from: number, configured: number): Passed {
  const homeOf = (source: string, guid: string): number => shardOf(`${source}/${guid}`, configured);
  const steps: { jobs: number; queries: number; rows: number }[] = [];
  let moved = 0;
  for (let after: number | null = 0; after !== null;) {
    if (steps.length % 10 === 9) shards[from] = shardOn(here(shards, from).node);
    const { node, store, queue } = here(shards, from);
    const before = node.counted();
    const looked = store.moved.jobsAfter(after, (source, guid) => homeOf(source, guid) !== from);
    for (const [source, guid] of looked.jobs) {
      const ns = store.jobs.unfinished(source, guid);
      const rows = ns.map((n) => store.moved.read(n)).filter((row) => row !== null);
      here(shards, homeOf(source, guid)).queue.adopt(rows);
      queue.handedOver(source, guid, new Set(ns));
      moved += rows.length;
    }
    const counted = node.counted();
    steps.push({
      jobs: looked.jobs.length,
      queries: counted.queries - before.queries,
      rows: counted.rows - before.rows,
    });
    after = looked.next;
  }
  return { moved, steps };
}

function here(shards: readonly Shard[], index: number): Shard {
  const shard = shards[index];
  if (shard === undefined) throw new Error(`there is no shard ${index}`);
  return shard;
}

const waitingIn = ({ store }: Shard): number => store.counts.total().get("pending") ?? 0;

test(
  `1, 4 and then 2 shards: ${WAITING} deliveries that wait are moved, each once, in the order of their job`,
  () => {
    const first = filled({ count: WAITING, refused: WAITING });
    // Every tenth job has a second delivery.
    const { sql } = first.storage;
    sql.exec("UPDATE delivery SET guid = 'g' || (n - 1), seq = 2 WHERE n % 10 = ?", 0);
    const shards = [first, openStorage(), openStorage(), openStorage()].map(shardOn);
    const wide = relocate(shards, 0, 4);
    expect(shards.map(waitingIn).reduce((sum, count) => sum + count)).toBe(WAITING);
    expect(wide.moved).toBe(WAITING - waitingIn(here(shards, 0)));
    expect(Math.min(...shards.map(waitingIn))).toBeGreaterThan(WAITING / 5);
    // However many wait, a job costs the same to find, to read and to delete.
    for (const { jobs, queries, rows } of wide.steps) {
      expect(queries).toBeLessThan(60 + 20 * jobs);
      expect(rows).toBeLessThan(8_000 + 40 * jobs);
    }
    expect(wide.steps.length).toBeLessThan(10 + WAITING / 80);

    for (const from of [0, 1, 2, 3]) relocate(shards, from, 2);
    expect(shards.map(waitingIn).slice(2)).toEqual([0, 0]);
    expect(shards.map(waitingIn).reduce((sum, count) => sum + count)).toBe(WAITING);

    // A new event is not delayed by what has come, and each job's order is that of its events.
    for (const shard of shards.slice(0, 2)) {
      expect(shard.queue.enqueue([dispatch(WAITING + 1)], null)).toHaveLength(1);
      const wrong = shard.node.storage.sql
        .exec(
          `SELECT count(*) AS wrong FROM delivery later JOIN delivery earlier
            ON later.guid = earlier.guid AND later.n > earlier.n AND later.seq < earlier.seq`,
        )
        .one();
      expect(wrong).toEqual({ wrong: 0 });
    }
    for (const { node } of shards) node.close();
  },
  TIME_LIMIT_MS,
);
