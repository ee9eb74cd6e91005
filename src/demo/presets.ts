// Two jobs of senders that are data alone: a prediction with progress, and a run of a pipeline.

import type { JsonObject } from "../kernel/json.ts";
import type { Millis } from "../kernel/time.ts";

/** One webhook of such a job. */
export interface PresetStep {
  /** Milliseconds after the beginning. */
  readonly at: Millis;
  readonly body: JsonObject;
}

/** A job: the source it comes from, its preset, and its webhooks. */
export interface PresetJob {
  readonly source: string;
  readonly preset: string;
  readonly steps: readonly PresetStep[];
}

/** Time between two updates of the prediction, in ms. */
const UPDATE_EVERY = 400;
const UPDATES = 25;

/** A prediction whose log has a progress bar, as Replicate sends it. */
function prediction(id: string): PresetJob {
  const updates = Array.from({ length: UPDATES }, (_, index): PresetStep => {
    const done = ((index + 1) * 100) / UPDATES;
    const logs = `${done}%|####  | ${done}/100 [00:07<00:02]`;
    return { at: index * UPDATE_EVERY, body: { id, status: "processing", logs, output: null } };
  });
  const output = ["https://replicate.example.com/out.png"];
  const end = { at: UPDATES * UPDATE_EVERY, body: { id, status: "succeeded", output } };
  return { source: "predictions", preset: "replicate", steps: [...updates, end] };
}

/** A run of a workflow, as GitHub sends it. */
function pipeline(id: string): PresetJob {
  const repository = { owner: { login: "demo" } };
  const run = (action: string, conclusion: string | null): JsonObject => ({
    action,
    workflow_run: { id, run_attempt: 1, conclusion },
    repository,
  });
  return {
    source: "ci",
    preset: "github-actions",
    steps: [
      { at: 0, body: run("requested", null) },
      { at: 1_500, body: run("in_progress", null) },
      { at: 7_000, body: run("completed", "success") },
    ],
  };
}

/** Both jobs, named by fresh ids. */
export const presetJobs = (newId: () => string): readonly PresetJob[] => [
  prediction(newId()),
  pipeline(newId()),
];
