// The report of `check`: the problems of a configuration, or which subscriber gets which events.

import { parseSettings } from "../config/parse.ts";
import type { Rule, Settings, SourceSettings, SubscriberSettings } from "../config/settings.ts";
import { isObject } from "../kernel/json.ts";
import { fault, type Result } from "../kernel/result.ts";
import { padTo } from "./paint.ts";
import { reaches, shortRetentions } from "./reach.ts";
import { namedSecrets, withPlaceholders } from "./secret-names.ts";
import { senderWarnings } from "./sender-warnings.ts";

/** What `check` found. */
export interface CheckReport {
  readonly ok: boolean;
  /** As `/healthz` names them. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Names of secrets whose values are not known here. */
  readonly missingSecrets: readonly string[];
  /** Lines that say which subscriber gets which events; none when there are problems. */
  readonly lines: readonly string[];
}

/**
 * The vars of a deployed Worker: those of wrangler.toml, and from .dev.vars only the secrets that
 * they name. The rest of .dev.vars is for development.
 */
export function deployedVars(
  vars: Readonly<Record<string, unknown>>,
  local: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  const names = [...namedSecrets(vars), "ADMIN_TOKEN", "STREAM_SECRET"];
  const known = names.flatMap((name) =>
    local[name] === undefined ? [] : [[name, local[name]] as const],
  );
  return { ...Object.fromEntries(known), ...vars };
}

/** The targets besides a URL, by the member that names them. */
type BindingKind = "service" | "queue" | "archive";

/** The bindings that a wrangler configuration, or an environment of it, declares for targets. */
export type Bindings = ReadonlyMap<string, BindingKind>;

/** Reads the bindings; wrangler itself reports those that are malformed. */
export function bindingsOf(wrangler: Readonly<Record<string, unknown>>): Bindings {
  const queues = isObject(wrangler["queues"]) ? wrangler["queues"]["producers"] : [];
  const declared: readonly (readonly [BindingKind, unknown])[] = [
    ["service", wrangler["services"]],
    ["queue", queues],
    ["archive", wrangler["r2_buckets"]],
  ];
  const named = declared.flatMap(([kind, list]) =>
    (Array.isArray(list) ? list : []).map((one: unknown) => [one, kind] as const),
  );
  return new Map(
    named.flatMap(([one, kind]) =>
      isObject(one) && typeof one["binding"] === "string" ? [[one["binding"], kind]] : [],
    ),
  );
}

/**
 * Checks the vars. Missing secrets are warnings, because only Cloudflare knows the secrets of a
 * deployed Worker.
 */
export function checkReport(
  vars: Readonly<Record<string, unknown>>,
  bindings: Bindings = new Map(),
): CheckReport {
  const filled = withPlaceholders(vars);
  const bound = Object.fromEntries([...bindings.keys()].map((name) => [name, {}]));
  const parsed = judged(
    parseSettings({ ...bound, ...filled.vars }, new Set(filled.missing)),
    bindings,
  );
  const secretWarnings = filled.missing.map(
    (name) => `secret ${name} is not known here: npx wrangler secret put ${name}`,
  );
  if (!parsed.ok)
    return {
      ok: false,
      problems: parsed.fault,
      warnings: secretWarnings,
      missingSecrets: filled.missing,
      lines: [],
    };
  const settings = parsed.value;
  return {
    ok: true,
    problems: [],
    warnings: [...settingsWarnings(settings), ...secretWarnings],
    missingSecrets: filled.missing,
    lines: [...sourceLines(settings), ...subscriberLines(settings), ...routeLines(settings)],
  };
}

/** Checks the kind of each target's binding, which the Worker itself cannot know. */
function judged(
  parsed: Result<Settings, readonly string[]>,
  bindings: Bindings,
): Result<Settings, readonly string[]> {
  if (!parsed.ok) return parsed;
  const crossed = [...parsed.value.subscribers.values()].flatMap(({ id, target }) => {
    const kind = target.kind === "url" ? undefined : bindings.get(target.binding);
    if (kind === undefined || target.kind === "url" || kind === target.kind) return [];
    return [
      `subscriber ${id}: the ${target.kind} ${target.binding} is the binding of ${ARTICLE[kind]} ${kind}`,
    ];
  });
  return crossed.length === 0 ? parsed : fault(crossed);
}

const ARTICLE: Readonly<Record<BindingKind, string>> = { service: "a", queue: "a", archive: "an" };

