// Connectors under accelerated faults: the test of CI, for longer.

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../../src/cli/local/relay-process.ts";
import type { Outcome, Section } from "./section.ts";

/** What the test prints once it is over. */
interface Printed {
  readonly publications: number;
  readonly exports: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly reconnects: number;
  readonly reconnectMs: { readonly p50: number; readonly max: number };
  readonly lostOrDoubled: number;
}

const TEST = "test/chaos/upstream.test.ts";

/** Lines of a failed run that are shown. */
const SHOWN = 30;

export function outcomeOf(output: string, hasPassed: boolean): Outcome {
  // vitest colours what stands before it.
  const line = /\{"minutes":.*$/m.exec(output)?.[0];
  if (!hasPassed || line === undefined)
    return { figures: {}, faults: output.trimEnd().split("\n").slice(-SHOWN) };
  const { publications, exports, faults, reconnects, reconnectMs, lostOrDoubled } = JSON.parse(
    line,
  ) as Printed;
  return {
    figures: {
      publications,
      exports,
      faults: Object.values(faults).reduce((sum, count) => sum + count, 0),
      "of them kill -9": faults["kill"] ?? 0,
      reconnects,
      "ms to reconnect (p50)": reconnectMs.p50,
      "ms to reconnect (longest)": reconnectMs.max,
      "lost or doubled": lostOrDoubled,
    },
    faults: [],
  };
}

export const upstream: Section = {
  minutes: 60,
  run: ({ minutes, file }) =>
    new Promise((resolve, reject) => {
      const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
      const child = spawn(process.execPath, [vitest, "run", "--project", "e2e", TEST], {
        cwd: ROOT,
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, UPSTREAM_MINUTES: String(minutes) },
      });
      const stop = (): void => void child.kill();
      process.once("exit", stop);
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => {
          output += chunk.toString();
        });
      child.once("error", reject);
      child.once("exit", (code) => {
        process.off("exit", stop);
        writeFileSync(file, output);
        resolve(outcomeOf(output, code === 0));
      });
    }),
};
