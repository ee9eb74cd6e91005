// The files that an archive stored for a job: erased with the job, and kept by retention.

import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { jobObject } from "../../../src/objects.ts";
import { update } from "../job/updates.ts";
import { quiet, receiver, subscriber } from "./subscriber-fixture.ts";

const bucket = (env as unknown as { FILES: R2Bucket }).FILES;
(env as unknown as { SUBSCRIBERS: object[] }).SUBSCRIBERS.push({ id: "files", archive: "FILES" });

const OTHERS = ["comments/g11/export.csv", "comments/g2/export.csv", "email/g1/export.csv"];
const FILES = ["a.csv", "b.csv", "c.csv"].map((name) => `comments/g1/${name}`);

const keys = async (): Promise<readonly string[]> =>
  (await bucket.list()).objects.map(({ key }) => key);

beforeEach(async () => {
  receiver();
  for (const key of [...FILES, ...OTHERS]) await bucket.put(key, "id,comment");
});
afterEach(quiet);

test("are erased with their job, and those of others stay", async () => {
  const job = jobObject(env, "comments", "g1");
  await job.ingest(update("g1", "job.created"));
  expect(await job.erase()).toBe(true);
  expect(await keys()).toEqual(OTHERS);
});

test("outlive the deliveries that retention removes", async () => {
  const stub = subscriber("files");
  await stub.erase("comments", "g1");
  await stub.expire("comments", "g1");
  expect(await keys()).toEqual([...FILES, ...OTHERS]);
});
