// Ids of subscribers that a request names.

import type { Settings } from "../../config/settings.ts";
import type { Problem } from "../../kernel/problem.ts";

/** What is wrong with ids of subscribers: those that are not configured; `null` when all are. */
export function unknownSubscribers(
  ids: readonly string[] | undefined,
  { subscribers }: Settings,
): Problem | null {
  const unknown = (ids ?? []).filter((id) => !subscribers.has(id));
  return unknown.length === 0
    ? null
    : { status: 422, title: "No such subscriber", detail: unknown.join(", ") };
}
