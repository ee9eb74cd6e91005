// Reads wrangler.toml and .dev.vars of the working directory, without validating them.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { listItems } from "../../config/lists.ts";
import { isObject } from "../../kernel/json.ts";
import { parseDevVars } from "./dev-vars.ts";

/** A configured source, with the value of its first secret if .dev.vars has it. */
export interface LocalSource {
  readonly id: string;
  readonly provider: string;
  readonly account: string | null;
  readonly secretName: string | null;
  readonly secret: string | null;
}

/** The vars and sources of a working directory. */
export interface LocalProject {
  /** `[vars]` of wrangler.toml with .dev.vars over them. */
  readonly all: Readonly<Record<string, unknown>>;
  /** .dev.vars alone. */
  readonly vars: Readonly<Record<string, string>>;
  readonly sources: readonly LocalSource[];
}

/**
 * Reads the files in `directory`; a missing one counts as empty. Throws on a wrangler.toml that is
 * not TOML.
 */
export function localProject(directory: string): LocalProject {
  const toml = parse(textOf(join(directory, "wrangler.toml")));
  return projectOf(
    isObject(toml["vars"]) ? toml["vars"] : {},
    parseDevVars(textOf(join(directory, ".dev.vars"))),
  );
}

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");

/** Joins vars of both files and lists the sources, `SOURCES` and `SOURCES_…` in name order. */
export function projectOf(
  vars: Readonly<Record<string, unknown>>,
  secrets: Readonly<Record<string, string>>,
): LocalProject {
  const all = { ...vars, ...secrets };
  const sources = listItems("SOURCES", { vars: all, problems: [] })
    .map((item) => item.value)
    .filter(isObject)
    .map((source): LocalSource => {
      const names = Array.isArray(source["secrets"])
        ? (source["secrets"] as readonly unknown[])
        : [];
      const name = typeof names[0] === "string" ? names[0] : null;
      const value = name === null ? undefined : all[name];
      return {
        id: textOr(source["id"], "?"),
        provider: textOr(source["provider"], "?"),
        account: typeof source["account"] === "string" ? source["account"] : null,
        secretName: name,
        secret: typeof value === "string" ? value : null,
      };
    });
  return { all, vars: secrets, sources };
}

const textOr = (value: unknown, fallback: string): string =>
  typeof value === "string" ? value : fallback;
