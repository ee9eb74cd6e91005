// Jobs under load: providers that send each webhook until it is answered 202.

import { setTimeout as pause } from "node:timers/promises";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { between, oneOf, type Dice } from "../../prove/parts/dice.ts";
import { postSigned, sign } from "../../support/senders.ts";
import { HOOK_SECRETS, OWN_TOKEN, type ChaosRelay } from "./relay.ts";

/** A job and what its webhooks were answered. */
export interface ChaosJob {
  readonly source: "comments" | "own";
  readonly guid: string;
  readonly acknowledged: string[];
  /** Those of `acknowledged` that are its end: none when the answer was lost. */
  readonly ends: string[];
  /** Those of `acknowledged` that were emitted while `crm` was configured. */
  readonly owedToCrm: Set<string>;
}

/** What senders have in common. */
export interface Load {
  readonly relay: ChaosRelay;
  readonly chance: Dice;
  /** No new job begins; those that have begun go on to their ends. */
  readonly isOver: () => boolean;
  readonly jobs: ChaosJob[];
  readonly onFault: (fault: string) => void;
  readonly counts: Record<string, number>;
}

/** What may be answered in place of 202, and when. */
const MAY_BE_ANSWERED: ReadonlySet<number> = new Set([
  // A sender and a relay whose secret is being rotated.
  401,
  // A source that is removed for a while.
  404, 429, 503,
]);

const SEND_AGAIN = 150;

/** A webhook with the provider's id of it. */
interface Webhook {
  readonly id: string;
  readonly body: JsonObject;
}

function webhooks(chance: Dice, guid: string): readonly Webhook[] {
  const total = between(chance, 2, 6);
  const say = (event: string, more: JsonObject = {}): JsonObject => ({
    event,
    guid,
    status: "any",
    url: null,
    ...more,
  });
  const steps = [say("job.created")];
  for (let current = 1; current <= total; current += 1)
    steps.push(say("job.progress", { current, total }));
  if (chance() < 0.3) {
    steps.push(say("job.failed", { error: "rate limited" }), say("job.requeued"));
    for (let current = 1; current <= total; current += 1)
      steps.push(say("job.progress", { current, total }));
  }
  steps.push(say("job.finished", { current: total, total }));
  return steps.map((step, index) => {
    const id = `${guid}-${index}`;
    return { id, body: { ...step, message_id: id } };
  });
}

interface Sent {
  readonly status: number;
  readonly events: readonly string[];
}

async function send({ relay }: Load, job: ChaosJob, { id, body }: Webhook): Promise<Sent> {
  const { server, setup } = relay;
  if (server === null) return { status: 0, events: [] };
  const text = JSON.stringify(body);
  try {
    if (job.source === "own") {
      const headers = {
        "content-type": "application/json",
        authorization: `Bearer ${OWN_TOKEN}`,
        "webhook-id": id,
      };
      const answer = await postSigned(server.url, "own", { body: text, headers });
      return { status: answer.status, events: answer.body.events ?? [] };
    }
    const secret = HOOK_SECRETS[setup.sourceSecrets[0] ?? "OLD"];
    const webhook = await sign({ provider: "exportcomments", secret, body: text, now: Date.now() });
    const answer = await postSigned(server.url, "comments", webhook);
    return { status: answer.status, events: answer.body.events ?? [] };
  } catch {
    // Killed meanwhile; whether it was stored, nobody knows.
    return { status: 0, events: [] };
  }
}

/** Tells a job's life, each webhook until it is taken. */
async function tell(load: Load, job: ChaosJob): Promise<void> {
  for (const webhook of webhooks(load.chance, job.guid)) {
    for (;;) {
      const { hasCrm } = load.relay.setup;
      const { status, events } = await send(load, job, webhook);
      load.counts[status] = (load.counts[status] ?? 0) + 1;
      if (status === 202) {
        job.acknowledged.push(...events);
        if (webhook.body["event"] === "job.finished") job.ends.push(...events);
        if (hasCrm) for (const id of events) job.owedToCrm.add(id);
        break;
      }
      if (status !== 0 && !MAY_BE_ANSWERED.has(status))
        load.onFault(`a webhook of ${job.guid} was answered ${status}`);
      await pause(SEND_AGAIN);
    }
    await pause(between(load.chance, 5, 120));
  }
}

const newJob = (source: ChaosJob["source"], guid: string): ChaosJob => ({
  source,
  guid,
  acknowledged: [],
  ends: [],
  owedToCrm: new Set(),
});

/** Tells a job that nothing is checked of. */
export const tellFirstJob = (load: Load): Promise<void> => tell(load, newJob("own", "first"));

/** Tells one job after the other until the load is over. */
async function tellJobs(load: Load): Promise<void> {
  while (!load.isOver()) {
    const source = oneOf(load.chance, ["comments", "comments", "own"] as const);
    const job = newJob(source, `${source}-${load.jobs.length}`);
    load.jobs.push(job);
    await tell(load, job);
  }
}

/** Jobs at once. */
const AT_ONCE = 10;

/** Resolves once the load is over and all jobs have ended. */
export const runLoad = (load: Load): Promise<unknown> =>
  Promise.all(Array.from({ length: AT_ONCE }, () => tellJobs(load)));
