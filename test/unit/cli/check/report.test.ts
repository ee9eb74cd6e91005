// `check` says before a deploy what `/healthz` would say after it.

import { describe, expect, test } from "vitest";
import { bindingsOf } from "../../../../src/cli/check/bindings.ts";
import { checkReport, deployedSecrets } from "../../../../src/cli/check/report.ts";
import { namedSecrets, withPlaceholders } from "../../../../src/cli/check/secret-names.ts";

const VARS = {
  SOURCES: [
    { id: "comments", provider: "exportcomments", secrets: ["COMMENTS_SECRET"], account: "acme" },
  ],
  SUBSCRIBERS: [{ id: "crm", url: "https://crm.example.com/hooks", secrets: ["CRM_SECRET"] }],
};

const OBJECTS = {
  bindings: [
    { name: "JOB", class_name: "Job" },
    { name: "ACCOUNT", class_name: "Account" },
    { name: "FAN", class_name: "Fan" },
    { name: "SUBSCRIBER", class_name: "Subscriber" },
    { name: "CORRELATION", class_name: "Correlation" },
    { name: "SOURCE", class_name: "Source" },
    { name: "IDEMPOTENCY", class_name: "Idempotency" },
    { name: "UPSTREAM", class_name: "Upstream" },
  ],
};

const BOUND = {
  bindings: bindingsOf({
    durable_objects: OBJECTS,
    r2_buckets: [{ binding: "FILES", bucket_name: "exports" }],
  }),
};

/** Two sources and an archive with a header. */
const archived = (over: object): Readonly<Record<string, unknown>> => ({
  SOURCES: [...VARS.SOURCES, { id: "email", provider: "emailengine", secrets: ["EMAIL_SECRET"] }],
  SUBSCRIBERS: [
    { id: "files", archive: "FILES", headers: { authorization: "Bearer ${EMAIL_TOKEN}" } },
  ],
  ...over,
});

describe("the secrets that a configuration names", () => {
  test("are found in sources, subscribers, connectors and headers, each once, over several vars", () => {
    const vars = {
      SOURCES: [{ secrets: ["B", "A"], connect: { tokenSecret: "C" } }],
      SOURCES_2: [{ secrets: ["A"], poll: { tokenSecret: "D" } }],
      SUBSCRIBERS: [{ secrets: ["E"], headers: { authorization: "Bearer ${F} ${G}", plain: "x" } }],
    };
    expect(namedSecrets(vars)).toEqual(["A", "B", "C", "D", "E", "F", "G"]);
  });

  test("nonsense names none", () => {
    expect(
      namedSecrets({
        SOURCES: "not a list",
        SUBSCRIBERS: [null, 1, { secrets: "X", headers: [] }, { secrets: [1, "not a name"] }],
      }),
    ).toEqual([]);
  });

  test("a missing or empty one gets a placeholder, one that is set stays", () => {
    const filled = withPlaceholders({
      ...VARS,
      COMMENTS_SECRET: "mine",
      CRM_SECRET: "",
      ADMIN_TOKEN: "a",
    });
    expect(filled.missing).toEqual(["CRM_SECRET", "STREAM_SECRET"]);
    expect(filled.vars["COMMENTS_SECRET"]).toBe("mine");
  });
});

describe("the vars that a deployed Worker sees", () => {
  test("hold local secrets that are named, and none of the local settings", () => {
    const local = {
      ALLOW_PRIVATE_URLS: "true",
      LOG_LEVEL: "debug",
      CRM_SECRET: "s",
      ADMIN_TOKEN: "a",
      OTHER: "x",
    };
    expect(deployedSecrets(VARS, local)).toEqual({ CRM_SECRET: "s", ADMIN_TOKEN: "a" });
  });
});

describe("the bindings that a configuration declares", () => {
  test("are those of services, queues that are written to, and buckets", () => {
    const wrangler = {
      services: [{ binding: "BACKEND", service: "backend" }],
      queues: { producers: [{ binding: "JOBS", queue: "jobs" }], consumers: [{ queue: "other" }] },
      r2_buckets: [{ binding: "FILES", bucket_name: "exports" }],
      kv_namespaces: [{ binding: "CACHE", id: "1" }],
    };
    expect([...bindingsOf(wrangler).targets]).toEqual([
      ["BACKEND", "service"],
      ["JOBS", "queue"],
      ["FILES", "archive"],
    ]);
  });

  test.each([
    [{}],
    [{ services: "x", queues: [], r2_buckets: [null, 1, {}, { binding: 1 }] }],
    [{ queues: { producers: {} } }],
  ])("are none in %j", (wrangler) =>
    expect(bindingsOf(wrangler)).toEqual({ targets: new Map(), objects: new Map() }),
  );
});

