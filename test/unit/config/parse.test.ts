// The configuration as a whole: what it becomes, and what it says when it is wrong.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { settingsOf } from "../../../src/config/load.ts";
import { parseSettings } from "../../../src/config/parse.ts";
import type { Settings } from "../../../src/config/settings.ts";

const SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SECRETS = { COMMENTS_SECRET: "comments-secret-value", CRM_SECRET: SIGNING };
const SOURCE = { id: "comments", provider: "exportcomments", secrets: ["COMMENTS_SECRET"] };
const SUBSCRIBER = {
  id: "crm",
  url: "https://crm.example.com/hooks/jobs",
  secrets: ["CRM_SECRET"],
};
const RULE = { id: "all", to: ["crm"] };

function settings(vars: Readonly<Record<string, unknown>>): Settings {
  const parsed = parseSettings({ ...SECRETS, ...vars });
  if (!parsed.ok) throw new Error(parsed.fault.join("\n"));
  return parsed.value;
}

function problems(vars: Readonly<Record<string, unknown>>): readonly string[] {
  const parsed = parseSettings({ ...SECRETS, ...vars });
  return parsed.ok ? [] : parsed.fault;
}

const sourceProblems = (fields: object): readonly string[] =>
  problems({ SOURCES: [{ ...SOURCE, ...fields }] });
const subscriberProblems = (fields: object): readonly string[] =>
  problems({ SUBSCRIBERS: [{ ...SUBSCRIBER, ...fields }] });
const ruleProblems = (fields: object): readonly string[] =>
  problems({ SOURCES: [SOURCE], SUBSCRIBERS: [SUBSCRIBER], RULES: [{ ...RULE, ...fields }] });

