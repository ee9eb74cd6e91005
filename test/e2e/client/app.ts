// An application for tests: serves pages that use the browser client, from another origin than the
// relay's, and hands out stream tokens.

import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { freePort } from "../../../src/cli/local/relay-process.ts";
import { ADMIN_TOKEN, SOURCE_SECRETS, startRelay, type Relay } from "../../support/relay.ts";
import { sender } from "../../support/senders.ts";

export interface App {
  readonly url: string;
  relay: Relay;
  /** Reasons of the tokens asked for, in order. */
  readonly asked: string[];
  /** Seconds that the next tokens last. */
  expiresIn: number;
  /** What `/page.html` shows. */
  page: string;
  /** Tells the relay of an event of a job of the source `comments`. */
  tell(guid: string, event: string, current?: number): Promise<void>;
  /** Ends the relay as a loss of power would, and starts it again in the same place. */
  crash(meanwhile: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** Answers of token services that give no token. */
const REFUSALS: Readonly<Record<string, readonly [number, string]>> = {
  "/no-token": [403, "no"],
  "/sign-in": [200, "<!doctype html><title>Sign in</title>"],
  "/other-token": [200, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhY21lIn0.c2ln"],
};

/** Bundles a page's script with everything that it needs. */
async function bundled(name: string): Promise<string> {
  const entry = join(import.meta.dirname, name);
  const define = { "process.env.NODE_ENV": '"development"' };
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    jsx: "automatic",
    define,
    logLevel: "error",
  });
  return outputFiles[0]?.text ?? "";
}

/** How much of a job there is to do in these tests. */
export const TOTAL = 100;

/** Starts a relay without throttle, and the application. */
export async function startApp(): Promise<App> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const vars = {
    SOURCES: [
      {
        id: "comments",
        provider: "exportcomments",
        secrets: ["COMMENTS_SECRET"],
        account: "acme",
        throttle: 0,
      },
    ],
    ALLOWED_ORIGINS: [url],
  };
  const reactPage = await bundled("react-page.tsx");
  const app = {
    url,
    relay: await startRelay({ vars }),
    asked: [] as string[],
    expiresIn: 600,
    page: "",
  };
  const mint = async (): Promise<string> => {
    const answer = await fetch(`${app.relay.url}/v1/tokens`, {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
      body: JSON.stringify({ account: "acme", expiresIn: app.expiresIn }),
    });
    return ((await answer.json()) as { readonly token: string }).token;
  };
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", url);
    if (pathname === "/token") {
      app.asked.push(searchParams.get("reason") ?? "");
      mint().then(
        (token) => response.end(token),
        () => response.writeHead(503).end(),
      );
      return;
    }
    if (pathname === "/json-token")
      return void mint().then((token) => response.end(JSON.stringify({ token })));
    const refusal = REFUSALS[pathname];
    if (refusal !== undefined) return void response.writeHead(refusal[0]).end(refusal[1]);
    if (pathname === "/react-page.js")
      return void response.writeHead(200, { "content-type": "text/javascript" }).end(reactPage);
    if (!/^\/[\w-]+\.html$/.test(pathname)) return void response.writeHead(404).end();
    const html =
      pathname === "/page.html"
        ? app.page
        : readFileSync(join(import.meta.dirname, pathname), "utf8");
    const page = html.replaceAll("https://relay.example.com", app.relay.url);
    const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };
    const strict = `default-src 'none'; script-src 'unsafe-inline' ${app.relay.url}; connect-src 'self' ${app.relay.url} ${app.relay.url.replace("http", "ws")}`;
    response
      .writeHead(200, {
        ...headers,
        ...(searchParams.has("strict") ? { "content-security-policy": strict } : {}),
      })
      .end(page);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return Object.assign(app, {
    async tell(guid: string, event: string, current?: number) {
      const send = sender(app.relay.url, {
        provider: "exportcomments",
        source: "comments",
        secret: SOURCE_SECRETS.exportcomments,
      });
      const numbers = current === undefined ? {} : { current, total: TOTAL };
      const details = current === undefined ? {} : { totalExported: current, total: TOTAL };
      const answer = await send({
        event,
        guid,
        status: "any",
        url: null,
        details: { guid, ...details },
        ...numbers,
      });
      if (answer.status !== 202) throw new Error(`the relay answered ${answer.status}`);
    },
    async crash(meanwhile: () => Promise<void>) {
      const { persistTo, port: relayPort } = app.relay;
      await app.relay.kill();
      await meanwhile();
      app.relay = await startRelay({ vars, persistTo, port: relayPort });
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await app.relay.stop();
    },
  });
}
