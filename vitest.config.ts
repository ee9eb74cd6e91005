// Three rooms of tests: pure files in plain Node, objects and routes in workerd, the real Worker from outside.

import { execFileSync } from "node:child_process";
import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

// The Worker imports the bundled console and client.
execFileSync(process.execPath, ["src/build/build.ts"], { stdio: "inherit" });

/**
 * A condition is waited for as long as a busy machine may need, not the second that vitest gives it
 * by itself.
 */
const WAITS = { poll: { timeout: 20_000 } };

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
          // Properties are tried as often as `RUNS` says (test/unit/runs.ts).
          testTimeout: process.env["RUNS"] === undefined ? 30_000 : 600_000,
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
        // Cold starts of objects on a busy machine.
        test: {
          name: "worker",
          include: ["test/worker/**/*.test.ts"],
          testTimeout: 60_000,
          expect: WAITS,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts", "test/chaos/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: WAITS,
          fileParallelism: false,
        },
      },
    ],
  },
});
