// The files of a project as `check`, `start` and `deploy` read them: wrangler.toml, one of its
// environments, and .dev.vars.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, TomlError } from "smol-toml";
import { isObject } from "../../kernel/json.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import { bindingsOf } from "../check/bindings.ts";
import { checkReport, deployedSecrets, type CheckReport } from "../check/report.ts";
import { strayKeys } from "../check/toml/stray-keys.ts";
import { tomlLines } from "../check/toml/lines.ts";
import { nearest } from "../../config/senders/nearest.ts";
import { parseDevVars } from "./dev-vars.ts";
import { tomlMistake } from "../check/toml/mistakes.ts";

/** A configuration as it was read. */
export interface ProjectFiles {
  readonly path: string;
  /** The named environment; `null` is the top level. */
  readonly environment: string | null;
  /** The environment's part of the file. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly vars: Readonly<Record<string, unknown>>;
  /** What .dev.vars holds; `wrangler dev --env x` reads .dev.vars.x instead where it exists. */
  readonly devVars: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Reads the files; the fault is a sentence that names the file, and the line of a TOML mistake. */
export function readProjectFiles(
  path: string,
  environment: string | null,
): Result<ProjectFiles, string> {
  if (!existsSync(path)) return fault(`${path} does not exist`);
  const text = readFileSync(path, "utf8");
  const whole = parseToml(path, text);
  if (!whole.ok) return whole;
  const environments = member(whole.value, "env") ?? {};
  const config = environment === null ? whole.value : member(environments, environment);
  if (config === null) return fault(noEnvironment(path, environment ?? "", environments));
  const own = join(dirname(path), `.dev.vars.${environment ?? ""}`);
  const devVars = environment !== null && existsSync(own) ? own : join(dirname(path), ".dev.vars");
  return ok({
    path,
    environment,
    config,
    vars: member(config, "vars") ?? {},
    devVars: existsSync(devVars) ? parseDevVars(readFileSync(devVars, "utf8")) : {},
    text,
  });
}

function noEnvironment(
  path: string,
  name: string,
  known: Readonly<Record<string, unknown>>,
): string {
  const near = nearest(name, Object.keys(known));
  const meant =
    near === null
      ? `: it has ${Object.keys(known).join(", ") || "none (docs/deploy.md, A staging environment)"}`
      : `, is ${near} meant?`;
  return `${path} has no environment ${name}${meant}`;
}

function parseToml(path: string, text: string): Result<Readonly<Record<string, unknown>>, string> {
  try {
    return ok(parse(text));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const mistake = tomlMistake(error.message, text, error.line);
    return fault(`${path}:${error.line}:${error.column}: ${mistake}`);
  }
}

function member(
  table: Readonly<Record<string, unknown>>,
  name: string,
): Readonly<Record<string, unknown>> | null {
  const value = table[name];
  return isObject(value) ? value : null;
}

/** Checks what was read, as `npm start` runs it (`isLocal`) or as it is deployed. */
export function checkFiles(files: ProjectFiles, isLocal: boolean): CheckReport {
  const { vars, devVars, environment } = files;
  const table = environment === null ? "vars" : `env.${environment}.vars`;
  return checkReport(vars, {
    secrets: isLocal ? devVars : deployedSecrets(vars, devVars),
    isLocal,
    bindings: bindingsOf(files.config),
    environment,
    lines: { lines: tomlLines(files.text), vars: table },
    strayKeys: strayKeys(files.config, table),
  });
}
