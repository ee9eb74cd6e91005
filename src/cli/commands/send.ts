// `send` and `simulate`: send signed webhooks as a provider does.

import { randomUUID } from "node:crypto";
import { readBodyFile } from "../local/body-file.ts";
import {
  Failure,
  numberOption,
  PROGRAM,
  relayCommand,
  REMOTE_ARGS,
  UsageError,
} from "../command.ts";
import { play, type Posted } from "../play.ts";
import { problemText, reach } from "../relay-api.ts";
import { presetTarget, type PresetTarget, type TargetChoice } from "../preset-target.ts";
import { sendPreset, simulatePreset } from "./send-preset.ts";
import { presetSamples } from "../../samples/presets.ts";
import { SAMPLES, type Sample } from "../../samples/catalogue.ts";
import { SAMPLE_PROVIDERS, type SampleProvider } from "../../samples/providers.ts";
import { signBy, type SignedWebhook } from "../../ingest/recipe/sign/sign-as.io.ts";
import { PROVIDER_NAMES } from "../../config/senders/senders.ts";
import { READERS } from "../../config/settings.ts";
import { nearest } from "../../config/senders/nearest.ts";
import { simulation } from "../../samples/simulation.ts";
import { jsonText } from "../paint.ts";

const PROVIDER_ARGS = {
  ...REMOTE_ARGS,
  provider: {
    type: "positional",
    description: `${READERS.join(" | ")} | a preset (npm run relay -- presets)`,
    required: true,
  },
  source: {
    type: "string",
    description: "The source to post to; by default the first of that provider in wrangler.toml",
    valueHint: "id",
  },
  secret: {
    type: "string",
    description:
      "The source's secret; by default the one it names, of the environment or .dev.vars",
    valueHint: "secret",
  },
} as const;

/** Exit code 1 when the relay refuses the webhook. */
export const send = relayCommand({
  name: "send",
  description: "Send one signed webhook",
  args: {
    ...PROVIDER_ARGS,
    file: {
      type: "positional",
      description: "The body; - is standard input; without it, a sample",
      required: false,
    },
    event: {
      type: "string",
      description: "Which sample, by the provider's name for it",
      valueHint: "name",
    },
    guid: {
      type: "string",
      description: "The sample's job id; a new one by default",
      valueHint: "id",
    },
    current: { type: "string", description: "Items done in the sample", valueHint: "number" },
    total: { type: "string", description: "Items in all in the sample", default: "1500" },
  },
  run: async (args) => {
    if (presetSamples(args.provider).length > 0) {
      const { status, text: told } = await sendPreset(args);
      if (status >= 300) throw new Failure(`${status} ${problemText(told)}`);
      console.log(args.json ? told : describe(status, told));
      return;
    }
    const provider = providerOf(args.provider);
    const target = presetTarget(args);
    const sample = args.file === undefined ? sampleOf(provider, args) : null;
    const body = args.file === undefined ? JSON.stringify(sample?.body) : readBodyFile(args.file);
    const signed = await signFor(target, body);
    const headers = { ...signed.headers, ...sample?.headers };
    const answer = await reach(`${target.relay}/hooks/${target.id}`, {
      method: "POST",
      headers,
      body,
    });
    const text = await answer.text();
    if (!answer.ok)
      throw new Failure(`${answer.status} ${problemText(text)}${whyOf(answer.status, target.id)}`);
    console.log(args.json ? text : describe(answer.status, text));
  },
});

/** Where the reason of a refusal is, which a sender is not told. */
const whyOf = (status: number, source: string): string =>
  status === 401 ? `; ${PROGRAM} sources ${source} says why` : "";

function describe(status: number, text: string): string {
  const { result, reason, events, job } = JSON.parse(text) as {
    readonly result: string;
    readonly reason?: string;
    readonly events?: readonly string[];
    readonly job?: { readonly source: string; readonly guid: string };
  };
  const about = job === undefined ? "" : ` ${job.source}/${job.guid}`;
  return `${status} ${result}${reason === undefined ? "" : ` (${reason})`}${about} ${(events ?? []).join(" ")}`.trimEnd();
}