describe("a sound configuration", () => {
  test("an empty environment has no sources, no subscribers and safe settings", () => {
    expect(parseSettings({})).toEqual({
      ok: true,
      value: {
        sources: new Map(),
        subscribers: new Map(),
        rules: [],
        allowedOrigins: [],
        allowPrivateUrls: false,
        logLevel: "info",
        adminToken: null,
        access: null,
        streamSecrets: [],
      },
    });
  });

  test("a source with only what is required gets every default", () => {
    expect(settings({ SOURCES: [SOURCE] }).sources.get("comments")).toEqual({
      id: "comments",
      provider: "exportcomments",
      secrets: ["comments-secret-value"],
      recipe: { schemes: [expect.anything()] },
      meaning: { kind: "reader", reader: "exportcomments" },
      account: null,
      accountPrefix: null,
      throttle: 5_000,
      stallAfter: 3_600_000,
      retention: 2_592_000_000,
      tolerance: null,
      maxBody: 1_048_576,
      redact: [],
      keepRefused: false,
      upstream: null,
    });
  });

  test("every field of a source is taken over, durations in milliseconds", () => {
    const source = {
      id: "email-2",
      provider: "emailengine",
      verify: "none",
      accountPrefix: "eu-",
      throttle: 0.25,
      stallAfter: 0,
      retention: 0.5,
      tolerance: 0,
      maxBody: 10,
      redact: ["emails", "payload.email"],
      keepRefused: true,
    };
    expect(settings({ SOURCES: [source] }).sources.get("email-2")).toEqual({
      id: "email-2",
      provider: "emailengine",
      secrets: [],
      recipe: null,
      meaning: { kind: "reader", reader: "emailengine" },
      account: null,
      accountPrefix: "eu-",
      throttle: 250,
      stallAfter: 0,
      retention: 43_200_000,
      tolerance: 0,
      maxBody: 10,
      redact: ["emails", "payload.email"],
      keepRefused: true,
      upstream: null,
    });
  });

  test("a subscriber with only what is required gets every default", () => {
    expect(settings({ SUBSCRIBERS: [SUBSCRIBER] }).subscribers.get("crm")).toEqual({
      id: "crm",
      target: { kind: "url", url: "https://crm.example.com/hooks/jobs" },
      secrets: [SIGNING],
      format: "envelope",
      headers: {},
      timeout: 15_000,
      retry: [
        5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000,
        86_400_000,
      ],
      order: "job",
      throttle: 0,
      concurrency: 4,
      rate: null,
      shards: 1,
      attemptEvents: true,
      maxArchive: 5_000_000_000,
    });
  });

  test("every field of a subscriber is taken over", () => {
    const subscriber = {
      ...SUBSCRIBER,
      secrets: ["CRM_SECRET", "OLD_SECRET"],
      format: "cloudevents-binary",
      headers: { Authorization: "Bearer ${CRM_TOKEN}", "X-Plain": "$5 ${CRM_TOKEN}${CRM_TOKEN}" },
      timeout: 60,
      retry: [0, 1.5],
      order: "none",
      throttle: 30,
      concurrency: 1,
      rate: 0.5,
      shards: 3,
      attemptEvents: false,
      maxArchive: 5_000_000_000,
    };
    const old = `whsk_${btoa("k".repeat(32))}`;
    // What looks like a replacement pattern or a placeholder in a secret stays as it is.
    const read = settings({
      SUBSCRIBERS: [subscriber],
      CRM_TOKEN: "t$&${CRM_SECRET}",
      OLD_SECRET: old,
    });
    expect(read.subscribers.get("crm")).toEqual({
      id: "crm",
      target: { kind: "url", url: "https://crm.example.com/hooks/jobs" },
      secrets: [SIGNING, old],
      format: "cloudevents-binary",
      headers: {
        authorization: "Bearer t$&${CRM_SECRET}",
        "x-plain": "$5 t$&${CRM_SECRET}t$&${CRM_SECRET}",
      },
      timeout: 60_000,
      retry: [0, 1_500],
      order: "none",
      throttle: 30_000,
      concurrency: 1,
      rate: 0.5,
      shards: 3,
      attemptEvents: false,
      maxArchive: 5_000_000_000,
    });
  });

  test.each([
    ["service", { fetch: () => undefined }],
    ["queue", { send: () => undefined }],
    ["archive", { put: () => undefined }],
    // In workerd a binding may be a proxy over a function.
    ["service", () => undefined],
  ])("a %s is a binding of the environment and needs no secrets", (kind, binding) => {
    const read = settings({ SUBSCRIBERS: [{ id: "inner", [kind]: "EXPORTS" }], EXPORTS: binding });
    expect(read.subscribers.get("inner")).toMatchObject({
      target: { kind, binding: "EXPORTS" },
      secrets: [],
    });
  });

  test("a rule's globs are lists, given as one or as several", () => {
    const rule = {
      id: "r",
      match: {
        event: ["job.*", "job.finished"],
        source: "com*",
        provider: "exportcomments",
        account: "acme",
        status: ["done"],
      },
      where: { "details.skipRate": { $gt: 0.1 } },
      to: ["crm", "crm"],
    };
    expect(
      settings({ SOURCES: [SOURCE], SUBSCRIBERS: [SUBSCRIBER], RULES: [rule, RULE] }).rules,
    ).toEqual([
      {
        id: "r",
        match: {
          event: ["job.*", "job.finished"],
          source: ["com*"],
          provider: ["exportcomments"],
          account: ["acme"],
          status: ["done"],
        },
        where: { "details.skipRate": { $gt: 0.1 } },
        to: ["crm", "crm"],
      },
      { id: "all", match: {}, where: null, to: ["crm"] },
    ]);
  });

  test("throttles above 0 never become 0, which is off", () => {
    expect(
      settings({ SOURCES: [{ ...SOURCE, throttle: 0.0001 }] }).sources.get("comments")?.throttle,
    ).toBe(1);
  });

  test("private URLs are taken when the operator allows them", () => {
    const read = settings({
      ALLOW_PRIVATE_URLS: "true",
      SUBSCRIBERS: [{ ...SUBSCRIBER, url: "http://127.0.0.1:9000/in" }],
    });
    expect(read.subscribers.get("crm")?.target).toEqual({
      kind: "url",
      url: "http://127.0.0.1:9000/in",
    });
  });
});

