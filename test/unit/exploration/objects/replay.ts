// A replay by hand in the world: what is sent again, and to whom.

import { beforeReplay } from "../../../../src/job/outbox/outbox.ts";
import { lastShards } from "../../../../src/job/outbox/shards.ts";
import type { JobEnvelope } from "../../../../src/model/event.ts";
import { loadedJob, save } from "./instance.ts";
import type { Stage } from "../stage.ts";
import { replaced, type Call } from "../world.ts";

/** The subscriber that gets the events again. */
const AGAIN = "fails";

/** An operator lets all events of a job be sent to a subscriber once more. */
export function replay(stage: Stage, j: number): void {
  const memory = loadedJob(stage, j);
  const events = stage.job(j).rows?.events ?? [];
  if (memory === null) return;
  const { source, guid, provider } = memory.state;
  const envelope = { source, guid } as JobEnvelope;
  const kept = lastShards(memory.watermarks.reached ?? []);
  const plan = stage.rules.replayPlan(
    events.map((event) => ({ ...event, envelope })),
    { provider, subscribers: [AGAIN], kept },
    stage.settings,
  );
  const names = plan.map(({ destination }) => destination.name);
  const watermarks = beforeReplay(memory.watermarks, names);
  stage.setJobMemory(j, memory, { watermarks, unsaved: true });
  save(stage, j);
  const { replays } = stage.world;
  stage.set({ replays: replays - 1 });
  stage.addCalls(
    plan.map((part): Call => {
      const seqs = part.events.map(({ seq }) => seq);
      const { name: to } = part.destination;
      return {
        job: j,
        life: stage.job(j).life,
        to,
        via: null,
        seqs,
        attempted: 0,
        late: false,
        waits: null,
        replay: `r${replays}`,
        move: null,
        erasesAt: null,
      };
    }),
  );
}

/** The operator hears that a replay was taken: all of it has to arrive. */
export function replayTaken(stage: Stage, { job, seqs }: Call): void {
  stage.set({ replayed: replaced(stage.world.replayed, job, seqs) });
}
