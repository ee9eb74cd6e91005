// Every command and option of the command line against a running relay. `commands.test.ts` plays
// this against the runtime of `npm start`, `self-hosted.test.ts` against plain workerd with the
// packed command line. test/unit/cli/driven.test.ts names what is missing here.

import { testActing } from "./act.ts";
import { testFollowing } from "./follow.ts";
import { testSendAndRead } from "./send-and-read.ts";
import { startWorld, type Project, type Stand, type World } from "./world.ts";

/** Declares the tests, against the relay that `open` starts. */
export function everyCommand(open: (project: Project) => Promise<Stand>): World {
  const world = startWorld(open);
  testSendAndRead(world);
  testActing(world);
  testFollowing(world);
  return world;
}
