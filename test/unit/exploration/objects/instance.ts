// An instance of a job in the world: what it reads, when its alarm fires, what it writes by itself.

import { alarmAt } from "../../../../src/durable/alarm.ts";
import { isEnded } from "../../../../src/job/lifecycle.ts";
import { NEAR_ALARM, type Deadlines } from "../../../../src/job/alarm/deadlines.ts";
import type { Stage } from "../stage.ts";
import type { JobMemory } from "../world.ts";

/** The job as an instance knows it, which reads its rows when it has just begun. */
export function loadedJob(stage: Stage, j: number): JobMemory | null {
  const { memory, rows } = stage.job(j);
  if (memory !== null || rows === null) return memory;
  const state = rows.records
    .filter(({ n }) => n > rows.state.lastRecord)
    .reduce(stage.rules.applyRecord, rows.state);
  const { watermarks } = rows;
  const read = { state, watermarks, unsaved: false, attempted: null, drain: null, erasing: null };
  stage.setJob(j, { memory: read });
  return read;
}

/** Sets the alarm to what is due first, and moves one that would fire in vain. */
export function arm(stage: Stage, j: number): void {
  const deadlines = deadlinesOf(stage, stage.job(j).memory);
  if (deadlines === null) return;
  const { dueAt, idleUntil } = stage.rules;
  const at = alarmAt(stage.now, dueAt(deadlines, stage.now), stage.job(j).alarm);
  if (at !== null) stage.setJob(j, { alarm: at });
  postpone(stage, j, idleUntil(deadlines, stage.now), stage.now + NEAR_ALARM);
}

const deadlinesOf = (stage: Stage, memory: JobMemory | null): Deadlines | null => {
  if (memory === null) return null;
  const { state, watermarks, unsaved } = memory;
  return { state, policy: stage.setting.policy, watermarks, unsaved, tokens: null };
};

function postpone(stage: Stage, j: number, due: number | null, before = Infinity): void {
  const { alarm } = stage.job(j);
  if (due !== null && alarm !== null && alarm <= before && due > alarm)
    stage.setJob(j, { alarm: due });
}

/** After an end that was sent, the alarm moves to when the job expires. */
export function rest(stage: Stage, j: number): void {
  const deadlines = deadlinesOf(stage, stage.job(j).memory);
  if (deadlines !== null && isEnded(deadlines.state.lifecycle.phase))
    postpone(stage, j, stage.rules.dueAt(deadlines, stage.now));
}

/** Writes the job into the row of its newest event. */
export function save(stage: Stage, j: number): void {
  const { memory, rows } = stage.job(j);
  if (memory === null || rows === null || !memory.unsaved) return;
  const { state, watermarks } = memory;
  stage.setJob(j, {
    rows: { ...rows, state, watermarks },
    memory: { ...memory, unsaved: false },
  });
}
