// What waits keeps its order, and is found and counted, when the number of shards changes.

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startChanged, step, type ChangedRelay } from "./changed-relay.ts";
import { bundleRelay, type Bundle } from "../../support/stored-relay.ts";
import { until } from "../../support/wait.ts";

let bundle: Bundle;
beforeAll(() => {
  bundle = bundleRelay();
});
afterAll(() => bundle.remove());

/** Enough jobs that every shard of four has some. */
const GUIDS = Array.from({ length: 12 }, (_, index) => `job-${index}`);

async function start(): Promise<ChangedRelay> {
  const relay = await startChanged(bundle);
  onTestFinished(() => relay.stop());
  return relay;
}

/** Posts the `n`th event of every job. */
const postAll = async (relay: ChangedRelay, n: number): Promise<void> => {
  for (const guid of GUIDS) await relay.post(step(guid, n));
};

const delivered = (relay: ChangedRelay, count: number): Promise<unknown> =>
  until(async () => (await relay.state()).delivered === count, { what: `${count} delivered` });

/** The order in which each event came first. */
const firstSeen = (seqs: readonly number[]): readonly number[] => [...new Set(seqs)];

describe("a subscriber whose number of shards changes", () => {
  test("from 1 to 4 to 2 and back to 1 while it is paused, holds everything and delivers in order", async () => {
    const relay = await start();
    await relay.change({ subscriber: { shards: 1 } });
    await relay.ask("/v1/subscribers/crm/pause");
    for (const [index, shards] of [1, 4, 2, 1].entries()) {
      if (index > 0) await relay.change({ subscriber: { shards } });
      await postAll(relay, index);
      const held = GUIDS.length * (index + 1);
      await until(async () => (await relay.state()).held === held, { what: `${held} held` });
      expect(await relay.state()).toMatchObject({ state: "paused", pending: 0, held });
      const listed = await relay.deliveries("state=held");
      expect(new Set(listed.map(({ event }) => event.id)).size).toBe(held);
      expect(listed).toHaveLength(held);
    }
    expect(relay.receiver.requests).toHaveLength(0);
    await relay.ask("/v1/subscribers/crm/resume");
    await delivered(relay, GUIDS.length * 4);
    for (const guid of GUIDS) expect(relay.arrived(guid)).toEqual([1, 2, 3, 4]);
  });

  test("delivers what waits for retries in former shards, in order", async () => {
    const relay = await start();
    await relay.change({ subscriber: { shards: 4, retry: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1] } });
    relay.receiver.script({ status: 503 });
    for (const n of [0, 1]) await postAll(relay, n);
    await until(() => relay.receiver.requests.length >= GUIDS.length, { what: "attempts" });
    await relay.change({ subscriber: { shards: 1, retry: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1] } });
    for (const n of [2, 3]) await postAll(relay, n);
    const before = relay.receiver.requests.length;
    relay.receiver.script({ status: 204 });
    await relay.ask("/v1/subscribers/crm/resume");
    await delivered(relay, GUIDS.length * 4);
    expect(relay.receiver.requests.length).toBeGreaterThan(before);
    for (const guid of GUIDS) expect(firstSeen(relay.arrived(guid))).toEqual([1, 2, 3, 4]);
  });

  test("moves what waits at once when it is woken, so that one shard's limits hold for all", async () => {
    const relay = await start();
    await relay.change({ subscriber: { shards: 4 } });
    await relay.ask("/v1/subscribers/crm/pause");
    for (const n of [0, 1]) await postAll(relay, n);
    await relay.change({ subscriber: { shards: 1, concurrency: 1 } });
    await relay.ask("/v1/wake");
    // All are in the first shard's part of the list.
    await until(
      async () => {
        const page = await relay.get<{ items: readonly unknown[]; cursor: string | null }>(
          "/v1/subscribers/crm/deliveries?state=held&limit=24",
        );
        return page.items.length === 24 && (page.cursor ?? "0.").startsWith("0.");
      },
      { what: "all in shard 0" },
    );
    relay.receiver.script({ status: 204, delay: 20 });
    await relay.ask("/v1/subscribers/crm/resume");
    await delivered(relay, 24);
    expect(relay.receiver.busiest).toBe(1);
    for (const guid of GUIDS) expect(relay.arrived(guid)).toEqual([1, 2]);
  });

  test("finds a delivery that moved by its id, retries it, and replays what died before", async () => {
    const relay = await start();
    await relay.change({ subscriber: { shards: 1, retry: [] } });
    relay.receiver.script({ status: 500 });
    // Fewer than open the breaker.
    const dying = GUIDS.slice(0, 6);
    for (const guid of dying) await relay.post(step(guid, 0));
    await until(async () => (await relay.state()).dead === dying.length, { what: "dead" });
    await relay.ask("/v1/subscribers/crm/pause");
    await postAll(relay, 1);
    const count = dying.length + GUIDS.length;
    await until(async () => (await relay.state()).held === GUIDS.length, { what: "held" });
    const ids = new Set((await relay.deliveries()).map(({ id }) => id));
    await relay.change({ subscriber: { shards: 4, retry: [] } });
    await relay.ask("/v1/wake");
    await until(
      async () => {
        const { cursor } = await relay.get<{ cursor: string | null }>(
          "/v1/subscribers/crm/deliveries?state=held&limit=5",
        );
        return cursor !== null && !cursor.startsWith("0.");
      },
      { what: "most of them elsewhere" },
    );
    const all = await relay.deliveries();
    expect(new Set(all.map(({ id }) => id))).toEqual(ids);
    relay.receiver.script({ status: 204 });
    for (const { id } of all) await relay.ask(`/v1/subscribers/crm/deliveries/${id}/retry`);
    await delivered(relay, count);
  });

  test("erases a job wherever its deliveries are", async () => {
    const relay = await start();
    await relay.change({ subscriber: { shards: 1 } });
    await postAll(relay, 0);
    await delivered(relay, GUIDS.length);
    await relay.ask("/v1/subscribers/crm/pause");
    await postAll(relay, 1);
    await relay.change({ subscriber: { shards: 4 } });
    await postAll(relay, 2);
    await relay.change({ subscriber: { shards: 2 } });
    for (const guid of GUIDS) await relay.ask(`/v1/jobs/comments/${guid}`, undefined, "DELETE");
    expect(await relay.deliveries()).toEqual([]);
    expect(await relay.state()).toMatchObject({ held: 0, delivered: 0, dead: 0 });
  });

  test("keeps a new shard shut while the subscriber is paused", async () => {
    const relay = await start();
    await relay.change({ subscriber: { shards: 1 } });
    await relay.ask("/v1/subscribers/crm/pause");
    await relay.change({ subscriber: { shards: 4 } });
    await postAll(relay, 0);
    await until(async () => (await relay.state()).held === GUIDS.length, { what: "all held" });
    expect(relay.receiver.requests).toHaveLength(0);
    await relay.ask("/v1/subscribers/crm/resume");
    await delivered(relay, GUIDS.length);
  });

  test("goes on where it stood when the power fails in the middle, again and again", async () => {
    const relay = await start();
    await relay.change({ subscriber: { shards: 1 } });
    await relay.ask("/v1/subscribers/crm/pause");
    for (const n of [0, 1, 2]) await postAll(relay, n);
    for (const shards of [4, 2, 3, 4]) {
      await relay.change({ subscriber: { shards } });
      // Stopped while jobs move.
      void relay.ask("/v1/wake").catch(() => null);
      await relay.state();
    }
    await postAll(relay, 3);
    await relay.ask("/v1/subscribers/crm/resume");
    await until(() => GUIDS.every((guid) => firstSeen(relay.arrived(guid)).length === 4), {
      what: "all events of all jobs",
    });
    for (const guid of GUIDS) expect(firstSeen(relay.arrived(guid))).toEqual([1, 2, 3, 4]);
  });
});
