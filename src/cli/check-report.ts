// What `check` says about a configuration: its problems, or who gets what.

import { parseSettings } from "../config/parse.ts";
import type { Rule, Settings, SourceSettings, SubscriberSettings } from "../config/settings.ts";
import { padTo } from "./paint.ts";
import { namedSecrets, withPlaceholders } from "./secret-names.ts";

/** The verdict on a configuration. */
export interface CheckReport {
  readonly ok: boolean;
  /** As `/healthz` names them. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Secrets that the configuration names and that are not known here. */
  readonly missingSecrets: readonly string[];
  /** Lines that say who gets what; none when there are problems. */
  readonly lines: readonly string[];
}

/** What a deployed Worker sees: the vars, and of the local file only secrets that are named; the rest of it is for development. */
export function deployedVars(
  vars: Readonly<Record<string, unknown>>,
  local: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  const names = [...namedSecrets(vars), "ADMIN_TOKEN", "STREAM_SECRET"];
  const known = names.flatMap((name) => (local[name] === undefined ? [] : [[name, local[name]] as const]));
  return { ...Object.fromEntries(known), ...vars };
}

/** Judges the vars; secrets that are missing are warnings, because only Cloudflare knows those of a deployed Worker. */
export function checkReport(vars: Readonly<Record<string, unknown>>): CheckReport {
  const filled = withPlaceholders(vars);
  const parsed = parseSettings(filled.vars);
  const secretWarnings = filled.missing.map((name) => `secret ${name} is not known here: npx wrangler secret put ${name}`);
  if (!parsed.ok) return { ok: false, problems: parsed.fault, warnings: secretWarnings, missingSecrets: filled.missing, lines: [] };
  const settings = parsed.value;
  return {
    ok: true,
    problems: [],
    warnings: [...settingsWarnings(settings), ...secretWarnings],
    missingSecrets: filled.missing,
    lines: [...sourceLines(settings), ...subscriberLines(settings), ...routeLines(settings)],
  };
}

function settingsWarnings(settings: Settings): readonly string[] {
  const open = [...settings.sources.values()].filter((source) => source.verify === "none");
  const unreached = [...settings.subscribers.keys()].filter(
    (id) => settings.rules.length > 0 && !settings.rules.some((rule) => rule.to.includes(id)),
  );
  return [
    ...open.map((source) => `source ${source.id} has verify = "none": anybody who knows its address can post to it`),
    ...unreached.map((id) => `subscriber ${id} is in no rule and gets nothing`),
    ...(settings.sources.size === 0 ? ["there is no source: nothing can be received"] : []),
    ...(settings.allowPrivateUrls ? ["ALLOW_PRIVATE_URLS is on: subscribers may be private addresses, over plain http"] : []),
  ];
}

const sourceLines = (settings: Settings): readonly string[] => [
  "Sources",
  ...table([...settings.sources.values()].map((source) => [`/hooks/${source.id}`, source.provider, `account ${accountOf(source)}`])),
];

const accountOf = ({ account, accountPrefix, id }: SourceSettings): string =>
  account ?? `${accountPrefix ?? ""}<as the provider says, else ${id}>`;

const subscriberLines = (settings: Settings): readonly string[] => [
  "Subscribers",
  ...(settings.subscribers.size === 0 ? ["  none: events are kept and streamed, and forwarded to nobody"] : []),
  ...table([...settings.subscribers.values()].map((subscriber) => [subscriber.id, subscriber.format, targetOf(subscriber)])),
];

function targetOf({ target }: SubscriberSettings): string {
  return target.kind === "url" ? target.url : `${target.kind} ${target.binding}`;
}

function routeLines(settings: Settings): readonly string[] {
  if (settings.subscribers.size === 0) return [];
  if (settings.rules.length === 0) return ["Rules", "  none: every event goes to every subscriber"];
  return ["Rules", ...table(settings.rules.map((rule) => [rule.id, conditionOf(rule), `→ ${rule.to.join(", ")}`]))];
}

function conditionOf(rule: Rule): string {
  const matches = Object.entries(rule.match).map(([name, globs]) => `${name} ${(globs as readonly string[]).join(" | ")}`);
  const parts = [...matches, ...(rule.where === null ? [] : [`where ${JSON.stringify(rule.where)}`])];
  return parts.length === 0 ? "every event" : parts.join(", ");
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => padTo(cell, widths[column] ?? 0)).join("  ")}`.trimEnd());
}
