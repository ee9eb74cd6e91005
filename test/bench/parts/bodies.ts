// What bodies of a megabyte that are made to hurt cost: read in Node as a webhook is, beside what
// the platform's `JSON.parse` takes for the same text.

import { cpuUsage } from "node:process";
import { parseSettings } from "../../../src/config/parse.ts";
import { prepare } from "../../../src/ingest/normalize/prepare.io.ts";
import { providerOf } from "../../../src/ingest/providers/registry.ts";
import { utf8 } from "../../../src/kernel/bytes.ts";
import { parseBody } from "../../../src/kernel/json.ts";
import type { Bench } from "../bench.ts";
import type { Measurement } from "../stats.ts";
import { times } from "../webhooks.ts";

/** Most CPU of the relay beyond that of `JSON.parse`, in ms. */
const BEYOND = { atMost: 50 };

/** The source of the bodies; its reader copies most. */
const SOURCE = { id: "comments", provider: "exportcomments", verify: "none" };

const members = (count: number, member: (index: number) => string): string =>
  times(count, member).join(",");

const nested = "[".repeat(60) + "]".repeat(60);

/** Members of `details`, about a megabyte each. */
const HOSTILE: Readonly<Record<string, string>> = {
  "87,000 members": members(87_000, (index) => `"k${index.toString(36)}":${index % 10}`),
  "250,000 numbers 1.5": `"n":[${members(250_000, () => "1.5")}]`,
  "250,000 numbers 1.0": `"n":[${members(250_000, () => "1.0")}]`,
  "170,000 numbers 1e400": `"n":[${members(170_000, () => "1e400")}]`,
  "lists 60 deep": `"n":[${members(8_000, () => nested)}]`,
  "260,000 short texts": `"n":[${members(260_000, () => '""')}]`,
  "170,000 half pairs": `"n":"${String.raw`\ud800`.repeat(170_000)}"`,
  "75,000 members and __proto__": `"__proto__":1,${members(75_000, (index) => `"k${index}":1`)}`,
};

/** The least CPU milliseconds of several runs: other work of the machine only adds to them. */
async function cost(runs: number, work: () => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run += 1) {
    const before = cpuUsage();
    await work();
    const { user, system } = cpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}

/** Measures every body. */
export async function bodies({ quick }: Bench): Promise<readonly Measurement[]> {
  const settings = parseSettings({ SOURCES: [SOURCE] });
  const source = settings.ok ? settings.value.sources.get(SOURCE.id) : undefined;
  if (!settings.ok || source === undefined) throw new Error("the source is not valid");
  const runs = quick ? 5 : 20;
  const options = {
    provider: providerOf(source),
    settings: settings.value,
    contentType: "application/json",
    traceparent: "",
  };
  const measured: Measurement[] = [];
  for (const [name, content] of Object.entries(HOSTILE)) {
    const text = `{"event":"job.progress","guid":"g","details":{${content}}}`;
    const body = utf8(text);
    const arrival = { headers: new Headers(), url: "", body, source, id: null, now: 0 };
    const floor = await cost(runs, () => JSON.parse(text));
    const relay = await cost(runs, () => {
      const json = parseBody(body);
      return json.ok ? prepare(arrival, json.value, options) : null;
    });
    measured.push({
      part: "bodies",
      name,
      value: relay - floor,
      unit: "ms beyond JSON.parse",
      budget: BEYOND,
      beside: { "ms in all": relay, "JSON.parse's": floor },
    });
  }
  return measured;
}
