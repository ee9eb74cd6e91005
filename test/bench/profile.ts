// Where time goes inside workerd: a CPU profile over the inspector, on request.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { withInspector } from "./inspector.ts";
import type { Server } from "./workerd.ts";

/**
 * Runs `work` and writes `{name}.cpuprofile` of the server into `directory`; without one it only
 * runs.
 */
export async function profiled<T>(
  server: Server,
  name: string,
  directory: string | null,
  work: () => Promise<T>,
): Promise<T> {
  if (directory === null) return work();
  return withInspector(server, async (ask) => {
    await ask("Profiler.enable");
    await ask("Profiler.setSamplingInterval", { interval: 500 });
    await ask("Profiler.start");
    const result = await work();
    const stopped = await ask<{ readonly profile?: unknown }>("Profiler.stop");
    writeFileSync(join(directory, `${name}.cpuprofile`), JSON.stringify(stopped.profile));
    return result;
  });
}
