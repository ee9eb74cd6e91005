// `presets`: what the relay knows about each sender, and what to paste into its dashboard.

import { nearest } from "../../config/senders/nearest.ts";
import { presetView, type PresetView } from "../../ingest/presets/view.ts";
import { PRESETS, presetNamed } from "../../ingest/presets/registry.ts";
import { relayCommand, UsageError } from "../command.ts";
import { jsonText } from "../paint.ts";

/** Lists all presets, or describes one. */
export const presets = relayCommand({
  name: "presets",
  description: "List the providers known by name, or say how one is set up",
  args: {
    name: { type: "positional", description: "A preset", required: false },
    json: { type: "boolean", description: "Print JSON for scripts", default: false },
  },
  run: ({ name, json }) => {
    const views = name === undefined ? PRESETS.map(presetView) : [viewOf(name)];
    if (json) console.log(jsonText(name === undefined ? views : views[0]));
    else console.log(name === undefined ? listOf(views) : views.map(described).join("\n"));
  },
});

function viewOf(name: string): PresetView {
  const preset = presetNamed(name);
  if (preset === undefined) {
    const near = nearest(
      name,
      PRESETS.map((one) => one.name),
    );
    throw new UsageError(
      `unknown preset ${name}${near === null ? "; presets lists them" : `, is ${near} meant?`}`,
    );
  }
  return presetView(preset);
}

function listOf(views: readonly PresetView[]): string {
  const width = Math.max(...views.map(({ name }) => name.length));
  return views.map(({ name, title }) => `${name.padEnd(width)}  ${title}`).join("\n");
}

const described = ({ name, title, setup, retries, lacks, secrets, events }: PresetView): string =>
  [
    `${title} (provider = "${name}")`,
    "",
    ...setup.map((step, index) => `${index + 1}. ${step}`),
    "",
    `Secret: ${secrets ? "needed" : "none, its keys are public"}`,
    `Events: ${events.join(", ")}`,
    `Retries: ${retries.sentence}`,
    ...lacks.map((sentence) => `- ${sentence}`),
  ].join("\n");
