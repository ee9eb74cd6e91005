// Bundles the console into files of the static assets.

import type { BuildOptions } from "esbuild";
import { bundle, read, write } from "./bundle.ts";

const PREACT: BuildOptions = { jsx: "automatic", jsxImportSource: "preact" };

/** Writes the console's page, script and style below `dist/public`, which wrangler.toml names. */
export async function buildConsole(): Promise<void> {
  const [script, style] = await Promise.all([
    bundle("src/console/main.tsx", PREACT),
    bundle("src/console/console.css"),
  ]);
  write("public/console/index.html", read("src/console/index.html"));
  write("public/console/console.js", script);
  write("public/console/console.css", style);
}
