// An application with React from the packed package: the component of docs/client.md, shown in a
// browser while a job runs at the newcomer's relay.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { build } from "esbuild";
import { freePort } from "../../../src/cli/local/relay-process.ts";
import { openBrowser } from "../../e2e/client/browser.ts";
import { docBlock } from "../../e2e/docs/doc-blocks.ts";
import { packInto } from "../../support/packed.ts";
import { until } from "../../support/wait.ts";
import { typeToEnd, type Checkout } from "./checkout.ts";
import type { Started } from "./first-event.ts";

/** The account of the sample source `comments`, which names none. */
const ACCOUNT = "comments";
const GUID = "seen-with-react";
const HERE = "127.0.0.1";

const RENDER = `
import { createRoot } from "react-dom/client";
createRoot(document.body).render(<Export guid="${GUID}" />);
`;

/** Installs the package and React in a folder, and bundles the component. */
async function bundledApp({ folder, directory }: Checkout, relay: string): Promise<string> {
  const app = join(folder, "app");
  mkdirSync(app);
  writeFileSync(join(app, "package.json"), '{"private":true,"type":"module"}');
  const { file } = await packInto(app, directory);
  await typeToEnd(`npm install --no-audit --no-fund ${file} react react-dom`, app);
  const component = docBlock("client.md", "tsx", "useJob")
    .replaceAll("https://relay.example.com", relay)
    .replaceAll('"acme"', `"${ACCOUNT}"`);
  const { outputFiles } = await build({
    stdin: { contents: component + RENDER, loader: "tsx", resolveDir: app },
    bundle: true,
    write: false,
    format: "esm",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return outputFiles[0]?.text ?? "";
}

/** The application's back end: the page, its script, and tokens. */
function serve(script: string, { url, token }: Started, port: number): Promise<Server> {
  const mint = async (): Promise<string> => {
    const answer = await fetch(`${url}/v1/tokens`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ account: ACCOUNT, expiresIn: 600 }),
    });
    return ((await answer.json()) as { readonly token: string }).token;
  };
  const server = createServer((request, response) => {
    if (request.url === "/token") return void mint().then((made) => response.end(made));
    const isScript = request.url === "/app.js";
    const kind = isScript ? "text/javascript" : "text/html";
    response.writeHead(200, { "content-type": `${kind}; charset=utf-8` });
    response.end(isScript ? script : '<body></body><script type="module" src="/app.js"></script>');
  });
  return new Promise((resolve) => server.listen(port, HERE, () => resolve(server)));
}

/** Lists the application's origin, and waits until the running relay has read it. */
async function allowOrigin(
  { directory }: Checkout,
  { start }: Started,
  origin: string,
): Promise<void> {
  const path = join(directory, "wrangler.toml");
  const before = start.output().length;
  const toml = readFileSync(path, "utf8");
  const vars = `[vars]\nALLOWED_ORIGINS = ["${origin}"]\n\n[[vars.SOURCES]]`;
  writeFileSync(path, toml.replace("[[vars.SOURCES]]", vars));
  await until(() => start.output().slice(before).includes("The configuration is valid."), {
    timeout: 60_000,
    what: "the relay to read its configuration again",
  });
}

/** Shows a job in the application from its first progress to the link of its file. */
export async function showInReact(checkout: Checkout, relay: Started): Promise<void> {
  const port = await freePort();
  const origin = `http://${HERE}:${port}`;
  const script = await bundledApp(checkout, relay.url);
  await allowOrigin(checkout, relay, origin);
  const server = await serve(script, relay, port);
  const browser = await openBrowser();
  const send = (rest: string): Promise<string> =>
    typeToEnd(`npm run relay -- send exportcomments --guid ${GUID} ${rest}`, checkout.directory, {
      JOBRELAY_URL: relay.url,
    });
  try {
    await send("--event job.progress --current 40 --total 100");
    const page = await browser.context.newPage();
    await page.goto(origin);
    const bar = page.getByRole("progressbar");
    await until(async () => (await bar.getAttribute("value")) === "40", { what: "the bar at 40" });
    await send("--event job.finished --total 100");
    await page.getByRole("link", { name: "Download" }).waitFor();
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}