const named = (id: string): object => ({ id, provider: "betterez", verify: "none" });

describe("lists over several vars", () => {
  test("are joined in name order, arrays and JSON text alike", () => {
    const vars = {
      SOURCES_EU: [named("e")],
      SOURCES_2: JSON.stringify([named("b"), named("c")]),
      SOURCES: [named("a")],
      SOURCES_10: [named("d")],
      // Neither is of the family.
      SOURCE: { getByName: () => undefined },
      SOURCESX: [named("x")],
      sources: [named("y")],
    };
    expect([...settings(vars).sources.keys()]).toEqual(["a", "d", "b", "c", "e"]);
  });

  test("the order of the environment's keys does not matter", () => {
    const suffixes = fc.uniqueArray(fc.stringMatching(/^[A-Z0-9_]{1,6}$/), { maxLength: 8 });
    fc.assert(
      fc.property(
        suffixes.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        ([, shuffled]) => {
          const names = shuffled.map((suffix) => `SOURCES_${suffix}`);
          const vars = Object.fromEntries(names.map((name, index) => [name, [named(`s${index}`)]]));
          const expected = names.toSorted().map((name) => `s${names.indexOf(name)}`);
          expect([...settings(vars).sources.keys()]).toEqual(expected);
        },
      ),
    );
  });

  const NEITHER = "must be a list of tables, or a string with a JSON list of objects";

  test.each([
    ["SOURCES", "not json: hunter2-hunter2", [`SOURCES: ${NEITHER}`]],
    ["SOURCES_KEY", "comments-secret-value", [`SOURCES_KEY: ${NEITHER}`]],
    ["SUBSCRIBERS", "{}", [`SUBSCRIBERS: ${NEITHER}`]],
    ["RULES", "", [`RULES: ${NEITHER}`]],
    ["RULES", 7, [`RULES: ${NEITHER}`]],
    ["RULES_A", { id: "a" }, [`RULES_A: ${NEITHER}`]],
    ["RULES", null, [`RULES: ${NEITHER}`]],
    ["SOURCES", ["comments"], ["SOURCES[0]: must be a table"]],
    ["SUBSCRIBERS_2", [[]], ["SUBSCRIBERS_2[0]: must be a table"]],
    ["RULES", "[null]", ["RULES[0]: must be a table"]],
  ])("%s = %j is refused", (name, value, expected) => {
    expect(problems({ [name]: value })).toEqual(expected);
  });

  test("an id may be used once only, over all vars of a family", () => {
    const vars = {
      SOURCES: [named("a"), named("a")],
      SOURCES_EU: [named("a")],
      SUBSCRIBERS: [SUBSCRIBER],
      SUBSCRIBERS_B: JSON.stringify([SUBSCRIBER]),
      RULES: [RULE],
      RULES_B: [RULE],
    };
    expect(problems(vars)).toEqual([
      'SOURCES[1].id: "a" is already used by SOURCES[0]',
      'SOURCES_EU[0].id: "a" is already used by SOURCES[0]',
      'SUBSCRIBERS_B[0].id: "crm" is already used by SUBSCRIBERS[0]',
      'RULES_B[0].id: "all" is already used by RULES[0]',
    ]);
  });

  test("sources, subscribers and rules may share an id", () => {
    expect(
      problems({
        SOURCES: [named("a")],
        SUBSCRIBERS: [{ ...SUBSCRIBER, id: "a" }],
        RULES: [{ id: "a", to: ["a"] }],
      }),
    ).toEqual([]);
  });
});

const ID = "must be 1 to 32 of a-z, 0-9 and -, not beginning with -";

