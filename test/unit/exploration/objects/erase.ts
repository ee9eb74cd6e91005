// An erasure in the world: a job leaves its subscribers and its account, then itself; later updates
// begin its next life.

import { loadedJob } from "./instance.ts";
import { answer, awake, pump } from "./subscriber.ts";
import { placeOf, type Stage } from "../stage.ts";
import { replaced, type Call, type World } from "../world.ts";

/** Whether an operator may ask for it: a job waits for what it sends before it is erased. */
export const mayErase = (world: World, j: number): boolean => {
  const job = world.jobs[j];
  if (job === undefined || job.rows === null || world.erasures === 0) return false;
  const isIdle = job.memory === null || (job.memory.drain === null && job.memory.erasing === null);
  return isIdle && !world.calls.some((one) => one.job === j && !one.late && one.replay !== null);
};

/** An operator asks for it; what fails is asked for again. The account comes last. */
export function erase(stage: Stage, j: number): void {
  const memory = loadedJob(stage, j);
  if (memory === null) return;
  stage.set({ mustErase: replaced(stage.world.mustErase, j, true) });
  const left = [...stage.setting.places, "account"];
  stage.setJobMemory(j, memory, { erasing: { seq: memory.state.seq, left } });
  eraseNext(stage, j);
}

function eraseNext(stage: Stage, j: number): void {
  const { memory, life } = stage.job(j);
  if (memory === null || memory.erasing === null) return;
  const { left, seq } = memory.erasing;
  const [to] = left;
  if (to === undefined) return memory.state.seq === seq ? deleteJob(stage, j) : erase(stage, j);
  const call = { job: j, life, to, via: null, seqs: [], attempted: 0, late: false, waits: null };
  stage.addCalls([{ ...call, replay: null, move: null, erasesAt: stage.now }]);
}

/** The call that erases has arrived. */
export function takeErasure(stage: Stage, call: Call, at: number): void {
  const { job, life, to } = call;
  const s = placeOf(stage.setting, to);
  const holder = to === "account" ? stage.world.account : stage.subscriber(s);
  const isOld = (holder.gone[job]?.at ?? 0) >= at && stage.rules.refusesOldErasures;
  if (!isOld) {
    const gone = replaced(holder.gone, job, { at, to: null, life });
    if (to === "account") eraseInAccount(stage, job, gone);
    else eraseInSubscriber(stage, { s, job }, gone);
  }
  stage.replaceCall(call, null);
  if (!call.late) erasureEnded(stage, call, true);
}

type Gone = World["account"]["gone"];

function eraseInAccount(stage: Stage, job: number, gone: Gone): void {
  const { log, index, memory } = stage.world.account;
  stage.setAccount({
    log: log.filter((entry) => entry.job !== job),
    index: replaced(index, job, 0),
    gone,
    memory: memory === null ? null : { ...memory, added: replaced(memory.added, job, 0) },
  });
}

function eraseInSubscriber(
  stage: Stage,
  { s, job }: { readonly s: number; readonly job: number },
  gone: Gone,
): void {
  const { rows, unstored, underWay, results } = awake(stage, s);
  const { stored } = stage.subscriber(s);
  const isOther = ({ row }: { readonly row: { readonly job: string | null } }): boolean =>
    row.job !== `s/${job}`;
  const ofJob = new Set(
    [...stored, ...unstored].filter((one) => !isOther(one)).map(({ row }) => row.n),
  );
  stage.setSubscriber(s, { stored: stored.filter(isOther), gone });
  stage.setSubscriberMemory(s, {
    rows: rows.filter((row) => isOther({ row })),
    unstored: unstored.filter(isOther),
    underWay: underWay.filter(({ n }) => !ofJob.has(n)),
    results: results.filter(isOther),
  });
  pump(stage, s);
  // What is under way to the receiver was sent before.
  for (const call of stage.world.calls)
    if (placeOf(stage.setting, call.to) === s && ofJob.has(call.waits ?? 0)) answer(stage, call);
}

/** A call that erases was answered, or failed: then the operator hears so. */
export function erasureEnded(stage: Stage, { job }: Call, isTaken: boolean): void {
  const { memory } = stage.job(job);
  if (memory === null || memory.erasing === null) return;
  const { left } = memory.erasing;
  const erasing = isTaken ? { ...memory.erasing, left: left.slice(1) } : null;
  stage.setJobMemory(job, memory, { erasing });
  if (isTaken) return eraseNext(stage, job);
  // Time passes until the operator asks again.
  stage.set({ now: stage.now + 1 });
}

/** The operator hears that all of it is gone. */
function deleteJob(stage: Stage, j: number): void {
  const { rows, life } = stage.job(j);
  const { world } = stage;
  stage.setJob(j, { rows: null, memory: null, alarm: null, alarmRuns: false, life: life + 1 });
  stage.set({
    now: world.now + 1,
    past: replaced(world.past, j, rows?.events ?? []),
    begun: replaced(world.begun, j, world.acknowledged[j] ?? 0),
    erasures: world.erasures - 1,
    mustErase: replaced(world.mustErase, j, false),
    replayed: replaced(world.replayed, j, []),
    progressAt: replaced(world.progressAt, j, null),
    subscribers: world.subscribers.map((one) => ({
      ...one,
      accepted: replaced(one.accepted, j, []),
      acceptedAgain: replaced(one.acceptedAgain, j, []),
    })),
  });
}
