// A job in the world: what its object does around the pure decisions.

import type { Emission, RecordReason } from "../../../../src/job/decision.ts";
import { keyText } from "../../../../src/job/dedupe.ts";
import type { Shards } from "../../../../src/job/outbox/destinations.ts";
import { NEW_JOB } from "../../../../src/job/outbox/outbox.ts";
import { lastShards } from "../../../../src/job/outbox/shards.ts";
import type { StoredUpdate } from "../../../../src/job/state.ts";
import { envelopeOf } from "../../../../src/job/view/envelope.ts";
import { startDrain } from "./drain.ts";
import { arm, loadedJob } from "./instance.ts";
import type { Stage } from "../stage.ts";
import { replaced, type JobMemory, type JobRows } from "../world.ts";

/** The provider's next update; `isAnswered` is false where the answer is lost. */
export function ingest(stage: Stage, j: number, isAnswered: boolean): void {
  const { scripts, policy } = stage.setting;
  const acknowledged = stage.world.acknowledged[j] ?? 0;
  const update = scripts[j]?.[acknowledged];
  if (update === undefined) return;
  const before = stage.world;
  const state = loadedJob(stage, j)?.state ?? null;
  const key = keyText(update.key);
  const decision = stage.rules.decideUpdate(state, update, {
    sighting: stage.job(j).rows?.sightings[key],
    policy,
    now: stage.now,
  });
  if (decision.kind === "record") record(stage, j, { reason: decision.reason, update, key });
  if (decision.kind === "emit") emit(stage, j, decision.emission, key);
  arm(stage, j);
  if (decision.kind === "emit") startDrain(stage, j, { rest: true });
  // The answer is out, and the rows are not.
  if (stage.rules.answersBeforeRow && !isAnswered) stage.world = before;
  if (isAnswered || stage.rules.answersBeforeRow)
    stage.set({ acknowledged: replaced(stage.world.acknowledged, j, acknowledged + 1) });
}

interface Recorded {
  readonly reason: RecordReason;
  readonly update: StoredUpdate;
  readonly key: string;
}

function record(stage: Stage, j: number, { reason, update, key }: Recorded): void {
  const { memory, rows } = stage.job(j);
  if (memory === null || rows === null) throw new Error("the first update is always emitted");
  const { lifecycleCount, lastRecord } = memory.state;
  const entry = { n: lastRecord + 1, at: stage.now, reason, update };
  stage.setJob(j, {
    memory: { ...memory, state: stage.rules.applyRecord(memory.state, entry) },
    rows: {
      ...rows,
      records: [...rows.records, entry],
      sightings: { ...rows.sightings, [key]: { lifecycleCount } },
    },
  });
}

function emit(stage: Stage, j: number, emission: Emission, key: string | null): void {
  const { rules } = stage;
  const { memory, rows } = stage.job(j);
  const { state } = emission;
  const { life } = stage.job(j);
  const id = `${state.guid}.${state.seq}${life === 0 ? "" : `+${life}`}`;
  const envelope = envelopeOf(emission, id, stage.now);
  const routed = { envelope, provider: state.provider, before: memory?.state.event ?? null };
  const all = rules.destinationsOf(routed, stage.settings, pinnedAt(stage, memory));
  const to = all.filter(({ kind }) => kind !== "index");
  checkEmission(stage, j, emission);
  const event = {
    seq: state.seq,
    id: envelope.id,
    event: envelope.event,
    attempt: envelope.attempt,
    current: envelope.current ?? null,
    key,
    to,
    meantFor: [...stage.settings.subscribers.keys()],
    minor: to.length === all.length,
    size: 1,
  } as const;
  const watermarks = rules.withReached(memory?.watermarks ?? NEW_JOB, all);
  const sightings = key === null ? {} : { [key]: { lifecycleCount: state.lifecycleCount } };
  const written: JobRows = {
    state,
    watermarks,
    events: [...(rows?.events ?? []), event],
    records: rows?.records ?? [],
    sightings: { ...rows?.sightings, ...sightings },
  };
  const attempted = memory?.attempted ?? state.seq - 1;
  stage.setJob(j, {
    rows: written,
    memory: {
      state,
      watermarks,
      unsaved: false,
      attempted,
      drain: memory?.drain ?? null,
      erasing: memory?.erasing ?? null,
    },
  });
}

/** The shards that events keep while a move has not ended. */
function pinnedAt({ rules }: Stage, memory: JobMemory | null): Shards {
  const { moves = [], reached = [] } = memory?.watermarks ?? NEW_JOB;
  return rules.pinnedShards(moves, lastShards(reached));
}

/** What holds at every emission. */
function checkEmission(stage: Stage, j: number, { state, event }: Emission): void {
  const events = stage.job(j).rows?.events ?? [];
  stage.must(state.seq === events.length + 1, `seq ${state.seq} follows ${events.length}`);
  const ofAttempt = events.filter(({ attempt }) => attempt === state.lifecycle.attempt);
  const hasEnded = ofAttempt.some(
    (one) => one.event === "job.finished" || one.event === "job.failed",
  );
  stage.must(!hasEnded, `${event} comes after the end of its attempt`);
  if (event !== "job.progress") return;
  const at = stage.world.progressAt[j] ?? null;
  const width = stage.setting.policy.throttle;
  stage.must(at === null || stage.now - at >= width, "two progress events share a window");
  const before = Math.max(0, ...ofAttempt.map(({ current }) => current ?? 0));
  stage.must((state.current ?? before) >= before, "progress goes back");
  stage.set({ progressAt: replaced(stage.world.progressAt, j, stage.now) });
}

/** The alarm fires. */
export function fire(stage: Stage, j: number): void {
  stage.setJob(j, { alarm: null, alarmRuns: true });
  const before = loadedJob(stage, j);
  if (before === null) return stage.setJob(j, { alarmRuns: false });
  let { state } = before;
  let isEmitted = false;
  const { policy } = stage.setting;
  for (
    let emission = stage.rules.decideDue(state, policy, stage.now);
    emission !== null;
    emission = stage.rules.decideDue(state, policy, stage.now)
  ) {
    emit(stage, j, emission, null);
    ({ state } = emission);
    isEmitted = true;
  }
  startDrain(stage, j, { save: !isEmitted, alarm: true });
}

/** The instance ends: what is in memory alone is gone, and nobody waits for its calls any more. */
export function crashJob(stage: Stage, j: number): void {
  const { memory, alarm, alarmRuns } = stage.job(j);
  stage.setJob(j, {
    memory: null,
    alarmRuns: false,
    alarm: alarmRuns && alarm === null ? stage.now + 1 : alarm,
  });
  const calls = stage.world.calls.map((call) => (call.job === j ? { ...call, late: true } : call));
  stage.set({ calls });
  if (memory === null) return;
  const again = loadedJob(stage, j);
  stage.must(
    JSON.stringify(again?.state) === JSON.stringify(memory.state),
    "a restart forgets what the job knew",
  );
  stage.setJob(j, { memory: null });
}
