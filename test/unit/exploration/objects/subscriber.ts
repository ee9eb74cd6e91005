// A subscriber in the world: takes deliveries, makes attempts, and writes what came of them.

import { alarmAt, earliest } from "../../../../src/durable/alarm.ts";
import {
  freeSlots,
  nextLookForCapacity,
  refilled,
} from "../../../../src/deliver/queue/capacity.ts";
import { withInheritedWait } from "../../../../src/deliver/queue/job-plan.ts";
import { EMPTY_PLAN, type Plan } from "../../../../src/deliver/queue/plan.ts";
import { kindOf, queueName, type QueueRow } from "../../../../src/deliver/queue/queue-row.ts";
import type { AttemptResult } from "../../../../src/deliver/attempt/result.ts";
import { HOUR, SECOND } from "../../../../src/kernel/time.ts";
import type { Dispatch } from "../../../../src/model/messages.ts";
import { callEnded } from "./drain.ts";
import { accept } from "./receiver.ts";
import { placeOf, type Stage } from "../stage.ts";
import {
  type Call,
  type LateRequest,
  type Move,
  type StoredDelivery,
  type Subscriber,
  type SubscriberMemory,
} from "../world.ts";

const LIMITS = { concurrency: 2, rate: null, requestsPerAttempt: 1 } as const;
const WAITS = [5 * SECOND, 5 * SECOND, 5 * SECOND, 5 * SECOND];

/** A row of which only the number counts. */
const ENDED: QueueRow = {
  n: 0,
  job: null,
  seq: 0,
  kind: "other",
  at: 0,
  due: 0,
  waiting: "fresh",
  cause: "schedule",
  attempts: 0,
  step: 0,
  instantUsed: false,
};

/** Stands where a delivery was that another shard has now; its number does not come again. */
export const movedAway = ({ row: { n, job, seq, kind } }: StoredDelivery): StoredDelivery => ({
  id: "",
  state: "cancelled",
  row: { ...ENDED, n, job, seq, kind },
});

/** An instance of the subscriber, which reads what waits when it has just begun. */
export function awake(stage: Stage, s: number): SubscriberMemory {
  const { memory, stored } = stage.subscriber(s);
  if (memory !== null) return memory;
  const rows = stored.filter(({ state }) => state === "pending").map(({ row }) => row);
  const read = { rows, unstored: [], underWay: [], leaving: [], results: [] };
  stage.setSubscriber(s, { memory: read });
  return read;
}

const memoryOf = (stage: Stage, s: number): SubscriberMemory => awake(stage, s);

/** The number of the next delivery. */
export const nextN = ({ stored, memory }: Subscriber): number =>
  Math.max(0, ...[...stored, ...(memory?.unstored ?? [])].map(({ row }) => row.n)) + 1;

/** A call has arrived; it is answered at once, or once its delivery was attempted. */
export function enqueue(stage: Stage, s: number, call: Call): void {
  const memory = memoryOf(stage, s);
  const gone = stage.subscriber(s).gone[call.job];
  if (gone && gone.to !== null && stage.rules.passesOn)
    return stage.replaceCall(call, { ...call, to: gone.to, via: call.via ?? call.to });
  const isLate = (gone?.life ?? -1) >= call.life && stage.rules.dropsErased;
  const events = isLate ? [] : stage.eventsOf(call);
  const ids = [...stage.subscriber(s).stored, ...memory.unstored].map(({ id }) => id);
  const keyOf = (id: string): string => stage.rules.keyOfDispatch(dispatchOf(id, call));
  const fresh = events.filter(({ id }) => !stage.rules.isKnown(ids, keyOf(id)));
  const isNew = fresh.every(({ id }) => !ids.includes(keyOf(id)));
  stage.must(isNew, `subscriber ${s} stores an event twice`);
  // What is known has to be stored before anybody is told so.
  if (fresh.length < events.length) flush(stage, s);
  const from = nextN(stage.subscriber(s));
  const deliveries = fresh.map(({ id, seq, event }, index): StoredDelivery => {
    const job = `s/${call.job}`;
    const times = { at: stage.now, due: stage.now };
    const cause = call.replay === null ? "schedule" : "replay";
    const place = { n: from + index, job, seq, kind: kindOf(event), cause } as const;
    return { id: keyOf(id), state: "pending", row: { ...ENDED, ...times, ...place } };
  });
  const isHeld = call.replay === null && events.length === 1 && deliveries.length === 1;
  const { rows, unstored } = memoryOf(stage, s);
  const entered = [...rows, ...deliveries.map(({ row }) => row)];
  if (isHeld)
    stage.setSubscriberMemory(s, { rows: entered, unstored: [...unstored, ...deliveries] });
  else {
    stage.setSubscriberMemory(s, { rows: entered });
    stage.setSubscriber(s, { stored: [...stage.subscriber(s).stored, ...deliveries] });
  }
  pump(stage, s);
  const { state } = stage.subscriber(s);
  const leavesSoon = memoryOf(stage, s).underWay.length > 0 && state.health.state === "active";
  const n = deliveries[0]?.row.n ?? 0;
  if (!isHeld) answer(stage, call);
  else if (leavesSoon && stage.rules.storesBeforeAnswer)
    stage.replaceCall(call, { ...call, waits: n });
  else if (leavesSoon) answer(stage, call);
  else endWait(stage, s, call, n);
}

