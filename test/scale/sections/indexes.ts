// An account and a source with many jobs: lists, streams, and the work of one Centrifugo frame.

import { fillAccount, filledJob, fillSource, putOffAlarms } from "../fill.ts";
import { ACCOUNT, erasableJob, post, SOURCE, webhooks, type StoredRelay } from "../life.ts";
import { ANSWER, grown, timed, times, WAKE, type Sample } from "../probe.ts";
import { openCentrifugo, openStream, type Channels } from "../sockets.ts";
import { during, type Section } from "./section.ts";

/** Jobs that an account is filled with at most. */
const MOST_ACCOUNT_JOBS = 100_000;

/** Commands of one frame, as a page that watches many jobs sends them, and as an attacker does. */
const SUBSCRIBES = 120;
const HISTORIES = 250;

type Take = (
  name: string,
  calls: readonly (() => Promise<unknown>)[],
  atMost?: number,
) => Promise<void>;

const channelOf = (i: number): string => `export.${filledJob(i)}.job`;

/**
 * Frames of several commands, and all of their replies. Each has a connection of its own: a client
 * may send one such frame, and has to wait before the next.
 */
async function frames(take: Take, open: () => Promise<Channels>, jobs: number): Promise<void> {
  const ask = async (name: string, commands: readonly object[]): Promise<void> => {
    const channels = await open();
    await take(name, [() => channels.ask(commands)]);
    channels.close();
  };
  const spread = (n: number): string => channelOf(1 + Math.floor((n * jobs) / SUBSCRIBES));
  const subscribe = times(SUBSCRIBES, (n) => ({ subscribe: { channel: spread(n) } }));
  await ask(`frame of ${SUBSCRIBES} subscribes`, subscribe);
  const again = times(SUBSCRIBES, (n) => [
    { unsubscribe: { channel: spread(n) } },
    { subscribe: { channel: spread(n) } },
  ]).flat();
  await ask(`frame of ${SUBSCRIBES} unsubscribes and subscribes`, again);
  const history = times(HISTORIES, () => ({ history: { channel: spread(0), limit: 100 } }));
  await ask(`frame of ${HISTORIES} histories`, history);
}

async function streams(take: Take, relay: StoredRelay, jobs: number): Promise<void> {
  const { token } = await relay.ask<{ readonly token: string }>("/v1/tokens", {
    account: ACCOUNT,
    expiresIn: 3_600,
  });
  const path = `/v1/accounts/${ACCOUNT}`;
  const open = async (): Promise<void> =>
    (await openStream(relay.url, `${path}/stream`, token)).close();
  await take(
    "stream to its first frame",
    times(3, () => open),
  );
  const stream = await openStream(relay.url, `${path}/stream`, token);
  const shown = (n: number) => async (): Promise<void> => {
    const guid = `shown-${n}`;
    await Promise.all([stream.until(guid), post(relay, webhooks.created(guid))]);
  };
  await take("webhook to its frame", times(5, shown));
  stream.close();
  const connect = () => openCentrifugo(relay.url, `${path}/connection/websocket`, token);
  await frames(take, connect, jobs);
}

async function measure(relay: StoredRelay, jobs: number): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const takeOf =
    (what: string): Take =>
    async (name, calls, atMost = ANSWER) =>
      void samples.push(await timed({ name: `${what}: ${name}`, atMost }, calls));
  const get = (query: string) => () => relay.get(`/v1/jobs?limit=50&${query}`);
  const asleep = relay.memory();
  const account = takeOf("account");
  await account("first list after a wake", [get(`account=${ACCOUNT}`)], WAKE);
  await account(
    "list of jobs",
    times(3, () => get(`account=${ACCOUNT}`)),
  );
  await account("list by a status that no job has", [get(`account=${ACCOUNT}&status=error`)]);
  const erase = (n: number) => () =>
    relay.ask(`/v1/jobs/${SOURCE}/${erasableJob(n)}`, {}, "DELETE");
  const source = takeOf("source");
  await source("first list after a wake", [get(`source=${SOURCE}`)], WAKE);
  await source(
    "list of jobs",
    times(3, () => get(`source=${SOURCE}`)),
  );
  await source("list by a status that no job has", [get(`source=${SOURCE}&status=error`)]);
  await source("erasure of a job, of the account, too", times(3, erase));
  await streams(account, relay, jobs);
  samples.push(grown("account and source: memory for all of that", asleep, relay));
  return samples;
}

/**
 * Measures a source with as many jobs as `size` says, and an account with those that it may have.
 */
export const indexes: Section = ({ launch, size }) => {
  const jobs = Math.min(size, MOST_ACCOUNT_JOBS);
  fillAccount(launch.storage, jobs);
  fillSource(launch.storage, size);
  putOffAlarms(launch.storage);
  return during(launch, (relay) => measure(relay, jobs));
};
