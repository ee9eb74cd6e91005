// `npm run relay -- check` on real files: what `npm run deploy` begins with.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CheckReport } from "../../../src/cli/check/report.ts";
import { runCli } from "./run-cli.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "jobrelay-check-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

interface Checked {
  readonly code: number | null;
  readonly report: CheckReport;
}

/** Checks a configuration with `toml` in it. */
async function check(toml: string, ...args: readonly string[]): Promise<Checked> {
  const path = join(directory, "wrangler.toml");
  writeFileSync(path, toml);
  const { code, stdout } = await runCli(["check", "--config", path, "--json", ...args]);
  return { code, report: JSON.parse(stdout) as CheckReport };
}

const TARGETS = `
[[vars.SOURCES]]
id = "comments"
provider = "exportcomments"
secrets = ["COMMENTS_SECRET"]
[[vars.SUBSCRIBERS]]
id = "files"
archive = "FILES"
[[vars.SUBSCRIBERS]]
id = "worker"
service = "BACKEND"
[[vars.SUBSCRIBERS]]
id = "stream"
queue = "JOBS"
`;

const OBJECTS = [
  "Job",
  "Account",
  "Fan",
  "Subscriber",
  "Correlation",
  "Source",
  "Idempotency",
  "Upstream",
]
  .map(
    (name) =>
      `[[durable_objects.bindings]]\nname = "${name.toUpperCase()}"\nclass_name = "${name}"\n`,
  )
  .join("");

const BINDINGS = `
[[r2_buckets]]
binding = "FILES"
bucket_name = "exports"
[[services]]
binding = "BACKEND"
service = "backend"
[[queues.producers]]
binding = "JOBS"
queue = "jobs"
`;

/** The same tables in the environment `production`. */
const named = (toml: string): string => toml.replaceAll("[[", "[[env.production.");

test("targets that the file binds are valid", async () => {
  expect(await check(TARGETS + BINDINGS + OBJECTS)).toMatchObject({
    code: 0,
    report: { ok: true, problems: [] },
  });
});

test("targets that it does not bind are problems", async () => {
  expect(await check(TARGETS + OBJECTS)).toMatchObject({
    code: 1,
    report: {
      problems: [
        'SUBSCRIBERS[0].archive: no binding "FILES"',
        'SUBSCRIBERS[1].service: no binding "BACKEND"',
        'SUBSCRIBERS[2].queue: no binding "JOBS"',
      ],
    },
  });
});

test("a binding of another kind is none: a bucket is no queue", async () => {
  const crossed = TARGETS.replace('archive = "FILES"', 'archive = "JOBS"').replace(
    'queue = "JOBS"',
    'queue = "FILES"',
  );
  expect((await check(crossed + BINDINGS + OBJECTS)).report.problems).toEqual([
    "SUBSCRIBERS[0].archive: JOBS is the binding of a queue",
    "SUBSCRIBERS[2].queue: FILES is the binding of an archive",
  ]);
});

test("a named environment has its own bindings and inherits none, as with wrangler", async () => {
  expect(
    (await check(named(TARGETS) + named(BINDINGS + OBJECTS), "--env", "production")).report.ok,
  ).toBe(true);
  expect(
    (await check(named(TARGETS) + BINDINGS + OBJECTS, "--env", "production")).report.problems,
  ).toHaveLength(11);
});
