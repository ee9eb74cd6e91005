// Sample webhooks of presets, which are the examples of their fixtures, and of senders that use the
// relay's own names, with a job id to be filled in.

import { isObject, type Json, type JsonObject } from "../kernel/json.ts";
import { OWN_NAMES_SAMPLES } from "./own-names.ts";
import samples from "./presets.json" with { type: "json" };

/** One sample as the file has it; `{guid}` stands for the job id. */
export interface PresetSample {
  /** The relay's name of what it means. */
  readonly event: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Json;
}

/** Stands for the job id, in text and as a number alike. */
export const GUID = "{guid}";

const BY_SENDER: Readonly<Record<string, readonly PresetSample[]>> = {
  ...samples,
  ...OWN_NAMES_SAMPLES,
};

/** The samples of a sender in the order of a job's life; empty when it has none. */
export const presetSamples = (name: string): readonly PresetSample[] =>
  Object.hasOwn(BY_SENDER, name) ? (BY_SENDER[name] ?? []) : [];

/** A sample about the job `guid`. */
export const aboutJob = (sample: PresetSample, guid: string): PresetSample => ({
  ...sample,
  headers: replaced(sample.headers, GUID, guid),
  query: replaced(sample.query, GUID, guid),
  body: replacedIn(sample.body, GUID, guid),
});

const replaced = (
  texts: Readonly<Record<string, string>>,
  from: string,
  to: string,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, text.replaceAll(from, to)]),
  );

/** Shorter ids may stand in words by chance: they are replaced only where they stand alone. */
const LEAST_LENGTH_IN_TEXT = 4;

/** Replaces a text in every string, and a number that is written like it. */
export function replacedIn(value: Json, from: string, to: string): Json {
  if (typeof value === "string") {
    const isFound = value === from || from.length >= LEAST_LENGTH_IN_TEXT;
    return isFound ? value.replaceAll(from, to) : value;
  }
  if (typeof value === "number") return String(value) === from ? to : value;
  if (Array.isArray(value)) return value.map((member: Json) => replacedIn(member, from, to));
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([name, member]): [string, Json] => [
    name,
    replacedIn(member, from, to),
  ]);
  return Object.fromEntries(members) satisfies JsonObject;
}
