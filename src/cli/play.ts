// Plays a simulation against a relay: signs each webhook and posts it when it is due.

import { setTimeout as pause } from "node:timers/promises";
import { problemText, reach } from "./relay-api.ts";
import { sign, type SignedWebhook } from "../ingest/recipe/sign/sign-as.io.ts";
import type { Step } from "../samples/simulation.ts";

/** A webhook that was sent, and what the relay answered. */
export interface Posted {
  readonly label: string;
  readonly status: number;
  readonly result: string;
  readonly expected: string;
  /** Ids of the events that the relay emitted for it. */
  readonly events: readonly string[];
}

/** Where a simulation is played, and who is told of it. */
export interface PlayOptions {
  readonly url: string;
  /** The source to post to, and its secret. */
  readonly source: string;
  readonly secret: string;
  /** How the source's webhooks are signed; by default as its provider does. */
  readonly signAs?: (body: string) => Promise<SignedWebhook>;
  /** Milliseconds before the first step. */
  readonly delay?: number;
  readonly signal?: AbortSignal;
  readonly onPosted?: (posted: Posted) => void;
}

/** How long the relay may take to answer a webhook, in ms. */
const POST_TIMEOUT = 15_000;

/**
 * Posts the steps one after the other, each not before its time. Throws when the relay cannot be
 * reached.
 */
export async function play(
  steps: readonly Step[],
  options: PlayOptions,
): Promise<readonly Posted[]> {
  const begin = performance.now() + (options.delay ?? 0);
  const posted: Posted[] = [];
  const wait = options.signal === undefined ? {} : { signal: options.signal };
  for (const step of steps) {
    await pause(Math.max(0, begin + step.at - performance.now()), undefined, wait);
    const result = await post(step, options);
    posted.push(result);
    options.onPosted?.(result);
  }
  return posted;
}

async function post(step: Step, { url, source, secret, signAs }: PlayOptions): Promise<Posted> {
  const body = JSON.stringify(step.body);
  const signed =
    signAs === undefined
      ? await sign({ provider: step.provider, secret, body, now: Date.now() })
      : await signAs(body);
  const answer = await reach(`${url}/hooks/${source}`, {
    method: "POST",
    headers: { ...signed.headers, ...step.headers },
    body: signed.body,
    signal: AbortSignal.timeout(POST_TIMEOUT),
  });
  const text = await answer.text();
  const answered = readAnswer(text);
  return {
    label: `${source} ${JSON.stringify(step.body["event"])}`,
    status: answer.status,
    result: answered.result ?? problemText(text),
    expected: step.expect,
    events: answered.events ?? [],
  };
}

function readAnswer(text: string): {
  readonly result?: string;
  readonly events?: readonly string[];
} {
  try {
    return JSON.parse(text) as { readonly result?: string; readonly events?: readonly string[] };
  } catch {
    return {};
  }
}
