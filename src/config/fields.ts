// Reads a table field by field, so that one wrong field does not hide the next.

import * as z from "zod/mini";
import { isObject } from "../kernel/json.ts";
import { step, steps } from "../kernel/json/path.ts";
import { report, type Item, type Reading } from "./reading.ts";
import { nearest } from "./senders/nearest.ts";

/** The fields a table may have. */
interface TableSchema<S extends Readonly<Record<string, z.ZodMiniType>>> {
  readonly fields: S;
  readonly required: readonly (keyof S & string)[];
}

/** What could be read: absent fields and fields with problems are `undefined`. */
export type Fields<S extends Readonly<Record<string, z.ZodMiniType>>> = {
  readonly [K in keyof S]?: z.output<S[K]> | undefined;
};

/** Reads the table at `item` and reports every problem in it; what is no table has no fields. */
export function readTable<S extends Readonly<Record<string, z.ZodMiniType>>>(
  schema: TableSchema<S>,
  item: Item,
  reading: Reading,
): Fields<S> {
  if (!isObject(item.value)) {
    report(reading, item.path, "must be a table");
    return {};
  }
  const table = item.value;
  for (const key of Object.keys(table)) {
    if (Object.hasOwn(schema.fields, key)) continue;
    report(reading, step(item.path, key), unknownKey(key, Object.keys(schema.fields)));
  }
  const read: [string, unknown][] = [];
  for (const [key, field] of Object.entries(schema.fields)) {
    if (!Object.hasOwn(table, key)) {
      if (schema.required.includes(key)) report(reading, step(item.path, key), "is required");
      continue;
    }
    const parsed = field.safeParse(table[key]);
    if (parsed.success) read.push([key, parsed.data]);
    else reportIssues(parsed.error, step(item.path, key), reading);
  }
  return Object.fromEntries(read) as Fields<S>;
}

/** Says that a key is unknown, and which one it may stand for. */
function unknownKey(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  return near === null ? "unknown key" : `unknown key, is ${near} meant?`;
}

/** Reports what a schema found at `path`, the first problem of each place only. */
export function reportIssues(error: z.core.$ZodError, path: string, reading: Reading): void {
  const places = new Map(
    error.issues.toReversed().map((issue) => [steps(path, issue.path), issue.message]),
  );
  for (const [place, message] of [...places].toReversed()) report(reading, place, message);
}

/** Ids of sources, subscribers and rules: they stand in URLs and in the names of objects. */
const ID_PATTERN = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** A text without the values of the setting: `error` of a schema. */
const says = (message: string): { readonly error: string } => ({ error: message });

/** An id. */
export const id = z
  .string(says("must be a string"))
  .check(z.regex(ID_PATTERN, says("must be 1 to 32 of a-z, 0-9 and -, not beginning with -")));

/** A number in a range, both ends included. Strings are no numbers, however they look. */
export function between(least: number, most: number, unit: string): z.ZodMiniNumber<number> {
  const message = says(`must be a number of ${unit} from ${least} to ${most}`);
  return z.number(message).check(z.gte(least, message), z.lte(most, message));
}

/** A number above 0 and at most `most`. */
export function upTo(most: number, unit: string): z.ZodMiniNumber<number> {
  const message = says(`must be a number of ${unit} above 0 and at most ${most}`);
  return z.number(message).check(z.gt(0, message), z.lte(most, message));
}

/** A whole number in a range, both ends included; `reason` says why it ends there. */
export function whole(
  least: number,
  most: number,
  unit: string,
  reason?: string,
): z.ZodMiniNumberFormat {
  const because = reason === undefined ? "" : `: ${reason}`;
  const message = says(`must be a whole number of ${unit} from ${least} to ${most}${because}`);
  return z.int(message).check(z.gte(least, message), z.lte(most, message));
}

/** One of several words. */
export const oneOf = <const T extends readonly [string, ...string[]]>(
  words: T,
): z.ZodMiniEnum<{ [K in T[number]]: K }> =>
  z.enum(
    words,
    says(`must be ${words.length === 1 ? `"${words[0]}"` : `one of ${words.join(", ")}`}`),
  );

/** A text of 1 to `most` characters. */
export const text = (most: number): z.ZodMiniString<string> => {
  const message = says(`must be a string of 1 to ${most} characters`);
  return z.string(message).check(z.minLength(1, message), z.maxLength(most, message));
};

/** True or false, not as a string. */
export const flag = z.boolean(says("must be true or false"));

/** A list of at most `most` entries. */
export const list = <T extends z.ZodMiniType>(entry: T, most: number): z.ZodMiniArray<T> =>
  z
    .array(entry, says("must be a list"))
    .check(z.maxLength(most, says(`must have at most ${most} entries`)));

/** Names of secrets. More than a few at once is no rotation any more. */
export const secretNames = list(z.string(says("must be the name of a secret")), 10);

/** Seconds in milliseconds. What is above 0 never becomes 0, which often means off. */
export const toMillis = (seconds: number): number =>
  seconds === 0 ? 0 : Math.max(1, Math.round(seconds * 1_000));
