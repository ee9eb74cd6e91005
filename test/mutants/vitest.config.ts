// The tests that mutants are tried against: those of the rooms that `MUTANT_ROOMS` names.

import { defineConfig } from "vitest/config";

const rooms = (process.env["MUTANT_ROOMS"] ?? "*").split(",");

export default defineConfig({
  test: {
    include: rooms.map((room) => `test/unit/${room}/**/*.test.ts`),
    // Random histories take seconds for each mutant, and the tests beside them find the same.
    exclude: ["**/*.model.test.ts"],
    setupFiles: ["test/mutants/setup.ts"],
    pool: "threads",
    isolate: false,
    testTimeout: 30_000,
  },
});
