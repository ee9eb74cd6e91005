// Bundles what pages of any origin load: the client and its React binding. The Worker imports them
// as one module of strings and serves them itself, with or without static assets.

import { minify } from "terser";
import { bundle, moduleOf, write } from "./bundle.ts";

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

/** Shortens the client's bundle further, by 4 % of its gzip size. */
async function shorten(text: string): Promise<string> {
  const words = new RegExp(`"(${PRIVATE_WORDS.join("|")})"`, "g");
  const digits = text.replaceAll(
    words,
    (_, word: (typeof PRIVATE_WORDS)[number]) => `"${PRIVATE_WORDS.indexOf(word)}"`,
  );
  const { code } = await minify(digits, {
    module: true,
    compress: { passes: 3, unsafe: true, unsafe_arrows: true, unsafe_methods: true },
    format: { ecma: 2020 },
  });
  if (code === undefined) throw new Error("terser built nothing");
  return code;
}

/** Writes the scripts, each as a file and all as a module that the Worker imports. */
export async function buildScripts(): Promise<void> {
  const [client, react] = await Promise.all([
    bundle("src/client/index.ts", { mangleProps: PRIVATE_MEMBERS }).then(shorten),
    bundle("src/client/react.ts", { external: ["react"] }),
  ]);
  const files = { "client.js": client, "react.js": react };
  write("scripts.js", moduleOf("SCRIPTS", files));
  for (const [name, text] of Object.entries(files)) write(name, text);
}
