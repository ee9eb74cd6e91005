// How a job's events leave: pages of calls, and what is noted once they have ended.

import { isEnded } from "../../../../src/job/lifecycle.ts";
import {
  parseDestination,
  subscriberDestination,
  takerOf,
  type Destination,
} from "../../../../src/job/outbox/destinations.ts";
import { afterFault, afterMoves, firstPage } from "../../../../src/job/outbox/outbox.ts";
import { lastShards, type ShardMove } from "../../../../src/job/outbox/shards.ts";
import { arm, loadedJob, rest, save } from "./instance.ts";
import type { Stage } from "../stage.ts";
import type { AfterDrain, Call, Chain, Drain, JobMemory, LoggedEvent } from "../world.ts";
import { replayTaken } from "./replay.ts";

const NOTHING_SENT = {
  awaited: [],
  took: [],
  failed: [],
  sent: false,
  chains: [],
  moved: [],
  ending: null,
  ended: [],
} as const;

/** Begins a drain, or joins the one that runs. */
export function startDrain(stage: Stage, j: number, then: Partial<AfterDrain>): void {
  const memory = loadedJob(stage, j);
  if (memory === null) return;
  const { drain, erasing } = memory;
  if (erasing !== null) return waitForErasure(stage, j, then);
  const joined: Drain = {
    ...(drain ?? { ...NOTHING_SENT, last: memory.watermarks.all }),
    save: drain?.save === true || then.save === true,
    rest: drain?.rest === true || then.rest === true,
    alarm: drain?.alarm === true || then.alarm === true,
  };
  stage.setJobMemory(j, memory, { drain: joined });
  if (drain === null) sendPages(stage, j);
}

/** While the job is being erased nothing leaves it; the alarm looks again. */
function waitForErasure(stage: Stage, j: number, { alarm = false }: Partial<AfterDrain>): void {
  if (!alarm) return;
  stage.setJob(j, { alarmRuns: false });
  arm(stage, j);
}

/** Sends pages until calls are awaited, or nothing is left. */
function sendPages(stage: Stage, j: number): void {
  for (;;) {
    const { memory, rows } = stage.job(j);
    if (memory === null || rows === null || memory.drain === null) return;
    const { drain } = memory;
    if (drain.last >= memory.state.seq) {
      if (drain.failed.length === 0 && drain.ending === null && endMoves(stage, j)) return;
      if (drain.failed.length > 0 || memory.state.seq <= memory.watermarks.all)
        return endDrain(stage, j, drain);
      const last = memory.watermarks.all;
      stage.setJobMemory(j, memory, { drain: { ...drain, last, ending: null, ended: [] } });
      continue;
    }
    if (sendPage(stage, j, { memory, drain, events: rows.events.slice(drain.last) })) return;
    endPage(stage, j);
  }
}

interface Page {
  readonly memory: JobMemory;
  readonly drain: Drain;
  /** Those that may be sent. */
  readonly events: readonly LoggedEvent[];
}

/** True when calls of the page are awaited. */
function sendPage(stage: Stage, j: number, { memory, drain, events }: Page): boolean {
  const page = firstPage(events);
  const last = page.at(-1)?.seq ?? drain.last;
  const attempted = memory.attempted ?? last;
  const lacks = stage.rules
    .undelivered(memory.watermarks, page)
    .filter(({ destination }) => !drain.failed.includes(destination.name));
  const awaited = lacks.map(({ destination }) => destination.name);
  const chains = [...Map.groupBy(lacks, ({ destination }) => takerOf(destination)).values()].map(
    (chain) => chain.toSorted((one, other) => firstSeq(one) - firstSeq(other)),
  );
  stage.setJobMemory(j, memory, {
    attempted: Math.max(attempted, last),
    drain: { ...drain, last, awaited, took: [], chains, moved: [] },
  });
  if (stage.rules.marksBeforeCall) mark(stage, j, { last, took: awaited, failed: [] });
  for (const chain of chains) sendFirst(stage, j, { chain, attempted });
  return awaited.length > 0;
}

