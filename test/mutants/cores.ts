// The pure cores whose tests are tried: which files are changed, and which tests have to notice.

/** Percent of the changes of each core that its tests have to find. */
export const LEAST_FOUND = 90;

/** Left out: they take too long for each change, and the tests beside them find the same. */
export const SLOW_TESTS: readonly string[] = [
  "!**/*.model.test.ts",
  "!**/*.property.test.ts",
  "!**/map/bounds.test.ts",
  // Reads a file of the build.
  "!**/map/parser.test.ts",
];

export interface Core {
  /** Folders of `test/unit` whose tests are tried. */
  readonly tests: readonly string[];
  readonly files: readonly string[];
}

export const CORES: Readonly<Record<string, Core>> = {
  lifecycle: { tests: ["job"], files: ["src/job/lifecycle.ts"] },
  throttle: { tests: ["job"], files: ["src/job/throttle.ts"] },
  decide: {
    tests: ["job"],
    files: [
      "src/job/*.ts",
      "src/job/alarm/*.ts",
      "!src/job/**/*.{io,object}.ts",
      "!src/job/{lifecycle,throttle}.ts",
    ],
  },
  outbox: { tests: ["job"], files: ["src/job/outbox/*.ts", "!src/job/outbox/*.io.ts"] },
  outcome: {
    tests: ["deliver/retry"],
    files: ["src/deliver/retry/*.ts", "!src/deliver/retry/breaker.ts"],
  },
  breaker: { tests: ["deliver/retry"], files: ["src/deliver/retry/breaker.ts"] },
  queue: {
    tests: ["deliver/queue"],
    files: ["src/deliver/queue/*.ts", "!src/deliver/queue/*.io.ts"],
  },
  recovery: {
    tests: ["stream", "account"],
    files: [
      "src/stream/{recovery,cursor,bounded-read}.ts",
      "src/account/{new-publications,log/positions}.ts",
    ],
  },
  correlation: {
    tests: ["ingest/correlation", "ingest/providers"],
    files: ["src/ingest/correlation/runs.ts"],
  },
  recipe: {
    tests: ["ingest/recipe"],
    files: ["src/ingest/recipe/**/*.ts", "!src/ingest/recipe/**/*.io.ts"],
  },
  map: { tests: ["ingest/map"], files: ["src/ingest/map/*.ts"] },
};