/** As far as its key depends on it. */
const dispatchOf = (id: string, { replay }: Call): Dispatch =>
  ({ event: { id }, ...(replay === null ? {} : { replay }) }) as Dispatch;

/** The call of a delivery whose attempt takes too long is answered once it is stored. */
export function endWait(stage: Stage, s: number, call: Call, n: number): void {
  flushResults(stage, s);
  store(stage, s, n, null);
  pump(stage, s);
  answer(stage, call);
}

/** The caller hears that its call was taken. */
export function answer(stage: Stage, call: Call): void {
  stage.replaceCall(call, null);
  if (!call.late) callEnded(stage, call, true);
}

/** Starts what may leave now, and sets the alarm for the rest. */
export function pump(stage: Stage, s: number): void {
  const { state } = stage.subscriber(s);
  const memory = memoryOf(stage, s);
  const { now } = stage;
  if (!stage.isConfigured(s) && stage.rules.waitsWhileAbsent)
    return armSubscriber(stage, s, now + HOUR);
  const gate = stage.rules.gateOf(state.health, now, memory.underWay.length);
  const isShut = gate.kind === "shut";
  const before = refilled({ rateLimit: { onPaceAt: 0 } });
  const free = Math.max(freeSlots(before, LIMITS, now, memory.underWay.length), 0);
  const rows = memory.rows.toSorted((left, right) => left.n - right.n);
  const queues = Map.groupBy(rows, queueName);
  const all = () => queues.values();
  const underWay = new Set([...memory.underWay.map(({ n }) => n), ...memory.leaving]);
  const facts = { now, order: "job", throttle: 0, underWay, progressSentAt: new Map() } as const;
  const plan =
    free === 0 && !isShut
      ? EMPTY_PLAN
      : stage.rules.planBehind(gate, { all, awake: all }, facts, free);
  commit(stage, s, plan);
  const started = plan.send.map(({ n }) => ({ n, probe: gate.kind === "probe" }));
  const after = memoryOf(stage, s);
  stage.setSubscriberMemory(s, { underWay: [...after.underWay, ...started] });
  const resting = new Map(plan.rests.map(({ job, until }) => [job, until]));
  const awakeCount = [...queues.keys()].filter((job) => !resting.has(job)).length;
  const stored = new Set(after.unstored.map(({ row }) => row.n));
  const look = nextLookForCapacity(before, LIMITS, {
    now,
    started: started.length,
    underWay: [...after.underWay, ...started].filter(({ n }) => !stored.has(n)).length,
    moreWait: !isShut && awakeCount > 0,
  });
  const next = isShut || awakeCount > 0 ? null : earliest(...resting.values());
  armSubscriber(stage, s, earliest(plan.wake, look, next));
}

