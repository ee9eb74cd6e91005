// The report of `check`: the problems of a configuration, or which subscriber gets which events.

import { listItems } from "../../config/lists.ts";
import { parseSettings } from "../../config/parse.ts";
import type { Settings } from "../../config/settings.ts";
import { isObject } from "../../kernel/json.ts";
import type { Result } from "../../kernel/result.ts";
import { bindingsOf, crossedTargets, objectProblems, type Bindings } from "./bindings.ts";
import {
  findingOf,
  located,
  placesOf,
  strayFinding,
  type ConfigLines,
  type Finding,
  type LocatedFinding,
  type Places,
} from "./findings.ts";
import { overviewLines } from "./overview.ts";
import { ruleWarnings } from "./rule-warnings.ts";
import { namedSecrets, secretPlaces, withPlaceholders } from "./secret-names.ts";
import { settingWarnings } from "./setting-warnings.ts";
import { withRemedy } from "./remedies.ts";
import type { StrayKey } from "./toml/stray-keys.ts";
import { varWarnings } from "./var-warnings.ts";

/** What `check` found. */
export interface CheckReport {
  readonly ok: boolean;
  /** As `/healthz` names them. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Problems and warnings with their places. */
  readonly findings: readonly LocatedFinding[];
  /** Names of secrets whose values are not known here. */
  readonly missingSecrets: readonly string[];
  /** Lines that say which subscriber gets which events; none when there are problems. */
  readonly lines: readonly string[];
}

type Vars = Readonly<Record<string, unknown>>;

/** What is checked beside the vars. */
export interface CheckInput {
  /** Secrets and settings over the vars, as .dev.vars has them. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** True for `npm start`, which knows every secret: one that is missing is a problem. */
  readonly isLocal?: boolean;
  /** The bindings; without them the Durable Objects are not checked. */
  readonly bindings?: Bindings;
  /** The environment of the file; `null` is the top level. */
  readonly environment?: string | null;
  readonly lines?: ConfigLines | null;
  /** Keys of the file that stand where nothing reads them. */
  readonly strayKeys?: readonly StrayKey[];
}

/**
 * The values of a deployed Worker that .dev.vars knows: the secrets that the vars name. The rest of
 * .dev.vars is for development.
 */
export function deployedSecrets(
  vars: Vars,
  local: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const names = [...namedSecrets(vars), ...OWN_SECRETS];
  return Object.fromEntries(
    names.flatMap((name) => (local[name] === undefined ? [] : [[name, local[name]] as const])),
  );
}

/** Secrets that no source or subscriber names. */
const OWN_SECRETS = ["ADMIN_TOKEN", "STREAM_SECRET"] as const;

/**
 * Checks the vars of wrangler.toml. For a deployed Worker missing secrets are warnings, because
 * only Cloudflare knows its secrets.
 */
export function checkReport(vars: Vars, input: CheckInput = {}): CheckReport {
  const { secrets = {}, isLocal = false, lines = null, strayKeys: strays = [] } = input;
  const bindings = input.bindings ?? bindingsOf({});
  const all = isLocal ? { ...vars, ...secrets } : { ...secrets, ...vars };
  const filled = withPlaceholders(all);
  const bound = Object.fromEntries([...bindings.targets.keys()].map((name) => [name, {}]));
  const parsed = isLocal
    ? parseSettings({ ...bound, ...all })
    : parseSettings({ ...bound, ...filled.vars }, new Set(filled.missing));
  const places = placesOf(all);
  const problems = [
    ...(input.bindings === undefined
      ? []
      : objectProblems(input.bindings, input.environment ?? null)),
    ...settingProblems(parsed, bindings, places),
    ...(isLocal ? ownSecretsMissing(all) : []),
  ];
  const warnings = [
    ...varWarnings(vars),
    ...(parsed.ok ? settingWarnings(parsed.value, places) : []),
    ...(parsed.ok ? ruleWarnings(parsed.value, tablesOf(all), places) : []),
    ...(isLocal ? [] : secretWarnings(all, filled.missing, input.environment ?? null)),
  ];
  const isSound = problems.length === 0 && parsed.ok;
  return {
    ok: isSound,
    problems: problems.map(textOf),
    warnings: [...warnings, ...strays].map(({ message }) => message),
    findings: [
      ...problems.map((problem) => located("problem", withRemedy(problem, isLocal), places, lines)),
      ...warnings.map((warning) => located("warning", warning, places, lines)),
      ...strays.map((stray) => strayFinding(stray, lines)),
    ],
    missingSecrets: filled.missing,
    lines: isSound ? overviewLines(parsed.value) : [],
  };
}

const textOf = ({ path, message }: Finding): string =>
  path === "" ? message : `${path}: ${message}`;

const settingProblems = (
  parsed: Result<Settings, readonly string[]>,
  bindings: Bindings,
  places: Places,
): readonly Finding[] =>
  parsed.ok ? crossedTargets(parsed.value, bindings, places) : parsed.fault.map(findingOf);

const ownSecretsMissing = (all: Vars): readonly Finding[] =>
  OWN_SECRETS.filter((name) => all[name] === undefined || all[name] === "").map((name) => ({
    path: name,
    message: "is not set in .dev.vars",
  }));

function secretWarnings(
  all: Vars,
  missing: readonly string[],
  environment: string | null,
): readonly Finding[] {
  const places = secretPlaces(all);
  const option = environment === null ? "" : ` --env ${environment}`;
  return missing.map((name) => ({
    path: places.get(name) ?? "",
    message: `secret ${name} is not known here: npx wrangler secret put ${name}${option}`,
  }));
}

/** The tables of the sources by id, as they were written. */
const tablesOf = (vars: Vars): ReadonlyMap<string, unknown> =>
  new Map(
    listItems("SOURCES", { vars, problems: [] }).flatMap(({ value }) => {
      const id = isObject(value) ? value["id"] : undefined;
      return typeof id === "string" ? [[id, value] as const] : [];
    }),
  );