describe("ids", () => {
  test.each(["a", "0", "a-", "a".repeat(32), "constructor"])("%s is one", (id) => {
    expect(sourceProblems({ id })).toEqual([]);
  });

  test.each(["", "A", "-a", "a_b", "a.b", "a/b", "a b", "a\n", "ä", "a".repeat(33)])(
    "%j is none",
    (id) => {
      expect(sourceProblems({ id })).toEqual([`SOURCES[0].id: ${ID}`]);
      expect(subscriberProblems({ id })).toEqual([`SUBSCRIBERS[0].id: ${ID}`]);
      expect(ruleProblems({ id })).toEqual([`RULES[0].id: ${ID}`]);
    },
  );

  test("a number is none", () => {
    expect(sourceProblems({ id: 5 })).toEqual(["SOURCES[0].id: must be a string"]);
  });
});

describe("problems of a source", () => {
  const REQUIRED = 'SOURCES[0].secrets: is required, or verify = "none"';
  const ACCOUNT =
    "must be 1 to 128 characters without comma, slash, asterisk or control characters";

  test.each([
    [{ thorttle: 5 }, ["SOURCES[0].thorttle: unknown key, is throttle meant?"]],
    [{ "a key\n": 5 }, ['SOURCES[0]["a key\\n"]: unknown key']],
    [
      { provider: "Betterez" },
      ['SOURCES[0].provider: unknown provider "Betterez", is "betterez" meant?'],
    ],
    [
      { provider: "toString" },
      [
        'SOURCES[0].provider: unknown provider "toString", it is one of exportcomments, emailengine, betterez, standard-webhooks, cloudevents, generic or a preset (docs/presets.md)',
      ],
    ],
    [{ provider: 1 }, ["SOURCES[0].provider: must be a string of 1 to 64 characters"]],
    [{ secrets: ["NO_SUCH"] }, ["SOURCES[0].secrets[0]: secret NO_SUCH is not set"]],
    [{ secrets: ["COMMENTS_SECRET", "EMPTY"] }, ["SOURCES[0].secrets[1]: secret EMPTY is not set"]],
    [{ secrets: ["BLANK"] }, ["SOURCES[0].secrets[0]: secret BLANK is blank"]],
    [{ secrets: ["A_BINDING"] }, ["SOURCES[0].secrets[0]: secret A_BINDING is not set"]],
    [{ secrets: ["constructor"] }, ["SOURCES[0].secrets[0]: the secret named here is not set"]],
    [
      { secrets: ["whsec_c2VjcmV0LXZhbHVl"] },
      ["SOURCES[0].secrets[0]: must be the name of a secret, not its value"],
    ],
    [
      { secrets: ["hunter2!hunter2"] },
      ["SOURCES[0].secrets[0]: must be the name of a secret, not its value"],
    ],
    [{ secrets: [7] }, ["SOURCES[0].secrets[0]: must be the name of a secret"]],
    [{ secrets: "COMMENTS_SECRET" }, ["SOURCES[0].secrets: must be a list"]],
    [{ secrets: [] }, [REQUIRED]],
    [{ verify: "none" }, ['SOURCES[0].verify: "none" does not go with secrets']],
    [
      { account: "a", accountPrefix: "b" },
      ["SOURCES[0].accountPrefix: does not go with account, which fixes the whole name"],
    ],
    [{ account: "" }, [`SOURCES[0].account: ${ACCOUNT}`]],
    [{ account: "a*" }, [`SOURCES[0].account: ${ACCOUNT}`]],
    [{ account: "a,b" }, [`SOURCES[0].account: ${ACCOUNT}`]],
    [{ account: "a\nb" }, [`SOURCES[0].account: ${ACCOUNT}`]],
    [{ account: "." }, ["SOURCES[0].account: must not be . or .."]],
    [{ account: ".." }, ["SOURCES[0].account: must not be . or .."]],
    [{ accountPrefix: ".." }, ["SOURCES[0].accountPrefix: must not be . or .."]],
    [{ account: "..." }, []],
    [{ account: "x".repeat(128) }, []],
    [{ account: "x".repeat(129) }, [`SOURCES[0].account: ${ACCOUNT}`]],
    [{ account: "😀".repeat(64) }, []],
    [
      { accountPrefix: "😀".repeat(65) },
      [
        "SOURCES[0].accountPrefix: must be at most 128 characters, of which those outside the BMP count twice",
      ],
    ],
    [
      { redact: ["a..b"] },
      ['SOURCES[0].redact[0]: must be a path of keys, as in "emails" or "payload.email"'],
    ],
    [{ redact: "emails" }, ["SOURCES[0].redact: must be a list"]],
  ])("%j", (fields, expected) => {
    expect(
      problems({
        SOURCES: [{ ...SOURCE, ...fields }],
        EMPTY: "",
        BLANK: " \n",
        A_BINDING: { get: () => "x" },
      }),
    ).toEqual(expected);
  });

  test("an own __proto__ key is an unknown key like any other", () => {
    const text = JSON.stringify([SOURCE]).replace("{", '{"__proto__":{"id":"x"},');
    expect(problems({ SOURCES: text })).toEqual(["SOURCES[0].__proto__: unknown key"]);
  });

  test("nothing given at all names every required field", () => {
    expect(problems({ SOURCES: [{}] })).toEqual([
      "SOURCES[0].id: is required",
      "SOURCES[0].provider: is required",
    ]);
  });

  const ROW =
    "an event carries its details, and the row of a Durable Object that keeps it holds 2 MB";

  test.each([
    ["throttle", 3_600, 3_601, "a number of seconds from 0 to 3600"],
    ["throttle", 0, -1, "a number of seconds from 0 to 3600"],
    ["stallAfter", 2_592_000, 2_592_001, "a number of seconds from 0 to 2592000"],
    ["stallAfter", 0, -0.1, "a number of seconds from 0 to 2592000"],
    ["retention", 3_650, 3_651, "a number of days above 0 and at most 3650"],
    ["retention", 0.001, 0, "a number of days above 0 and at most 3650"],
    ["tolerance", 86_400, 86_401, "a number of seconds from 0 to 86400"],
    ["maxBody", 1_048_576, 1_048_577, `a whole number of bytes from 1 to 1048576: ${ROW}`],
    ["maxBody", 1, 0, `a whole number of bytes from 1 to 1048576: ${ROW}`],
    ["maxBody", 2, 1.5, `a whole number of bytes from 1 to 1048576: ${ROW}`],
  ])("%s may be %d and not %d", (field, good, bad, words) => {
    expect(sourceProblems({ [field]: good })).toEqual([]);
    expect(sourceProblems({ [field]: bad })).toEqual([`SOURCES[0].${field}: must be ${words}`]);
  });

  test.each(["5", null, true, Number.NaN, Number.POSITIVE_INFINITY, [], {}])(
    "%j is no number",
    (value) => {
      expect(sourceProblems({ throttle: value })).toEqual([
        "SOURCES[0].throttle: must be a number of seconds from 0 to 3600",
      ]);
    },
  );
});

