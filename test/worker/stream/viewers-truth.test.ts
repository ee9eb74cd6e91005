// What a client knows of a job after every frame is what the API answered at that event: on the
// job's own stream, on its account's, and to those who come later and read the log.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { array, nat, sample } from "fast-check";
import { expect, test } from "vitest";
import { createView, type Frame } from "../../../src/client/view.ts";
import type { JobSnapshot, ProviderJobEvent } from "../../../src/model/event.ts";
import type { JobUpdate } from "../../../src/model/messages.ts";
import { jobName, jobObject } from "../../../src/objects.ts";
import { update } from "../job/updates.ts";
import { ADMIN, ask, open, openAccount, token, type Client } from "./stream-fixture.ts";

const ACCOUNT = "acme";
const SOURCE = "comments";
const stubOf = (guid: string): DurableObjectStub => env.JOB.getByName(jobName(SOURCE, guid));

const shownBy = async (guid: string): Promise<JobSnapshot> =>
  await (
    await ask(`/v1/jobs/${SOURCE}/${guid}`, { authorization: `Bearer ${ADMIN}` })
  ).json<JobSnapshot>();

/** Wakes the job with rows that are `ms` older, and rings its alarm: windows open, silence ends. */
async function age(guid: string, ms: number): Promise<void> {
  await jobObject(env, SOURCE, guid).snapshot();
  await evictDurableObject(stubOf(guid));
  await runInDurableObject(stubOf(guid), (_, { storage: { sql } }) => {
    const row = sql
      .exec<{ seq: number; job: string }>("SELECT seq, job FROM event ORDER BY seq DESC LIMIT 1")
      .one();
    const job = JSON.parse(row.job) as {
      state: { window: { lastAt: number | null }; heardAt: number };
    };
    const { window, heardAt } = job.state;
    if (window.lastAt !== null) window.lastAt -= ms;
    job.state.heardAt = heardAt - ms;
    sql.exec("UPDATE event SET job = ? WHERE seq = ?", JSON.stringify(job), row.seq);
    sql.exec("UPDATE event SET at = at - ? WHERE seq < 0", ms);
  });
  await evictDurableObject(stubOf(guid));
  await runDurableObjectAlarm(stubOf(guid));
}

const WORDS: readonly ProviderJobEvent[] = [
  "job.progress",
  "job.progress",
  "job.progress",
  "job.progress",
  "job.progress",
  "job.finished",
  "job.failed",
  "job.requeued",
  "job.started",
  "job.convert.done",
];

/** Reads a number as what happens next: a word of the provider, or time that passes. */
function nextOf(guid: string, value: number, step: number): JobUpdate | "window" | "silence" {
  const choice = value % 24;
  if (choice === 22) return "window";
  if (choice === 23) return "silence";
  const event = WORDS[choice % WORDS.length] ?? "job.progress";
  const way = Math.floor(value / 24);
  const numbered = event === "job.progress" || way % 3 === 0;
  return update(guid, event, {
    ...(numbered ? { current: Math.max(0, step + (way % 4) * 2 - 3), total: 40 } : {}),
    ...(event === "job.failed" ? { error: "too slow" } : {}),
    ...(event === "job.finished" && way % 2 === 0 ? { url: "https://files.example/a" } : {}),
  });
}

/** Plays a life and answers what the API showed at each event, by `seq`. */
async function live(
  guid: string,
  values: readonly number[],
): Promise<ReadonlyMap<number, JobSnapshot>> {
  const shown = new Map<number, JobSnapshot>();
  const note = async (): Promise<void> => {
    const job = await shownBy(guid);
    if (!shown.has(job.seq)) shown.set(job.seq, job);
  };
  await jobObject(env, SOURCE, guid).ingest(update(guid, "job.created"));
  await note();
  for (const [step, value] of values.entries()) {
    const next = nextOf(guid, value, step);
    if (typeof next !== "string") await jobObject(env, SOURCE, guid).ingest(next);
    else await age(guid, 10_000);
    await note();
    // The value that waits has left, so the silence brings one event.
    if (next === "silence") await age(guid, 5_000_000);
    await note();
  }
  return shown;
}

