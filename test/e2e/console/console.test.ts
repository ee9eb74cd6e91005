// The console of a new relay in real Chromium: signing in, the sample, and jobs as they come.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  ADMIN_TOKEN,
  SOURCE_SECRETS,
  startRelay,
  STREAM_SECRET,
  type Relay,
} from "../../support/relay.ts";
import { sender, type HookAnswer } from "../../support/senders.ts";
import { until } from "../../support/wait.ts";
import { openBrowser, pass, withoutBrowser, type Browser } from "../client/browser.ts";
import { seriousFindings, signIn, watch, type Watched } from "./pages.ts";

const SOURCES = [
  {
    id: "comments",
    provider: "exportcomments",
    secrets: ["COMMENTS_SECRET"],
    account: "acme",
    throttle: 0,
  },
];

describe.skipIf(withoutBrowser())("the console", () => {
  let relay: Relay;
  let browser: Browser;
  let watched: Watched;

  beforeAll(async () => {
    [relay, browser] = await Promise.all([startRelay({ vars: { SOURCES } }), openBrowser()]);
  });
  beforeEach(async () => {
    watched = await watch(browser.context);
    await watched.page.goto(relay.url);
  });
  afterEach(async () => {
    await watched.page.evaluate("localStorage.clear()");
    await watched.page.close();
  });
  afterAll(async () => {
    await browser?.close();
    await relay?.stop();
  });

  const send = (event: string, guid: string, more: object = {}): Promise<HookAnswer> =>
    sender(relay.url, {
      provider: "exportcomments",
      source: "comments",
      secret: SOURCE_SECRETS.exportcomments,
    })({
      event,
      guid,
      status: event === "job.failed" ? "error" : "progress",
      url: null,
      ...more,
    });

  /** The share that the first bar shows, in percent. */
  const percent = async (): Promise<number> =>
    Number(
      (await watched.page.getByRole("progressbar").first().getAttribute("aria-valuenow")) ?? -1,
    );

  test("asks for the admin token, and says when it is wrong", async () => {
    const { page } = watched;
    await page.emulateMedia({ colorScheme: "light" });
    await page.getByLabel("Admin token").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").getByText("That token is wrong.").waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await seriousFindings(page)).toEqual([]);
    expect(await page.getByRole("navigation").count()).toBe(0);
  });

  test("says the next step where there is no job, and plays a sample after asking", async () => {
    const { page, complaints, addresses } = watched;
    await page.clock.install();
    await page.reload();
    await signIn(page);
    await page.getByText("No job yet.").waitFor();
    const button = page.getByRole("button", { name: "Play a sample export" });
    expect(await button.getAttribute("class")).toBe("primary");
    await button.click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("No subscriber will get it").waitFor();
    // Escape changes nothing.
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await button.click();
    await dialog.getByRole("button", { name: "Play", exact: true }).click();
    // The sample takes twenty seconds by the page's clock.
    const played = (what: string, isSeen: () => Promise<boolean>): Promise<unknown> =>
      until(async () => (await isSeen()) || (await pass(page, 500), false), { what });
    await played("a bar that moves", async () => (await percent()) > 0);
    const before = await percent();
    await played("a bar that moves on", async () => (await percent()) > before);
    const events = page.getByRole("list", { name: "Events" });
    const end = events.getByText("job.finished");
    await played("the end", async () => (await end.count()) > 0);
    const lines = await events.locator("> li").allTextContents();
    expect(lines[0]).toMatch(/^Queued/);
    expect(lines.at(-1)).toMatch(new RegExp(`Done.*no\\. ${lines.length}`));
    expect(await page.getByRole("link", { name: "Download" }).getAttribute("href")).toMatch(
      /^https:\/\/exportcomments\.com\//,
    );
    await events.getByText(`Payload of no. ${lines.length}`).click();
    await events.getByText('"sample": true').waitFor();
    expect(complaints).toEqual([]);
    const seen = `${await page.content()} ${addresses.join(" ")}`;
    for (const secret of [ADMIN_TOKEN, STREAM_SECRET, SOURCE_SECRETS.exportcomments])
      expect(seen).not.toContain(secret);
    for (const address of addresses) expect(new URL(address).host).toBe(new URL(relay.url).host);
  });

  test("says how a subscriber is added where there is none", async () => {
    const { page, complaints } = watched;
    await page.goto(`${relay.url}/#/subscribers`);
    await signIn(page);
    await page.getByText("No subscriber yet.").waitFor();
    // The example is open; it can be closed, and opened again.
    const example = page.getByText('id = "crm"');
    await example.waitFor();
    await page.getByText("Example", { exact: true }).click();
    await example.waitFor({ state: "hidden" });
    expect(complaints).toEqual([]);
  });

  test("shows a job of a webhook that comes later, and the sample is then no longer first", async () => {
    const { page, complaints } = watched;
    await signIn(page);
    await send("job.created", "later");
    const row = page.getByRole("row", { name: /later/ });
    await row.waitFor();
    await send("job.failed", "later", { details: { error: "Rate limited by platform" } });
    await row.getByText("Failed").waitFor();
    await row.getByText("Rate limited by platform").waitFor();
    const button = page.getByRole("button", { name: "Play a sample export" });
    expect(await button.getAttribute("class")).toBe("quiet");
    expect(complaints).toEqual([]);
  });

  test("moves the focus to a job and back, by keyboard alone", async () => {
    const { page } = watched;
    await send("job.created", "by-keyboard");
    await signIn(page);
    const link = page.getByRole("link", { name: "by-keyboard" });
    await link.waitFor();
    await link.focus();
    await page.keyboard.press("Enter");
    const sheet = page.getByRole("region", { name: "Job by-keyboard" });
    await sheet.getByText("job.created").waitFor();
    const focused = (): Promise<string> => page.evaluate("document.activeElement.textContent");
    await expect
      .poll(async () => [new URL(page.url()).hash, await focused()])
      .toEqual(["#/jobs/comments/by-keyboard", "by-keyboard"]);
    await page.keyboard.press("Escape");
    await sheet.waitFor({ state: "detached" });
    await expect
      .poll(() => page.evaluate("document.activeElement.getAttribute('href')"))
      .toBe("#/jobs/comments/by-keyboard");
    await link.click();
    await sheet.getByRole("button", { name: "Close" }).click();
    await sheet.waitFor({ state: "detached" });
    // The address opens it again, and a reload keeps it open.
    await page.goBack();
    await sheet.waitFor();
    await page.reload();
    await sheet.getByText("job.created").waitFor();
  });

  test("on a phone a job fills the screen, and Back closes it", async () => {
    const { page } = watched;
    await send("job.created", "on-a-phone");
    await page.setViewportSize({ width: 390, height: 844 });
    await signIn(page);
    await page.getByRole("link", { name: "on-a-phone" }).click();
    const sheet = page.getByRole("region", { name: "Job on-a-phone" });
    await sheet.getByText("job.created").waitFor();
    // It slides in.
    await expect.poll(() => sheet.boundingBox()).toEqual({ x: 0, y: 0, width: 390, height: 844 });
    await sheet.getByRole("button", { name: "Back" }).click();
    await sheet.waitFor({ state: "detached" });
  });

  test("stays signed in in its tab alone, unless the operator chooses the browser", async () => {
    const { page } = watched;
    await signIn(page);
    await page.reload();
    await page.getByRole("navigation").waitFor();
    const other = await browser.context.newPage();
    await other.goto(relay.url);
    await other.getByLabel("Stay signed in on this browser").check();
    await signIn(other);
    await other.close();
    const third = await browser.context.newPage();
    await third.goto(relay.url);
    await third.getByRole("button", { name: "Sign out" }).click();
    await third.getByLabel("Admin token").waitFor();
    expect(
      await third.evaluate(
        "Object.values(sessionStorage).concat(Object.values(localStorage)).join()",
      ),
    ).not.toContain(ADMIN_TOKEN);
    await third.close();
  });

  test("asks for no token where Cloudflare Access vouches for the operator", async () => {
    const { page, complaints, addresses } = watched;
    await send("job.created", "with-access");
    // Access adds its assertion; what the relay makes of it is tested with the API.
    await page.route("**/*", async (route) => {
      const headers = { ...route.request().headers(), "cf-access-jwt-assertion": "signed" };
      expect(headers).not.toHaveProperty("authorization");
      await route.continue({ headers: { ...headers, authorization: `Bearer ${ADMIN_TOKEN}` } });
    });
    await page.reload();
    await page.getByRole("link", { name: "with-access" }).waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
    expect(addresses.some((address) => address.endsWith("/v1/tokens"))).toBe(true);
    expect(complaints).toEqual([]);
  });

  test("signs out when the relay refuses the token", async () => {
    const { page } = watched;
    await page.evaluate("sessionStorage.setItem('jobrelay:admin', 'old')");
    await page.reload();
    await page.getByRole("alert").getByText("That token is wrong now. Sign in again.").waitFor();
    expect(await page.evaluate("sessionStorage.getItem('jobrelay:admin')")).toBeNull();
  });

  test("asks for nothing while its tab is hidden, and again when it is shown", async () => {
    const { page, addresses } = watched;
    await send("job.created", "while-hidden");
    await page.clock.install();
    await page.reload();
    await signIn(page);
    await page.getByRole("table").waitFor();
    const show = (hidden: boolean): Promise<unknown> =>
      page.evaluate(
        `Object.defineProperty(document, "hidden", { configurable: true, value: ${hidden} });
         document.dispatchEvent(new Event("visibilitychange", { bubbles: true }))`,
      );
    await page.waitForLoadState("networkidle");
    await show(true);
    const before = addresses.length;
    await page.clock.runFor(600_000);
    expect(addresses.slice(before).filter((address) => address.includes("/v1/"))).toEqual([]);
    await show(false);
    await until(() => addresses.slice(before).some((address) => address.includes("/v1/jobs?")), {
      what: "a list that is read again",
    });
  });

  test("is drawn in light and in dark, and fits a small phone", async () => {
    const { page } = watched;
    await send("job.created", "in-both-themes");
    await signIn(page);
    await page.getByRole("table").waitFor();
    const grounds = new Set<string>();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      grounds.add(await page.evaluate("getComputedStyle(document.body).backgroundColor"));
    }
    expect(grounds.size).toBe(2);
    await page.setViewportSize({ width: 360, height: 640 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
    const [heading, button] = await Promise.all([
      page.getByRole("heading", { name: "Jobs" }).boundingBox(),
      page.getByRole("button", { name: "Sign out" }).boundingBox(),
    ]);
    // On one line with the title, and its own text on one line.
    expect(Math.abs((heading?.y ?? 0) - (button?.y ?? 99))).toBeLessThan(16);
    expect(button?.height).toBeLessThanOrEqual(40);
    expect(await page.evaluate("getComputedStyle(document.body).overflowAnchor")).toBe("none");
  });
});
