// Where time goes inside workerd: a CPU profile over the inspector, on request.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { HOST } from "../../src/cli/local/relay-process.ts";
import type { Server } from "./workerd.ts";

interface Reply {
  readonly id?: number;
  readonly result?: { readonly profile?: unknown };
}

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
  const [target] = (await (
    await fetch(`http://${HOST}:${server.inspector}/json`)
  ).json()) as readonly {
    readonly webSocketDebuggerUrl: string;
  }[];
  const inspector = new WebSocket(target?.webSocketDebuggerUrl ?? "");
  await new Promise((resolve, reject) => {
    inspector.addEventListener("open", resolve);
    inspector.addEventListener("error", () => reject(new Error("the inspector does not answer")));
  });
  const ask = (id: number, method: string, params: object = {}): Promise<Reply> =>
    new Promise((resolve) => {
      const hear = ({ data }: { readonly data: unknown }): void => {
        const reply = JSON.parse(String(data)) as Reply;
        if (reply.id !== id) return;
        inspector.removeEventListener("message", hear);
        resolve(reply);
      };
      inspector.addEventListener("message", hear);
      inspector.send(JSON.stringify({ id, method, params }));
    });
  await ask(1, "Profiler.enable");
  await ask(2, "Profiler.setSamplingInterval", { interval: 500 });
  await ask(3, "Profiler.start");
  const result = await work();
  const { result: stopped } = await ask(4, "Profiler.stop");
  writeFileSync(join(directory, `${name}.cpuprofile`), JSON.stringify(stopped?.profile));
  inspector.close();
  return result;
}
