// Takes publications in: jobs side by side, each job's in order, positions only afterwards.

import { feed, logRefused, readStatement, type FeedDeps } from "../feed.io.ts";
import { log } from "../../kernel/log.io.ts";
import type { Millis } from "../../kernel/time.ts";
import { REFUSED, type TakenIn } from "../record.ts";
import type { PreparedUpdate } from "../../ingest/normalize/normalize.io.ts";
import { sideBySide } from "../side-by-side.ts";
import { readerOf } from "./channels.ts";
import { groupsOf, MAX_FAILURES, publicationId, type Entry } from "./queue.ts";

/** Jobs at once: an invocation may hold 6 outgoing connections, should calls count as such. */
const MAX_AT_ONCE = 6;

/** An entry, what it says, and what came of it. */
interface Work {
  readonly entry: Entry;
  readonly key: string;
  readonly updates: readonly PreparedUpdate[] | null;
  outcome: TakenIn | "failed" | null;
}

/** What became of a batch. */
export interface Intake {
  /** Of those that were taken in, refused or left out. */
  readonly outcomes: readonly TakenIn[];
  /** What has to be repeated, in its order; empty when all is durable. */
  readonly rest: readonly Entry[];
}

/** Takes a batch in. Whatever part of it is repeated later counts as a duplicate then. */
export async function takeIn(
  deps: FeedDeps,
  entries: readonly Entry[],
  now: Millis,
): Promise<Intake> {
  const works: Work[] = [];
  for (const entry of entries) works.push(await read(deps, entry, now));
  await sideBySide(groupsOf(works), MAX_AT_ONCE, (group) => takeGroup(deps, group));
  const first = works.findIndex(({ outcome }) => outcome === "failed");
  const taken = first < 0 ? works : works.slice(0, first);
  return {
    outcomes: taken.flatMap(({ outcome }) =>
      outcome === null || outcome === "failed" ? [] : [outcome],
    ),
    rest: restOf(works.slice(taken.length)),
  };
}

async function read(deps: FeedDeps, entry: Entry, now: Millis): Promise<Work> {
  const { data, channel } = entry;
  if (data === undefined) return { entry, key: "", updates: [], outcome: null };
  const provider = readerOf(deps.source, channel);
  const updates = await readStatement(
    deps,
    { json: data, id: publicationId(entry), provider },
    now,
  );
  if (updates.ok)
    return { entry, key: keyOf(updates.value), updates: updates.value, outcome: null };
  logRefused(deps, updates.fault);
  return { entry, key: "", updates: null, outcome: REFUSED };
}

/** What may not be reordered: the events of one job, and all that is about no job. */
function keyOf(updates: readonly PreparedUpdate[]): string {
  const [first] = updates;
  return updates.length === 1 && first?.kind === "job" ? `job ${first.update.guid}` : "";
}

async function takeGroup(deps: FeedDeps, group: readonly Work[]): Promise<void> {
  for (const work of group) {
    if (work.updates === null || work.updates.length === 0) continue;
    const fed = await feed(deps, work.updates);
    if (fed.ok) {
      work.outcome = fed.value;
      continue;
    }
    if (fed.fault === "threw" && work.entry.failures + 1 >= MAX_FAILURES) {
      log(deps.settings.logLevel, "error", "upstream.left_out", {
        source: deps.source.id,
        channel: work.entry.channel,
      });
      work.outcome = REFUSED;
      continue;
    }
    work.outcome = "failed";
    return;
  }
}

/** Everything from the first failure on; what was taken in behind it will be known then. */
const restOf = (works: readonly Work[]): readonly Entry[] =>
  works.map(({ entry, outcome }) =>
    outcome === "failed" ? { ...entry, failures: entry.failures + 1 } : entry,
  );
