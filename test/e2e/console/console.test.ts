// The operator's page in real Chromium against the real Worker.

import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  ADMIN_TOKEN,
  SOURCE_SECRETS,
  startRelay,
  STREAM_SECRET,
  type Relay,
} from "../../support/relay.ts";
import { sender } from "../../support/senders.ts";
import { until } from "../../support/wait.ts";
import { openBrowser, withoutBrowser, type Browser } from "../client/browser.ts";

/** The share that a bar shows, in percent. */
async function percentOf(page: Page): Promise<number> {
  return Number(
    (await page.getByRole("progressbar").first().getAttribute("aria-valuenow")) ?? Number.NaN,
  );
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel("Admin token").fill(ADMIN_TOKEN);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Jobs" }).waitFor();
}

describe.skipIf(withoutBrowser())("the console", () => {
  let relay: Relay;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const addresses: string[] = [];

  beforeAll(async () => {
    const vars = {
      SOURCES: [
        {
          id: "comments",
          provider: "exportcomments",
          secrets: ["COMMENTS_SECRET"],
          account: "acme",
          throttle: 1,
        },
      ],
    };
    [relay, browser] = await Promise.all([startRelay({ vars }), openBrowser()]);
  });
  beforeEach(async () => {
    complaints.length = 0;
    addresses.length = 0;
    await page?.close();
    page = await browser.context.newPage();
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => addresses.push(request.url()));
    page.on("websocket", (socket) => addresses.push(socket.url()));
    await page.goto(relay.url);
  });
  afterAll(async () => {
    await browser?.close();
    await relay?.stop();
  });

  test("asks for the admin token, and says when it is wrong", async () => {
    await page.getByLabel("Admin token").fill("wrong");
    await page.keyboard.press("Enter");
    await until(
      async () => /not the admin token/.test((await page.getByRole("alert").textContent()) ?? ""),
      {
        what: "the refusal",
      },
    );
    expect(await page.getByRole("heading", { name: "Jobs" }).count()).toBe(0);
  });

  test("plays a sample export through the pipeline: bars move, the timeline fills, nothing leaks", async () => {
    await signIn(page);
    await page.getByRole("button", { name: "Play a sample export" }).click();
    await until(async () => (await percentOf(page)) > 0, { what: "a bar that moves" });
    const before = await percentOf(page);
    await until(async () => (await percentOf(page)) > before, { what: "a bar that moves on" });
    await until(async () => (await percentOf(page)) === 100, {
      timeout: 40_000,
      what: "a full bar",
    });
    const events = page.getByRole("list", { name: "Events" });
    await events.getByText("job.finished").waitFor();
    const names = await events.getByRole("listitem").allTextContents();
    expect(names[0]).toMatch(/^1job\.created/);
    expect(names.at(-1)).toMatch(new RegExp(`^${names.length}job\\.finished`));
    expect(await page.getByRole("link", { name: "Download" }).getAttribute("href")).toMatch(
      /^https:\/\/exportcomments\.com\//,
    );
    expect(complaints).toEqual([]);
    const seen = `${await page.content()} ${addresses.join(" ")}`;
    for (const secret of [ADMIN_TOKEN, STREAM_SECRET, SOURCE_SECRETS.exportcomments])
      expect(seen).not.toContain(secret);
  });

  test("shows a job of a webhook that comes later, with its failure", async () => {
    await signIn(page);
    const send = sender(relay.url, {
      provider: "exportcomments",
      source: "comments",
      secret: SOURCE_SECRETS.exportcomments,
    });
    await send({ event: "job.created", guid: "later", status: "queueing", url: null });
    const row = page.getByRole("button", { name: /later/ });
    await row.waitFor();
    await send({
      event: "job.failed",
      guid: "later",
      status: "error",
      url: null,
      details: { error: "Rate limited by platform" },
    });
    await until(
      async () => /Failed.*Rate limited by platform/.test((await row.textContent()) ?? ""),
      { what: "the failure" },
    );
    // By keyboard alone.
    await row.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("list", { name: "Events" }).getByText("job.failed").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { name: "Timeline" }).waitFor({ state: "detached" });
    await row.click();
    await page.getByRole("button", { name: "Close" }).click();
    expect(await page.getByRole("heading", { name: "Timeline" }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("stays signed in over a reload, and forgets the token when signed out", async () => {
    // The sign-in of an earlier test was in another tab.
    await signIn(page);
    await page.reload();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Admin token").waitFor();
    expect(
      await page.evaluate(
        "Object.values(sessionStorage).concat(Object.values(localStorage)).join()",
      ),
    ).not.toContain(ADMIN_TOKEN);
    await page.reload();
    await page.getByLabel("Admin token").waitFor();
  });

  test("is drawn in light and in dark, and fits a small phone", async () => {
    await signIn(page);
    const looks = new Set<string>();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      looks.add(await page.evaluate("getComputedStyle(document.body).backgroundColor"));
      const picture = await page.screenshot();
      // A blank page of this size is under 6 kB of PNG.
      expect(picture.byteLength).toBeGreaterThan(8_000);
    }
    expect(looks.size).toBe(2);
    await page.setViewportSize({ width: 360, height: 640 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
    await page.setViewportSize({ width: 390, height: 844 });
    const top = async (name: string): Promise<number | undefined> =>
      (await page.getByRole("button", { name }).boundingBox())?.y;
    expect(await top("Sign out")).toBe(await top("Play a sample export"));
    expect(await page.evaluate("getComputedStyle(document.body).overflowAnchor")).toBe("none");
  });
});
