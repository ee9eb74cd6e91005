// What must be there once nothing is on its way any more.

import { isEnd } from "../../../src/job/lifecycle.ts";
import { receiverOf, subscriberAt, type Setting } from "./stage.ts";
import type { LoggedEvent, World } from "./world.ts";

/** The sentences that do not hold. */
export const missingAtRest = (setting: Setting, world: World): readonly string[] =>
  world.jobs.flatMap((_, j) => [
    ...missingEvents(setting, world, j),
    ...missingInLog(world, j),
    ...setting.places.flatMap((__, s) =>
      receiverOf(setting, s) === s ? missingAtSubscriber(setting, world, { j, s }) : [],
    ),
  ]);

const eventsOf = (world: World, j: number): readonly LoggedEvent[] =>
  world.jobs[j]?.rows?.events ?? [];

/** Every acknowledged update was emitted, or its value was by a later one. */
function missingEvents({ scripts }: Setting, world: World, j: number): readonly string[] {
  const events = eventsOf(world, j);
  const rows = world.jobs[j]?.rows;
  const found: string[] = [];
  const updates = (scripts[j] ?? []).slice(world.begun[j], world.acknowledged[j]);
  if (updates.length === 0) return [];
  // What came before a new attempt and after an end need not be shown.
  const opened = updates.findLastIndex(({ event }) => event === "job.requeued");
  const ended = updates.findIndex(({ event }, at) => at > opened && isEnd(event));
  for (const [index, { event, key, current }] of updates.entries()) {
    const text = `${key.kind}:${key.value}`;
    if (rows?.sightings[text] === undefined) found.push(`update ${text} of job ${j} is lost`);
    const emitted = events.filter((one) => one.key === text).length;
    if (emitted > 1) found.push(`update ${text} of job ${j} is emitted twice`);
    const shown = rows?.state.current ?? null;
    const counts = index > opened && (ended === -1 || index < ended);
    if (
      counts &&
      event === "job.progress" &&
      current !== null &&
      (shown === null || shown < current)
    )
      found.push(`progress ${current} of job ${j} does not arrive`);
  }
  if (rows?.state.window.pending !== null) found.push(`a value of job ${j} waits for ever`);
  return found;
}

/** The account's log has each event once, in order. */
function missingInLog({ account, ...world }: World, j: number): readonly string[] {
  const logged = account.log.filter(({ job }) => job === j).map(({ seq }) => seq);
  const emitted = (world.jobs[j]?.rows?.events ?? []).map(({ seq }) => seq);
  return logged.join() === emitted.join()
    ? []
    : [`the account has ${logged.join()} of ${emitted.join()}`];
}

/** Replays go to this subscriber's place. */
const REPLAYED_TO = 1;

/**
 * A subscriber has every event that was meant for it, but for progress that a later one replaced,
 * and all of that once more that was sent again by hand.
 */
function missingAtSubscriber(
  setting: Setting,
  world: World,
  { j, s }: { readonly j: number; readonly s: number },
): readonly string[] {
  const { accepted = [], acceptedAgain = [] } = world.subscribers[s] ?? {};
  // Progress that failed, also when it was sent again, is replaced by what is newer.
  const newest = accepted[j]?.at(-1) ?? 0;
  const lacks = (had: readonly number[], { seq, event }: LoggedEvent): boolean =>
    !had.includes(seq) && !(event === "job.progress" && seq < newest);
  const events = eventsOf(world, j);
  const meant = events.filter(({ meantFor }) => meantFor.includes(subscriberAt(setting, s)));
  const again = events.filter(({ seq }) => world.replayed[j]?.includes(seq));
  return [
    ...meant
      .filter((one) => lacks(accepted[j] ?? [], one))
      .map(({ seq, event }) => `subscriber ${s} misses ${event} (seq ${seq}) of job ${j}`),
    ...(s === REPLAYED_TO ? again : [])
      .filter((one) => lacks(acceptedAgain[j] ?? [], one))
      .map(({ seq, event }) => `subscriber ${s} misses the replay of ${event} (seq ${seq})`),
  ];
}
