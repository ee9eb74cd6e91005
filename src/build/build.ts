// Bundles what browsers load: the client, its React binding and the console. The Worker imports
// them as one module of strings; the client and the binding are also files for npm.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions } from "esbuild";
import { minify } from "terser";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const DIST = join(ROOT, "dist");

/**
 * Members that only the client's own code reads; their names are shortened. None of them is on the
 * wire, in a public option, or a name of the platform. The end-to-end tests run the shortened code.
 */
const PRIVATE_MEMBERS =
  /^(?:alive|aliveAt|away|began|due|emit|expired|failures|key|kind|lead|leave|onFrame|pinged|places|post|proven|retryAfter|spare|subject|take|tell|token|upgrade|via|view|ways|weight)$/;

/** The kinds of the client's inputs, which only its own code reads; each becomes a digit. */
const PRIVATE_WORDS = [
  "alive",
  "away",
  "back",
  "closed",
  "dialed",
  "probe",
  "start",
  "stop",
  "tick",
] as const;

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

async function bundle(entry: string, options: BuildOptions = {}): Promise<string> {
  const { outputFiles = [] } = await build({ ...SHARED, ...options, entryPoints: [entry] });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`${entry}: nothing was built`);
  return output.text;
}

/** Shortens the client's bundle further, by 4 % of its gzip size. */
async function shorten(text: string): Promise<string> {
  const words = new RegExp(`"(${PRIVATE_WORDS.join("|")})"`, "g");
  const digits = text.replaceAll(
    words,
    (_, word: (typeof PRIVATE_WORDS)[number]) => `"${PRIVATE_WORDS.indexOf(word)}"`,
  );
  const { code } = await minify(digits, {
    module: true,
    compress: { passes: 3 },
    format: { ecma: 2020 },
  });
  if (code === undefined) throw new Error("terser built nothing");
  return code;
}

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** Writes a file, but leaves it alone when it has that text already: watchers see changes only. */
function write(path: string, text: string): void {
  try {
    if (readFileSync(path, "utf8") === text) return;
  } catch {
    // Not there yet.
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const PREACT: BuildOptions = { jsx: "automatic", jsxImportSource: "preact" };

const [client, react, consoleScript, consoleStyle] = await Promise.all([
  bundle("src/client/index.ts", { mangleProps: PRIVATE_MEMBERS }).then(shorten),
  bundle("src/client/react.ts", { external: ["react"] }),
  bundle("src/console/main.tsx", PREACT),
  bundle("src/console/console.css"),
]);

const assets: Readonly<Record<string, string>> = {
  "client.js": client,
  "react.js": react,
  "console.js": consoleScript,
  "console.css": consoleStyle,
  "index.html": read("src/console/index.html"),
};

/** A strong entity tag, made from the content. */
const etagOf = (text: string): string =>
  `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;

const module = Object.fromEntries(
  Object.entries(assets).map(([name, text]) => [name, { text, etag: etagOf(text) }]),
);
write(join(DIST, "assets.js"), `export const ASSETS = ${JSON.stringify(module)};\n`);
write(join(DIST, "client.js"), client);
write(join(DIST, "react.js"), react);
write(join(DIST, "console.js"), consoleScript);
