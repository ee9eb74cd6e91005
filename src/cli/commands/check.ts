// `check`: whether the configuration can be deployed, and which subscriber gets which events.

import { basename } from "node:path";
import { problemLines, warningLines } from "../check/print.ts";
import type { CheckReport } from "../check/report.ts";
import { Failure, relayCommand } from "../command.ts";
import { checkFiles, readProjectFiles } from "../local/project-files.ts";
import { projectPath } from "../local/project.ts";
import { painter, jsonText } from "../paint.ts";

/**
 * Exits with 1 when there are problems. Warnings are no failure: `npm run deploy` runs this first.
 */
export const check = relayCommand({
  name: "check",
  description: "Validate wrangler.toml and say who gets what",
  args: {
    config: {
      type: "string",
      description: "The configuration; by default the wrangler.toml of this project",
      valueHint: "file",
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
    const path = args.config ?? projectPath("wrangler.toml");
    const files = readProjectFiles(path, args.env ?? null);
    if (!files.ok) throw new Failure(files.fault);
    const report = checkFiles(files.value, args.local);
    if (args.json) console.log(jsonText(report, 2));
    else print(report, basename(path));
    const hasUrlProblem = report.problems.some((problem) => /\.url: /.test(problem));
    if (hasUrlProblem && !args.json && !args.local)
      console.error("Are these addresses for development only? Check them with --local.");
    if (!report.ok) process.exitCode = 1;
  },
});

function print(report: CheckReport, file: string): void {
  const paint = painter(process.stdout.isTTY, process.env);
  const problems = problemLines(report, file, painter(process.stderr.isTTY, process.env));
  for (const line of problems) console.error(line);
  for (const line of report.lines) console.log(line.startsWith(" ") ? line : paint("bold", line));
  for (const line of warningLines(report, file, paint)) console.log(line);
  if (report.ok) console.log(paint("green", "The configuration is valid."));
  else
    console.error(
      `${problems.length} problem${problems.length === 1 ? "" : "s"}: this configuration would answer 503.`,
    );
}