describe("problems of a subscriber", () => {
  test.each([
    [{ url: "http://crm.example.com/" }, ["SUBSCRIBERS[0].url: must be https"]],
    [
      { url: "https://u:hunter2hunter2@crm.example.com/" },
      ["SUBSCRIBERS[0].url: must not carry a user or password"],
    ],
    [{ url: 5 }, ["SUBSCRIBERS[0].url: must be a string of 1 to 2048 characters"]],
    [{ urls: "x" }, ["SUBSCRIBERS[0].urls: unknown key, is url meant?"]],
    [{ secrets: [] }, ["SUBSCRIBERS[0].secrets: is required for a url"]],
    [{ secrets: ["NO_SUCH"] }, ["SUBSCRIBERS[0].secrets[0]: secret NO_SUCH is not set"]],
    [
      { queue: "Q" },
      [
        "SUBSCRIBERS[0]: needs exactly one of url, service, queue, archive, it has url, queue",
        'SUBSCRIBERS[0].queue: no binding "Q"',
      ],
    ],
    [
      { format: "xml" },
      ["SUBSCRIBERS[0].format: must be one of envelope, cloudevents, cloudevents-binary, raw"],
    ],
    [{ order: "strict" }, ["SUBSCRIBERS[0].order: must be one of job, none"]],
    [{ attemptEvents: "false" }, ["SUBSCRIBERS[0].attemptEvents: must be true or false"]],
    [
      { maxArchive: 0 },
      ["SUBSCRIBERS[0].maxArchive: must be a whole number of bytes from 1 to 5000000000000"],
    ],
    [
      { retry: [5, "300"] },
      ["SUBSCRIBERS[0].retry[1]: must be a number of seconds from 0 to 604800"],
    ],
    [
      { retry: [-1, 604_801] },
      [0, 1].map(
        (index) => `SUBSCRIBERS[0].retry[${index}]: must be a number of seconds from 0 to 604800`,
      ),
    ],
    [{ retry: 5 }, ["SUBSCRIBERS[0].retry: must be a list"]],
    [
      { retry: Array.from({ length: 51 }, () => 1) },
      ["SUBSCRIBERS[0].retry: must have at most 50 entries"],
    ],
    [{ retry: [] }, []],
    [
      { timeout: 61 },
      ["SUBSCRIBERS[0].timeout: must be a number of seconds above 0 and at most 60"],
    ],
    [
      { timeout: 0 },
      ["SUBSCRIBERS[0].timeout: must be a number of seconds above 0 and at most 60"],
    ],
    [
      { concurrency: 0 },
      ["SUBSCRIBERS[0].concurrency: must be a whole number of deliveries from 1 to 64"],
    ],
    [
      { concurrency: 65 },
      ["SUBSCRIBERS[0].concurrency: must be a whole number of deliveries from 1 to 64"],
    ],
    [
      { rate: 0 },
      ["SUBSCRIBERS[0].rate: must be a number of deliveries per second above 0 and at most 10000"],
    ],
    [{ shards: 0 }, ["SUBSCRIBERS[0].shards: must be a whole number of objects from 1 to 64"]],
    [{ throttle: -1 }, ["SUBSCRIBERS[0].throttle: must be a number of seconds from 0 to 3600"]],
    [{ headers: [] }, ["SUBSCRIBERS[0].headers: must be a table of names and values"]],
    [{ headers: { "x-n": 5 } }, ["SUBSCRIBERS[0].headers.x-n: must be a string"]],
  ])("%j", (fields, expected) => {
    expect(subscriberProblems(fields)).toEqual(expected);
  });

  test.each([
    [{ id: "a" }, ["SUBSCRIBERS[0]: needs exactly one of url, service, queue, archive"]],
    [{ id: "a", url: "https://a.example.com" }, ["SUBSCRIBERS[0].secrets: is required for a url"]],
    [{ id: "a", service: "NOT_THERE" }, ['SUBSCRIBERS[0].service: no binding "NOT_THERE"']],
    [{ id: "a", queue: "COMMENTS_SECRET" }, ['SUBSCRIBERS[0].queue: no binding "COMMENTS_SECRET"']],
    [{ id: "a", archive: "SOURCES" }, ['SUBSCRIBERS[0].archive: no binding "SOURCES"']],
    [{ id: "a", archive: "toString" }, ['SUBSCRIBERS[0].archive: no binding "toString"']],
    [{ id: "a", service: "__proto__" }, ['SUBSCRIBERS[0].service: no binding "__proto__"']],
  ])("%j", (subscriber, expected) => {
    expect(problems({ SOURCES: [SOURCE], SUBSCRIBERS: [subscriber] })).toEqual(expected);
  });
});

