// The tests that mutants are tried against: those in the folders that `MUTANT_TESTS` names.

import { defineConfig } from "vitest/config";

const folders = (process.env["MUTANT_TESTS"] ?? "*").split(",");

export default defineConfig({
  test: {
    include: folders.map((folder) => `test/unit/${folder}/**/*.test.ts`),
    // Random histories take seconds for each mutant, and the tests beside them find the same.
    exclude: ["**/*.model.test.ts"],
    setupFiles: ["test/mutants/setup.ts"],
    pool: "threads",
    isolate: false,
    testTimeout: 30_000,
  },
});