/** Exit code 1 when an answer differs from what the webhook should get. */
export const simulate = relayCommand({
  name: "simulate",
  description: "Play a whole realistic job, signed",
  args: {
    ...PROVIDER_ARGS,
    seconds: { type: "string", description: "Length of an ExportComments export", default: "16" },
    total: { type: "string", description: "Items in all", default: "1500" },
  },
  run: async (args) => {
    if (presetSamples(args.provider).length > 0) {
      await playPreset(args);
      return;
    }
    const provider = providerOf(args.provider);
    const target = presetTarget(args);
    const length = numberOption("seconds", args.seconds, 1) * 1_000;
    const steps = simulation(provider, {
      start: Date.now(),
      newId: randomUUID,
      length,
      total: numberOption("total", args.total, 1),
    });
    const lines = changes();
    const posted = await play(steps, {
      url: target.relay,
      source: target.id,
      secret: target.secret,
      signAs: (body) => signFor(target, body),
      onPosted: args.json ? (post) => console.log(jsonText(post)) : lines.add,
    });
    if (!args.json) lines.end();
    const wrong = posted.filter((post) => post.status !== 202 || post.result !== post.expected);
    if (wrong.length === 0) return;
    const why = whyOf(wrong.find(({ status }) => status >= 400)?.status ?? 0, target.id);
    throw new Failure(
      `${wrong.length} of ${posted.length} webhooks were not answered as expected${why}`,
    );
  },
});

/** Prints a line for each webhook that differs from the one before, and how many were equal. */
function changes(): { readonly add: (post: Posted) => void; readonly end: () => void } {
  let last = "";
  let equal = 0;
  const end = (): void => {
    if (equal > 0) console.log(`  and ${equal} more like it`);
    equal = 0;
  };
  const add = ({ status, result, label }: Posted): void => {
    const line = `${status} ${result} ${label}`;
    if (line === last) {
      equal += 1;
      return;
    }
    end();
    console.log(line);
    last = line;
  };
  return { add, end };
}

/** Plays a preset's job; fails when a webhook of it is refused. */
async function playPreset(args: TargetChoice & { readonly json: boolean }): Promise<void> {
  let refused = 0;
  await simulatePreset(args, (event, { status, text }) => {
    if (status >= 300) refused += 1;
    const told = status >= 300 ? problemText(text) : describe(status, text);
    console.log(args.json ? jsonText({ event, status }) : `${event}: ${told}`);
  });
  if (refused > 0) throw new Failure(`${refused} webhooks were refused`);
}

function providerOf(name: string): SampleProvider {
  const provider = SAMPLE_PROVIDERS.find((candidate) => candidate === name);
  if (provider === undefined) {
    const near = nearest(name, PROVIDER_NAMES);
    const known = `; known are ${READERS.join(", ")} and the presets`;
    throw new UsageError(
      `unknown provider ${name}${near === null ? known : `, is ${near} meant?`}`,
    );
  }
  return provider;
}

/** Signs a body by the source's own recipe. */
async function signFor({ id, recipe, secret }: PresetTarget, body: string): Promise<SignedWebhook> {
  if (recipe === null) return { headers: { "content-type": "application/json" }, body };
  try {
    return await signBy(recipe, { secret, body, now: Date.now(), id: `msg_${randomUUID()}` });
  } catch (error) {
    throw new Failure(`source ${id}: ${error instanceof Error ? error.message : ""}`, {
      cause: error,
    });
  }
}

interface SampleArgs {
  readonly event?: string | undefined;
  readonly guid?: string | undefined;
  readonly current?: string | undefined;
  readonly total: string;
}

function sampleOf(provider: SampleProvider, args: SampleArgs): Sample {
  const samples = SAMPLES[provider];
  const event = args.event ?? Object.keys(samples)[0] ?? "";
  const make = samples[event];
  if (make === undefined)
    throw new UsageError(`unknown event ${event}; known are ${Object.keys(samples).join(", ")}`);
  const total = numberOption("total", args.total);
  return make({
    guid: args.guid ?? newGuid(provider),
    // EmailEngine reports an export at its end; the sample of a progress event is half done.
    current:
      args.current === undefined
        ? Math.round(total * (provider === "emailengine" ? 0.997 : 0.452))
        : numberOption("current", args.current),
    total,
    now: Date.now(),
    newId: randomUUID,
  });
}

/** A job id as the provider makes them. */
const newGuid = (provider: SampleProvider): string =>
  provider === "emailengine"
    ? `exp_${randomUUID().replaceAll("-", "").slice(0, 24)}`
    : randomUUID();
