// `check`: whether the configuration can be deployed, and which subscriber gets which events.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, TomlError } from "smol-toml";
import { isObject } from "../../kernel/json.ts";
import { bindingsOf, checkReport, deployedVars, type CheckReport } from "../check-report.ts";
import { Failure, relayCommand } from "../command.ts";
import { parseDevVars } from "../local/dev-vars.ts";
import { painter } from "../paint.ts";
import { ROOT } from "../local/relay-process.ts";

/**
 * Exits with 1 when there are problems. Warnings are no failure: `npm run deploy` runs this first.
 */
export const check = relayCommand({
  name: "check",
  description: "Validate wrangler.toml and say who gets what",
  args: {
    config: {
      type: "string",
      description: "The configuration",
      valueHint: "file",
      default: join(ROOT, "wrangler.toml"),
    },
    env: { type: "string", description: "A named environment of it", valueHint: "name" },
    local: {
      type: "boolean",
      description: "Check what `npm start` would run: all of .dev.vars counts",
      default: false,
    },
    json: { type: "boolean", description: "Print JSON for scripts", default: false },
  },
  run: (args) => {
    const config = readConfig(args.config, args.env);
    const vars = member(config, "vars") ?? {};
    const local = readLocal(join(args.config, "..", ".dev.vars"));
    const report = checkReport(
      args.local ? { ...vars, ...local } : deployedVars(vars, local),
      bindingsOf(config),
    );
    if (args.json) console.log(JSON.stringify(report, null, 2));
    else print(report);
    const hasUrlProblem = report.problems.some((problem) => /\.url: /.test(problem));
    if (hasUrlProblem && !args.json && !args.local)
      console.error("Are these addresses for development only? Check them with --local.");
    if (!report.ok) process.exitCode = 1;
  },
});

/** The configuration or a named environment of it; an environment inherits no vars or bindings. */
function readConfig(
  path: string,
  environment: string | undefined,
): Readonly<Record<string, unknown>> {
  if (!existsSync(path)) throw new Failure(`${path} does not exist`);
  const config = parseToml(path);
  const named = environment === undefined ? config : member(member(config, "env"), environment);
  if (named === null) throw new Failure(`${path} has no environment ${environment ?? ""}`);
  return named;
}

function parseToml(path: string): Readonly<Record<string, unknown>> {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof TomlError)
      throw new Failure(
        `${path}:${error.line}:${error.column}: ${error.message.split("\n")[0] ?? ""}`,
        { cause: error },
      );
    throw error;
  }
}

function member(
  table: Readonly<Record<string, unknown>> | null,
  name: string,
): Readonly<Record<string, unknown>> | null {
  const value = table?.[name];
  return isObject(value) ? value : null;
}

const readLocal = (path: string): Readonly<Record<string, string>> =>
  existsSync(path) ? parseDevVars(readFileSync(path, "utf8")) : {};

function print(report: CheckReport): void {
  const paint = painter(process.stdout.isTTY, process.env);
  for (const problem of report.problems) console.error(paint("red", problem));
  for (const line of report.lines) console.log(line.startsWith(" ") ? line : paint("bold", line));
  for (const warning of report.warnings) console.log(paint("yellow", `warning: ${warning}`));
  if (report.ok) console.log(paint("green", "The configuration is valid."));
  else
    console.error(
      `${report.problems.length} problem${report.problems.length === 1 ? "" : "s"}: this configuration would answer 503.`,
    );
}
