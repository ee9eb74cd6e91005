// Bundles the console.

import type { BuildOptions } from "esbuild";
import { bundle, moduleOf, read, write } from "./bundle.ts";

const PREACT: BuildOptions = { jsx: "automatic", jsxImportSource: "preact" };

/** Writes the console's files as a module that the Worker imports. */
export async function buildConsole(): Promise<void> {
  const [script, style] = await Promise.all([
    bundle("src/console/main.tsx", PREACT),
    bundle("src/console/console.css"),
  ]);
  const files = {
    "console.js": script,
    "console.css": style,
    "index.html": read("src/console/index.html"),
  };
  write("assets.js", moduleOf("ASSETS", files));
  write("console.js", script);
}
