// Jobs with realistic lives: what each says, and how long after what it said before.

import type { JsonObject } from "../../../src/kernel/json.ts";
import { between, oneOf, type Dice } from "../parts/dice.ts";
import {
  betterez,
  emailEngine,
  exportComments,
  sign,
  type SampleProvider,
} from "../../support/senders.ts";
import { SOURCE_SECRETS } from "../../support/relay.ts";
import { OWN_TOKEN, TEAMS } from "./world.ts";

/** One webhook. `after`: milliseconds after the answer to the one before. */
interface Step {
  readonly after: number;
  readonly body: (now: number) => JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A job from its first webhook to its last. */
export interface Life {
  readonly source: string;
  readonly provider: SampleProvider | "own";
  readonly steps: readonly Step[];
  /** It reports more often than its window is long, so a value waits at every edge. */
  readonly isChatty: boolean;
}

/** A webhook ready to be posted. */
export interface Post {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Signs a step as of now. */
export async function signed({ provider }: Life, step: Step): Promise<Post> {
  const now = Date.now();
  const body = JSON.stringify(step.body(now));
  if (provider === "own")
    return {
      body,
      headers: { "content-type": "application/json", authorization: `Bearer ${OWN_TOKEN}` },
    };
  const webhook = await sign({ provider, secret: SOURCE_SECRETS[provider], body, now });
  return { body: webhook.body, headers: { ...webhook.headers, ...step.headers } };
}

function commentsLife(chance: Dice, guid: string, isChatty: boolean): Life {
  const [steps, every] = isChatty ? [30, 1_000] : [12, 20_000];
  const job = { guid, page: "https://www.youtube.com/watch?v=dQw4w9WgXcQ", total: steps * 100 };
  const made: Step[] = [{ after: 0, body: () => exportComments.created(job) }];
  // One in ten fails on its way, is queued again and begins anew.
  const failsAt = chance() < 0.1 ? between(chance, 2, steps - 1) : 0;
  for (let step = 1; step <= steps; step += 1) {
    made.push({ after: every, body: () => exportComments.progress(job, step * 100) });
    if (step !== failsAt) continue;
    made.push(
      { after: every, body: () => exportComments.failed(job, "Rate limited by platform") },
      { after: 2_000, body: () => exportComments.requeued(job) },
    );
  }
  made.push({ after: every, body: () => exportComments.finished(job) });
  return {
    source: oneOf(chance, ["comments", "globex"]),
    provider: "exportcomments",
    steps: made,
    isChatty,
  };
}

function ownLife(chance: Dice, guid: string): Life {
  const account = oneOf(chance, TEAMS);
  const total = 12;
  const say = (event: string, more: JsonObject = {}): JsonObject => ({
    event,
    guid,
    account,
    ...more,
  });
  const steps: Step[] = [{ after: 0, body: () => say("job.created") }];
  for (let current = 1; current < total; current += 1)
    steps.push({
      after: 20_000,
      body: () => say("job.progress", { current, total, details: { note: "x".repeat(200) } }),
    });
  const end = chance() < 0.1 ? { event: "job.failed", error: "out of memory" } : null;
  steps.push({ after: 5_000, body: () => say(end?.event ?? "job.finished", end ?? {}) });
  return { source: "own", provider: "own", steps, isChatty: false };
}

function mailLife(chance: Dice, guid: string): Life {
  const job = { account: "ada", exportId: guid, exported: 1_200, skipped: 3 };
  const end = chance() < 0.2 ? emailEngine.failed : emailEngine.completed;
  return {
    source: "email",
    provider: "emailengine",
    steps: [{ after: 0, body: (now) => end(job, now), headers: emailEngine.eventIdHeader(guid) }],
    isChatty: false,
  };
}

function reportLife(guid: string): Life {
  const run = { accountId: "betterez-1", reportId: guid, createdBy: "ada" };
  const ids = (now: number, n: number) => ({ id: `${guid}-${n}`, attemptId: `${guid}-a${n}`, now });
  const file = `${guid}.csv`;
  return {
    source: "reports",
    provider: "betterez",
    steps: [
      { after: 0, body: (now) => betterez.started(run, ids(now, 1)) },
      { after: 30_000, body: (now) => betterez.completed(run, ids(now, 2), file) },
    ],
    isChatty: false,
  };
}

/** The life of the `n`th job. */
export function lifeOf(chance: Dice, n: number): Life {
  const guid = `soak-${n}-${Math.floor(chance() * 0xffff).toString(16)}`;
  const kind = chance();
  if (kind < 0.27) return commentsLife(chance, guid, true);
  if (kind < 0.55) return commentsLife(chance, guid, false);
  if (kind < 0.9) return ownLife(chance, guid);
  return kind < 0.95 ? mailLife(chance, guid) : reportLife(guid);
}