const firstSeq = ({ events }: Chain[number]): number => events[0]?.seq ?? 0;

/** Sends to the first shard of a chain, once what waits at the former shard has come. */
function sendFirst(
  stage: Stage,
  j: number,
  { chain, attempted }: { readonly chain: Chain; readonly attempted: number },
): void {
  const [lack] = chain;
  const { memory } = stage.job(j);
  if (lack === undefined || memory === null || memory.drain === null) return;
  const { destination } = lack;
  const call = { ...NEW_CALL, job: j, life: stage.job(j).life, attempted };
  const move = moveBefore(memory, memory.drain, destination);
  if (move === null) {
    const seqs = lack.events.map(({ seq }) => seq);
    return stage.addCalls([{ ...call, to: destination.name, seqs }]);
  }
  stage.addCalls([moveCall(call, move, destination.name)]);
}

const NEW_CALL = {
  to: "",
  via: null,
  seqs: [],
  late: false,
  waits: null,
  replay: null,
  move: null,
  erasesAt: null,
} as const;

const moveCall = (call: Omit<Call, "to" | "move">, { id, from }: ShardMove, to: string): Call => {
  const { name } = subscriberDestination(id, from);
  const move = { from: name, to, adopted: null, startedAt: 0, isAwaited: false };
  return { ...call, to: name, move };
};

/** The move that has to end before events go to a destination; `null` when none has. */
function moveBefore(
  { watermarks }: JobMemory,
  { moved }: Drain,
  destination: Destination,
): ShardMove | null {
  if (destination.kind !== "subscriber") return null;
  const { id, shard } = destination;
  const isRoute = lastShards(watermarks.reached ?? []).get(id) === shard;
  const move = watermarks.moves?.find((one) => one.id === id);
  return isRoute && !moved.includes(id) ? (move ?? null) : null;
}

type Outcome = Pick<Drain, "last" | "took" | "failed"> & Partial<Pick<Drain, "moved">>;

function mark(stage: Stage, j: number, { last, took, failed, moved = [] }: Outcome): void {
  const { memory } = stage.job(j);
  if (memory === null) return;
  const before = afterMoves(memory.watermarks, new Set(moved));
  const watermarks = stage.rules.afterDrain(before, { last, took, failed }, stage.now);
  stage.setJobMemory(j, memory, { watermarks, unsaved: true });
  if (failed.length > 0 || stage.rules.marksBeforeCall) save(stage, j);
}

function endPage(stage: Stage, j: number): void {
  const drain = stage.job(j).memory?.drain ?? null;
  if (drain === null) return;
  mark(stage, j, drain);
  const { memory } = stage.job(j);
  if (memory !== null) stage.setJobMemory(j, memory, { drain: { ...drain, sent: true } });
}

/** Ends the moves that no event has ended; true when calls are awaited. */
function endMoves(stage: Stage, j: number): boolean {
  const { memory } = stage.job(j);
  const moves = memory?.watermarks.moves ?? [];
  if (memory === null || memory.drain === null || moves.length === 0) return false;
  stage.setJobMemory(j, memory, { drain: { ...memory.drain, ending: moves } });
  return endNextMove(stage, j);
}

function endNextMove(stage: Stage, j: number): boolean {
  const { memory } = stage.job(j);
  const drain = memory?.drain ?? null;
  if (memory === null || drain === null || drain.ending === null) return false;
  const { watermarks } = memory;
  const [move] = drain.ending;
  if (move !== undefined) {
    const shard = lastShards(watermarks.reached ?? []).get(move.id) ?? 0;
    const { name } = subscriberDestination(move.id, shard);
    stage.addCalls([
      moveCall({ ...NEW_CALL, job: j, life: stage.job(j).life, attempted: 0 }, move, name),
    ]);
    return true;
  }
  const after = afterMoves(watermarks, new Set(drain.ended));
  const isDone = drain.ended.length === (watermarks.moves ?? []).length;
  stage.setJobMemory(j, memory, {
    watermarks: isDone ? after : afterFault(after, stage.now),
    unsaved: true,
  });
  save(stage, j);
  return false;
}

