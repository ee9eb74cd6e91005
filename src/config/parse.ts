// The Worker's env → settings, or every problem in it at once.

import { fault, ok, type Result } from "../kernel/result.ts";
import { quote, step } from "../kernel/json/path.ts";
import {
  accessSettings,
  adminToken,
  allowedOrigins,
  allowPrivateUrls,
  logLevel,
  streamSecrets,
} from "./access.ts";
import { listItems, type ListName } from "./lists.ts";
import { checkPlacement } from "./platform/placement.ts";
import { masked, report, type Item, type Reading, type Vars } from "./reading.ts";
import { readRule } from "./rules.ts";
import { readSource } from "./sources.ts";
import { readSubscriber } from "./subscribers.ts";
import type { Settings } from "./settings.ts";

/**
 * Parses the configuration (docs/configuration.md). The fault lists all problems as
 * `VAR[index].path: message` and shows no secret. `unknownSecrets` names those whose values are
 * placeholders, because only Cloudflare knows them.
 */
export function parseSettings(
  vars: Vars,
  unknownSecrets: ReadonlySet<string> = new Set(),
): Result<Settings, readonly string[]> {
  const reading: Reading = { vars, problems: [], unknownSecrets };
  const allowPrivate = allowPrivateUrls(reading);
  const sources = readList("SOURCES", reading, (item) => readSource(item, allowPrivate, reading));
  const subscribers = readList("SUBSCRIBERS", reading, (item) =>
    readSubscriber(item, allowPrivate, reading),
  );
  const known = { sources: sources.ids, subscribers: subscribers.ids };
  const rules = readList("RULES", reading, (item) => readRule(item, known, reading));
  checkPlacement(reading);
  const settings: Settings = {
    sources: new Map(sources.entries.map((source) => [source.id, source])),
    subscribers: new Map(subscribers.entries.map((subscriber) => [subscriber.id, subscriber])),
    rules: rules.entries,
    allowedOrigins: allowedOrigins(reading),
    allowPrivateUrls: allowPrivate,
    logLevel: logLevel(reading),
    adminToken: adminToken(reading),
    access: accessSettings(reading, allowPrivate),
    streamSecrets: streamSecrets(reading),
  };
  return reading.problems.length === 0 ? ok(settings) : fault(masked(reading));
}

/** One entry: its id, which others may name, and its settings when nothing is wrong with it. */
interface Entry<T> {
  readonly id: string | undefined;
  readonly settings: T | null;
}

/** The ids a list defines, wrong entries included, and its sound entries in configuration order. */
interface Entries<T> {
  readonly ids: ReadonlySet<string>;
  readonly entries: readonly T[];
}

function readList<T>(name: ListName, reading: Reading, read: (item: Item) => Entry<T>): Entries<T> {
  const places = new Map<string, string>();
  const entries: T[] = [];
  for (const item of listItems(name, reading)) {
    const { id, settings } = read(item);
    if (settings !== null) entries.push(settings);
    if (id === undefined) continue;
    const first = places.get(id);
    if (first === undefined) places.set(id, item.path);
    else report(reading, step(item.path, "id"), `${quote(id)} is already used by ${first}`);
  }
  return { ids: new Set(places.keys()), entries };
}
