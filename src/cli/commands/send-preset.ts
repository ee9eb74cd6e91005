// `send` and `simulate` for presets: the examples of their fixtures, signed by their recipes.

import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Json } from "../../kernel/json.ts";
import { presetSamples, type PresetSample } from "../../samples/presets.ts";
import { readBodyFile } from "../local/body-file.ts";
import { Failure, UsageError } from "../command.ts";
import {
  presetTarget,
  signedPost,
  type PresetPost,
  type PresetTarget,
  type TargetChoice,
} from "../preset-target.ts";
import { reach } from "../relay-api.ts";

/** Which webhook is sent. */
export interface SendPresetArgs extends TargetChoice {
  /** A file with the body; `-` is standard input. */
  readonly file?: string | undefined;
  readonly event?: string | undefined;
  readonly guid?: string | undefined;
}

/** A relay's answer. */
export interface PresetAnswer {
  readonly status: number;
  readonly text: string;
}

/** Sends one webhook of a preset; the answer whatever it is. */
export async function sendPreset(args: SendPresetArgs): Promise<PresetAnswer> {
  const target = presetTarget(args);
  const sample = args.file === undefined ? sampleOf(args) : fileSample(args.file);
  return post(target, {
    sample,
    guid: args.guid ?? randomUUID(),
    id: `msg_${randomUUID()}`,
    now: Date.now(),
  });
}

/** Milliseconds between two webhooks of a simulation. */
const PAUSE = 500;

/** Plays a job of a preset from its beginning to one end; `onAnswer` is told of each webhook. */
export async function simulatePreset(
  args: TargetChoice,
  onAnswer: (event: string, answer: PresetAnswer) => void,
): Promise<void> {
  const target = presetTarget(args);
  const samples = presetSamples(args.provider);
  const hasGoodEnd = samples.some(({ event }) => event === "job.finished");
  const life = samples.filter(
    ({ event }) => event !== "job.requeued" && !(hasGoodEnd && event === "job.failed"),
  );
  const guid = randomUUID();
  for (const [index, sample] of life.entries()) {
    if (index > 0) await pause(PAUSE);
    const id = `msg_${randomUUID()}`;
    onAnswer(sample.event, await post(target, { sample, guid, id, now: Date.now() }));
  }
}

async function post(target: PresetTarget, what: PresetPost): Promise<PresetAnswer> {
  const { url, headers, body } = await signedPost(target, what);
  const answer = await reach(url, { method: "POST", headers, body });
  return { status: answer.status, text: await answer.text() };
}

function sampleOf({ provider, event }: SendPresetArgs): PresetSample {
  const samples = presetSamples(provider);
  const sample = event === undefined ? samples.at(-1) : samples.find((one) => one.event === event);
  if (sample !== undefined) return sample;
  const known = samples.map((one) => one.event).join(", ");
  throw new UsageError(`unknown event ${event ?? ""}; known are ${known}`);
}

function fileSample(file: string): PresetSample {
  const text = readBodyFile(file);
  try {
    return { event: "", headers: {}, query: {}, body: JSON.parse(text) as Json };
  } catch {
    throw new Failure(`${file} is no JSON`);
  }
}
