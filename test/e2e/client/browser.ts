// Real Chromium for tests of what a browser does.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { BOUND_MS } from "../../support/wait.ts";

const PATHS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Where Chromium is; `CHROMIUM` names another place. `null` when there is none. */
const chromiumPath = (): string | null =>
  process.env["CHROMIUM"] ?? PATHS.find((path) => existsSync(path)) ?? null;

const INSTALL =
  "install it (Debian: apt-get install -y chromium; macOS: Chrome will do) or set CHROMIUM to its path";

/**
 * True where tests in a browser are left out: on a machine without one, said aloud. In CI there is
 * no such machine: there the tests run, and fail.
 */
export function withoutBrowser(): boolean {
  if (chromiumPath() !== null || process.env["CI"] !== undefined) return false;
  console.warn(`No Chromium: what a browser does is not tested here; ${INSTALL}.`);
  return true;
}

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface Browser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

/** Starts a browser with a profile of its own, gone afterwards. */
export async function openBrowser(): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), "jobrelay-chromium-"));
  const executablePath = chromiumPath();
  if (executablePath === null) throw new Error(`Chromium is not installed: ${INSTALL}`);
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: ARGS,
  });
  context.setDefaultTimeout(BOUND_MS);
  return {
    context,
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const STEP_MS = 1_000;

/**
 * Lets time pass in a page whose clock is a test's, a second at a time: what a timer starts can
 * answer and set the next one before more time goes by, as on a real clock.
 */
export async function pass(page: Page, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += STEP_MS) {
    await page.clock.runFor(Math.min(STEP_MS, ms - passed));
    await page.evaluate("0");
  }
}
