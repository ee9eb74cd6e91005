// The life of a job, played once for every step that can be interrupted: every write, every alarm,
// every call between objects and every delivery. After each interruption the guarantees hold.

import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { JobEnvelope, RelayEvent } from "../../../src/model/event.ts";
import type { JobUpdate } from "../../../src/model/messages.ts";
import { accountObject, jobObject } from "../../../src/objects.ts";
import { begin, end, type Mode } from "./interruptions.ts";
import { configure } from "../deliver/subscriber-fixture.ts";
import { update } from "../job/updates.ts";

const SUBSCRIBERS = ["first", "second"].map((id) =>
  configure({ id, url: `https://${id}.example.com/`, attemptEvents: false }),
);
const rules = (env as unknown as { RULES: unknown[] }).RULES;
rules.splice(0, rules.length, { id: "all", match: { event: "job.*" }, to: SUBSCRIBERS });

let ahead = 0;
/** What each subscriber was sent: `guid` to its events, in the order of arrival. */
const received = new Map<string, JobEnvelope[]>();
/** The next delivery is answered after it was taken, but the answer is lost. */
let deliveries = { at: -1, count: 0 };

beforeAll(() => {
  const real = Date.now.bind(Date);
  vi.spyOn(Date, "now").mockImplementation(() => real() + ahead);
  vi.spyOn(console, "error").mockReturnValue();
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    const event = JSON.parse(await request.text()) as JobEnvelope;
    const key = `${new URL(request.url).hostname} ${event.guid}`;
    received.set(key, [...(received.get(key) ?? []), event]);
    const isLost = deliveries.count === deliveries.at;
    deliveries.count += 1;
    if (isLost) throw new TypeError("the answer was lost");
    return new Response(null, { status: 204 });
  });
});
afterAll(() => {
  vi.restoreAllMocks();
});

/** A webhook's sender: it sends again until it is told that the webhook is stored. */
async function send(one: JobUpdate): Promise<void> {
  for (let tries = 0; tries < 6; tries += 1) {
    try {
      await jobObject(env, one.source, one.guid).ingest(one);
      return;
    } catch {
      // An interrupted object is back with the next call.
    }
  }
  throw new Error("a webhook was never taken");
}

const admin = { grant: { kind: "admin" as const }, since: null, protocol: null, limit: 1_000 };

async function eventsOfJob(guid: string): Promise<readonly JobEnvelope[]> {
  const channels = [`export.${guid}.job`];
  const page = await jobObject(env, "comments", guid).page({ ...admin, channels });
  return (page?.items ?? []).map(({ event }) => event as JobEnvelope);
}

/** What somebody sees who has watched the account since a cursor. */
interface Seen {
  readonly items: readonly { readonly event: RelayEvent }[];
  /** The account began another log: there is a snapshot instead. */
  readonly reset: boolean;
}

async function watch(account: string, cursor: string | null): Promise<Seen & { cursor: string }> {
  const query = { ...admin, since: cursor, channels: [`exports:${account}`] };
  return (await accountObject(env, account).page(query)) as Seen & { cursor: string };
}

/** Runs every alarm, as time would, until the events of the job are where they belong. */
async function settle(guid: string): Promise<void> {
  const objects = [
    () => env.JOB.getByName(`comments/${guid}`),
    ...SUBSCRIBERS.map((id) => () => env.SUBSCRIBER.getByName(id)),
    () => env.ACCOUNT.getByName(`of-${guid}`),
    () => env.SOURCE.getByName("comments"),
  ];
  for (let round = 0; round < 40; round += 1) {
    const last = (await eventsOfJob(guid).catch(() => [])).at(-1);
    const hasLast = (id: string): boolean =>
      received.get(`${id}.example.com ${guid}`)?.some(({ id: sent }) => sent === last?.id) === true;
    const isQuiet = round > 2 && last !== undefined && SUBSCRIBERS.every(hasLast);
    if (isQuiet) return;
    ahead += 20_000;
    for (const stub of objects) await runDurableObjectAlarm(stub()).catch(() => undefined);
    await new Promise((resolve) => {
      setTimeout(resolve, 1);
    });
  }
}

let lives = 0;

/** Plays a life with one interruption, lets everything recover, and checks what was promised. */
async function live(at: number | null, mode: Mode, lostAnswer = -1): Promise<readonly string[]> {
  lives += 1;
  const guid = `life-${lives}`;
  const account = `of-${guid}`;
  const members = { account };
  const { cursor } = await watch(account, null);
  deliveries = { at: lostAnswer, count: 0 };
  begin(at, mode);
  await send(update(guid, "job.created", members));
  await send(update(guid, "job.progress", { ...members, current: 1, total: 9 }));
  await send(update(guid, "job.progress", { ...members, current: 2, total: 9 }));
  await send(update(guid, "job.finished", { ...members, url: "https://example.com/f.csv" }));
  await settle(guid);
  const steps = end();
  await settle(guid);
  check(guid, await eventsOfJob(guid), await watch(account, cursor));
  return steps;
}

function check(guid: string, events: readonly JobEnvelope[], { items, reset }: Seen): void {
  const names = events.map(({ seq, event, current }) => `${seq} ${event} ${current ?? ""}`.trim());
  // Each webhook counts once, the end is last, and the second progress gives way to it.
  expect(names).toEqual(["1 job.created", "2 job.progress 1", "3 job.finished"]);
  const ids = events.map(({ id }) => id);
  // A log that is gone says so; what was not committed when an account died began no log.
  if (!reset) expect(items.map(({ event }) => event.id)).toEqual(ids);
  for (const subscriber of SUBSCRIBERS) {
    const sent = received.get(`${subscriber}.example.com ${guid}`) ?? [];
    const first = [...new Set(sent.map(({ id }) => id))];
    // Progress that still waits when the end comes is not sent any more.
    const expected = first.length === 2 ? [ids[0], ids[2]] : ids;
    expect([subscriber, first]).toEqual([subscriber, expected]);
  }
}

/** The steps of an undisturbed life; there may be more one day, never fewer. */
const LEAST_STEPS = 30;

test("a job's life survives an interruption at every step", { timeout: 600_000 }, async () => {
  const steps = await live(null, "before");
  const failures: string[] = [];
  let interruptions = 0;
  for (const mode of ["before", "after", "twice"] as const) {
    for (let at = 0; at < steps.length + 2; at += 1) {
      if (mode === "twice" && steps[at]?.startsWith("call ") !== true) continue;
      interruptions += 1;
      try {
        await live(at, mode);
      } catch (error) {
        end();
        failures.push(
          `${mode} step ${at}, ${steps[at] ?? "later"}: ${String(error).slice(0, 400)}`,
        );
      }
    }
  }
  for (let delivery = 0; delivery < 6; delivery += 1) {
    interruptions += 1;
    await live(null, "before", delivery);
  }
  console.info(`${steps.length} steps, ${interruptions} interruptions`);
  expect(failures).toEqual([]);
  expect(steps.length).toBeGreaterThanOrEqual(LEAST_STEPS);
});