/** The job after each of the frames that are about it. */
function seenBy(
  frames: readonly Frame[],
  guid: string,
  start?: JobSnapshot,
): Map<number, JobSnapshot> {
  const view = createView({ source: SOURCE, guid }, "");
  if (start !== undefined) view.snapshot = start;
  const seen = new Map<number, JobSnapshot>();
  for (const frame of frames) {
    view.take(frame);
    const job = view.snapshot as JobSnapshot | undefined;
    if (job !== undefined) seen.set(job.seq, job);
  }
  return seen;
}

/** Waits until a client has had the event with a `seq` of a job. */
async function until(client: Client, guid: string, seq: number): Promise<Client> {
  const has = (): boolean =>
    client.events.some(({ event }) => "seq" in event && event.guid === guid && event.seq === seq);
  while (!has()) await client.until(client.texts.length + 1);
  return client;
}

test("every viewer knows what the API answered, after every event of any life", async () => {
  const met = { late: 0, conflicts: 0, dropped: 0, stalled: 0, attempts: 0 };
  const lives = sample(array(nat(10_000), { minLength: 18, maxLength: 24 }), {
    numRuns: 6,
    seed: 11,
  });
  const account = await openAccount(ACCOUNT);
  for (const [index, values] of lives.entries()) {
    const guid = `truth-${index}`;
    const bearer = { authorization: `Bearer ${await token(ACCOUNT)}` };
    await jobObject(env, SOURCE, guid).ingest(update(guid, "job.created"));
    const own = await open(`/v1/jobs/${SOURCE}/${guid}/stream`, bearer);
    const shown = await live(guid, values);
    const last = Math.max(...shown.keys());
    const [job] = shown.values();
    const expected = [...shown];
    expect([...seenBy((await until(own, guid, last)).frames, guid)]).toEqual(expected);
    expect([...seenBy((await until(account, guid, last)).events as Frame[], guid)]).toEqual(
      expected,
    );
    // The same from their rows.
    await evictDurableObject(stubOf(guid));
    await evictDurableObject(env.ACCOUNT.getByName(ACCOUNT));
    const since = account.hello.cursor;
    for (const path of [
      `jobs/${SOURCE}/${guid}/events?`,
      `accounts/${ACCOUNT}/events?since=${since}&`,
    ]) {
      const answer = await ask(`/v1/${path}limit=1000`, bearer);
      const { items } = await answer.json<{ readonly items: readonly Frame[] }>();
      expect([...seenBy(items, guid)]).toEqual(expected);
    }
    for (const { late, conflicts, absorbed, stalled, attempt } of shown.values()) {
      met.late += late;
      met.conflicts += conflicts;
      met.dropped += absorbed;
      met.stalled += Number(stalled);
      met.attempts += attempt - 1;
    }
    expect(job?.seq).toBe(1);
    own.close();
  }
  expect(Object.entries(met).filter(([, count]) => count === 0)).toEqual([]);
});

test("a job that comes again after its erasure has nothing of the one before", async () => {
  const guid = "truth-again";
  const account = await openAccount(ACCOUNT);
  const job = jobObject(env, SOURCE, guid);
  await job.ingest(update(guid, "job.created"));
  for (const current of [5, 9, 3]) await job.ingest(update(guid, "job.progress", { current }));
  await job.ingest(update(guid, "job.finished"));
  await job.ingest(update(guid, "job.failed"));
  await job.ingest(update(guid, "job.convert.done"));
  const before = await shownBy(guid);
  expect(before).toMatchObject({ seq: 4, late: 1, conflicts: 1, absorbed: 1 });
  const first = await until(account, guid, 4);
  expect(seenBy(first.events, guid).get(4)).toEqual(before);
  await job.erase();
  const known = account.texts.length;
  await job.ingest(update(guid, "job.created"));
  await account.until(known + 1);
  expect(seenBy(account.events.slice(-1), guid, before).get(1)).toEqual(await shownBy(guid));
});