describe("problems of a rule", () => {
  test.each([
    [{ to: ["crm", "crm2"] }, ['RULES[0].to[1]: no subscriber "crm2"']],
    [{ to: [] }, ["RULES[0].to: must name at least one subscriber"]],
    [{ to: "crm" }, ["RULES[0].to: must be a list"]],
    [{ to: [5] }, ["RULES[0].to[0]: must be the id of a subscriber"]],
    [{ matches: {} }, ["RULES[0].matches: unknown key, is match meant?"]],
    [{ match: [] }, ["RULES[0].match: must be a table"]],
    [{ match: { events: "job.*" } }, ["RULES[0].match.events: unknown key, is event meant?"]],
    [{ match: { event: [] } }, ["RULES[0].match.event: must not be empty"]],
    [{ match: { event: "" } }, ["RULES[0].match.event: must be a glob or a list of globs"]],
    [
      { match: { event: { $in: [] } } },
      ["RULES[0].match.event: must be a glob or a list of globs"],
    ],
    [
      { match: { event: ["job.*", 5] } },
      ["RULES[0].match.event[1]: must be a string of 1 to 256 characters"],
    ],
    [
      { match: { event: ["job.*", "job.finsihed"] } },
      ['RULES[0].match.event[1]: no event "job.finsihed"'],
    ],
    [{ match: { event: "webhook.event.created" } }, []],
    [{ match: { source: "email" } }, ['RULES[0].match.source: no source "email"']],
    [{ match: { source: ["comments", "email"] } }, ['RULES[0].match.source[1]: no source "email"']],
    [{ match: { source: "email*" } }, []],
    [{ match: { provider: "stripe" } }, ['RULES[0].match.provider: no provider "stripe"']],
    [{ match: { status: "finished" } }, ['RULES[0].match.status: no status "finished"']],
    [{ match: { account: "anything at all" } }, []],
    [{ where: "details.skipRate > 1" }, ["RULES[0].where: must be a table"]],
    [
      { where: { "details.skipRate": { $gtt: 0.1 } } },
      ['RULES[0].where["details.skipRate"].$gtt: unknown operator "$gtt"'],
    ],
    [{ where: { $where: "this.x" } }, ["RULES[0].where.$where: is not allowed, it runs code"]],
  ])("%j", (fields, expected) => {
    expect(ruleProblems(fields)).toEqual(expected);
  });

  test("a subscriber or source that is wrong itself is still there for rules", () => {
    const vars = {
      SOURCES: [{ ...SOURCE, throttle: -1 }],
      SUBSCRIBERS: [{ ...SUBSCRIBER, url: "http://crm.example.com" }],
      RULES: [{ id: "r", match: { source: "comments" }, to: ["crm"] }],
    };
    expect(problems(vars)).toEqual([
      "SOURCES[0].throttle: must be a number of seconds from 0 to 3600",
      "SUBSCRIBERS[0].url: must be https",
    ]);
  });
});

