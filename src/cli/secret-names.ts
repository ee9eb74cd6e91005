// The names of the secrets of a configuration, so that it can be checked without their values.

import { listItems } from "../config/lists.ts";
import { isObject } from "../kernel/json.ts";

/**
 * Names of secrets in sources and subscribers, sorted: `secrets`, `tokenSecret` of connectors,
 * `${NAME}` in headers.
 */
export function namedSecrets(vars: Readonly<Record<string, unknown>>): readonly string[] {
  const reading = { vars, problems: [] };
  const items = [...listItems("SOURCES", reading), ...listItems("SUBSCRIBERS", reading)];
  return [...new Set(items.flatMap((item) => secretsIn(item.value)))]
    .filter((name) => NAME.test(name))
    .toSorted();
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

function secretsIn(entry: unknown): readonly string[] {
  if (!isObject(entry)) return [];
  const listed = Array.isArray(entry["secrets"]) ? (entry["secrets"] as readonly unknown[]) : [];
  const connectors = [entry["connect"], entry["poll"]].map((part) =>
    isObject(part) ? part["tokenSecret"] : undefined,
  );
  const headers = isObject(entry["headers"]) ? Object.values(entry["headers"]) : [];
  const inHeaders = headers.flatMap((value) =>
    typeof value === "string"
      ? Array.from(value.matchAll(/\$\{([^}]+)\}/g), (match) => match[1])
      : [],
  );
  return [...listed, ...connectors, ...inHeaders].filter(
    (name): name is string => typeof name === "string",
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