function armSubscriber(stage: Stage, s: number, due: number | null): void {
  const at = alarmAt(stage.now, due, stage.subscriber(s).alarm);
  if (at === null) return;
  stage.setSubscriber(s, { alarm: at });
  flushResults(stage, s);
}

/** Writes what a plan changes. */
function commit(stage: Stage, s: number, { superseded, inheritedWaits }: Plan): void {
  if (superseded.length + inheritedWaits.length === 0) return;
  flush(stage, s);
  const waits = new Map(inheritedWaits.map(({ n, due }) => [n, due]));
  const waiting = (row: QueueRow): QueueRow => {
    const due = waits.get(row.n);
    return due === undefined ? row : withInheritedWait(row, due);
  };
  stage.setSubscriber(s, {
    stored: stage
      .subscriber(s)
      .stored.map((one) =>
        superseded.includes(one.row.n)
          ? { ...one, ...kept({ row: one.row, state: "superseded" }) }
          : { ...one, row: waiting(one.row) },
      ),
  });
  const rows = memoryOf(stage, s).rows.filter(({ n }) => !superseded.includes(n));
  stage.setSubscriberMemory(s, { rows: rows.map(waiting) });
}

/** Writes results; what is in memory alone is stored with its own. */
export function flushResults(stage: Stage, s: number): void {
  const { results } = memoryOf(stage, s);
  stage.setSubscriberMemory(s, { results: [] });
  for (const result of results) store(stage, s, result.row.n, result);
}

export function flush(stage: Stage, s: number): void {
  flushResults(stage, s);
  for (const { row } of memoryOf(stage, s).unstored) store(stage, s, row.n, null);
}

type Result = SubscriberMemory["results"][number];

function store(stage: Stage, s: number, n: number, result: Result | null): void {
  const { unstored } = memoryOf(stage, s);
  const { stored } = stage.subscriber(s);
  const held = unstored.find(({ row }) => row.n === n);
  const known = held === undefined ? stored : [...stored, held];
  stage.setSubscriber(s, {
    stored: known
      .map((one) => (one.row.n === n && result !== null ? { ...one, ...kept(result) } : one))
      .toSorted((left, right) => left.row.n - right.row.n),
  });
  stage.setSubscriberMemory(s, { unstored: unstored.filter(({ row }) => row.n !== n) });
}

/** A result; of a delivery that has ended nobody reads the row any more. */
const kept = ({ row, state }: Result): Result =>
  state === "pending" ? { row, state } : { row: { ...ENDED, n: row.n }, state };

/** What the receiver does with an attempt. */
export type Answer = "ok" | "unavailable" | "answer lost" | "late";

const RESULTS: Readonly<Record<Answer, AttemptResult>> = {
  ok: { kind: "answer", status: 200, headers: {}, answer: "", ms: 5 },
  unavailable: { kind: "answer", status: 500, headers: {}, answer: "", ms: 5 },
  "answer lost": { kind: "failure", reason: "timeout", error: "timeout", ms: 15_000 },
  late: { kind: "failure", reason: "timeout", error: "timeout", ms: 15_000 },
};

/** An attempt ends. */
export function endAttempt(stage: Stage, s: number, n: number, given: Answer): void {
  const { rows, underWay } = memoryOf(stage, s);
  const { stored } = stage.subscriber(s);
  // Another shard may have it meanwhile.
  const row = [...rows, ...stored.map((one) => one.row)].find((one) => one.n === n);
  const probe = underWay.find((one) => one.n === n)?.probe ?? false;
  if (row === undefined) throw new Error(`row ${n} is not in memory`);
  if (given === "late") leaveLate(stage, s, [row]);
  else if (given !== "unavailable") accept(stage, s, row, isReplay(stage, s, n));
  const { state } = stage.subscriber(s);
  const times = { startedAt: stage.now, endedAt: stage.now, chance: 0.5 };
  const ended = { row, result: RESULTS[given], probe, waits: WAITS, ...times };
  const settlement = stage.rules.settleAttempt(ended, state);
  finish(stage, s, settlement);
  for (const call of stage.world.calls.filter((one) => isOf(stage, one, s) && one.waits === n)) {
    flushResults(stage, s);
    store(stage, s, n, null);
    answer(stage, call);
  }
  const left = memoryOf(stage, s).underWay.filter((one) => one.n !== n);
  stage.setSubscriberMemory(s, { underWay: left });
  pump(stage, s);
  if (memoryOf(stage, s).underWay.length === 0) flushResults(stage, s);
}

