// What the tests of the console share: signing in, and a page that tells what went wrong in it.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import type { BrowserContext, Page } from "playwright-core";
import { ADMIN_TOKEN } from "../../support/relay.ts";
import { until } from "../../support/wait.ts";

/** A page, its complaints, and every address that it asked for. */
export interface Watched {
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly addresses: readonly string[];
}

/** Keeps what the console says in short messages, which it shows for a few seconds each. */
const KEEP_MESSAGES = `window.said = [];
new MutationObserver(() => {
  const message = document.querySelector("p.message");
  const text = message?.textContent ?? "";
  if (text === "" || text === window.said.at(-1)) return;
  if (message.checkVisibility()) window.said.push(text);
}).observe(document, { subtree: true, childList: true, characterData: true });`;

/** Waits until the console has said that since the page was loaded, seen in time or not. */
export const hasSaid = (page: Page, wanted: string | RegExp): Promise<unknown> =>
  until(() => said(page, wanted), { what: `the message ${String(wanted)}` });

/** True once the console has said that since the page was loaded. */
export const said = async (page: Page, wanted: string | RegExp): Promise<boolean> => {
  const texts = await page.evaluate<readonly string[]>("window.said");
  return texts.some((text) =>
    typeof wanted === "string" ? text.includes(wanted) : wanted.test(text),
  );
};

/** Opens a page that keeps its errors, its requests and its messages. */
export async function watch(context: BrowserContext): Promise<Watched> {
  const page = await context.newPage();
  await page.addInitScript({ content: KEEP_MESSAGES });
  const complaints: string[] = [];
  const addresses: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => addresses.push(request.url()));
  page.on("websocket", (socket) => addresses.push(socket.url()));
  return { page, complaints, addresses };
}

/** Signs in on the page that asks for it. */
export async function signIn(page: Page): Promise<void> {
  await page.getByLabel("Admin token").fill(ADMIN_TOKEN);
  await page.keyboard.press("Enter");
  await page.getByRole("navigation").waitFor();
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds serious or critical on the page as it stands, one line each. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  // Evaluated by the debugger, which the page's policy does not forbid.
  await page.evaluate(AXE);
  const violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly html: string }[];
  }[] = await page.evaluate("axe.run(document).then(({ violations }) => violations)");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
}
