// The first guarantee: what was answered 202 is delivered, even when the runtime is killed the
// moment after.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { BASE_VARS, SOURCE_SECRETS } from "../support/relay.ts";
import { sender } from "../support/senders.ts";
import {
  bundleRelay,
  startStored,
  type Bundle,
  type StoredRelay,
} from "../support/stored-relay.ts";
import { until } from "../support/wait.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Scene {
  readonly receiver: Receiver;
  start(): Promise<StoredRelay>;
}

let bundle: Bundle;
beforeAll(() => {
  bundle = bundleRelay();
});
afterAll(() => bundle.remove());

async function scene(): Promise<Scene> {
  const storage = await mkdtemp(join(tmpdir(), "jobrelay-kill-"));
  cleanups.push(() => rm(storage, { recursive: true, force: true }));
  const receiver = await startReceiver();
  cleanups.push(() => receiver.close());
  return {
    receiver,
    start: async () => {
      const relay = await startStored({
        bundle,
        storage,
        vars: {
          ...BASE_VARS,
          SUBSCRIBERS: [
            {
              id: "crm",
              url: receiver.url,
              secrets: ["SUBSCRIBER_SECRET"],
              retry: [1, 1, 1, 1, 1, 1, 1, 1],
            },
          ],
        },
      });
      cleanups.push(() => relay.stop());
      return relay;
    },
  };
}

const eventsOf = (
  receiver: Receiver,
): readonly { event: string; guid: string; seq: number; id: string }[] =>
  receiver.requests.map(
    ({ body }) =>
      JSON.parse(body.toString()) as { event: string; guid: string; seq: number; id: string },
  );

test("a webhook answered 202 is delivered after kill -9 and a restart, although no subscriber was there before", async () => {
  const { receiver, start } = await scene();
  const relay = await start();
  // Nobody listens while the webhooks come in: every connection is dropped.
  receiver.script({ kind: "reset" });
  const send = sender(relay.url, {
    provider: "exportcomments",
    source: "comments",
    secret: SOURCE_SECRETS.exportcomments,
  });
  const accepted: string[] = [];
  for (const event of ["job.created", "job.progress", "job.finished"]) {
    const answer = await send({
      event,
      guid: "survivor",
      status: "any",
      url: null,
      ...(event === "job.progress" ? { current: 1, total: 2 } : {}),
    });
    expect(answer.status).toBe(202);
    accepted.push(...(answer.body.events ?? []));
  }
  await relay.stop();
  const before = receiver.requests.length;
  receiver.script({ status: 204 });
  await start();
  await receiver.waitFor(
    ({ body, index }) => index >= before && body.toString().includes('"job.finished"'),
  );
  const after = eventsOf(receiver).slice(before);
  expect(after.map(({ id }) => id).filter((id) => !accepted.includes(id))).toEqual([]);
  expect(after.at(-1)).toMatchObject({ event: "job.finished", guid: "survivor" });
});

test("webhooks killed in the middle of a burst: every one that was answered arrives, in order, and none that was not is invented", async () => {
  const { receiver, start } = await scene();
  let relay = await start();
  const guids = Array.from({ length: 40 }, (_, index) => `burst-${index}`);
  const acknowledged = new Set<string>();
  const send = sender(relay.url, {
    provider: "exportcomments",
    source: "comments",
    secret: SOURCE_SECRETS.exportcomments,
  });
  const burst = guids.map(async (guid) => {
    for (const event of ["job.created", "job.finished"]) {
      const answer = await send({ event, guid, status: "any", url: null }).catch(() => null);
      if (answer?.status !== 202) return;
      acknowledged.add(`${guid} ${event}`);
      if (acknowledged.size === 25) await relay.stop();
    }
  });
  await Promise.all(burst);
  relay = await start();
  const missing = (): readonly string[] => {
    const arrived = new Set(eventsOf(receiver).map(({ guid, event }) => `${guid} ${event}`));
    return [...acknowledged].filter((key) => !arrived.has(key));
  };
  await until(() => missing().length === 0).catch(() => undefined);
  expect(missing()).toEqual([]);
  for (const guid of guids) {
    const seqs = eventsOf(receiver)
      .filter((event) => event.guid === guid)
      .map(({ seq }) => seq);
    expect({ guid, seqs }).toEqual({ guid, seqs: seqs.toSorted((left, right) => left - right) });
  }
});
