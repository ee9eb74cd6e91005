// One episode: a fresh relay under load goes through its script, is mended, and is judged.

import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { SubscriberView } from "../../../src/deliver/view.ts";
import type { Bundle } from "../../bench/relay.ts";
import { faultsOfDeliveries, faultsOfLog, TERMINAL, type Told } from "../../prove/parts/judge.ts";
import { dice } from "../../prove/parts/dice.ts";
import { until } from "../../support/wait.ts";
import { letWrite, makeDisk, type Disk } from "./disk.ts";
import { runLoad, tellFirstJob, type ChaosJob, type Load } from "./jobs.ts";
import { startTaker, type Taker } from "./receivers.ts";
import { ACCOUNT, ChaosRelay, SIGNING_SECRETS } from "./relay.ts";
import { FIRST_SETUP, SUBSCRIBERS, type Round, type SubscriberId } from "./script.ts";
import { startChaosViewers, type ChaosViewers } from "./viewers.ts";

/** What an episode came to. */
export interface Verdict {
  readonly faults: readonly string[];
  readonly log: readonly string[];
  readonly counts: {
    readonly jobs: number;
    readonly webhooks: number;
    readonly events: number;
    readonly deliveries: number;
    readonly sessions: number;
    readonly kills: number;
    readonly fills: number;
    readonly writeErrors: number;
    /** Webhooks that were answered 503. */
    readonly refused: number;
  };
}

type Takers = Readonly<Record<SubscriberId, Taker>>;

interface Scene {
  readonly relay: ChaosRelay;
  readonly disk: Disk;
  readonly takers: Takers;
  readonly load: Load;
  readonly viewers: ChaosViewers;
  readonly faults: string[];
  readonly counts: { kills: number; fills: number; writeErrors: number };
}

/**
 * Milliseconds for everything to arrive once all is well again: a job that could not send waits for
 * a minute at most.
 */
const SETTLE = 150_000;

/** Faults of one kind that are told. */
const MAX_FAULTS = 40;

/** Subscribers are told which secrets may have signed what they get from now on. */
function expectSecrets({ relay, takers }: Pick<Scene, "relay" | "takers">, before = false): void {
  const names = relay.setup.subscriberSecrets;
  for (const taker of Object.values(takers)) {
    const now = names.map((name) => SIGNING_SECRETS[name]);
    taker.secrets = before ? [...new Set([...taker.secrets, ...now])] : now;
  }
}

/** Starts the relay again under the setup that a round leaves. */
async function restart(scene: Scene, change: Round["change"]): Promise<void> {
  const { relay, counts } = scene;
  await relay.kill();
  counts.kills += 1;
  relay.setup = { ...relay.setup, ...change };
  // What was sent before the kill may still be read.
  expectSecrets(scene, true);
  await relay.start();
}

async function play(scene: Scene, round: Round): Promise<void> {
  const { relay, disk, takers, counts } = scene;
  for (const id of SUBSCRIBERS) takers[id].answering = round.answers[id];
  if (round.resume) await resumeAll(relay).catch(() => undefined);
  if (round.wake) await relay.ask("/v1/wake", "POST").catch(() => undefined);
  await pause(round.load);
  if (round.fault.includes("full")) {
    counts.fills += 1;
    disk.fill();
    await pause(round.faultFor);
  }
  if (round.fault.includes("errors")) {
    counts.writeErrors += 1;
    letWrite(relay.server?.pid ?? 0, false);
    await pause(round.faultFor);
  }
  if (round.fault === "kill and full") {
    // It need not start then; it has to once there is room again.
    await restart(scene, round.change).catch(() => undefined);
    await pause(round.faultFor);
  }
  if (round.fault.includes("and kill")) await relay.kill();
  if (relay.server !== null) letWrite(relay.server.pid, true);
  disk.free();
  if (round.fault.endsWith("kill") || relay.server === null) await restart(scene, round.change);
}

/** What an operator does about subscribers that take nothing at present. */
async function resumeAll(relay: ChaosRelay): Promise<void> {
  const { items } = await relay.ask<{ items: readonly SubscriberView[] }>("/v1/subscribers");
  for (const { id, state } of items)
    if (state !== "active") await relay.ask(`/v1/subscribers/${id}/resume`, "POST");
}

