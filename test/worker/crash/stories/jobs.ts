// Jobs of a generic source: one that is watched by everybody, one that runs again, one that is
// forwarded again, one that is erased, one that expires, and one whose file is archived.

import { env } from "cloudflare:workers";
import { checkGone, checkJob, hasArrived, type Expected, type Story } from "../story.ts";
import {
  addServer,
  addSource,
  allSentTo,
  ask,
  note,
  pass,
  read,
  send,
  sentTo,
  settle,
  SUBSCRIBERS,
  tick,
  until,
} from "../world.ts";
import { fanViewer, poller, streamViewer } from "../viewers.ts";

const LIFE = addSource({ id: "life", provider: "generic" });
const BRIEF = addSource({ id: "brief", provider: "generic", retention: 1 });
const FILED = addSource({ id: "filed", provider: "generic" });
const TYPED = addSource({ id: "typed", provider: "exportcomments", account: "typed" });

const DAY_MS = 86_400_000;

/** Sends webhooks one after the other. */
async function sendAll(source: string, bodies: readonly object[]): Promise<void> {
  for (const body of bodies) {
    await send(source, body);
    await tick();
  }
}

const viewersOf = async (source: string, guid: string, account: string) => [
  await poller("a poller of the account", `/v1/accounts/${account}/events`, guid),
  await streamViewer("a socket of the account", `/v1/accounts/${account}/stream`, guid),
  await fanViewer("a socket of a fan", account, guid),
  await poller("a poller of the job", `/v1/jobs/${source}/${guid}/events`, guid),
  await streamViewer("a socket of the job", `/v1/jobs/${source}/${guid}/stream`, guid),
];

const jobOf = (source: string, name: string, events: readonly string[]): Expected => ({
  source,
  guid: name,
  account: `of-${name}`,
  events: events.map((event, index) => `${index + 1} ${event}`),
  viewers: [],
});

export const watched: Story = {
  name: "a job that everybody watches",
  leastSteps: 95,
  async play(n) {
    const job = jobOf(LIFE, `watched-${n}`, ["job.created", "job.progress", "job.finished"]);
    const { guid, account } = job;
    const viewers = await viewersOf(LIFE, guid, account);
    await sendAll(LIFE, [
      { event: "job.created", guid, account },
      { event: "job.progress", guid, account, current: 1, total: 9 },
      { event: "job.progress", guid, account, current: 2, total: 9 },
      { event: "job.finished", guid, account, url: "https://example.com/f.csv" },
    ]);
    const expected = { ...job, viewers };
    return { isDone: () => hasArrived(expected), check: () => checkJob(expected) };
  },
};

export const requeued: Story = {
  name: "a job that runs again, beside a message about its account",
  leastSteps: 108,
  async play(n) {
    const names = ["job.created", "job.failed", "job.requeued", "job.progress", "job.finished"];
    const job = jobOf(LIFE, `requeued-${n}`, names);
    const { guid, account } = job;
    const plan = `plan-${n}`;
    await sendAll(LIFE, [
      { event: "job.created", guid, account },
      { event: "job.failed", guid, account, error: "rate limit" },
    ]);
    await send(TYPED, { type: "subscription.updated", plan, action: "renewed", timestamp: n });
    await sendAll(LIFE, [
      { event: "job.requeued", guid, account },
      { event: "job.progress", guid, account, current: 3, total: 9 },
      { event: "job.finished", guid, account },
    ]);
    const about = (to: string): readonly string[] =>
      allSentTo(to)
        .filter((event) => (event as { plan?: string }).plan === plan)
        .map(({ id }) => id);
    return {
      isDone: async () =>
        (await hasArrived(job)) && SUBSCRIBERS.every((to) => about(to).length > 0),
      check: async () => {
        await checkJob(job);
        const ids = new Set(SUBSCRIBERS.flatMap(about));
        if (ids.size !== 1) note(`the message about the account has ids ${[...ids].join()}`);
      },
    };
  },
};

