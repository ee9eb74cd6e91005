// Jobs of a busy day, from the webhook to the list and to their erasure.

import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { DAY } from "../../../src/kernel/time.ts";
import type { JobRef } from "../../../src/model/messages.ts";
import { update } from "../job/updates.ts";

const api = (path: string, method = "GET"): Promise<Response> =>
  exports.default.fetch(`https://relay.example.com${path}`, {
    method,
    headers: { authorization: "Bearer test-admin-token" },
  });

const job = (guid: string) => env.JOB.getByName(`comments/${guid}`);

async function listed(query = ""): Promise<readonly string[]> {
  const response = await api(`/v1/jobs?source=comments&limit=20${query}`);
  const { items } = await response.json<{ items: readonly { guid: string }[] }>();
  return items.map(({ guid }) => guid).toSorted();
}

test("a job in a part is listed, filtered, updated in its place and erased", async () => {
  const source = env.SOURCE.getByName("comments");
  const createdAt = Date.now();
  const first = Array.from({ length: 500 }, (_, n): JobRef => {
    const times = { createdAt, updatedAt: createdAt };
    return { guid: `first-${n}`, account: "acme", status: "queueing", ...times };
  });
  await source.index(first);
  const guids = Array.from({ length: 12 }, (_, n) => `job-${10 + n}`);
  for (const guid of guids) await job(guid).ingest(update(guid, "job.created"));
  await expect.poll(() => listed()).toEqual(guids);
  const { days = [] } = await source.jobs({ limit: 1 });
  expect(days.flatMap(({ parts }) => parts).length).toBeGreaterThan(1);
  // The source's own object has none of them.
  expect((await source.jobs({ q: "job-", limit: 20 })).refs).toEqual([]);

  await evictDurableObject(job("job-15"));
  await job("job-15").ingest(update("job-15", "job.finished"));
  await expect.poll(() => listed("&status=done")).toEqual(["job-15"]);
  expect(await listed("&q=job-1")).toEqual(guids.filter((guid) => guid.startsWith("job-1")));

  for (const guid of guids) {
    await evictDurableObject(job(guid));
    expect((await api(`/v1/jobs/comments/${guid}`, "DELETE")).status).toBe(204);
  }
  expect(await listed("&q=job-")).toEqual([]);

  // A call may come late for a day: then the parts close by themselves.
  const parts = days.flatMap(({ day, parts: all }) =>
    all.map((part) => env.SOURCE.getByName(`comments/${day}/${part}`)),
  );
  expect(await source.jobs({ limit: 1 })).toHaveProperty("days");
  const later = Date.now() + DAY;
  vi.spyOn(Date, "now").mockImplementation(() => later);
  for (const part of parts) expect(await runDurableObjectAlarm(part)).toBe(true);
  vi.restoreAllMocks();
  expect(await source.jobs({ limit: 1 })).not.toHaveProperty("days");
});