function settingsWarnings(settings: Settings): readonly string[] {
  const open = [...settings.sources.values()].filter((source) => source.recipe === null);
  const unreached = [...settings.subscribers.keys()].filter(
    (id) => settings.rules.length > 0 && !settings.rules.some((rule) => rule.to.includes(id)),
  );
  return [
    ...open.map(
      (source) =>
        `source ${source.id} has verify = "none": anybody who knows its address can post to it`,
    ),
    ...senderWarnings(settings),
    ...headersAbroad(settings),
    ...redactionGaps(settings),
    ...shortRetentions(settings),
    ...unreached.map((id) => `subscriber ${id} is in no rule and gets nothing`),
    ...(settings.sources.size === 0 ? ["there is no source: nothing can be received"] : []),
    ...(settings.allowPrivateUrls
      ? ["ALLOW_PRIVATE_URLS is on: subscribers may be private addresses, over plain http"]
      : []),
  ];
}

/** Paths whose removal takes the address of the file away. */
const FILE_PATHS: ReadonlySet<string> = new Set(["*", "url", "download_link", "download_url"]);

/** Warns of subscribers that get what a source redacts, or that cannot work without it. */
const redactionGaps = ({ sources, subscribers, rules }: Settings): readonly string[] =>
  [...sources.values()]
    .filter(({ redact }) => redact.length > 0)
    .flatMap((source) =>
      [...subscribers.values()]
        .filter(({ id }) => reaches(rules, source, id))
        .flatMap(({ id, format, target }) => [
          ...(format === "raw"
            ? [
                `subscriber ${id} gets the raw bodies of source ${source.id}, with everything that it redacts`,
              ]
            : []),
          ...(target.kind === "archive" && source.redact.some((path) => FILE_PATHS.has(path))
            ? [
                `subscriber ${id} gets no files of source ${source.id}, which redacts their addresses`,
              ]
            : []),
        ]),
    );

/**
 * Warns of an archive that serves several sources: its headers hold a provider's token, and are
 * sent to the host that a webhook of any of these sources names.
 */
function headersAbroad({ sources, subscribers, rules }: Settings): readonly string[] {
  return [...subscribers.values()].flatMap(({ id, target, headers }) => {
    const reaching = [...sources.values()]
      .filter((source) => reaches(rules, source, id))
      .map((source) => source.id);
    if (target.kind !== "archive" || Object.keys(headers).length === 0 || reaching.length < 2)
      return [];
    const whose = `wherever ${reaching.slice(0, -1).join(", ")} and ${reaching.at(-1) ?? ""} say their files are`;
    return [
      `subscriber ${id} sends its headers to ${whose}: give each source an archive of its own`,
    ];
  });
}

const sourceLines = (settings: Settings): readonly string[] => [
  "Sources",
  ...table(
    [...settings.sources.values()].map((source) => [
      `/hooks/${source.id}`,
      source.provider,
      `account ${accountOf(source)}`,
    ]),
  ),
];

const accountOf = ({ account, accountPrefix, id }: SourceSettings): string =>
  account ?? `${accountPrefix ?? ""}<as the provider says, else ${id}>`;

const subscriberLines = (settings: Settings): readonly string[] => [
  "Subscribers",
  ...(settings.subscribers.size === 0
    ? ["  none: events are kept and streamed, and forwarded to nobody"]
    : []),
  ...table(
    [...settings.subscribers.values()].map((subscriber) => [
      subscriber.id,
      subscriber.format,
      targetOf(subscriber),
    ]),
  ),
];

function targetOf({ target }: SubscriberSettings): string {
  return target.kind === "url" ? target.url : `${target.kind} ${target.binding}`;
}

function routeLines(settings: Settings): readonly string[] {
  if (settings.subscribers.size === 0) return [];
  if (settings.rules.length === 0) return ["Rules", "  none: every event goes to every subscriber"];
  return [
    "Rules",
    ...table(settings.rules.map((rule) => [rule.id, conditionOf(rule), `→ ${rule.to.join(", ")}`])),
  ];
}

function conditionOf(rule: Rule): string {
  const matches = Object.entries(rule.match).map(
    ([name, globs]) => `${name} ${(globs as readonly string[]).join(" | ")}`,
  );
  const parts = [
    ...matches,
    ...(rule.where === null ? [] : [`where ${JSON.stringify(rule.where)}`]),
  ];
  return parts.length === 0 ? "every event" : parts.join(", ");
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    `  ${row.map((cell, column) => padTo(cell, widths[column] ?? 0)).join("  ")}`.trimEnd(),
  );
}
