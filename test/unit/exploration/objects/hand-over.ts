// A change of a shard in the world: a job's deliveries go from the former shard to the new one.

import { placeOf, type Stage } from "../stage.ts";
import { replaced, type Call, type Move, type StoredDelivery, type World } from "../world.ts";
import {
  homeShard,
  parseDestination,
  subscriberDestination,
} from "../../../../src/job/outbox/destinations.ts";
import { lastShards } from "../../../../src/job/outbox/shards.ts";
import { callEnded, startDrain } from "./drain.ts";
import { loadedJob, save } from "./instance.ts";
import { awake, flush, movedAway, nextN, pump } from "./subscriber.ts";

/** Whether deliveries of a job wait in a shard to which the configuration does not send it. */
export function isMisplaced(stage: Stage, s: number, j: number): boolean {
  const memory = loadedJob(stage, j);
  const destination = parseDestination(stage.setting.places[s] ?? "");
  if (memory === null || memory.drain !== null || destination.kind !== "subscriber") return false;
  const { watermarks, state } = memory;
  const { id, shard } = destination;
  if (!stage.settings.subscribers.has(id) || (watermarks.moves ?? []).length > 0) return false;
  const isRoute = lastShards(watermarks.reached ?? []).get(id) === shard;
  if (!isRoute || homeShard(id, state, stage.settings) === shard) return false;
  return stage.subscriber(s).stored.some((one) => one.state === "pending");
}

/** Such a shard asks the job to move, which does so without an event. */
export function relocate(stage: Stage, s: number, j: number): void {
  const memory = loadedJob(stage, j);
  const destination = parseDestination(stage.setting.places[s] ?? "");
  if (memory === null || destination.kind !== "subscriber") return;
  const { id } = destination;
  const to = subscriberDestination(id, homeShard(id, memory.state, stage.settings));
  const watermarks = stage.rules.withReached(memory.watermarks, [to]);
  stage.setJobMemory(j, memory, { watermarks, unsaved: true });
  save(stage, j);
  startDrain(stage, j, {});
}

/** A call about a move has arrived. */
export function takeMove(stage: Stage, call: Call, move: Move): void {
  if (move.adopted === null) handOver(stage, call, move);
  else adopt(stage, call, { ...move, adopted: move.adopted });
}

function end(stage: Stage, call: Call, isTaken: boolean): void {
  stage.replaceCall(call, null);
  if (!call.late) callEnded(stage, call, isTaken);
}

/** The former shard sends what waits there; it keeps it until the other one has it. */
function handOver(stage: Stage, call: Call, move: Move): void {
  const s = placeOf(stage.setting, move.from);
  const { underWay, leaving } = awake(stage, s);
  flush(stage, s);
  const waiting = stage
    .subscriber(s)
    .stored.filter(({ state, row }) => state === "pending" && row.job === `s/${call.job}`);
  const ns = waiting.map(({ row }) => row.n);
  const isBusy = ns.some((n) => leaving.includes(n) || underWay.some((one) => one.n === n));
  if (isBusy) return end(stage, call, false);
  stage.setSubscriberMemory(s, { leaving: ns });
  const brought = { ...move, adopted: waiting, startedAt: stage.now, isAwaited: true };
  stage.replaceCall(call, { ...call, to: move.to, move: brought });
}

interface Brought extends Move {
  readonly adopted: readonly StoredDelivery[];
}

/** The new shard stores what is new to it, and the former one forgets it. */
function adopt(stage: Stage, call: Call, move: Brought): void {
  const { to, adopted, isAwaited, startedAt } = move;
  const s = placeOf(stage.setting, to);
  awake(stage, s);
  const { gone } = stage.subscriber(s);
  if (stage.rules.refusesEarlier && (gone[call.job]?.at ?? 0) > startedAt) {
    if (isAwaited) keepAfterAll(stage, move);
    return end(stage, call, false);
  }
  stage.setSubscriber(s, { gone: replaced(gone, call.job, null) });
  flush(stage, s);
  for (const one of adopted) {
    const { stored } = stage.subscriber(s);
    if (
      stage.rules.isKnown(
        stored.map(({ id }) => id),
        one.id,
      )
    )
      continue;
    const row = { ...one.row, n: nextN(stage.subscriber(s)) };
    stage.setSubscriber(s, { stored: [...stored, { ...one, row }] });
    stage.setSubscriberMemory(s, { rows: [...awake(stage, s).rows, row] });
  }
  pump(stage, s);
  if (isAwaited) forget(stage, call.job, move);
  end(stage, call, true);
}

function forget(stage: Stage, job: number, { from, to }: Move): void {
  const s = placeOf(stage.setting, from);
  const { leaving, rows } = awake(stage, s);
  const hasLeft = (n: number): boolean => leaving.includes(n);
  const { stored, gone } = stage.subscriber(s);
  stage.setSubscriber(s, {
    stored: stored.map((one) => (hasLeft(one.row.n) ? movedAway(one) : one)),
    gone: replaced(gone, job, { at: stage.now, to, life: -1 }),
  });
  stage.setSubscriberMemory(s, { rows: rows.filter(({ n }) => !hasLeft(n)), leaving: [] });
  // What follows takes some time.
  stage.set({ now: stage.now + 1 });
  pump(stage, s);
}

/** While a job is being handed over, its shard lets other calls wait. */
export const isHeldBack = ({ calls }: World, { job, to, move, waits }: Call): boolean =>
  move === null &&
  waits === null &&
  calls.some((one) => one.job === job && one.move?.isAwaited === true && one.move.from === to);

/** The former shard hears that the other one did not answer. */
export function keepAfterAll(stage: Stage, { from }: Move): void {
  const s = placeOf(stage.setting, from);
  if (stage.subscriber(s).memory === null) return;
  stage.setSubscriberMemory(s, { leaving: [] });
  pump(stage, s);
}
