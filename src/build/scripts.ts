// Bundles what pages of any origin load: the client, its React binding, the element, and the watch
// page. The Worker imports them as one module of strings and serves them itself, with or without
// static assets.

import type { Plugin } from "esbuild";
import { minify } from "terser";
import { bundle, moduleOf, read, write } from "./bundle.ts";

/**
 * Members that only the client's own code reads; their names are shortened. None of them is on the
 * wire, in a public option, or a name of the platform. The end-to-end tests run the shortened code.
 */
const PRIVATE_MEMBERS =
  /^(?:after|alive|aliveAt|away|began|due|emit|expired|failures|frame|key|kind|lead|leave|onFrame|pinged|places|post|proven|retryAfter|spare|subject|take|tell|token|upgrade|via|view|ways|weight)$/;

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

/** Makes a script smaller than esbuild does, by 2 % of its gzip size and more. */
async function shorten(text: string): Promise<string> {
  const { code } = await minify(text, {
    module: true,
    compress: { passes: 3, unsafe: true, unsafe_arrows: true, unsafe_methods: true },
    format: { ecma: 2020 },
  });
  if (code === undefined) throw new Error("terser built nothing");
  return code;
}

/** Replaces the private words of the client's bundle. */
function withDigits(text: string): string {
  const words = new RegExp(`"(${PRIVATE_WORDS.join("|")})"`, "g");
  return text.replaceAll(
    words,
    (_, word: (typeof PRIVATE_WORDS)[number]) => `"${PRIVATE_WORDS.indexOf(word)}"`,
  );
}

const client = async (entry: string): Promise<string> =>
  shorten(withDigits(await bundle(entry, { mangleProps: PRIVATE_MEMBERS })));

/** Leaves the client out: it is the file beside the bundle. */
const CLIENT_BESIDE: Plugin = {
  name: "client-beside",
  setup(build) {
    build.onResolve({ filter: /\/client\/index\.ts$/ }, () => ({
      path: "./client.js",
      external: true,
    }));
  },
};

/** The scripts that a page imports from a relay or from the package, by file name. */
export async function bundleScripts(): Promise<Readonly<Record<string, string>>> {
  const [clientScript, react, element] = await Promise.all([
    client("src/client/index.ts"),
    bundle("src/client/react.ts", { external: ["react"] }),
    bundle("src/element/index.ts", { plugins: [CLIENT_BESIDE] }).then(shorten),
  ]);
  return { "client.js": clientScript, "react.js": react, "element.js": element };
}

/** The receiver of deliveries, which no browser loads. */
export const bundleWebhook = async (): Promise<string> =>
  shorten(await bundle("src/webhook/index.ts"));

/** Writes the scripts, each as a file and all as a module that the Worker imports. */
export async function buildScripts(): Promise<void> {
  const [scripts, webhook, watch, style] = await Promise.all([
    bundleScripts(),
    bundleWebhook(),
    bundle("src/watch/page.io.ts", { plugins: [CLIENT_BESIDE] }).then(shorten),
    bundle("src/watch/watch.css"),
  ]);
  const page = {
    "watch.html": read("src/watch/watch.html"),
    "watch.js": watch,
    "watch.css": style,
  };
  write("scripts.js", moduleOf("SCRIPTS", scripts) + moduleOf("WATCH", page));
  const all = { ...scripts, "webhook.js": webhook, "watch.js": watch };
  for (const [name, text] of Object.entries(all)) write(name, text);
}
