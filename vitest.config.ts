// Three rooms of tests: pure files in plain Node, objects and routes in workerd, the real Worker from outside.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

// The Worker imports the bundled console and client.
execFileSync(process.execPath, ["src/build/build.ts"], { stdio: "inherit" });

/**
 * A condition is waited for as long as a busy machine may need, not the second that vitest gives it
 * by itself.
 */
const WAITS = { poll: { timeout: 60_000 } };

/**
 * The most that a test or its preparation may take, in ms. A relay that starts in 2 s does so in a
 * minute where many others use the cores.
 */
const BOUND_MS = 180_000;

/** Files at once, by core: vitest leaves one core to itself, which is half of CI's machine. */
const EVERY_CORE = "100%";

/** Where CI wants a report in JSON. */
const report = process.env["TEST_REPORT"];

export default defineConfig({
  test: {
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
    projects: [
      // Pure files share no state: one context serves them all.
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          isolate: false,
          expect: WAITS,
          pool: "threads",
          maxWorkers: EVERY_CORE,
          // Properties are tried as often as `RUNS` says (test/unit/runs.ts).
          testTimeout: process.env["RUNS"] === undefined ? BOUND_MS : 600_000,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./test/worker/wrangler.toml" },
            // Nothing leaves the machine: every subscriber outside takes what it is sent.
            miniflare: {
              outboundService: () => new Response(null, { status: 204 }),
              bindings: {
                FUZZ_RUNS: process.env["RUNS"] ?? "",
                SWEEP: process.env["SWEEP"] ?? "",
                SWEEP_SEED: process.env["SWEEP_SEED"] ?? "",
              },
            },
          }),
        ],
        test: {
          name: "worker",
          include: ["test/worker/**/*.test.ts"],
          maxWorkers: EVERY_CORE,
          testTimeout: BOUND_MS,
          hookTimeout: BOUND_MS,
          expect: WAITS,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts", "test/chaos/**/*.test.ts"],
          testTimeout: BOUND_MS,
          hookTimeout: BOUND_MS,
          expect: WAITS,
          fileParallelism: false,
          // Programs that are started again and again, as the command line is, are compiled once.
          env: { NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/compiled") },
        },
      },
    ],
  },
});