async function wakeAll(relay: ChaosRelay): Promise<void> {
  for (let cursor: string | null = ""; cursor !== null;) {
    const query: string = cursor === "" ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    ({ cursor } = await relay.ask<{ cursor: string | null }>(`/v1/wake${query}`, "POST"));
  }
}

/** Everything is well again: what an operator would see to, and time for what waits. */
async function mend(scene: Scene, loading: Promise<unknown>): Promise<void> {
  const { relay, takers, viewers, faults, load } = scene;
  for (const taker of Object.values(takers)) taker.answering = "well";
  await restart(scene, {
    ...FIRST_SETUP,
    subscriberSecrets: relay.setup.subscriberSecrets,
    sourceSecrets: relay.setup.sourceSecrets,
    shards: relay.setup.shards,
  });
  await loading;
  await wakeAll(relay);
  const isThere = ({ source, guid, acknowledged, ends, owedToCrm }: ChaosJob): boolean =>
    (["audit", "billing"] as const).every((id) => takers[id].hasEnd(source, guid)) &&
    (takers.crm.hasEnd(source, guid) || !ends.some((id) => owedToCrm.has(id))) &&
    acknowledged.every((id) => viewers.sequence.placeOf(id) >= 0);
  const isQuiet = async (): Promise<boolean> => {
    await resumeAll(relay);
    const { items } = await relay.ask<{ items: readonly SubscriberView[] }>("/v1/subscribers");
    const rest = items.map(({ pending, held }) => pending + held);
    const isEmpty = rest.every((count) => count === 0);
    return isEmpty && load.jobs.every(isThere) && viewers.areAtTheEnd();
  };
  await until(isQuiet, { timeout: SETTLE, every: 200, what: "everything to arrive" }).catch(
    async (error: unknown) => {
      const items = await relay.ask("/v1/subscribers");
      const missing = load.jobs.filter((job) => !isThere(job)).map(({ guid }) => guid);
      const places = `${viewers.places().join()} of ${viewers.sequence.last}`;
      faults.push(
        `${String(error)}: jobs ${missing.join()}; viewers at ${places}; ${JSON.stringify(items)}`,
      );
    },
  );
}

async function logOf(relay: ChaosRelay, path: string, since: string): Promise<readonly Told[]> {
  const told: Told[] = [];
  for (let cursor = since; ;) {
    const page = await relay.ask<{ items: readonly { event: Told }[]; cursor: string }>(
      `${path}?since=${encodeURIComponent(cursor)}&limit=1000`,
    );
    if (page.items.length === 0) return told;
    told.push(...page.items.map(({ event }) => event));
    ({ cursor } = page);
  }
}

/** Faults of one job, everywhere. */
function faultsOfJob(job: ChaosJob, log: readonly Told[], takers: Takers): readonly string[] {
  const wants: Readonly<Record<SubscriberId, (told: Told) => boolean>> = {
    audit: () => true,
    // Others may have been emitted while it was not there.
    crm: ({ id, event }) => job.owedToCrm.has(id) && event !== "job.progress",
    billing: ({ event }) => TERMINAL.has(event),
  };
  return [
    ...faultsOfLog(log, { acknowledged: job.acknowledged, throttle: 0 }),
    ...(log.at(-1)?.event === "job.finished" ? [] : ["its end is not its last event"]),
    ...SUBSCRIBERS.flatMap((id) => {
      const arrived = takers[id].arrivedOf(job.source, job.guid);
      return faultsOfDeliveries(log, arrived, wants[id]).map(
        (fault) => `${id}: ${fault} (${takers[id].attemptsAt(job.source, job.guid)})`,
      );
    }),
  ].map((fault) => `${job.guid}: ${fault}`);
}

