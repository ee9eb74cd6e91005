// Findings have a line of wrangler.toml and the id of their entry; secrets stay secret.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { problemLines, warningLines } from "../../../../src/cli/check/print.ts";
import type { CheckReport } from "../../../../src/cli/check/report.ts";
import { checkFiles, readProjectFiles } from "../../../../src/cli/local/project-files.ts";
import { plain } from "../../../../src/cli/paint.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "jobrelay-places-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

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

/** Checks a file, and the local secrets beside it. */
function report(
  toml: string,
  { devVars = "", env = null as string | null, isLocal = false } = {},
): CheckReport {
  const path = join(directory, "wrangler.toml");
  writeFileSync(path, toml);
  writeFileSync(join(directory, ".dev.vars"), devVars);
  const files = readProjectFiles(path, env);
  if (!files.ok) throw new Error(files.fault);
  return checkFiles(files.value, isLocal);
}

const problems = (found: CheckReport): readonly string[] =>
  problemLines(found, "wrangler.toml", plain);
const warnings = (found: CheckReport): readonly string[] =>
  warningLines(found, "wrangler.toml", plain);

const SOURCE = `[[vars.SOURCES]]
id = "comments"
provider = "exportcomments"
secrets = ["COMMENTS_SECRET"]
`;

describe("a problem", () => {
  test("has its line and the id of its entry", () => {
    const toml = `${SOURCE}
[[vars.SUBSCRIBERS]]
id = "crm"
url = "http://crm.example.com"
secrets = ["CRM_SECRET"]
${OBJECTS}`;
    expect(problems(report(toml))).toEqual([
      "wrangler.toml:8: SUBSCRIBERS[0].url (crm): must be https",
    ]);
  });

  test("that is left out stands where its entry begins", () => {
    const toml = `${OBJECTS}[[vars.SOURCES]]\nid = "a"\n`;
    expect(problems(report(toml))).toEqual([
      "wrangler.toml:25: SOURCES[0].provider (a): is required",
    ]);
  });

  test("of an environment is found in that environment", () => {
    const toml = `${OBJECTS}[env.staging.vars]\nLOG_LEVEL = "loud"\n`;
    const found = problems(report(toml, { env: "staging" }));
    expect(found).toContain("wrangler.toml:26: LOG_LEVEL: must be one of debug, info, warn, error");
    expect(found).toContain(
      "JOB: no binding of this name, it has to bind the Durable Object Job: an environment inherits no bindings, list them under env.staging.durable_objects",
    );
  });

  test("is a missing binding, also when everything else is sound", () => {
    expect(report(SOURCE)).toMatchObject({
      ok: false,
      problems: expect.arrayContaining([
        "JOB: no binding of this name, it has to bind the Durable Object Job",
      ]),
    });
  });

  test("is the value of a secret where its name belongs, which is not repeated", () => {
    const key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const found = report(`${SOURCE.replace("COMMENTS_SECRET", key)}${OBJECTS}`);
    expect(found.problems).toEqual([
      "SOURCES[0].secrets[0]: must be the name of a secret, not its value",
    ]);
    expect(JSON.stringify(found)).not.toContain(key);
  });

  test("of `npm start` is a secret that .dev.vars does not have", () => {
    const toml = `${SOURCE}${OBJECTS}`;
    expect(report(toml, { isLocal: true, devVars: "ADMIN_TOKEN=a\n" })).toMatchObject({
      ok: false,
      problems: [
        "SOURCES[0].secrets[0]: secret COMMENTS_SECRET is not set",
        "STREAM_SECRET: is not set in .dev.vars",
      ],
    });
    const devVars = "ADMIN_TOKEN=a\nSTREAM_SECRET=0123456789abcdef\nCOMMENTS_SECRET=x\n";
    expect(report(toml, { isLocal: true, devVars }).ok).toBe(true);
  });

  test("is a place that Cloudflare does not have", () => {
    const toml = `${SOURCE}${OBJECTS}[vars]\nLOCATION_HINT = "mars"\nJURISDICTION = "eu"\n`;
    expect(report(toml).problems).toEqual([
      "LOCATION_HINT: must be one of wnam, enam, sam, weur, eeur, apac, apac-ne, apac-se, oc, afr, me",
    ]);
  });
});

describe("a warning", () => {
  test.each([
    ["SOURCE = []\n", "wrangler.toml:2: warning: SOURCE is no var of the relay, is SOURCES meant?"],
    ["Rules = []\n", "wrangler.toml:2: warning: Rules is no var of the relay, is RULES meant?"],
    [
      "SUBSCRIBER_EU = []\n",
      "wrangler.toml:2: warning: SUBSCRIBER_EU is no var of the relay, is SUBSCRIBERS_EU meant?",
    ],
    [
      'LOGLEVEL = "info"\n',
      "wrangler.toml:2: warning: LOGLEVEL is no var of the relay, is LOG_LEVEL meant?",
    ],
    [
      'ADMIN_TOKEN = "secret"\n',
      "wrangler.toml:2: warning: ADMIN_TOKEN is a secret and stands in [vars], where everybody with the file can read it: npx wrangler secret put ADMIN_TOKEN",
    ],
    [
      'COMMENTS_SECRET = "secret"\n',
      "wrangler.toml:2: warning: COMMENTS_SECRET is a secret and stands in [vars], where everybody with the file can read it: npx wrangler secret put COMMENTS_SECRET",
    ],
    [
      'JURISDICTION = "eu"\n',
      expect.stringMatching(/^wrangler.toml:2: warning: all data is kept in the jurisdiction eu\./),
    ],
  ])("is given for %j", (line, warning) => {
    expect(warnings(report(`[vars]\n${line}${SOURCE}${OBJECTS}`))).toContainEqual(warning);
  });

  test("is none for a var of one's own", () => {
    const found = warnings(report(`[vars]\nTEAM = "exports"\n${SOURCE}${OBJECTS}`));
    expect(found.filter((line) => line.includes("TEAM"))).toEqual([]);
  });

  test("says that one object has fewer connections than deliveries are wanted", () => {
    const toml = `${SOURCE}[[vars.SUBSCRIBERS]]
id = "crm"
url = "https://crm.example.com"
secrets = ["CRM_SECRET"]
concurrency = 20
${OBJECTS}`;
    expect(warnings(report(toml))).toContain(
      "wrangler.toml:9: warning: subscriber crm: concurrency 20 is more than one object does, which has 6 connections: use shards = 4",
    );
  });
});

describe("a file that is no TOML", () => {
  test("is named with line and column", () => {
    expect(() => report("[vars]\nA = = 1\n")).toThrow(/wrangler\.toml:2:5: \w/);
  });

  test("is not looked into for an environment that it does not have", () => {
    expect(() => report("[env.staging.vars]\n", { env: "stagin" })).toThrow(
      "has no environment stagin, is staging meant?",
    );
  });
});
