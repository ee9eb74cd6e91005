// Options that npm has taken for itself: without `--` before them they never reach a script.

/** The scripts that run the command line. */
const SCRIPTS: Readonly<Record<string, string>> = {
  deploy: "npm run deploy --",
  relay: "npm run relay --",
  start: "npm start --",
};

/** Options that npm has as well, and that its own configuration may set for other reasons. */
const NPM_OWN = new Set(["json", "expires", "offline"]);

/**
 * What is wrong with `npm run deploy --dry-run`: npm takes the option, and the script would deploy.
 * `null` when npm took none of the options.
 */
export function takenByNpm(
  options: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string | null {
  const script = SCRIPTS[env["npm_lifecycle_event"] ?? ""];
  if (script === undefined) return null;
  const taken = options.find((name) => !NPM_OWN.has(name) && isSet(env[variableOf(name)]));
  if (taken === undefined) return null;
  return `npm took --${taken} for itself: options come after --, as in ${script} --${taken}`;
}

const variableOf = (option: string): string => `npm_config_${option.replaceAll("-", "_")}`;

const isSet = (value: string | undefined): boolean => value !== undefined && value !== "";
