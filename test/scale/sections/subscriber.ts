// A subscriber with many deliveries, a fifth of which wait: whether anything holds back a new one.

import { setTimeout as pause } from "node:timers/promises";
import {
  ageJobs,
  deliveryOf,
  filledJob,
  fillSubscriber,
  putOffAlarms,
  refusedJob,
} from "../fill.ts";
import {
  erasableJob,
  EXPIRING_JOBS,
  expiringJob,
  post,
  SOURCE,
  SUBSCRIBER,
  webhooks,
} from "../life.ts";
import { ANSWER, grown, timed, times, WAKE, type Sample } from "../probe.ts";
import { ADMIN_TOKEN } from "../../support/relay.ts";
import { startStored, type StoredRelay } from "../../support/stored-relay.ts";
import { during, type Plot, type Section } from "./section.ts";

const PATH = `/v1/subscribers/${SUBSCRIBER}`;

/** Longest answer to a webhook while many jobs expire that is good enough, in ms. */
const DURING_EXPIRY = 500;

/** Time for all of them to be gone that is good enough, in ms. */
const EXPIRY = 10_000;

/** Longest time that their expiry is looked at, in ms, and how often a webhook comes meanwhile. */
const EXPIRY_BOUND = 40_000;
const EVERY = 50;

/** Longest time that pages may take to be made, in ms. */
const PAGES_BOUND = 120_000;

/** How the job of a test event is called. */
const TEST_JOB = '"guid":"test-';

let serial = 0;

/** Posts the beginning of a new job, and waits for its first attempt. */
async function newEvent({ receiver }: Plot, relay: StoredRelay): Promise<void> {
  serial += 1;
  const guid = `new-${serial}`;
  await post(relay, webhooks.created(guid));
  await receiver.waitFor(({ body }) => body.includes(`"guid":"${guid}"`));
}

/** Asks for something that leads to an attempt with this text in it, and waits for it. */
async function attempted(
  { receiver }: Plot,
  text: string,
  ask: () => Promise<unknown>,
): Promise<void> {
  const before = receiver.requests.length;
  await ask();
  await receiver.waitFor(({ index, body }) => index >= before && body.includes(text));
}

async function measure(plot: Plot, relay: StoredRelay, row: number): Promise<readonly Sample[]> {
  const before = relay.memory();
  const samples: Sample[] = [];
  const take = async (
    name: string,
    calls: readonly (() => Promise<unknown>)[],
    atMost = ANSWER,
  ): Promise<void> =>
    void samples.push(await timed({ name: `subscriber: ${name}`, atMost }, calls));
  const get = (path: string) => () => relay.get(PATH + path);
  await take("first attempt after a wake", [() => newEvent(plot, relay)], WAKE);
  await take(
    "new event to its first attempt",
    times(5, () => () => newEvent(plot, relay)),
  );
  await take("test event to its attempt", [
    () => attempted(plot, TEST_JOB, () => relay.ask(`${PATH}/test`)),
  ]);
  const retry = `${PATH}/deliveries/${deliveryOf(row)}/retry`;
  await take("retry by hand to its attempt", [
    () => attempted(plot, refusedJob(row), () => relay.ask(retry)),
  ]);
  await take(
    "state",
    times(3, () => get("")),
  );
  await take(
    "newest deliveries",
    times(3, () => get("/deliveries?limit=50")),
  );
  await take(
    "deliveries that wait",
    times(3, () => get("/deliveries?limit=50&state=pending")),
  );
  await take("dead deliveries, of which there are none", [get("/deliveries?limit=50&state=dead")]);
  const ofJob = (share: number): string =>
    `/deliveries?limit=50&guid=${filledJob(Math.floor(plot.size * share))}`;
  await take(
    "deliveries of one job",
    times(3, (n) => get(ofJob(0.2 + n / 5))),
  );
  const erase = (n: number) => () =>
    relay.ask(`/v1/jobs/${SOURCE}/${erasableJob(n)}`, {}, "DELETE");
  await take("erasure of a job", times(3, erase));
  samples.push(grown("subscriber: memory for all of that", before, relay));
  return samples;
}

const isGone = async ({ url }: StoredRelay, n: number): Promise<boolean> => {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  const answer = await fetch(`${url}/v1/jobs/${SOURCE}/${expiringJob(n)}`, { headers });
  await answer.arrayBuffer();
  return answer.status === 404;
};

const since = (instant: number): number => performance.now() - instant;

