// Hours of an ordinary day: 50 webhooks a second, 200 viewers, three subscribers.

import { execFile } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { dice } from "../parts/dice.ts";
import { until } from "../../support/wait.ts";
import type { Section } from "../sections/section.ts";
import { Book } from "./book.ts";
import { LogCount } from "./log-count.ts";
import { Pacer } from "./pacer.ts";
import { startSoakReceiver, type SoakReceiver } from "./receivers.ts";
import { startSoakRelay, type SoakRelay } from "./relay.ts";
import { quantile, summary, type Sample } from "./samples.ts";
import { startViewers, type Audience, type Viewers } from "./viewers.ts";
import { SUBSCRIBERS, varsOf, type SubscriberId } from "./world.ts";

const PER_SECOND = 50;

/** Milliseconds between two samples. */
const SAMPLE_EVERY = 60_000;

/** Milliseconds between two looks for jobs that are over. */
const JUDGE_EVERY = 2_000;

/** Milliseconds for what is under way at the end: the longest life, and the longest retry. */
const SETTLE = 600_000;

/** Everything that runs. */
interface Soak {
  readonly relay: SoakRelay;
  readonly storage: string;
  readonly book: Book;
  readonly pacer: Pacer;
  readonly logs: LogCount;
  readonly audience: Audience;
  readonly viewers: Viewers;
  readonly receivers: ReadonlyMap<SubscriberId, SoakReceiver>;
  readonly faults: string[];
  /** Milliseconds from a webhook to its first viewer, since the last sample. */
  readonly toStream: { since: number[] };
  readonly began: number;
}

/** Bytes and files of the objects' storage. */
async function storageOf(directory: string): Promise<{ megabytes: number; files: number }> {
  const run = promisify(execFile);
  const [bytes, files] = await Promise.all([
    // A file that is gone meanwhile makes `du` fail once it has said the sum.
    run("sh", ["-c", `du -sm ${directory} 2> /dev/null || true`]),
    run("sh", ["-c", `find ${directory} -type f | wc -l`]),
  ]);
  return { megabytes: Number.parseInt(bytes.stdout, 10), files: Number(files.stdout) };
}

async function sampleOf(soak: Soak): Promise<Sample> {
  const { relay, pacer, book, logs, audience, viewers, toStream } = soak;
  const [used, standings, overdue, storage] = await Promise.all([
    relay.used(),
    relay.standings(),
    relay.overdue("flapping"),
    storageOf(soak.storage),
  ]);
  const answers = pacer.pace.latencies;
  pacer.pace.latencies = [];
  const shown = toStream.since;
  toStream.since = [];
  const late = book.judged.late.splice(0);
  const rows = Object.values(used.rowsWritten).reduce((sum, count) => sum + count, 0);
  const alarms = Object.values(used.alarmsSet).reduce((sum, count) => sum + count, 0);
  return {
    seconds: Math.round((performance.now() - soak.began) / 1_000),
    memoryMb: Math.round(relay.memory() / 1_048_576),
    webhooks: pacer.pace.sent,
    jobsBegun: pacer.born,
    jobsAlive: pacer.alive,
    jobsJudged: book.judged.jobs,
    jobsOpen: book.open,
    eventsJudged: book.judged.events,
    accountEvents: viewers.events(),
    answerMs: { p50: quantile(answers, 0.5), p99: quantile(answers, 0.99) },
    toStreamMs: { p50: quantile(shown, 0.5), p99: quantile(shown, 0.99) },
    lateMs: {
      count: late.length,
      p50: quantile(late, 0.5),
      p99: quantile(late, 0.99),
      max: quantile(late, 1),
    },
    overdueMs: overdue,
    rows,
    alarms,
    used,
    storage,
    logs: logs.take(),
    subscribers: standings,
    viewers: { ...audience.counts },
    refused: { ...pacer.pace.refused },
    faults: soak.faults.length + book.judged.faults.length,
  };
}

