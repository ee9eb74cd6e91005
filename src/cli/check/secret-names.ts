// The names of the secrets of a configuration, so that it can be checked without their values.

import { listItems } from "../../config/lists.ts";
import { isSecretName } from "../../config/secrets.ts";
import { isObject } from "../../kernel/json.ts";
import { step } from "../../kernel/json/path.ts";

/**
 * Names of secrets in sources and subscribers, sorted: `secrets`, `tokenSecret` of connectors,
 * `${NAME}` in headers.
 */
export const namedSecrets = (vars: Readonly<Record<string, unknown>>): readonly string[] =>
  [...secretPlaces(vars).keys()].toSorted();

/** Each secret that is named, and the path of the first place that names it. */
export function secretPlaces(vars: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const reading = { vars, problems: [] };
  const items = [...listItems("SOURCES", reading), ...listItems("SUBSCRIBERS", reading)];
  const found = items
    .flatMap(({ path, value }) => secretsIn(value, path))
    .filter(([name]) => isSecretName(name));
  // The first place wins.
  return new Map(found.toReversed());
}

type Place = readonly [name: string, path: string];

function secretsIn(entry: unknown, path: string): readonly Place[] {
  if (!isObject(entry)) return [];
  const secrets = entry["secrets"];
  const listed = (Array.isArray(secrets) ? (secrets as readonly unknown[]) : []).map(
    (name, index) => [name, step(step(path, "secrets"), index)] as const,
  );
  const connectors = (["connect", "poll"] as const).map((key) => {
    const part = entry[key];
    const name = isObject(part) ? part["tokenSecret"] : undefined;
    return [name, step(step(path, key), "tokenSecret")] as const;
  });
  const headers = isObject(entry["headers"]) ? Object.entries(entry["headers"]) : [];
  const inHeaders = headers.flatMap(([header, value]) =>
    typeof value === "string"
      ? Array.from(
          value.matchAll(/\$\{([^}]+)\}/g),
          (match) => [match[1], step(step(path, "headers"), header)] as const,
        )
      : [],
  );
  return [...listed, ...connectors, ...inHeaders].filter(
    (place): place is Place => typeof place[0] === "string",
  );
}

/** A placeholder for an unknown secret; it has the form of a signing secret. */
const PLACEHOLDER = `whsec_${"A".repeat(42)}A=`;

/** The vars with a placeholder for each missing secret. */
export function withPlaceholders(vars: Readonly<Record<string, unknown>>): {
  readonly vars: Readonly<Record<string, unknown>>;
  readonly missing: readonly string[];
} {
  const missing = [...namedSecrets(vars), "ADMIN_TOKEN", "STREAM_SECRET"].filter(
    (name) => vars[name] === undefined || vars[name] === "",
  );
  return {
    vars: { ...vars, ...Object.fromEntries(missing.map((name) => [name, PLACEHOLDER])) },
    missing,
  };
}