/** A call was answered, or failed. */
export function callEnded(stage: Stage, { via, ...ended }: Call, isTaken: boolean): void {
  const call: Call = { ...ended, to: via ?? ended.to, via: null };
  if (call.life !== stage.job(call.job).life) return;
  if (call.replay !== null) return isTaken ? replayTaken(stage, call) : undefined;
  const { memory } = stage.job(call.job);
  if (memory === null || memory.drain === null) return;
  if (memory.drain.ending !== null) return moveEnded(stage, call, isTaken);
  const { drain } = memory;
  const taker = takerOf(parseDestination(call.to));
  const chain = drain.chains.find(([first]) => first && takerOf(first.destination) === taker) ?? [];
  const names = chain.map(({ destination }) => destination.name);
  const isMove = call.move !== null;
  const gone = isTaken ? (isMove ? [] : [call.to]) : [...names, ...routesOf(memory, chain)];
  const left = isTaken ? chain.slice(isMove ? 0 : 1) : [];
  const next: Drain = {
    ...drain,
    awaited: drain.awaited.filter((name) => !gone.includes(name)),
    took: isTaken && !isMove ? [...drain.took, call.to].toSorted() : drain.took,
    failed: isTaken ? drain.failed : [...new Set([...drain.failed, ...gone])].toSorted(),
    moved: isTaken && isMove ? [...drain.moved, idOf(call.to)] : drain.moved,
    chains: drain.chains.flatMap((one) =>
      one === chain ? (left.length > 0 ? [left] : []) : [one],
    ),
  };
  stage.setJobMemory(call.job, memory, { drain: next });
  if (left.length > 0)
    return sendFirst(stage, call.job, { chain: left, attempted: call.attempted });
  if (next.awaited.length > 0) return;
  endPage(stage, call.job);
  sendPages(stage, call.job);
}

const idOf = (name: string): string => {
  const destination = parseDestination(name);
  return destination.kind === "subscriber" ? destination.id : "";
};

/** The shard to which later events of a chain's subscriber go: it may not get them before. */
function routesOf({ watermarks }: JobMemory, chain: Chain): readonly string[] {
  const last = lastShards(watermarks.reached ?? []);
  return chain.slice(0, 1).flatMap(({ destination }) => {
    const shard = destination.kind === "subscriber" ? last.get(destination.id) : undefined;
    return destination.kind === "subscriber" && shard !== undefined
      ? [subscriberDestination(destination.id, shard).name]
      : [];
  });
}

function moveEnded(stage: Stage, { job, to }: Call, isTaken: boolean): void {
  const { memory } = stage.job(job);
  const drain = memory?.drain ?? null;
  if (memory === null || drain === null) return;
  const ended = isTaken ? [...drain.ended, idOf(to)] : drain.ended;
  stage.setJobMemory(job, memory, {
    drain: { ...drain, ended, ending: (drain.ending ?? []).slice(1) },
  });
  if (!endNextMove(stage, job)) sendPages(stage, job);
}

function endDrain(stage: Stage, j: number, drain: Drain): void {
  const { memory } = stage.job(j);
  if (memory === null) return;
  stage.setJobMemory(j, memory, { drain: null });
  const { phase } = memory.state.lifecycle;
  const isWaiting = memory.state.window.pending !== null;
  if (drain.save && !isWaiting && (drain.sent || !isEnded(phase))) save(stage, j);
  if (drain.alarm) {
    stage.setJob(j, { alarmRuns: false });
    arm(stage, j);
  }
  if (drain.rest) rest(stage, j);
}
