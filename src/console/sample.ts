// A sample export: which steps it has, and how long after the click each is due.

import type { SampleStep } from "./api.ts";

/** Comments in the sample, and in one step of it: 12 steps, 1.5 s apart, so that the relay's five-second window shows. */
const TOTAL = 1_500;
const PART = 125;
const PACE = 1_500;

export interface TimedStep {
  readonly at: number;
  readonly step: SampleStep;
}

/** The steps of the sample job `guid`, in order; `at` in ms after the click. */
export function sampleSteps(guid: string): readonly TimedStep[] {
  const progress = Array.from({ length: TOTAL / PART }, (_, index) => ({
    at: (index + 1) * PACE,
    step: { guid, event: "job.progress", current: (index + 1) * PART, total: TOTAL } as const,
  }));
  return [
    { at: 0, step: { guid, event: "job.created" } },
    ...progress,
    {
      at: (progress.length + 1) * PACE,
      step: { guid, event: "job.finished", current: TOTAL, total: TOTAL },
    },
  ];
}
