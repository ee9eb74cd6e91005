// Short forms for JSON Schema 2020-12, and the schemas of requests in it.

import * as z from "zod/mini";
import { DEFAULT_LIMIT, MAX_LIMIT } from "../lists/paging.ts";
import { Limit } from "../request/fields.ts";

/** A schema as plain JSON. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

/** Schemas of an object's members. */
export type Members = Readonly<Record<string, Schema>>;

const TEXT: Schema = { type: "string" };

/** Text; `description` is for readers. */
export const text = (description?: string): Schema =>
  description === undefined ? TEXT : { ...TEXT, description };

/** An instant of ISO 8601 in UTC. */
export const instant = (description?: string): Schema => ({
  ...text(description),
  format: "date-time",
});

/** A whole number from 0 on. */
export const count = (description?: string): Schema => ({
  type: "integer",
  minimum: 0,
  ...(description === undefined ? {} : { description }),
});

export const number = (description: string): Schema => ({ type: "number", description });

export const flag = (description: string): Schema => ({ type: "boolean", description });

/** One of some words. */
export const oneOf = (words: readonly string[], description?: string): Schema => ({
  ...text(description),
  enum: words,
});

export const listOf = (items: Schema, description?: string): Schema => ({
  type: "array",
  items,
  ...(description === undefined ? {} : { description }),
});

/** An object whose members all have one schema. */
export const mapOf = (values: Schema, description: string): Schema => ({
  type: "object",
  additionalProperties: values,
  description,
});

/** An object with any members. */
export const anyObject = (description: string): Schema => ({
  type: "object",
  additionalProperties: true,
  description,
});

/** The same schema, or `null`. An `enum` would refuse `null` whatever the type is. */
export const nullable = (schema: Schema): Schema =>
  typeof schema["type"] === "string" && schema["enum"] === undefined
    ? { ...schema, type: [schema["type"], "null"] }
    : { anyOf: [schema, { type: "null" }] };

/** An object; `optional` members may be absent. */
export const object = (members: Members, optional: Members = {}): Schema => ({
  type: "object",
  required: Object.keys(members),
  properties: { ...members, ...optional },
});

/** A reference to a component. */
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** A page of a list. */
export const pageOf = (items: Schema): Schema =>
  object({
    items: listOf(items),
    cursor: nullable(text("Where the next page begins; `null` on the last one.")),
  });

/** How a page's limit looks on the wire, where it is text that is a number. */
const WIRE_LIMIT: Schema = {
  type: "integer",
  minimum: 1,
  maximum: MAX_LIMIT,
  default: DEFAULT_LIMIT,
};

/** The JSON Schema of what a request may hold, from the schema that parses it. */
export function requestSchema(schema: z.ZodMiniType): Schema {
  const { $schema: _, ...made } = z.toJSONSchema(schema, {
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      // The pattern of a date is 200 characters that say the same.
      if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
      if (zodSchema !== Limit) return;
      for (const keyword of Object.keys(jsonSchema)) delete jsonSchema[keyword];
      Object.assign(jsonSchema, WIRE_LIMIT);
    },
  });
  return made;
}

/** The members of an object's schema, with a text for each that has one. */
export function described(schema: Schema, texts: Readonly<Record<string, string>>): Schema {
  const members = Object.entries((schema["properties"] ?? {}) as Members).map(
    ([name, member]) =>
      [name, texts[name] === undefined ? member : { description: texts[name], ...member }] as const,
  );
  return { ...schema, properties: Object.fromEntries(members) };
}