type Settled = ReturnType<Stage["rules"]["settleAttempt"]>;

function finish(stage: Stage, s: number, { row, state, subscriberState }: Settled): void {
  const { rows, results } = memoryOf(stage, s);
  stage.setSubscriberMemory(s, {
    rows: rows.flatMap((one) => (one.n !== row.n ? one : state === "pending" ? row : [])),
    results: [...results, { row, state }],
  });
  const before = stage.subscriber(s).state;
  if (subscriberState === before) return;
  flushResults(stage, s);
  // A failure's instant and words decide nothing.
  stage.setSubscriber(s, { state: { ...subscriberState, lastFailure: null } });
  if (before.health.state === "active" || subscriberState.health.state !== "active") return;
  const freed = memoryOf(stage, s).rows.filter(
    (one) => one.waiting === "unavailable" && one.due > stage.now,
  );
  commit(stage, s, {
    ...EMPTY_PLAN,
    inheritedWaits: freed.map(({ n }) => ({ n, due: stage.now })),
  });
}

function isReplay(stage: Stage, s: number, n: number): boolean {
  const all = [...stage.subscriber(s).stored, ...memoryOf(stage, s).unstored];
  return all.find(({ row }) => row.n === n)?.id.includes(" ") ?? false;
}

/** Requests are under way to the receiver still, although nobody waits for their answer. */
function leaveLate(stage: Stage, s: number, rows: readonly QueueRow[]): void {
  const late = rows.map(({ job, seq, kind }): LateRequest => ({ to: s, row: { job, seq, kind } }));
  stage.set({ lateRequests: [...stage.world.lateRequests, ...late] });
}

const isOf = (stage: Stage, call: Call, s: number): boolean =>
  placeOf(stage.setting, call.to) === s;

/** The alarm fires. */
export function fireSubscriber(stage: Stage, s: number): void {
  stage.setSubscriber(s, { alarm: null });
  pump(stage, s);
}

/** What became of the requests that were under way when an instance ended. */
export type Requests = "lost" | "arrived" | "late";

/** The instance ends. */
export function crashSubscriber(stage: Stage, s: number, requests: Requests): void {
  const { rows, underWay } = memoryOf(stage, s);
  const left = underWay.flatMap(({ n }) => rows.find((one) => one.n === n) ?? []);
  if (requests === "late") leaveLate(stage, s, left);
  if (requests === "arrived")
    for (const row of left) accept(stage, s, row, isReplay(stage, s, row.n));
  stage.setSubscriber(s, { memory: null });
  if (!stage.rules.remembersGone)
    stage.setSubscriber(s, { gone: stage.subscriber(s).gone.map(() => null) });
  for (const call of stage.world.calls.filter(
    ({ via }) => placeOf(stage.setting, via ?? "") === s,
  )) {
    stage.replaceCall(call, unawaited(call));
    if (!call.late) callEnded(stage, call, false);
  }
  for (const call of stage.world.calls.filter((one) => isOf(stage, one, s) && one.waits !== null)) {
    stage.replaceCall(call, null);
    if (!call.late) callEnded(stage, call, false);
  }
  for (const call of stage.world.calls.filter(({ move }) => isAwaitedAt(stage, move, s))) {
    stage.replaceCall(call, unawaited(call));
    if (!call.late) callEnded(stage, call, false);
  }
}

const isAwaitedAt = (stage: Stage, move: Move | null, s: number): boolean =>
  move !== null && move.isAwaited && placeOf(stage.setting, move.from) === s;

/** A call of which nobody waits for the answer any more. */
export const unawaited = (call: Call): Call => ({
  ...call,
  late: true,
  move: call.move === null ? null : { ...call.move, isAwaited: false },
});
