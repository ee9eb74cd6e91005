// Fields that the bodies of several providers share, with their limits.

import * as z from "zod/mini";
import { isExactNumber, isText, numberOf } from "../../kernel/json/exact-number.ts";
import { describeIssue } from "../../kernel/json/describe-issue.ts";
import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import { addMembers, type Members } from "../../kernel/json/members.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import { MAX_ID } from "../../model/ids.ts";
import type { Ignored, Issue } from "../provider.ts";
import { cutText } from "../../kernel/json/text.ts";

const CONTROL = /\p{Cc}/u;

/** Path segments that every URL parser removes: no address could name such an id. */
const DOT_SEGMENTS: ReadonlySet<string> = new Set([".", ".."]);

/** Text, and no number in its inner form. */
export const Text = z.string().check(
  z.refine((text): boolean => !isExactNumber(text), {
    error: "must be text, not a number",
    abort: true,
  }),
);

/** The id of a job or account: 1 to 255 UTF-16 units that every address and list can name. */
export const Id = Text.check(
  z.minLength(1, "must not be empty"),
  // Zod's own `maxLength` counts characters, of which some take two units.
  z.refine((text) => text.length <= MAX_ID, `must have at most ${MAX_ID} characters`),
  z.refine((text) => !CONTROL.test(text), "must not contain control characters"),
  z.refine((text) => text.isWellFormed(), "must be well-formed Unicode"),
  z.refine((text) => !DOT_SEGMENTS.has(text), 'must not be "." or ".."'),
);

/** Text; `null` for anything else, which counts as left out because nothing depends on it. */
export const textOrNull = (value: unknown): string | null => (isText(value) ? value : null);

/**
 * A number of items: an integer from 0 to 2^53 - 1, also when it is written as `1500.0`. `null` for
 * anything else, which counts as left out.
 */
export function countOrNull(value: unknown): number | null {
  const count = numberOf(value);
  return count !== null && Number.isSafeInteger(count) && count >= 0 ? count + 0 : null;
}

/** Text that may be left out. */
export const OptionalText = z.optional(z.transform(textOrNull));

/** A number of items that may be left out. */
export const OptionalCount = z.optional(z.transform(countOrNull));

/** How members are read, by name. */
type Readers = Readonly<Record<string, (value: Json | undefined) => unknown>>;

/** What is read of members, by name. */
export type ReadMembers<R extends Readers> = { readonly [Name in keyof R]: ReturnType<R[Name]> };

/** Reads members of which none is needed; a schema would take several times as long. */
export function readMembers<R extends Readers>(members: JsonObject, readers: R): ReadMembers<R> {
  const read: Record<string, unknown> = {};
  for (const name of Object.keys(readers)) read[name] = readers[name]?.(members[name]);
  return read as ReadMembers<R>;
}

/** Any body that names its event. */
const Named = z.object({ event: Text.check(z.minLength(1)) });

/** The event that a body names. */
export function checkNamed(json: Json): Result<string, readonly Issue[]> {
  const { event } = membersOf(json);
  if (isText(event) && event !== "") return ok(event);
  const named = check(Named, json);
  return named.ok ? ok(named.value.event) : named;
}

/** The first text of several values that is not empty; `null` when there is none. */
export function firstText(...values: readonly unknown[]): string | null {
  const text = values.find(
    (value) => typeof value === "string" && value !== "" && !isExactNumber(value),
  );
  return typeof text === "string" ? text : null;
}

/** What nearly every id looks like: no schema needs to look at it. */
const PLAIN_ID = /^[\w-]{1,255}$/;

/** Reads an id; the fault is the issues at `path`. */
export function checkId(id: string, path: string): Result<string, readonly Issue[]> {
  if (PLAIN_ID.test(id)) return ok(id);
  const parsed = Id.safeParse(id, { error: describeIssue });
  if (parsed.success) return ok(parsed.data);
  return fault(parsed.error.issues.map(({ message }) => ({ path, message })));
}

/** The members of a value; an array without elements is PHP's empty object, others have none. */
export const membersOf = (json: Json | undefined): JsonObject => (isObject(json) ? json : {});

/** The outcome of an event that the relay does not model. */
export const ignoredEvent = (event: string): Ignored => ({
  kind: "ignored",
  reason: `unknown-event: ${cutText(event, 64)}`,
});

/** Parses with a schema; the fault lists every issue. */
export function check<T>(schema: z.ZodMiniType<T>, json: Json): Result<T, readonly Issue[]> {
  const parsed = schema.safeParse(json, { error: describeIssue });
  if (parsed.success) return ok(parsed.data);
  return fault(
    parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message })),
  );
}

/**
 * The members of `first`, of `json` but those named, and of `last`; a later one wins. In one pass:
 * a body of a megabyte may have 75,000 members, and each copy takes 25 to 40 ms. Where nothing but
 * `last` is left, that is the answer.
 */
export function without(
  json: Json | undefined,
  names: readonly string[],
  { first = {}, last = {} }: { readonly first?: JsonObject; readonly last?: JsonObject } = {},
): JsonObject {
  const isKept = (name: string): boolean => name !== "__proto__" && !names.includes(name);
  const members = membersOf(json);
  const isLast = Object.keys(first).length === 0 && !Object.keys(members).some(isKept);
  if (isLast && !Object.hasOwn(last, "__proto__")) return last;
  const kept: Members = { ...first };
  addMembers(kept, members, isKept);
  addMembers(kept, last, (name) => name !== "__proto__");
  return kept;
}

/**
 * An absolute http(s) address as it was sent, or a path made absolute with `base`; `null` for
 * anything else.
 */
export function webAddress(text: string | null | undefined, base: string | null): string | null {
  if (text === null || text === undefined || text === "") return null;
  const isPath = base !== null && text.startsWith("/") && !text.startsWith("//");
  const address = URL.parse(text, isPath ? base : undefined);
  if (address === null || (address.protocol !== "https:" && address.protocol !== "http:"))
    return null;
  return isPath ? address.href : text;
}
