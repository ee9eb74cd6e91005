// What needs somebody, as numbers beside the names of the screens.

import type { Source, Subscriber } from "../api/wire.ts";
import type { Screen } from "../browser/address.ts";

/** How many, and what they are. */
export interface Badge {
  readonly count: number;
  readonly what: string;
}

export type Badges = Readonly<Partial<Record<Screen, Badge>>>;

/**
 * Dead deliveries, subscribers that take nothing although nobody paused them, and sources that
 * refuse what comes or whose connector is refused.
 */
export function badgesOf(
  subscribers: readonly Pick<Subscriber, "state" | "dead">[],
  sources: readonly Pick<Source, "advice">[],
): Badges {
  const dead = subscribers.reduce((sum, one) => sum + one.dead, 0);
  const failing = subscribers.filter(({ state }) => state === "probing" || state === "disabled");
  return {
    deliveries: { count: dead, what: "dead" },
    subscribers: { count: failing.length, what: "failing" },
    sources: { count: sources.filter(({ advice }) => advice !== null).length, what: "failing" },
  };
}
