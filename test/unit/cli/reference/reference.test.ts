// The configuration reference and the JSON Schema for editors are what the schemas say.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { ROOT } from "../../../../src/cli/local/relay-process.ts";
import {
  RULE_TEXTS,
  SOURCE_TEXTS,
  SUBSCRIBER_TEXTS,
  type FieldText,
} from "../../../../src/cli/reference/fields.ts";
import { configurationPage } from "../../../../src/cli/reference/page.ts";
import { wranglerSchema } from "../../../../src/cli/reference/schema.ts";
import { REQUIRED_BINDINGS } from "../../../../src/config/platform/bindings.ts";
import { parseSettings } from "../../../../src/config/parse.ts";
import * as defaults from "../../../../src/config/defaults.ts";

describe("what is generated", () => {
  test("docs/configuration.md is up to date (-u writes it)", async () => {
    await expect(configurationPage()).toMatchFileSnapshot(join(ROOT, "docs", "configuration.md"));
  });

  test("docs/wrangler.schema.json is up to date (-u writes it)", async () => {
    await expect(`${JSON.stringify(wranglerSchema(), null, 2)}\n`).toMatchFileSnapshot(
      join(ROOT, "docs", "wrangler.schema.json"),
    );
  });
});

/** An example as its value. */
const valueOf = ({ example }: FieldText): unknown => parse(`value = ${example}`)["value"];

const SECRETS = {
  COMMENTS_SECRET: "x",
  RT_TOKEN: "x",
  EMAILENGINE_TOKEN: "x",
  CRM_TOKEN: "x",
  CRM_SIGNING_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  EXPORTS: {},
  JOBS: {},
  BACKEND: {},
};

describe("every example is valid", () => {
  const base = { id: "comments", provider: "exportcomments", secrets: ["COMMENTS_SECRET"] };
  test.each(Object.entries(SOURCE_TEXTS))("of a source: %s", (name, text) => {
    const source = { ...base, ...(name === "poll" ? { provider: "emailengine" } : {}) };
    const vars = { ...SECRETS, SOURCES: [{ ...source, [name]: valueOf(text) }] };
    expect(parseSettings(vars)).toMatchObject({ ok: true });
  });

  const crm = { id: "crm", url: "https://crm.example.com", secrets: ["CRM_SIGNING_SECRET"] };
  test.each(Object.entries(SUBSCRIBER_TEXTS))("of a subscriber: %s", (name, text) => {
    const isTarget = ["service", "queue", "archive"].includes(name);
    const { url: _, ...other } = crm;
    const vars = {
      ...SECRETS,
      SUBSCRIBERS: [{ ...(isTarget ? other : crm), [name]: valueOf(text) }],
    };
    expect(parseSettings(vars)).toMatchObject({ ok: true });
  });

  test.each(Object.entries(RULE_TEXTS))("of a rule: %s", (name, text) => {
    const rule = { id: "r", to: ["crm"], [name]: valueOf(text) };
    const vars = { ...SECRETS, SOURCES: [base], SUBSCRIBERS: [crm], RULES: [rule] };
    expect(parseSettings(vars)).toMatchObject({ ok: true });
  });
});

const seconds = (millis: number): string => String(millis / 1_000);

test("the defaults of the page are those of the code", () => {
  expect({
    throttle: SOURCE_TEXTS.throttle.byDefault,
    stallAfter: SOURCE_TEXTS.stallAfter.byDefault,
    retention: SOURCE_TEXTS.retention.byDefault,
    maxBody: SOURCE_TEXTS.maxBody.byDefault,
    timeout: SUBSCRIBER_TEXTS.timeout.byDefault,
    retry: SUBSCRIBER_TEXTS.retry.byDefault,
    concurrency: SUBSCRIBER_TEXTS.concurrency.byDefault,
    maxArchive: SUBSCRIBER_TEXTS.maxArchive.byDefault,
  }).toEqual({
    throttle: seconds(defaults.THROTTLE),
    stallAfter: seconds(defaults.STALL_AFTER),
    retention: String(defaults.RETENTION / 86_400_000),
    maxBody: `${defaults.MAX_BODY} (1 MiB)`,
    timeout: seconds(defaults.TIMEOUT),
    retry: defaults.RETRY.map(seconds).join(", "),
    concurrency: String(defaults.CONCURRENCY),
    maxArchive: `${defaults.MAX_ARCHIVE} (5 GB)`,
  });
});

interface Wrangler {
  readonly durable_objects: { readonly bindings: readonly { name: string; class_name: string }[] };
}

describe("wrangler.toml", () => {
  const text = readFileSync(join(ROOT, "wrangler.toml"), "utf8");

  test("binds every object that the Worker needs, and no other", () => {
    const { durable_objects: objects } = parse(text) as unknown as Wrangler;
    expect(
      Object.fromEntries(objects.bindings.map(({ name, class_name }) => [name, class_name])),
    ).toEqual(REQUIRED_BINDINGS);
  });

  test("has a staging environment that is whole once its marks are removed", () => {
    const staged = text.replaceAll(
      /^# (?=(?:\[+env\.staging|id =|provider|secrets|bindings|\]| {2}\{))/gm,
      "",
    );
    const template = staged.slice(staged.indexOf("[[env.staging"));
    const { env } = parse(template) as unknown as { env: { staging: Wrangler } };
    expect(
      Object.fromEntries(
        env.staging.durable_objects.bindings.map(({ name, class_name }) => [name, class_name]),
      ),
    ).toEqual(REQUIRED_BINDINGS);
  });
});