export const replayed: Story = {
  name: "a job that is forwarded again, by a request that is repeated",
  leastSteps: 85,
  async play(n) {
    const job = jobOf(LIFE, `replayed-${n}`, ["job.created", "job.finished"]);
    const { guid, account } = job;
    await sendAll(LIFE, [
      { event: "job.created", guid, account },
      { event: "job.finished", guid, account },
    ]);
    await settle(() => hasArrived(job));
    const headers = { "idempotency-key": `replay-${n}` };
    const path = `/v1/jobs/${LIFE}/${guid}/replay`;
    // A request whose answer was lost is in use for a minute.
    for (let tries = 0; tries < 6; tries += 1) {
      const answer = await until("POST", path, { body: {}, headers });
      if (answer.status === 202) break;
      if (answer.status !== 409) note(`the replay was answered ${answer.status}`);
      pass(61_000);
    }
    // Once more, by somebody who did not hear of it.
    await until("POST", path, { body: {}, headers });
    const replays = async (to: string): Promise<number> => {
      const { items } = (await read(`/v1/subscribers/${to}/deliveries?guid=${guid}`)) as {
        items: readonly { attempts: readonly { trigger: string }[] }[];
      };
      return items.filter(({ attempts }) => attempts.some(({ trigger }) => trigger === "replay"))
        .length;
    };
    return {
      isDone: async () => (await Promise.all(SUBSCRIBERS.map(replays))).every((sum) => sum === 2),
      check: async () => {
        await checkJob(job);
        for (const to of SUBSCRIBERS)
          if ((await replays(to)) !== 2) note(`${to} has ${await replays(to)} replays`);
      },
    };
  },
};

export const erased: Story = {
  name: "a job that is erased, before the eyes of a viewer",
  leastSteps: 75,
  async play(n) {
    const job = jobOf(LIFE, `erased-${n}`, ["job.created", "job.finished"]);
    const { guid, account } = job;
    await fanViewer("a socket of a fan", account, guid);
    await sendAll(LIFE, [
      { event: "job.created", guid, account },
      { event: "job.finished", guid, account },
    ]);
    await settle(() => hasArrived(job));
    const answer = await until("DELETE", `/v1/jobs/${LIFE}/${guid}`);
    if (answer.status !== 204 && answer.status !== 404) note(`DELETE answered ${answer.status}`);
    return { isDone: async () => true, check: () => checkGone(job) };
  },
};

export const expired: Story = {
  name: "a job that expires",
  leastSteps: 85,
  async play(n) {
    const job = jobOf(BRIEF, `expired-${n}`, ["job.created", "job.failed"]);
    const { guid, account } = job;
    await sendAll(BRIEF, [
      { event: "job.created", guid, account },
      { event: "job.failed", guid, account, error: "gone" },
    ]);
    await settle(() => hasArrived(job));
    pass(2 * DAY_MS);
    const isGone = async (): Promise<boolean> =>
      (await ask("GET", `/v1/jobs/${BRIEF}/${guid}`)).status === 404;
    return { isDone: isGone, check: () => checkGone(job) };
  },
};

const bucket = (env as unknown as { FILES: R2Bucket }).FILES;
addServer("files.example.com", () => new Response("id,comment\n1,hello\n"));

export const archived: Story = {
  name: "a job whose file is archived",
  leastSteps: 66,
  async play(n) {
    const job = jobOf(FILED, `archived-${n}`, ["job.created", "job.finished", "job.archived"]);
    const { guid, account } = job;
    const url = `https://files.example.com/${guid}.csv`;
    await sendAll(FILED, [
      { event: "job.created", guid, account },
      { event: "job.finished", guid, account, url },
    ]);
    return {
      isDone: () => hasArrived(job),
      check: async () => {
        await checkJob(job);
        const { objects } = await bucket.list({ prefix: `${FILED}/${guid}/` });
        if (objects.map(({ size }) => size).join() !== "19")
          note(`the bucket holds ${objects.map(({ key, size }) => `${key} ${size}`).join()}`);
        if (sentTo("first", guid).length !== 3) note("the archive was not told of");
      },
    };
  },
};
