// An instance of a job in the world: what it reads, when its alarm fires, what it writes by itself.

import { alarmAt } from "../../../../src/durable/alarm.ts";
import { isEnded } from "../../../../src/job/lifecycle.ts";
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
  const read = { state, watermarks, unsaved: false, attempted: null, drain: null };
  stage.setJob(j, { memory: read });
  return read;
}

/** Sets the alarm to what is due first. */
export function arm(stage: Stage, j: number): void {
  const { alarm, memory } = stage.job(j);
  const at = alarmAt(stage.now, dueOf(stage, memory), alarm);
  if (at !== null) stage.setJob(j, { alarm: at });
}

const dueOf = (stage: Stage, memory: JobMemory | null): number | null => {
  if (memory === null) return null;
  const { state, watermarks, unsaved } = memory;
  const { policy } = stage.setting;
  return stage.rules.dueAt({ state, policy, watermarks, unsaved, tokens: null }, stage.now);
};

/** After an end that was sent, the alarm moves to when the job expires. */
export function rest(stage: Stage, j: number): void {
  const { alarm, memory } = stage.job(j);
  if (memory === null || !isEnded(memory.state.lifecycle.phase)) return;
  const due = dueOf(stage, memory);
  if (due !== null && alarm !== null && due > alarm) stage.setJob(j, { alarm: due });
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
