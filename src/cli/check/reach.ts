// Which sources reach which subscribers, and whether their data lives as long as their deliveries.

import type { Settings, SourceSettings } from "../../config/settings.ts";
import { DAY, type Millis } from "../../kernel/time.ts";
import { globMatches } from "../../route/glob.ts";
import { fieldPath, type Finding, type Places } from "./findings.ts";

const allows = (globs: readonly string[] | undefined, text: string): boolean =>
  globs === undefined || globs.some((glob) => globMatches(glob, text));

/** True when some rule lets events of a source through to a subscriber. */
export const reaches = (rules: Settings["rules"], source: SourceSettings, id: string): boolean =>
  rules.length === 0 ||
  rules.some(
    ({ match, to }) =>
      to.includes(id) && allows(match.source, source.id) && allows(match.provider, source.provider),
  );

/** Waits have up to this share of jitter. */
const MOST_JITTER = 0.2;

const scheduleOf = (retry: readonly Millis[]): Millis =>
  retry.reduce((sum, wait) => sum + wait, 0) * (1 + MOST_JITTER);

function inDays(length: Millis): string {
  const days = Number((length / DAY).toFixed(1));
  return `${days} ${days === 1 ? "day" : "days"}`;
}

/**
 * Warns of sources whose retention is shorter than a subscriber's retry schedule: deliveries keep
 * their job beyond its retention then.
 */
export const shortRetentions = (
  { sources, subscribers, rules }: Settings,
  places: Places,
): readonly Finding[] =>
  [...sources.values()].flatMap((source) =>
    [...subscribers.values()]
      .filter(({ id, retry }) => {
        const isShort = source.retention < scheduleOf(retry);
        return isShort && reaches(rules, source, id);
      })
      .map(({ id, retry }) => ({
        path: fieldPath(places.pathOf("SOURCES", source.id), "retention"),
        message: `source ${source.id} keeps data for ${inDays(source.retention)}, subscriber ${id} is retried for up to ${inDays(scheduleOf(retry))}: jobs whose deliveries wait are kept longer`,
      })),
  );
