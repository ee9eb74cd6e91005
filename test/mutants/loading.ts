// Loads files of tests, and loads them again with those modules that depend on one of them: a
// module is loaded again when its address has another number.

import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { testsOf, type CollectedTest } from "./suite.ts";

const SUITE = new URL("suite.ts", import.meta.url).href;
const NUMBER = /\?load=\d+$/;

/** The modules that import each module. */
const importers = new Map<string, Set<string>>();

/** The modules that are loaded again. */
let outdated: ReadonlySet<string> = new Set();

/** Code without types, by address: it is the same whenever it is loaded. */
const plain = new Map<string, string>();

function plainCode(url: string): string {
  const code = plain.get(url) ?? stripTypeScriptTypes(readFileSync(fileURLToPath(url), "utf8"));
  plain.set(url, code);
  return code;
}

registerHooks({
  resolve(specifier, context, next) {
    const { parentURL = "" } = context;
    if (specifier === "vitest" && parentURL !== SUITE) return { url: SUITE, shortCircuit: true };
    const found = next(specifier, context);
    const parent = parentURL.replace(NUMBER, "");
    importers.set(found.url, (importers.get(found.url) ?? new Set()).add(parent));
    const [number = ""] = NUMBER.exec(parentURL) ?? [];
    return outdated.has(found.url) ? { ...found, url: found.url + number } : found;
  },
  load: (url, context, next) =>
    NUMBER.test(url)
      ? { format: "module", source: plainCode(url.replace(NUMBER, "")), shortCircuit: true }
      : next(url, context),
});

const urlOf = (file: string): string => pathToFileURL(resolve(file)).href;

/** The tests of files, as the code is. */
export async function loaded(files: readonly string[]): Promise<readonly CollectedTest[]> {
  const tests: CollectedTest[] = [];
  for (const file of files) tests.push(...(await testsOf(file, () => import(urlOf(file)))));
  return tests;
}

/** A module, and those that import it, directly or not. */
function dependentsOf(url: string): ReadonlySet<string> {
  const found = new Set([url]);
  for (const one of found) for (const importer of importers.get(one) ?? []) found.add(importer);
  return found;
}

let loads = 0;

/** The tests of those files that depend on a module, loaded again, one file after the other. */
export async function* loadedAgain(
  files: readonly string[],
  module: string,
): AsyncGenerator<readonly CollectedTest[]> {
  loads += 1;
  const number = `?load=${loads}`;
  outdated = dependentsOf(urlOf(module));
  for (const file of files.filter((one) => outdated.has(urlOf(one))))
    yield await testsOf(file, () => import(urlOf(file) + number));
}
