// The inspector of a running workerd: profiles, and what is left on the heap after a collection.

import { HOST } from "../../src/cli/local/relay-process.ts";
import type { Server } from "./workerd.ts";

/** Asks the inspector for something, and answers its result. */
export type AskInspector = <T>(method: string, params?: object) => Promise<T>;

interface Reply {
  readonly id?: number;
  readonly result?: unknown;
}

/** Runs `work` with a connection to the inspector, with which the server has to be started. */
export async function withInspector<T>(
  server: Server,
  work: (ask: AskInspector) => Promise<T>,
): Promise<T> {
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
  let asked = 0;
  const ask = <A>(method: string, params: object = {}): Promise<A> =>
    new Promise((resolve) => {
      asked += 1;
      const id = asked;
      const hear = ({ data }: { readonly data: unknown }): void => {
        const reply = JSON.parse(String(data)) as Reply;
        if (reply.id !== id) return;
        inspector.removeEventListener("message", hear);
        resolve(reply.result as A);
      };
      inspector.addEventListener("message", hear);
      inspector.send(JSON.stringify({ id, method, params }));
    });
  try {
    return await work(ask);
  } finally {
    inspector.close();
  }
}

/** An isolate at rest does not look at what the inspector is asked: a request in ms wakes it. */
const WAKE_EVERY = 100;

/** Bytes that JavaScript uses after a collection. */
export const heapOf = (server: Server): Promise<number> =>
  withInspector(server, async (ask) => {
    const wake = setInterval(() => {
      void fetch(server.url).then(
        (answer) => answer.body?.cancel(),
        () => undefined,
      );
    }, WAKE_EVERY);
    try {
      await ask("HeapProfiler.collectGarbage");
      return (await ask<{ readonly usedSize: number }>("Runtime.getHeapUsage")).usedSize;
    } finally {
      clearInterval(wake);
    }
  });
