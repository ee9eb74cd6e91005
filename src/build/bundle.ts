// What every build step needs: bundling with esbuild, entity tags, and writing files into `dist`.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions } from "esbuild";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const DIST = join(ROOT, "dist");

const SHARED: BuildOptions = {
  bundle: true,
  minify: true,
  write: false,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  logLevel: "error",
  absWorkingDir: ROOT,
};

/** Bundles one entry, and returns its text. */
export async function bundle(entry: string, options: BuildOptions = {}): Promise<string> {
  const { outputFiles = [] } = await build({ ...SHARED, ...options, entryPoints: [entry] });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`${entry}: nothing was built`);
  return output.text;
}

/** Reads a file of the repository. */
export const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** Writes a file into `dist`, unless it has that text already: watchers see changes only. */
export function write(name: string, text: string): void {
  const path = join(DIST, name);
  try {
    if (readFileSync(path, "utf8") === text) return;
  } catch {
    // Not there yet.
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** A strong entity tag, made from the content. */
const etagOf = (text: string): string =>
  `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;

/** The source of a module that exports files by name, for a Worker that serves them itself. */
export function moduleOf(name: string, files: Readonly<Record<string, string>>): string {
  const entries = Object.entries(files).map(([path, text]) => [path, { text, etag: etagOf(text) }]);
  return `export const ${name} = ${JSON.stringify(Object.fromEntries(entries))};\n`;
}
