// Adds to a problem of the configuration what to do, where its words alone do not say it.

import type { Finding } from "./findings.ts";

/** `isLocal` is true for what `npm start` runs. */
export function withRemedy(problem: Finding, isLocal: boolean): Finding {
  const remedy = remedyOf(problem, isLocal);
  return remedy === null ? problem : { ...problem, message: `${problem.message}: ${remedy}` };
}

function remedyOf({ path, message }: Finding, isLocal: boolean): string | null {
  const [, secret] = /^secret (\w+) is not set$/.exec(message) ?? [];
  if (secret !== undefined && isLocal) return `add ${secret}=… to .dev.vars`;
  if (message.startsWith("must be a list of tables")) return `each begins with [[vars.${path}]]`;
  return null;
}
