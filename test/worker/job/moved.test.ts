// A job whose subscriber's shard has changed: what the former shard gave away does not come back to
// it, whenever the job stops.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { jobName, jobObject, subscriberObject } from "../../../src/objects.ts";
import { update } from "./updates.ts";

const FORMER = 3;
const GUID = "moved-and-stopped";
const stub = (): DurableObjectStub => env.JOB.getByName(jobName("comments", GUID));

const deliveriesAt = async (shard: number): Promise<readonly string[]> => {
  const page = await subscriberObject(env, "crm", shard).deliveries({ guid: GUID, limit: 50 });
  return page.items.map(({ event, state }) => `${event.seq} ${state}`).toSorted();
};

/** Stores that all events so far were meant for the former shard, and that none has left. */
async function asOfFormerShard(): Promise<void> {
  await evictDurableObject(stub());
  await runInDurableObject(stub(), (_, { storage: { sql } }) => {
    const { job } = sql.exec<{ job: string }>("SELECT job FROM event WHERE seq = 1").one();
    const stored = JSON.parse(job) as { marks: object };
    const name = `subscriber:crm/${FORMER}`;
    const marks = { ...stored.marks, all: 0, ahead: {}, reached: [name] };
    sql.exec(
      `UPDATE event SET job = ?, destinations = ?,
        envelope = json_set(envelope, '$.id', 'evt_of_the_former_shard') WHERE seq = 1`,
      JSON.stringify({ ...stored, marks }),
      JSON.stringify([name]),
    );
  });
  await evictDurableObject(stub());
}

test("a job that stops after its subscriber's shard has changed sends nothing to the former shard again", async () => {
  const former = subscriberObject(env, "crm", FORMER);
  await former.pause();
  await jobObject(env, "comments", GUID).ingest(update(GUID, "job.created"));
  await expect.poll(() => deliveriesAt(0)).toEqual(["1 delivered"]);
  await asOfFormerShard();
  await jobObject(env, "comments", GUID).ingest(update(GUID, "job.finished"));
  await expect.poll(() => deliveriesAt(0)).toEqual(["1 delivered", "1 delivered", "2 delivered"]);
  expect(await deliveriesAt(FORMER)).toEqual([]);

  await evictDurableObject(stub());
  await former.resume();
  await runDurableObjectAlarm(stub());
  await jobObject(env, "comments", GUID).snapshot();
  expect(await deliveriesAt(FORMER)).toEqual([]);
});
