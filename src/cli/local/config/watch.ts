// Watches the configuration of a running relay, and says what is wrong with it after each change.

import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { problemLines, warningLines } from "../../check/print.ts";
import type { CheckReport } from "../../check/report.ts";
import type { Paint } from "../../paint.ts";
import { until } from "../../until.ts";
import { checkFiles, readProjectFiles } from "../project-files.ts";

/** How often the files are looked at, in ms. */
const LOOK_EVERY = 300;

/** The text of both files; a file that is not there counts as empty. */
export const configText = (path: string): string =>
  [path, join(dirname(path), ".dev.vars")]
    .map((file) => (existsSync(file) ? readFileSync(file, "utf8") : ""))
    .join("\0");

/**
 * Calls `onChange` when wrangler.toml or .dev.vars differ from `before`, and after each further
 * change; returns how to stop. A change counts once the files have been the same at two looks: an
 * editor may be in the middle of writing.
 */
export function watchConfig(path: string, before: string, onChange: () => void): () => void {
  let [told, last] = [before, before];
  const timer = setInterval(() => {
    const now = configText(path);
    const isChanged = now === last && now !== told;
    last = now;
    if (!isChanged) return;
    told = now;
    onChange();
  }, LOOK_EVERY);
  return () => clearInterval(timer);
}

/** What is wrong with a configuration: lines to print, none when nothing is. */
export interface ConfigProblems {
  readonly lines: readonly string[];
  /** `null` when the file is no TOML. */
  readonly report: CheckReport | null;
}

/** What is meant on this machine. */
const LOCAL = /ALLOW_PRIVATE_URLS is on/;

/** Reads and checks the files as `npm start` runs them. */
export function configProblems(path: string, paint: Paint): ConfigProblems {
  const files = readProjectFiles(path, null);
  if (!files.ok) return { lines: [paint("red", files.fault)], report: null };
  const report = checkFiles(files.value, true);
  const file = basename(path);
  const warnings = warningLines(report, file, paint).filter((line) => !LOCAL.test(line));
  return { lines: [...problemLines(report, file, paint), ...warnings], report };
}

/** How long wrangler may take to load a changed configuration, in ms. */
const RELOAD_TIMEOUT = 20_000;

/**
 * Resolves once the relay at `url` runs the configuration that the report is about, as far as
 * `/healthz` shows it, or when it takes too long.
 */
export async function untilReloaded(url: string, report: CheckReport): Promise<void> {
  const isSame = async (): Promise<boolean> => {
    const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(LOOK_EVERY * 10) });
    const { problems = [] } = (await answer.json()) as { readonly problems?: readonly string[] };
    // Secrets that only the API needs are no problem of the relay itself.
    return (
      problems.every((problem) => report.problems.includes(problem)) &&
      answer.ok === report.problems.every((problem) => OWN_SECRET.test(problem))
    );
  };
  await until(isSame, { timeout: RELOAD_TIMEOUT, every: LOOK_EVERY }).catch(() => undefined);
}

const OWN_SECRET = /^(?:ADMIN_TOKEN|STREAM_SECRET): is not set/;
