// What waits follows a changed configuration: at once when it is woken, and with the next event.

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { JobSnapshot } from "../../../src/model/event.ts";
import { exportComments } from "../../support/senders.ts";
import { bundleRelay, type Bundle } from "../../support/stored-relay.ts";
import { until } from "../../support/wait.ts";
import { startChanged, step, type ChangedRelay } from "./changed-relay.ts";

let bundle: Bundle;
beforeAll(() => {
  bundle = bundleRelay();
});
afterAll(() => bundle.remove());

async function start(): Promise<ChangedRelay> {
  const relay = await startChanged(bundle);
  onTestFinished(() => relay.stop());
  return relay;
}

const JOB = { guid: "job", page: "https://example.com/video", total: 100 };
const { created, progress } = exportComments;

const seqOf = async (relay: ChangedRelay): Promise<number> =>
  (await relay.get<JobSnapshot>("/v1/jobs/comments/job")).seq;

/** A job with a value that would be emitted in an hour. */
async function startWithValue(): Promise<ChangedRelay> {
  const relay = await start();
  await relay.change({ source: { throttle: 3600 } });
  await relay.post(created(JOB), progress(JOB, 10), progress(JOB, 20));
  await until(() => relay.arrived("job").length === 2, { what: "two events" });
  expect(await seqOf(relay)).toBe(2);
  await relay.change({ source: { throttle: 2 } });
  return relay;
}

describe("a throttle of an hour that becomes two seconds", () => {
  test("lets the waiting value leave when the relay is woken", async () => {
    const relay = await startWithValue();
    const woken = await relay.ask<{ jobs: number; cursor: string | null }>("/v1/wake");
    expect(woken).toMatchObject({ jobs: 1, cursor: null });
    await until(() => relay.arrived("job").includes(3), { what: "the value that waited" });
    expect(await seqOf(relay)).toBe(3);
  });

  test("lets the newest value leave with the job's next event", async () => {
    const relay = await startWithValue();
    await relay.post(progress(JOB, 30));
    await until(() => relay.arrived("job").includes(3), { what: "the newest value" });
    expect((await relay.get<JobSnapshot>("/v1/jobs/comments/job")).current).toBe(30);
  });
});

describe("a subscriber that is removed and added again", () => {
  test("gets what waits as soon as the relay is woken", async () => {
    const relay = await start();
    await relay.change({});
    await relay.ask("/v1/subscribers/crm/pause");
    await relay.post(step("first", 0));
    await until(async () => (await relay.state()).held === 1, { what: "one held" });
    relay.receiver.script({ kind: "hang" });
    await relay.ask("/v1/subscribers/crm/resume");
    await relay.receiver.waitForCount(1);
    relay.receiver.script({ status: 204 });
    await relay.change({ subscriber: null });
    // It finds that it is away, and would look again in an hour.
    await relay.post(step("other", 0));
    await relay.change({});
    await relay.ask("/v1/wake");
    const states = async () => (await relay.deliveries()).map(({ state }) => state);
    await until(async () => (await states()).includes("delivered"), { what: "delivered" });
    expect(await states()).not.toContain("held");
  });

  test("gets all of it with its next event", async () => {
    const relay = await start();
    await relay.change({ subscriber: { shards: 2 } });
    relay.receiver.script({ kind: "hang" });
    await relay.post(step("first", 0));
    await relay.receiver.waitForCount(1);
    await relay.change({ subscriber: null });
    relay.receiver.script({ status: 204 });
    await relay.change({ subscriber: { shards: 2 } });
    await relay.post(step("first", 1));
    await until(() => relay.arrived("first").includes(2), { what: "both events" });
    expect([...new Set(relay.arrived("first"))]).toEqual([1, 2]);
  });
});
