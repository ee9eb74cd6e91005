// Storage that was filled to a size is storage as the relay writes it: what it is measured with.

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  deliveryOf,
  filledJob,
  fillAccount,
  fillJob,
  fillSource,
  fillSubscriber,
  markerAt,
} from "../scale/fill.ts";
import { ACCOUNT, BIG_JOB, instruct, playLife, post, SOURCE } from "../scale/life.ts";
import { SUBSCRIBER, varsFor, webhooks } from "../scale/life.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import {
  bundleRelay,
  LIMITED_WORKER,
  startStored,
  type StoredLaunch,
  type StoredRelay,
} from "../support/stored-relay.ts";

/** What a relay is filled with here. */
const SIZE = 2_000;

interface Page<T> {
  readonly items: readonly T[];
  readonly cursor: string | null;
}

let receiver: Receiver;
let launch: StoredLaunch;
let directory = "";
const bundle = bundleRelay(LIMITED_WORKER);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "jobrelay-filled-"));
  receiver = await startReceiver();
  instruct(receiver);
  launch = { bundle, vars: varsFor(receiver), storage: join(directory, "life") };
  await playLife(launch, receiver);
});

afterAll(async () => {
  await receiver.close();
  bundle.remove();
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});

/** Starts a relay on a copy of the storage that `fill` has filled, until the test ends. */
async function start(name: string, fill: (storage: string) => void): Promise<StoredRelay> {
  const storage = join(directory, name);
  cpSync(launch.storage, storage, { recursive: true });
  fill(storage);
  const relay = await startStored({ ...launch, storage });
  onTestFinished(() => relay.stop());
  return relay;
}

/** The last event of the large job on its way to the subscriber. */
const isLast = ({ body }: { readonly body: Buffer }): boolean =>
  body.includes('"seq":203') && body.includes(`"guid":"${BIG_JOB}"`);

describe("storage that was filled", () => {
  test("has a job that knows all of its updates, and takes another", async () => {
    const relay = await start("job", (storage) => fillJob(storage, SIZE));
    const path = `/v1/jobs/${SOURCE}/${BIG_JOB}`;
    for (const share of [0, 0.5, 1]) {
      const known = webhooks.progress(BIG_JOB, markerAt(SIZE, share));
      expect(await post(relay, known)).toBe("duplicate");
    }
    expect(await post(relay, webhooks.progress(BIG_JOB, "750000000"))).toBe("accepted");
    const events = await relay.get<Page<unknown>>(`${path}/events?limit=1000`);
    expect(events.items).toHaveLength(202);
    await post(relay, webhooks.finished(BIG_JOB));
    expect(await relay.get(path)).toMatchObject({ status: "done", seq: 203 });
    expect((await receiver.waitFor(isLast)).headers["x-jobrelay-attempt"]).toBe("1");
  });

  test("has a subscriber with deliveries that were made and others that wait", async () => {
    let row = 0;
    const relay = await start("subscriber", (storage) => {
      row = fillSubscriber(storage, SIZE);
    });
    const path = `/v1/subscribers/${SUBSCRIBER}`;
    expect(await relay.get(path)).toMatchObject({ state: "active", pending: SIZE / 5 + 1 });
    const waiting = await relay.get<Page<{ readonly attempts: readonly object[] }>>(
      `${path}/deliveries?state=pending&limit=100`,
    );
    expect(waiting.items).toHaveLength(100);
    expect(waiting.items[0]).toMatchObject({ attempts: [{ status: 400 }] });
    const before = receiver.requests.length;
    await relay.ask(`${path}/deliveries/${deliveryOf(row)}/retry`);
    await receiver.waitForCount(before + 1);
    expect(receiver.requests.at(-1)?.headers["x-jobrelay-attempt"]).toBe("2");
  });

  test("has an account and a source with the same jobs, in pages that continue", async () => {
    const relay = await start("indexes", (storage) => {
      fillAccount(storage, SIZE);
      fillSource(storage, SIZE);
    });
    const guids: string[] = [];
    let cursor = "";
    while (guids.length < 300) {
      const path = `/v1/jobs?account=${ACCOUNT}&limit=100${cursor}`;
      const page = await relay.get<Page<{ readonly guid: string }>>(path);
      guids.push(...page.items.map(({ guid }) => guid));
      cursor = `&cursor=${page.cursor}`;
    }
    const filled = guids.filter((guid) => guid.startsWith("job-7")).slice(1);
    expect(filled.slice(0, 3)).toEqual([filledJob(1), filledJob(2), filledJob(3)]);
    expect(new Set(guids).size).toBe(guids.length);
  });
});
