// A deployment in the world: every object ends, and the next configuration is in force.

import type { Stage } from "../stage.ts";
import { crashJob } from "./job.ts";
import { crashSubscriber } from "./subscriber.ts";

/** What is under way to receivers does not arrive; calls between objects may. */
export function deploy(stage: Stage): void {
  const { jobs, subscribers, config } = stage.world;
  for (const [j] of jobs.entries()) crashJob(stage, j);
  for (const [s, { memory }] of subscribers.entries())
    if (memory !== null) crashSubscriber(stage, s, "lost");
  stage.setAccount({ memory: null });
  stage.set({ config: config + 1 });
  // A deployment wakes the subscribers.
  for (const [s, { stored }] of subscribers.entries())
    if (stored.length > 0) stage.setSubscriber(s, { alarm: stage.now + 1 });
}