describe("all problems at once", () => {
  test("each is named with the var and the path it stands in", () => {
    const vars = {
      SOURCES: [SOURCE],
      SOURCES_EU: [
        {
          id: "Email",
          provider: "mailgun",
          secrets: ["EMAIL_SECRET", "OTHER"],
          throttle: "5",
          stallafter: 1,
        },
      ],
      SUBSCRIBERS: JSON.stringify([
        SUBSCRIBER,
        { id: "crm", url: "http://x.example.com", headers: { Host: "x" }, timeout: 90 },
      ]),
      RULES: [{ match: { source: "nope" }, where: { a: { $regex: "(" } }, to: ["crm", "crm2"] }],
      ALLOW_PRIVATE_URLS: "yes",
      ALLOWED_ORIGINS: ["https://a.example.com/app"],
      LOG_LEVEL: "verbose",
      ADMIN_TOKEN: 5,
      STREAM_SECRET: "short",
    };
    expect(problems(vars)).toEqual([
      "ALLOW_PRIVATE_URLS: must be true or false",
      "SOURCES_EU[0].stallafter: unknown key, is stallAfter meant?",
      `SOURCES_EU[0].id: ${ID}`,
      "SOURCES_EU[0].throttle: must be a number of seconds from 0 to 3600",
      'SOURCES_EU[0].provider: unknown provider "mailgun", it is one of exportcomments, emailengine, betterez, standard-webhooks, cloudevents, generic or a preset (docs/presets.md)',
      "SOURCES_EU[0].secrets[0]: secret EMAIL_SECRET is not set",
      "SOURCES_EU[0].secrets[1]: secret OTHER is not set",
      "SUBSCRIBERS[1].timeout: must be a number of seconds above 0 and at most 60",
      "SUBSCRIBERS[1].url: must be https",
      "SUBSCRIBERS[1].headers.Host: is set by the relay",
      "SUBSCRIBERS[1].secrets: is required for a url",
      'SUBSCRIBERS[1].id: "crm" is already used by SUBSCRIBERS[0]',
      "RULES[0].id: is required",
      'RULES[0].match.source: no source "nope"',
      "RULES[0].where.a.$regex: has a group that is not closed, at character 2",
      'RULES[0].to[1]: no subscriber "crm2"',
      "ALLOWED_ORIGINS[0]: must be an origin, as in https://app.example.com",
      "LOG_LEVEL: must be one of debug, info, warn, error",
      "ADMIN_TOKEN: must be a string",
      "STREAM_SECRET[0]: must have at least 16 characters",
    ]);
  });

  test("no problem shows a secret, wherever the operator pasted it", () => {
    const secret = fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9_+/=.!-]{8,40}$/),
      fc.constant(SIGNING),
      fc.constant("A_NAME_LIKE_VALUE"),
    );
    // As pieces, so that the words of the messages themselves are no secrets.
    const places = fc.constantFrom(
      "id",
      "provider",
      "secrets",
      "to",
      "key",
      "header",
      "queue",
      "source",
      "where",
      "origin",
      "list",
      "level",
    );
    fc.assert(
      fc.property(secret, fc.uniqueArray(places, { minLength: 1 }), (value, used) => {
        const here = (place: string): string => (used.includes(place as never) ? value : "x y");
        const found = problems({
          THE_SECRET: value,
          SOURCES: [
            {
              id: here("id"),
              provider: here("provider"),
              secrets: [here("secrets")],
              [here("key")]: 1,
            },
          ],
          SUBSCRIBERS: [
            {
              id: "a",
              queue: here("queue"),
              headers: { "x-a": `${here("header")}\n`, [here("key")]: "\n" },
            },
          ],
          RULES: [
            {
              id: "a",
              match: { source: here("source") },
              where: { a: { [`$${here("where")}`]: 1 } },
              to: [here("to")],
            },
          ],
          RULES_X: here("list"),
          ALLOWED_ORIGINS: [here("origin")],
          LOG_LEVEL: here("level"),
        });
        expect(found.length).toBeGreaterThan(0);
        expect(found.filter((problem) => problem.includes(value))).toEqual([]);
      }),
    );
  });

  test("hostile values of any kind give problems, never an exception", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
    });
    const table = fc.dictionary(
      fc.constantFrom(
        "id",
        "provider",
        "secrets",
        "url",
        "queue",
        "headers",
        "retry",
        "match",
        "where",
        "to",
        "__proto__",
        "x",
      ),
      anything,
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(table, anything)),
        fc.array(table),
        anything,
        (list, rules, single) => {
          const parsed = parseSettings({
            SOURCES: list,
            SUBSCRIBERS: list,
            RULES: rules,
            ALLOWED_ORIGINS: single,
            STREAM_SECRET: single,
          });
          expect(typeof parsed.ok).toBe("boolean");
        },
      ),
    );
  });
});

test("an environment is parsed once, and another one on its own", () => {
  const env = { SOURCES: [SOURCE], ...SECRETS };
  expect(settingsOf(env)).toBe(settingsOf(env));
  expect(settingsOf({ ...env })).not.toBe(settingsOf(env));
  expect(settingsOf({ ...env })).toEqual(settingsOf(env));
});