describe("the report", () => {
  test("a good configuration whose secrets are only on Cloudflare is valid, with a warning for each", () => {
    const report = checkReport(VARS);
    expect(report).toMatchObject({
      ok: true,
      problems: [],
      missingSecrets: ["COMMENTS_SECRET", "CRM_SECRET", "ADMIN_TOKEN", "STREAM_SECRET"],
    });
    expect(report.warnings).toContain(
      "secret CRM_SECRET is not known here: npx wrangler secret put CRM_SECRET",
    );
  });

  test("says who gets what", () => {
    const rules = [{ id: "ends", match: { event: ["job.finished", "job.failed"] }, to: ["crm"] }];
    expect(checkReport({ ...VARS, RULES: rules }).lines).toEqual([
      "Sources",
      "  /hooks/comments  exportcomments  account acme",
      "Subscribers",
      "  crm  envelope  https://crm.example.com/hooks",
      "Rules",
      "  ends  event job.finished | job.failed  → crm",
    ]);
  });

  test("without rules every event goes to everybody", () => {
    expect(checkReport(VARS).lines.at(-1)).toBe("  none: every event goes to every subscriber");
  });

  test("names every problem as /healthz does", () => {
    const report = checkReport({
      ...VARS,
      SUBSCRIBERS: [{ id: "crm", url: "http://crm.example.com/hooks", secrets: ["CRM_SECRET"] }],
    });
    expect(report.ok).toBe(false);
    expect(report.problems).toEqual([expect.stringMatching(/^SUBSCRIBERS\[0\]\.url: /)]);
  });

  test("a local secret of the wrong form is a problem, not a warning", () => {
    expect(checkReport({ ...VARS, CRM_SECRET: "no-prefix" }).problems).toEqual([
      expect.stringMatching(/^SUBSCRIBERS\[0\]\.secrets/),
    ]);
  });

  test.each([
    [
      { ...VARS, SOURCES: [{ id: "open", provider: "exportcomments", verify: "none" }] },
      /^source open has verify = "none"/,
    ],
    [
      {
        ...VARS,
        RULES: [{ id: "r", match: {}, to: ["other"] }],
        SUBSCRIBERS: [
          ...VARS.SUBSCRIBERS,
          { id: "other", url: "https://o.example.com", secrets: ["CRM_SECRET"] },
        ],
      },
      /^subscriber crm is in no rule/,
    ],
    [
      archived({}),
      /^subscriber files sends its headers to wherever comments and email say their files are: give each source an archive of its own/,
    ],
    [
      archived({ RULES: [{ id: "r", match: { source: ["*m*"], provider: "e*" }, to: ["files"] }] }),
      /^subscriber files sends .* comments and email/,
    ],
    [{}, /^there is no source/],
    [{ ...VARS, ALLOW_PRIVATE_URLS: true }, /^ALLOW_PRIVATE_URLS is on/],
  ])("warns: %#", (vars, warning) => {
    expect(checkReport(vars, BOUND).warnings).toContainEqual(expect.stringMatching(warning));
  });

  test.each([
    [
      "only one source reaches it",
      archived({ RULES: [{ id: "r", match: { source: "email" }, to: ["files"] }] }),
    ],
    [
      "its provider does",
      archived({ RULES: [{ id: "r", match: { provider: "emailengine" }, to: ["files"] }] }),
    ],
    ["it has no headers", archived({ SUBSCRIBERS: [{ id: "files", archive: "FILES" }] })],
  ])("does not warn of an archive's headers when %s", (_, vars) => {
    expect(checkReport(vars, BOUND)).toMatchObject({
      ok: true,
      warnings: expect.not.arrayContaining([expect.stringMatching(/headers/)]),
    });
  });

  /** A source that redacts, a subscriber, and rules. */
  const redacting = (
    subscriber: object,
    redact: readonly string[],
    rules: readonly object[] = [],
  ) =>
    checkReport(
      {
        SOURCES: [{ ...VARS.SOURCES[0], redact }],
        SUBSCRIBERS: [{ ...VARS.SUBSCRIBERS[0], ...subscriber }],
        RULES: rules,
      },
      BOUND,
    ).warnings;

  const RAW =
    "subscriber crm gets the raw bodies of source comments, with everything that it redacts";

  test("warns of raw bodies of a source that redacts, where a rule lets them through", () => {
    const raw = { format: "raw" };
    const other = { id: "r", match: { source: "*", provider: "emailengine" }, to: ["crm"] };
    expect([
      redacting(raw, ["emails"]).includes(RAW),
      redacting(raw, []).includes(RAW),
      redacting({ format: "envelope" }, ["emails"]).includes(RAW),
      redacting(raw, ["emails"], [other]).includes(RAW),
    ]).toEqual([true, false, false, false]);
  });

  test("warns of an archive of a source that redacts the addresses of files", () => {
    const warning =
      "subscriber crm gets no files of source comments, which redacts their addresses";
    expect(
      [["download_link"], ["url"], ["error"]].map((redact) =>
        checkReport(
          {
            SOURCES: [{ ...VARS.SOURCES[0], redact }],
            SUBSCRIBERS: [{ id: "crm", archive: "FILES" }],
          },
          BOUND,
        ).warnings.includes(warning),
      ),
    ).toEqual([true, true, false]);
  });

  test.each([
    [1, [86_400], "source comments keeps data for 1 day, subscriber crm is retried for up to 1.2"],
    [2, [86_400], undefined],
    [1, [60, 60], undefined],
  ])("with a retention of %d days and the waits %j warns: %s", (retention, retry, warning) => {
    const { warnings } = checkReport(
      {
        SOURCES: [{ ...VARS.SOURCES[0], retention }],
        SUBSCRIBERS: [{ ...VARS.SUBSCRIBERS[0], retry }],
      },
      BOUND,
    );
    const found = warnings.find((line) => line.includes("keeps data"));
    expect(found?.slice(0, warning?.length)).toBe(warning);
  });
});