/** Compares the account's log with what viewers were shown, and with the logs of all jobs. */
function faultsOfAccount(
  account: readonly Told[],
  { sequence }: ChaosViewers,
  logs: ReadonlyMap<string, readonly Told[]>,
): readonly string[] {
  const faults: string[] = [];
  const wrong = account.findIndex(({ id }, place) => sequence.placeOf(id) !== place);
  if (wrong >= 0) faults.push(`the account's event ${wrong} was shown in another place`);
  if (account.length !== sequence.last + 1)
    faults.push(`the account has ${account.length} events, ${sequence.last + 1} were shown`);
  for (const [guid, log] of logs) {
    const inAccount = account.filter((told) => told.guid === guid && told.seq !== undefined);
    const [left, right] = [inAccount, log].map((list) => list.map(({ id }) => id).join());
    if (left !== right)
      faults.push(`${guid}: the account has ${inAccount.map(({ seq }) => seq).join()}`);
  }
  return faults;
}

async function judge(scene: Scene, since: string): Promise<number> {
  const { relay, load, takers, viewers, faults } = scene;
  const logs = new Map<string, readonly Told[]>();
  for (const job of load.jobs) {
    const log = await logOf(relay, `/v1/jobs/${job.source}/${job.guid}/events`, "0");
    logs.set(job.guid, log);
    faults.push(...faultsOfJob(job, log, takers));
  }
  const account = await logOf(relay, ACCOUNT_EVENTS, since);
  faults.push(...faultsOfAccount(account, viewers, logs));
  for (const taker of Object.values(takers)) faults.push(...taker.faults);
  return [...logs.values()].reduce((sum, log) => sum + log.length, 0);
}

const ACCOUNT_EVENTS = `/v1/accounts/${ACCOUNT}/events`;

/** Plays a script; the seed is that of the load, not of the script. */
export async function playEpisode(
  bundle: Bundle,
  seed: number,
  script: readonly Round[],
): Promise<Verdict> {
  const disk = makeDisk();
  const takers = Object.fromEntries(
    await Promise.all(
      SUBSCRIBERS.map(async (id) => [id, await startTaker(id, [SIGNING_SECRETS.OLD])] as const),
    ),
  ) as unknown as Takers;
  const urls = Object.fromEntries(SUBSCRIBERS.map((id) => [id, takers[id].url])) as Record<
    SubscriberId,
    string
  >;
  const storage = join(disk.directory, "objects");
  const relay = new ChaosRelay(FIRST_SETUP, { bundle, storage, urls });
  const faults: string[] = [];
  const onFault = (fault: string): void => void faults.push(fault);
  let isLoadOver = false;
  let isOver = false;
  try {
    await relay.start();
    const load: Load = {
      relay,
      chance: dice(seed + 2),
      isOver: () => isLoadOver,
      jobs: [],
      onFault,
      counts: {},
    };
    // An account without an event has nothing on disk: each start of it is another place.
    await tellFirstJob(load);
    const hasJobs = async (): Promise<boolean> =>
      (await relay.ask<{ items: readonly unknown[] }>(`/v1/jobs?account=${ACCOUNT}`)).items.length >
      0;
    await until(hasJobs, { what: "the account's first event" });
    const { cursor } = await relay.ask<{ cursor: string }>(ACCOUNT_EVENTS);
    const loading = runLoad(load);
    const viewers = await startChaosViewers(
      { relay, chance: dice(seed + 1), isOver: () => isOver, onFault },
      cursor,
    );
    const counts = { kills: 0, fills: 0, writeErrors: 0 };
    const scene: Scene = { relay, disk, takers, load, viewers, faults, counts };
    for (const round of script) await play(scene, round);
    isLoadOver = true;
    await mend(scene, loading);
    const events = await judge(scene, cursor);
    isOver = true;
    await viewers.left;
    return {
      faults: faults.slice(0, MAX_FAULTS),
      log: relay.log,
      counts: {
        ...counts,
        jobs: load.jobs.length,
        webhooks: load.counts[202] ?? 0,
        refused: load.counts[503] ?? 0,
        events,
        deliveries: SUBSCRIBERS.reduce((sum, id) => sum + takers[id].taken(), 0),
        sessions: viewers.sessions(),
      },
    };
  } finally {
    isOver = true;
    isLoadOver = true;
    await relay.kill();
    await Promise.all(Object.values(takers).map((taker) => taker.close()));
    disk.remove();
  }
}
