// What programs behind `npm run` share: options that explain themselves, and an end by a signal
// that leaves no process behind.

import { parseArgs, type ParseArgsConfig } from "node:util";

/** Ends with a message for whoever used the program wrongly. */
export function wrongUse(message: string): never {
  console.error(message);
  process.exit(2);
}

/** Reads the options of a program; `--help` and wrong use print `usage` and end it. */
export function scriptArgs<T extends ParseArgsConfig>(
  usage: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  if (process.argv.slice(2).includes("--help")) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // Node adds a hint about arguments that begin with `-`.
    return wrongUse(`${error.message.split(". ")[0]}\n\n${usage}`);
  }
}

/**
 * Lets the `exit` handlers run, which end the relays of this program, when a signal ends it. A
 * second signal that comes meanwhile does not cut them short.
 */
export function exitOnSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => process.exit(130));
}
