// How a job's events leave: pages of calls, and what is noted once they have ended.

import { isEnded } from "../../../../src/job/lifecycle.ts";
import { firstPage } from "../../../../src/job/outbox/outbox.ts";
import { arm, loadedJob, rest, save } from "./instance.ts";
import type { Stage } from "../stage.ts";
import type { AfterDrain, Drain, JobMemory, LoggedEvent } from "../world.ts";

/** Begins a drain, or joins the one that runs. */
export function startDrain(stage: Stage, j: number, then: Partial<AfterDrain>): void {
  const memory = loadedJob(stage, j);
  if (memory === null) return;
  const { drain } = memory;
  const joined: Drain = {
    last: drain?.last ?? memory.watermarks.all,
    awaited: drain?.awaited ?? [],
    took: drain?.took ?? [],
    failed: drain?.failed ?? [],
    sent: drain?.sent ?? false,
    save: drain?.save === true || then.save === true,
    rest: drain?.rest === true || then.rest === true,
    alarm: drain?.alarm === true || then.alarm === true,
  };
  stage.setJobMemory(j, memory, { drain: joined });
  if (drain === null) sendPages(stage, j);
}

/** Sends pages until calls are awaited, or nothing is left. */
function sendPages(stage: Stage, j: number): void {
  for (;;) {
    const { memory, rows } = stage.job(j);
    if (memory === null || rows === null || memory.drain === null) return;
    const { drain } = memory;
    if (drain.last >= memory.state.seq) {
      if (drain.failed.length > 0 || memory.state.seq <= memory.watermarks.all)
        return endDrain(stage, j, drain);
      stage.setJobMemory(j, memory, { drain: { ...drain, last: memory.watermarks.all } });
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
  stage.setJobMemory(j, memory, {
    attempted: Math.max(attempted, last),
    drain: { ...drain, last, awaited, took: [] },
  });
  if (stage.rules.marksBeforeCall) mark(stage, j, { last, took: awaited, failed: [] });
  stage.addCalls(
    lacks.map(({ destination, events: lacking }) => ({
      job: j,
      to: destination.name,
      seqs: lacking.map(({ seq }) => seq),
      attempted,
      late: false,
      waits: null,
    })),
  );
  return awaited.length > 0;
}

type Outcome = Pick<Drain, "last" | "took" | "failed">;

function mark(stage: Stage, j: number, { last, took, failed }: Outcome): void {
  const { memory } = stage.job(j);
  if (memory === null) return;
  const watermarks = stage.rules.afterDrain(memory.watermarks, { last, took, failed }, stage.now);
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

/** A call of the running drain was answered, or failed. */
export function callEnded(stage: Stage, j: number, to: string, isTaken: boolean): void {
  const { memory } = stage.job(j);
  if (memory === null || memory.drain === null) return;
  const { drain } = memory;
  const awaited = drain.awaited.filter((name) => name !== to);
  const next = isTaken
    ? { ...drain, awaited, took: [...drain.took, to].toSorted() }
    : { ...drain, awaited, failed: [...drain.failed, to].toSorted() };
  stage.setJobMemory(j, memory, { drain: next });
  if (awaited.length > 0) return;
  endPage(stage, j);
  sendPages(stage, j);
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