/** What has been seen of jobs that expire, and when the webhook under way was sent. */
interface Expiry {
  gone: number;
  longest: number;
  sent: number | null;
}

/** Posts webhooks and looks for jobs that are left, until none is, or the relay ends. */
async function watchExpiry(relay: StoredRelay, seen: Expiry): Promise<void> {
  const isOver = (): boolean => seen.gone === EXPIRING_JOBS;
  const send = async (): Promise<void> => {
    while (!isOver()) {
      serial += 1;
      seen.sent = performance.now();
      await post(relay, webhooks.created(`meanwhile-${serial}`));
      seen.longest = Math.max(seen.longest, since(seen.sent));
      seen.sent = null;
      await pause(EVERY);
    }
  };
  const watch = async (): Promise<void> => {
    while (!isOver()) {
      if (await isGone(relay, seen.gone)) seen.gone += 1;
      else await pause(EVERY);
    }
  };
  await Promise.all([send(), watch()]);
}

/** Watches jobs expire together since `began`, for a bounded time. */
async function expire(relay: StoredRelay, began: number): Promise<readonly Sample[]> {
  const seen: Expiry = { gone: 0, longest: 0, sent: null };
  // What is under way when the time is over fails when the relay ends.
  const watching = watchExpiry(relay, seen).catch(() => undefined);
  await Promise.race([watching, pause(EXPIRY_BOUND, undefined, { ref: false })]);
  const { gone } = seen;
  const longest = Math.max(seen.longest, seen.sent === null ? 0 : since(seen.sent));
  const whole = gone === EXPIRING_JOBS ? since(began) : Number.NaN;
  const note = gone === EXPIRING_JOBS ? {} : { note: `${gone} gone after ${EXPIRY_BOUND} ms` };
  return expirySamples(longest, whole, note);
}

/** What an expiry comes to: the longest answer meanwhile, and the whole. */
function expirySamples(
  longest: number,
  whole: number,
  note: { readonly note?: string },
): readonly Sample[] {
  const name = `subscriber: ${EXPIRING_JOBS} jobs expire together`;
  const answer = { name: `${name}, longest answer to a webhook`, atMost: DURING_EXPIRY } as const;
  const all = { name: `${name}, until all are gone`, atMost: EXPIRY } as const;
  return [
    { ...answer, unit: "ms", value: longest, ...note },
    { ...all, unit: "ms", value: whole, ...note },
  ];
}

/** Starts a relay in which everything that the jobs have to do is due. */
async function expireAll(plot: Plot): Promise<readonly Sample[]> {
  const began = performance.now();
  const relay = await startStored(plot.launch).catch(() => null);
  if (relay === null) {
    const note = `no request is answered in the first ${Math.round(since(began))} ms`;
    return expirySamples(Number.NaN, Number.NaN, { note });
  }
  try {
    return await expire(relay, began);
  } finally {
    await relay.stop();
  }
}

/** Answers in a row that have to be quick, and how quick, before the pages count as made. */
const QUICK_ANSWERS = 5;
const QUICK_MS = 25;

/**
 * What an object of an earlier version does once after an upgrade: it makes the pages of its
 * deliveries, and answers meanwhile.
 */
async function makePages(relay: StoredRelay): Promise<readonly Sample[]> {
  await relay.ask("/v1/wake");
  const began = performance.now();
  let longest = 0;
  for (let quick = 0; quick < QUICK_ANSWERS && since(began) < PAGES_BOUND;) {
    const asked = performance.now();
    await relay.get(PATH);
    longest = Math.max(longest, since(asked));
    quick = since(asked) <= QUICK_MS ? quick + 1 : 0;
    await pause(EVERY);
  }
  const name = "subscriber: once after an upgrade";
  return [
    { name: `${name}, longest answer`, unit: "ms", value: longest, atMost: DURING_EXPIRY },
    { name: `${name}, until pages are made`, unit: "ms", value: since(began), atMost: PAGES_BOUND },
  ];
}

/** Measures a subscriber with as many deliveries as `size` says. */
export const subscriber: Section = async (plot) => {
  const { launch } = plot;
  const row = fillSubscriber(launch.storage, plot.size);
  const upgraded = await during(launch, makePages);
  putOffAlarms(launch.storage);
  const measured = await during(launch, (relay) => measure(plot, relay, row));
  ageJobs(launch.storage);
  return [...upgraded, ...measured, ...(await expireAll(plot))];
};
