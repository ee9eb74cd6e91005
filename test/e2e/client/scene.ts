// What the tests of a page have in common: an application, a browser, and the pages they open.

import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { startApp, type App } from "./app.ts";
import { openBrowser, type Browser } from "./browser.ts";

/** The same application and browser for all tests of a file. */
export interface Scene {
  app: App;
  browser: Browser;
  /** Closed after each test. */
  readonly pages: Page[];
}

/** Starts both before the tests of the `describe` that calls it, and ends them afterwards. */
export function useScene(): Scene {
  const scene = { pages: [] } as unknown as Scene;
  beforeAll(async () => {
    [scene.app, scene.browser] = await Promise.all([startApp(), openBrowser()]);
  });
  afterEach(async () => {
    await scene.browser.context.setOffline(false);
    await Promise.all(scene.pages.splice(0).map((page) => page.close()));
    scene.app.asked.length = 0;
    scene.app.expiresIn = 600;
  });
  afterAll(async () => {
    await scene.browser?.close();
    await scene.app?.close();
  });
  return scene;
}
