// A JSON Schema of the vars in wrangler.toml, for editors: completion, types and limits.

import * as z from "zod/mini";
import { JURISDICTIONS, LOCATION_HINTS } from "../../config/platform/placement.ts";
import { RULE_FIELDS } from "../../config/rules.ts";
import { CONNECT, POLL } from "../../config/senders/connectors.ts";
import { PROVIDER_NAMES } from "../../config/senders/senders.ts";
import { SOURCE_FIELDS } from "../../config/sources.ts";
import { SUBSCRIBER_FIELDS } from "../../config/subscribers.ts";
import { LOG_LEVELS } from "../../kernel/log.io.ts";
import {
  CONNECT_TEXTS,
  POLL_TEXTS,
  RULE_TEXTS,
  SOURCE_TEXTS,
  SUBSCRIBER_TEXTS,
  VAR_TEXTS,
  type FieldText,
} from "./fields.ts";

/** A JSON Schema, as far as it is read here. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/** The fields of a table, and which of them are needed. */
interface Table {
  readonly fields: Readonly<Record<string, z.ZodMiniType>>;
  readonly required: readonly string[];
  readonly texts: Readonly<Record<string, FieldText>>;
}

/** Types that the schemas leave to a compiler. */
const MORE: Readonly<Record<string, JsonSchema>> = {
  verify: { type: ["string", "object", "array"] },
  map: { type: ["string", "object"] },
  match: {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(
      ["event", "source", "provider", "account", "status"].map((name) => [
        name,
        { type: ["string", "array"], items: { type: "string" } },
      ]),
    ),
  },
  where: { type: "object" },
};

function tableSchema({ fields, required, texts }: Table): JsonSchema {
  const properties = Object.entries(fields).map(([name, field]) => {
    const { $schema: _, ...schema } = z.toJSONSchema(field, {
      unrepresentable: "any",
      io: "input",
    });
    const named = name === "provider" ? { enum: PROVIDER_NAMES } : {};
    const more = Object.hasOwn(MORE, name) ? MORE[name] : {};
    return [name, { description: plain(texts[name]?.text ?? ""), ...schema, ...named, ...more }];
  });
  return {
    type: "object",
    additionalProperties: false,
    required,
    properties: Object.fromEntries(properties) as Readonly<Record<string, JsonSchema>>,
  };
}

/** The text without the links and marks of a page. */
const plain = (text: string): string =>
  text.replaceAll(/ ?\(?\[[^\]]*\]\([^)]*\)\)?/g, "").replaceAll("`", "");

/** The schemas of the tables, by name. */
export function tableSchemas(): Readonly<
  Record<"source" | "subscriber" | "rule" | "connect" | "poll", JsonSchema>
> {
  const connect = tableSchema({ ...CONNECT, texts: CONNECT_TEXTS });
  const poll = tableSchema({ ...POLL, texts: POLL_TEXTS });
  const source = tableSchema({
    fields: SOURCE_FIELDS,
    required: ["id", "provider"],
    texts: SOURCE_TEXTS,
  });
  return {
    source: { ...source, properties: { ...source.properties, connect, poll } },
    subscriber: tableSchema({
      fields: SUBSCRIBER_FIELDS,
      required: ["id"],
      texts: SUBSCRIBER_TEXTS,
    }),
    rule: tableSchema({ fields: RULE_FIELDS, required: ["id", "to"], texts: RULE_TEXTS }),
    connect,
    poll,
  };
}

/** The types of the vars beside the lists. */
const VAR_TYPES: Readonly<Record<string, JsonSchema>> = {
  ALLOWED_ORIGINS: { type: ["array", "string"], items: { type: "string" } },
  ALLOW_PRIVATE_URLS: { enum: [true, false, "true", "false"] },
  LOG_LEVEL: { enum: LOG_LEVELS },
  JURISDICTION: { enum: JURISDICTIONS },
  LOCATION_HINT: { enum: LOCATION_HINTS },
};

/** The schema of wrangler.toml: wrangler's own, and what the vars mean here. */
export function wranglerSchema(): JsonSchema {
  const { source, subscriber, rule } = tableSchemas();
  const lists = { SOURCES: source, SUBSCRIBERS: subscriber, RULES: rule };
  const listOf = (items: JsonSchema): JsonSchema => ({ type: ["array", "string"], items });
  const singles = Object.entries(VAR_TEXTS).flatMap(([name, { text, isSecret }]) =>
    isSecret === true
      ? []
      : [[name, { description: plain(text), ...(VAR_TYPES[name] ?? { type: "string" }) }] as const],
  );
  const vars = {
    type: "object",
    properties: {
      ...Object.fromEntries(Object.entries(lists).map(([name, one]) => [name, listOf(one)])),
      ...Object.fromEntries(singles),
    },
    patternProperties: Object.fromEntries(
      Object.entries(lists).map(([name, one]) => [`^${name}_[A-Z0-9_]+$`, listOf(one)]),
    ),
  };
  const own = { type: "object", properties: { vars: { $ref: "#/definitions/jobrelayVars" } } };
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "wrangler.toml of Jobrelay",
    allOf: [
      { $ref: "../node_modules/wrangler/config-schema.json" },
      {
        ...own,
        properties: {
          ...own.properties,
          env: { type: "object", additionalProperties: own },
        },
      },
    ],
    definitions: { jobrelayVars: vars },
  };
}