async function start(seed: number, isOver: () => boolean): Promise<Soak> {
  const storage = mkdtempSync(join(tmpdir(), "jobrelay-soak-"));
  const book = new Book();
  const logs = new LogCount();
  const receivers = new Map<SubscriberId, SoakReceiver>();
  for (const [index, id] of SUBSCRIBERS.entries()) {
    const receiver = await startSoakReceiver(id, dice(seed + index), (told) => {
      book.arrived(id, told);
    });
    receivers.set(id, receiver);
  }
  const urls = Object.fromEntries([...receivers].map(([id, { url }]) => [id, url]));
  const relay = await startSoakRelay({
    vars: varsOf(urls as Record<SubscriberId, string>),
    storage,
    onLog: (text) => logs.add(text),
  });
  const pacer = new Pacer(relay, book, dice(seed + 10));
  const faults: string[] = [];
  const toStream: Soak["toStream"] = { since: [] };
  const audience: Audience = {
    relay,
    chance: dice(seed + 20),
    isOver,
    onFault: (fault) => faults.push(fault),
    onEvent: ({ event: { id } }) => {
      const sent = pacer.sentAt.get(id);
      if (sent === undefined || !pacer.sentAt.delete(id)) return;
      toStream.since.push(performance.now() - sent);
    },
    counts: { frames: 0, reconnects: 0, refusals: 0, resets: 0 },
  };
  const viewers = await startViewers(audience, () => book.nextToFollow());
  const began = performance.now();
  return {
    relay,
    storage,
    book,
    pacer,
    logs,
    audience,
    viewers,
    receivers,
    faults,
    toStream,
    began,
  };
}

/** Judges jobs until `isOver`. */
async function judgeJobs({ book, relay, faults }: Soak, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await pause(JUDGE_EVERY);
    await book.judge(relay).catch((error: unknown) => {
      faults.push(`a job's log could not be read: ${String(error)}`);
    });
  }
}

/** Takes a sample a minute until `isOver`. */
async function takeSamples(
  soak: Soak,
  isOver: () => boolean,
  file: string,
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (let next = soak.began + SAMPLE_EVERY; !isOver();) {
    await pause(1_000);
    if (performance.now() < next) continue;
    next += SAMPLE_EVERY;
    const sample = await sampleOf(soak).catch((error: unknown) => {
      soak.faults.push(`no sample could be taken: ${String(error)}`);
      return null;
    });
    if (sample === null) continue;
    samples.push(sample);
    appendFileSync(file, `${JSON.stringify(sample)}\n`);
    // Ids whose event nobody was shown within a minute are trailing edges' or of another account.
    if (soak.pacer.sentAt.size > 10_000) soak.pacer.sentAt.clear();
  }
  return samples;
}

/** Waits until nothing is under way, and says what never arrived. */
async function settle({ book, relay, receivers, viewers, faults }: Soak): Promise<void> {
  for (const receiver of receivers.values()) receiver.mend();
  await until(
    async () => {
      await book.judge(relay);
      return book.open === 0 && viewers.areAtTheEnd();
    },
    { timeout: SETTLE, every: 1_000, what: "everything to arrive" },
  ).catch(() => undefined);
  faults.push(...book.missing().map((one) => `missing: ${one}`));
  if (!viewers.areAtTheEnd()) faults.push("a viewer was not shown the newest events");
}

export const soak: Section = {
  minutes: 120,
  run: async ({ minutes, seed, file }) => {
    let isOver = false;
    let haveViewersLeft = false;
    writeFileSync(file, "");
    const running = await start(seed, () => haveViewersLeft);
    const end = running.began + minutes * 60_000;
    const sending = running.pacer.run(PER_SECOND, () => performance.now() >= end);
    const watching = Promise.all([
      takeSamples(running, () => isOver, file),
      judgeJobs(running, () => isOver),
    ]);
    await sending;
    isOver = true;
    const [samples] = await watching;
    await settle(running);
    haveViewersLeft = true;
    await running.viewers.left;
    const faults = [...running.faults, ...running.book.judged.faults];
    await running.relay.stop();
    await Promise.all([...running.receivers.values()].map((receiver) => receiver.close()));
    rmSync(running.storage, { recursive: true, force: true, maxRetries: 5 });
    const { figures, faults: drift } = summary(samples);
    return { figures, faults: [...faults, ...drift] };
  },
};
