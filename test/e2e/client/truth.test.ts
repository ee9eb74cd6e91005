// The client's state of a job beside the relay's own, after every event of random lives.

import { randomUUID } from "node:crypto";
import { array, constantFrom, integer, sample, tuple } from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, type Client, type JobState } from "../../../src/client/index.ts";
import { ADMIN_TOKEN, SOURCE_SECRETS } from "../../support/relay.ts";
import { sender } from "../../support/senders.ts";
import { until } from "../../support/wait.ts";
import { startApp, type App } from "./app.ts";

let app: App;
let client: Client;
beforeAll(async () => {
  app = await startApp();
  client = connect({ url: app.relay.url, account: "acme", getToken: () => ADMIN_TOKEN });
});
afterAll(async () => {
  client?.close();
  await app?.close();
});

const ask = async (guid: string): Promise<JobState> => {
  const answer = await fetch(`${app.relay.url}/v1/jobs/comments/${guid}`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  return (await answer.json()) as JobState;
};

/** What a provider may say next, in any order. */
const saying = tuple(
  constantFrom(
    "job.progress",
    "job.progress",
    "job.progress",
    "job.finished",
    "job.failed",
    "job.requeued",
    "job.convert.done",
    "job.convert.failed",
  ),
  integer({ min: 0, max: 100 }),
);

/** Some lives, the same in every run. */
const LIVES = sample(array(saying, { minLength: 5, maxLength: 14 }), { numRuns: 12, seed: 7 });

/** Members that make no event of their own. */
const counted = { late: 0, conflicts: 0 };

test.each(LIVES.map((life, index) => [index, life] as const))(
  "life %i is the same for both after every event",
  async (_, life) => {
    const guid = randomUUID();
    await app.tell(guid, "job.created");
    const job = client.job("comments", guid, { autoClose: false });
    const stop = job.on("*", () => undefined);
    await until(() => job.snapshot() !== undefined, { what: "the first state" });
    for (const [event, current] of life) {
      await app.tell(guid, event, event === "job.progress" ? current : undefined);
      const known = await ask(guid);
      await until(() => job.snapshot()?.seq === known.seq, { what: `event ${known.seq}` });
      expect({ ...job.snapshot(), ...counted }).toEqual({ ...known, ...counted });
    }
    stop();
  },
);

test("a viewer that reads megabytes answers every probe, and keeps its one connection", async () => {
  const guid = randomUUID();
  await app.tell(guid, "job.created");
  const send = sender(app.relay.url, {
    provider: "exportcomments",
    source: "comments",
    secret: SOURCE_SECRETS.exportcomments,
  });
  let tokens = 0;
  const viewer = connect({
    url: app.relay.url,
    account: "acme",
    transports: ["ws"],
    getToken: () => {
      tokens += 1;
      return ADMIN_TOKEN;
    },
  });
  const job = viewer.job("comments", guid, { autoClose: false });
  job.on("*", () => undefined);
  await until(() => job.snapshot() !== undefined, { what: "the first state" });
  // 12 MB: more than a viewer may have on its way unread.
  for (let current = 1; current <= 60; current += 1) {
    const details = { guid, totalExported: current, total: 60, note: "x".repeat(200_000) };
    const body = { event: "job.progress", guid, status: "any", url: null, details };
    expect((await send(body)).status).toBe(202);
  }
  await until(() => job.snapshot()?.current === 60, { what: "the last value" });
  expect([tokens, job.state(), job.error()]).toEqual([1, "live", undefined]);
  viewer.close();
});
