// The words for what a schema finds: those of Zod, for every kind of problem that is found here.

import { expect, test } from "vitest";
import { en } from "zod/locales";
import * as z from "zod/mini";
import { describeIssue } from "../../../../src/kernel/json/describe-issue.ts";

const MANY = "x".repeat(9);

const CASES: readonly (readonly [name: string, schema: z.ZodMiniType, input: unknown])[] = [
  ["a missing member", z.object({ a: z.string() }), {}],
  ["null for text", z.string(), null],
  ["a list for text", z.string(), []],
  ["an object for a number", z.number(), {}],
  ["a number that is too large for JSON", z.number(), Number.POSITIVE_INFINITY],
  ["text for a boolean", z.boolean(), "true"],
  ["a fraction", z.int(), 1.5],
  ["one of some words", z.enum(["a", "b"]), "c"],
  ["the only word", z.literal("a"), "b"],
  ["the only number", z.literal(1), 2],
  ["short text", z.string().check(z.minLength(1)), ""],
  ["long text", z.string().check(z.maxLength(8)), MANY],
  ["text of another length", z.string().check(z.length(8)), MANY],
  ["a short list", z.array(z.string()).check(z.minLength(1)), []],
  ["a long list", z.array(z.string()).check(z.maxLength(1)), ["a", "b"]],
  ["a small number", z.number().check(z.gte(1)), 0],
  ["a number that has to be more", z.number().check(z.gt(1)), 1],
  ["a large number", z.number().check(z.lte(1)), 2],
  ["text without its pattern", z.string().check(z.regex(/^a+$/)), "b"],
  ["no UUID", z.uuid(), "b"],
  ["no instant", z.iso.datetime(), "yesterday"],
  ["an unknown member", z.strictObject({}), { 'a"': 1 }],
  ["unknown members", z.strictObject({}), { a: 1, b: 2 }],
  [
    "a key that is too long",
    z.record(z.string().check(z.maxLength(8)), z.string()),
    { [MANY]: "" },
  ],
  ["a refinement", z.string().check(z.refine(() => false)), "a"],
];

test.for(CASES)("says of %s what Zod says in English", ([, schema, input]) => {
  const messages = (error: z.core.$ZodErrorMap): readonly string[] | undefined =>
    schema.safeParse(input, { error }).error?.issues.map(({ message }) => message);
  const expected = messages(en().localeError);
  expect(expected?.length).toBeGreaterThan(0);
  expect(messages(describeIssue)).toEqual(expected);
});
