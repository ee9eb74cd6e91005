// Which secrets a configuration names, so that it can be checked where their values are not known.

import { listItems } from "../config/lists.ts";
import { isObject } from "../kernel/json.ts";

/** Names of secrets in sources and subscribers, sorted: `secrets`, `tokenSecret` of connectors, `${NAME}` in headers. */
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

/** Stands for a secret whose value is not known here; it has the form that signing secrets need. */
export const PLACEHOLDER = `whsec_${"A".repeat(42)}A=`;

/** The vars as the Worker would see them, with a placeholder for each secret that is missing. */
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
