// The filters that `tail` and `listen` have in common: `--source`, `--event`, `--account`.

import { nameOf, type JobSnapshot, type RelayEvent } from "../model/event.ts";
import { globMatches } from "../route/glob.ts";

/** The options. */
export const FILTER_ARGS = {
  account: {
    type: "string",
    description: "One account; by default every account that has jobs",
    valueHint: "id",
  },
  source: {
    type: "string",
    description: "Only of these sources, comma-separated; * is a wildcard",
    valueHint: "a,b",
  },
  event: {
    type: "string",
    description: "Only these events, comma-separated; * is a wildcard",
    valueHint: "a,b",
  },
} as const;

/** Decides what is shown. */
export interface EventFilter {
  readonly lets: (event: RelayEvent) => boolean;
  readonly letsJob: (job: JobSnapshot) => boolean;
}

/** Reads the options. */
export function filterOf({
  source,
  event,
}: {
  readonly source?: string | undefined;
  readonly event?: string | undefined;
}): EventFilter {
  const [sources, events] = [globsOf(source), globsOf(event)];
  return {
    lets: (one) => fits(sources, one.source) && fits(events, nameOf(one)),
    letsJob: (job) => fits(sources, job.source),
  };
}

const fits = (globs: readonly string[] | null, text: string): boolean =>
  globs === null || globs.some((glob) => globMatches(glob, text));

const globsOf = (text: string | undefined): readonly string[] | null =>
  text === undefined ? null : text.split(",").map((part) => part.trim());
