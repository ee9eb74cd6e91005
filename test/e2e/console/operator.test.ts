// What an operator does in the console of a relay in use: jobs, deliveries, subscribers, sources,
// rules, each in real Chromium.

import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ADMIN_TOKEN } from "../../support/relay.ts";
import { startScene, type Scene } from "../../support/scene/scene.ts";
import { until } from "../../support/wait.ts";
import { openBrowser, pass, withoutBrowser, type Browser } from "../client/browser.ts";
import { hasSaid, said, seriousFindings, signIn, watch, type Watched } from "./pages.ts";

/** Each screen, and a text that says that it is complete. */
const SCREENS = [
  ["jobs", "#/jobs", "warehouse-sync"],
  ["a job", "#/jobs/exports/nachtlauf-gro%C3%9Fhandel", "job.started"],
  [
    "a job from right to left",
    "#/jobs/exports/%D8%AA%D9%82%D8%B1%D9%8A%D8%B1-%D8%A7%D9%84%D9%85%D8%A8%D9%8A%D8%B9%D8%A7%D8%AA-2026",
    "job.failed",
  ],
  ["dead deliveries", "#/deliveries/billing?state=dead", "unknown customer"],
  ["no deliveries", "#/deliveries/crm?state=dead", "No delivery matches these filters."],
  ["subscribers", "#/subscribers", "warehouse"],
  ["a subscriber", "#/subscribers/billing", "Time to answer"],
  ["sources", "#/sources", "/hooks/nightly"],
  ["a source", "#/sources/comments", "wrong-secret"],
  ["a source that polls", "#/sources/mails", "Watch an export"],
  ["a source of a preset", "#/sources/videos", "Set-up at the provider"],
  ["rules", "#/rules", "Try an event"],
] as const;

describe.skipIf(withoutBrowser())("an operator", () => {
  let scene: Scene;
  let browser: Browser;
  let watched: Watched;
  let page: Page;

  beforeAll(async () => {
    [scene, browser] = await Promise.all([startScene(), openBrowser()]);
    await browser.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  });
  beforeEach(async () => {
    watched = await watch(browser.context);
    ({ page } = watched);
  });
  afterEach(async () => {
    await page.close();
  });
  afterAll(async () => {
    await browser?.close();
    await scene?.stop();
  });

  const open = async (hash: string): Promise<void> => {
    await page.goto(`${scene.relay.url}/${hash}`);
    await signIn(page);
  };
  /** Lets time pass on the page, whose clock is installed, until something is seen so often. */
  const passUntil = (locator: Locator, count = 1): Promise<unknown> =>
    until(async () => (await locator.count()) === count || (await pass(page, 1_000), false), {
      what: `${count} of ${String(locator)}`,
    });
  const copied = (): Promise<string> => page.evaluate("navigator.clipboard.readText()");

  test.each(SCREENS)(
    "finds nothing in the way on the screen of %s, in light, dark and small",
    async (_, hash, text) => {
      await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
      await open(hash);
      await page.getByText(text).first().waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: "dark" });
      expect(await seriousFindings(page)).toEqual([]);
      await page.setViewportSize({ width: 390, height: 844 });
      expect(await seriousFindings(page)).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
      expect(watched.complaints).toEqual([]);
    },
  );

  test.each([
    ["replay", "#/jobs?q=monthly-statement", /^customers/, "Replay…"],
    ["erasure", "#/jobs?q=monthly-statement", /^customers/, "Erase…"],
    ["sample", "#/jobs", null, "Play a sample export"],
    ["replay of dead deliveries", "#/deliveries/billing", null, /^Replay \d+ dead/],
  ] as const)("finds nothing in the way in the question of a %s", async (_, hash, link, button) => {
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await open(hash);
    if (link !== null) await page.getByRole("link", { name: link }).click();
    await page.getByRole("button", { name: button }).click();
    await page.getByRole("dialog").waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await seriousFindings(page)).toEqual([]);
    expect(watched.complaints).toEqual([]);
  });

  test("is told when the relay does not answer, and goes on when it does", async () => {
    await page.clock.install();
    await open("#/subscribers");
    await page.getByRole("link", { name: "warehouse" }).waitFor();
    await page.route("**/v1/subscribers", (route) => route.abort());
    await passUntil(page.getByRole("alert").getByText("The relay does not answer."));
    // What was read last stays on the screen.
    expect(await page.getByRole("link", { name: "warehouse" }).count()).toBe(1);
    await page.unroute("**/v1/subscribers");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("alert").waitFor({ state: "detached" });
  });

  test("sees running jobs first, filters by state and by a part of an id, and sees counts", async () => {
    await open("#/jobs");
    const rows = page.getByRole("table").getByRole("row");
    await rows.nth(1).getByText("Running").waitFor();
    await page.getByRole("button", { name: /^Failed/ }).click();
    await page.getByText("Rate limited by the platform").waitFor();
    expect(await page.getByRole("table").getByText("Running").count()).toBe(0);
    expect(new URL(page.url()).hash).toBe("#/jobs?status=failed");
    await page.getByRole("button", { name: /^All/ }).click();
    await page.getByLabel("Search job ids").fill("MONTHLY-statement".toLowerCase());
    await rows.nth(1).getByText("customers/europe").waitFor();
    expect(await rows.count()).toBe(2);
    await page.getByLabel("Search job ids").fill("no such id");
    await page.getByText("No job matches these filters.").waitFor();
    await page.getByRole("link", { name: "Show all jobs" }).click();
    await page.getByLabel("Source").selectOption("nightly");
    await rows.nth(1).getByText("Silent").waitFor();
    expect(await rows.count()).toBe(2);
    await page.getByLabel("Source").selectOption("All sources");
    await page.getByLabel("Account").selectOption("globex");
    await page.getByText("warehouse-sync").waitFor({ state: "detached" });
    expect(new URL(page.url()).hash).toBe("#/jobs?account=globex");
  });

  test("loads more jobs when there are more than a page", async () => {
    // The same page with smaller pages.
    await page.route(/\/v1\/jobs\?.*limit=50/, (route) =>
      route.continue({ url: route.request().url().replace("limit=50", "limit=10") }),
    );
    await open("#/jobs?status=done");
    const rows = page.getByRole("table").getByRole("row");
    await rows.nth(1).waitFor();
    const before = await rows.count();
    await page.getByRole("button", { name: "Load more" }).click();
    await rows.nth(before).waitFor();
    expect(await rows.count()).toBeGreaterThan(before);
  });

  test("sees a new job and its progress without a reload", async () => {
    await open("#/jobs");
    const report = { guid: "live-job", account: "acme" };
    await page.getByText("warehouse-sync").waitFor();
    await scene.report({ ...report, event: "job.progress", current: 10, total: 100 });
    const row = page.getByRole("row", { name: /live-job/ });
    await row.getByText("10 of 100").waitFor();
    await scene.report({ ...report, event: "job.finished", current: 100, total: 100 });
    await row.getByText("Done").waitFor();
    expect(await row.getByRole("progressbar").count()).toBe(0);
  });

  test("reads a job's timeline, what was absorbed, who got it, and copies it as curl", async () => {
    await open("#/jobs?q=monthly-statement");
    await page.getByRole("link", { name: /^customers/ }).click();
    const sheet = page.getByRole("region", { name: /^Job customers/ });
    await sheet.getByText("job.finished").waitFor();
    await sheet.getByText("billing · delivered").waitFor();
    await sheet.locator(".recorded summary").first().click();
    await sheet.locator(".recorded li").first().waitFor();
    await sheet.getByText("Payload of no. 1").click();
    await sheet.getByText('"event": "job.created"').waitFor();
    // Read from the relay, digit for digit.
    await sheet.getByText('"seq": 1').waitFor();
    await sheet.getByRole("button", { name: "Copy as curl" }).click();
    await hasSaid(page, "Copied.");
    expect(await copied()).toContain("/v1/jobs/exports/customers%2Feurope%2F2026%2F");
    expect(await copied()).toContain("$JOBRELAY_TOKEN");
    expect(await sheet.locator("bdi").first().textContent()).toMatch(/^customers\/europe/);
  });

  test("replays a job to the chosen subscribers", async () => {
    await open("#/jobs/exports/live-replay");
    await page.getByText("No such job").waitFor();
    await scene.report({ guid: "live-replay", account: "acme", event: "job.finished" });
    await page.reload();
    const sheet = page.getByRole("region", { name: "Job live-replay" });
    await sheet.getByText("warehouse · delivered").waitFor();
    await sheet.getByRole("button", { name: "Replay…" }).click();
    const dialog = page.getByRole("dialog");
    for (const id of ["crm", "billing", "slack"]) await dialog.getByLabel(id).uncheck();
    await dialog.getByRole("button", { name: "Replay" }).click();
    await hasSaid(page, "1 delivery on the way.");
    await sheet.getByText("2 delivered").waitFor();
    expect(await sheet.getByText("3 delivered").count()).toBe(0);
  });

  test("plays a sample to the subscribers that it chooses", async () => {
    await page.clock.install();
    await open("#/jobs");
    await page.getByRole("button", { name: "Play a sample export" }).click();
    const dialog = page.getByRole("dialog");
    // What each of them gets by the rules: there is no failure in a sample.
    await dialog.getByText("queued, progress, done").first().waitFor();
    expect(await dialog.getByLabel("slack").count()).toBe(0);
    for (const id of ["crm", "billing", "warehouse"]) await dialog.getByLabel(id).uncheck();
    await dialog.getByText("No subscriber will get it").waitFor();
    await dialog.getByLabel("warehouse").check();
    await dialog.getByRole("button", { name: "Play", exact: true }).click();
    const sheet = page.getByRole("region", { name: /^Job/ });
    await sheet.getByText("warehouse · delivered").first().waitFor();
    await until(
      async () =>
        (await said(page, "The sample export is done.")) || (await pass(page, 1_000), false),
      { what: "the end of the sample" },
    );
    await sheet.getByText("job.finished").waitFor();
    expect(await sheet.getByText(/(?:crm|billing) · /).count()).toBe(0);
    expect(watched.complaints).toEqual([]);
  });

  test("erases a job after a question", async () => {
    await scene.report({ guid: "to-erase", account: "acme", event: "job.created" });
    await open("#/jobs/exports/to-erase");
    const sheet = page.getByRole("region", { name: "Job to-erase" });
    await sheet.getByRole("button", { name: "Erase…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    expect(await sheet.getByRole("button", { name: "Erase…" }).count()).toBe(1);
    await sheet.getByRole("button", { name: "Erase…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Erase" }).click();
    await hasSaid(page, "Erased.");
    await sheet.waitFor({ state: "detached" });
    await page.getByRole("link", { name: "to-erase" }).waitFor({ state: "detached" });
    await page.goto(`${scene.relay.url}/#/jobs/exports/to-erase`);
    await page.reload();
    await page.getByText("No such job").waitFor();
  });

  test("sees dead deliveries at once, reads an answer, and retries several of them", async () => {
    await open("#/jobs");
    const badge = page.getByRole("navigation").getByText("12");
    await badge.waitFor();
    await page.getByRole("link", { name: /Deliveries/ }).click();
    await page.getByRole("button", { name: /^Dead/ }).click();
    const rows = page.getByRole("table").getByRole("row");
    await rows.nth(12).waitFor();
    await rows.nth(1).getByRole("link").first().click();
    const sheet = page.getByRole("region", { name: /^Delivery/ });
    await sheet.getByText("Answer of no. 2").click();
    await sheet.getByText('"error": "unknown customer globex"').waitFor();
    await sheet.getByText('"event": "job.finished"').waitFor();
    await sheet.getByText("Headers").click();
    await sheet.getByText("webhook-signature: v1,***").waitFor();
    await sheet.getByRole("button", { name: "Copy as curl" }).click();
    await hasSaid(page, "Copied.");
    expect(await copied()).toMatch(/^curl -sS -X POST 'http:\/\/localhost:3000\/hook'/);
    await page.keyboard.press("Escape");
    await rows.nth(1).getByRole("checkbox").check();
    await rows.nth(2).getByRole("checkbox").check();
    await page.getByText("2 deliveries chosen").waitFor();
    await page.getByRole("button", { name: "Retry chosen" }).click();
    await hasSaid(page, "2 deliveries tried again.");
    await page.getByRole("button", { name: /^Replay \d+ dead/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Replay" }).click();
    await hasSaid(page, /deliveries started over\./);
  });

  test("is told of a source that refuses what comes, and what to do", async () => {
    await open("#/jobs");
    const link = page.getByRole("link", { name: /^Sources/ });
    await link.waitFor();
    expect(await link.textContent()).toBe("Sources");
    for (let count = 0; count < 3; count += 1)
      await fetch(`${scene.relay.url}/hooks/mails`, { method: "POST", body: "{}" });
    // Refused requests are counted after their answers.
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    await until(async () => {
      const answer = await fetch(`${scene.relay.url}/v1/sources`, { headers });
      return (await answer.text()).includes("What it was sent last was refused.");
    });
    await page.reload();
    await link.getByText("1").waitFor();
    expect(await link.textContent()).toBe("Sources1 failing");
    await link.click();
    await page.getByRole("link", { name: "mails" }).click();
    await page
      .getByRole("region", { name: "Source mails" })
      .getByText("What it was sent last was refused. Its refused requests say why.")
      .waitFor();
    expect(watched.complaints).toEqual([]);
  });

  test("chooses whose deliveries it sees, finds those of a job, and loads more", async () => {
    // The same page with smaller pages.
    await page.route(/\/deliveries\?.*limit=50/, (route) =>
      route.continue({ url: route.request().url().replace("limit=50", "limit=10") }),
    );
    await open("#/deliveries/nobody");
    await page.getByRole("link", { name: "Show another one" }).click();
    const rows = page.getByRole("table").getByRole("row");
    await rows.nth(1).waitFor();
    await page.getByLabel("Subscriber").selectOption("warehouse");
    await expect.poll(() => new URL(page.url()).hash).toBe("#/deliveries/warehouse");
    await rows.nth(10).waitFor();
    const before = await rows.count();
    await page.getByRole("button", { name: "Load more" }).click();
    await rows.nth(before).waitFor();
    await page.getByLabel("Job id").fill("warehouse-sync");
    await expect.poll(() => rows.count()).toBeLessThan(before);
    await page.getByLabel("Job id").fill("no-such-job");
    await page.getByRole("link", { name: "Show all deliveries" }).click();
    await rows.nth(10).waitFor();
    await rows.nth(1).getByRole("checkbox").check();
    await page.getByText("1 delivery chosen").waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByText("1 delivery chosen").waitFor({ state: "detached" });
    expect(watched.complaints).toEqual([]);
  });

  test("takes one delivery again, and copies what was sent", async () => {
    await page.clock.install();
    await open("#/deliveries/warehouse?state=delivered");
    const rows = page.getByRole("table").getByRole("row");
    await rows.nth(1).getByRole("link").first().click();
    const sheet = page.getByRole("region", { name: /^Delivery/ });
    // Its body is open; it can be closed, and opened again.
    const body = sheet.getByRole("region", { name: "Body" });
    await body.waitFor();
    await sheet.getByRole("button", { name: "Copy", exact: true }).click();
    await hasSaid(page, "Copied.");
    expect(await copied()).toContain('"event": "job.');
    await sheet.getByRole("button", { name: "Retry", exact: true }).click();
    await hasSaid(page, "Tried again.");
    await passUntil(sheet.getByText("Retry by hand"));
  });

  test("is shown the next step where a subscriber has got nothing", async () => {
    await page.route(/\/deliveries\?/, (route) =>
      route.fulfill({ json: { items: [], cursor: null } }),
    );
    await open("#/deliveries/crm");
    await page.getByText("Nothing was sent to crm yet.").waitFor();
    await page.getByRole("link", { name: "Send it a test event" }).click();
    await page.getByRole("region", { name: "Subscriber crm" }).waitFor();
    expect(watched.complaints).toEqual([]);
  });

  test("is told which subscribers fail, and what to do about one", async () => {
    const failing = {
      id: "shop",
      state: "disabled",
      since: "2026-11-28T02:00:00.000Z",
      reason: "gone",
      pending: 0,
      held: 12,
      dead: 0,
      delivered: 0,
      successRate: 0,
      p50: null,
      p95: null,
      oldestPendingAt: "2026-11-28T02:00:00.000Z",
      lastFailure: { time: "2026-11-28T02:00:00.000Z", status: 410, error: null },
      advice: "It answered 410. Put the new address into `url`.",
      replay: null,
    };
    const attempts = [{ ...failing.lastFailure, ms: 4, trigger: "initial", answer: "Gone." }];
    const event = { id: "evt_1", event: "job.created", guid: "g", source: "exports", seq: 1 };
    const delivery = { id: "dlv_1", subscriber: "shop", event, state: "held", attempts };
    await page.route("**/v1/subscribers", (route) =>
      route.fulfill({ json: { items: [failing], cursor: null } }),
    );
    await page.route("**/v1/subscribers/shop/deliveries?**", (route) =>
      route.fulfill({ json: { items: [{ ...delivery, nextAttemptAt: null }], cursor: null } }),
    );
    await page.setViewportSize({ width: 390, height: 844 });
    await open("#/subscribers");
    await page
      .getByRole("navigation")
      .getByRole("link", { name: "Subscribers 1 failing" })
      .waitFor();
    await page.getByRole("link", { name: "shop" }).click();
    const sheet = page.getByRole("region", { name: "Subscriber shop" });
    await sheet.getByText("It answered 410. Put the new address into").waitFor();
    expect(await sheet.getByText("`").count()).toBe(0);
    await sheet.getByText("No attempt was taken.").waitFor();
    // The one attempt is on its own day, and not between January and January.
    await expect.poll(() => sheet.locator("canvas").count()).toBe(1);
    expect(watched.complaints).toEqual([]);
  });

  test("pauses, resumes and tests a subscriber, and sees its charts", async () => {
    await open("#/subscribers");
    await page.getByRole("link", { name: "warehouse" }).click();
    const sheet = page.getByRole("region", { name: "Subscriber warehouse" });
    await sheet
      .getByRole("img", { name: /^Attempts over time\. \d+ attempts, 100 % taken/ })
      .waitFor();
    await expect.poll(() => sheet.locator("canvas").count()).toBe(2);
    await sheet.getByRole("button", { name: "Pause" }).click();
    await sheet.getByText("An operator paused it.").waitFor();
    await sheet.getByRole("button", { name: "Resume" }).click();
    await sheet.getByText("Takes deliveries.").waitFor();
    await sheet.getByRole("button", { name: "Send a test event" }).click();
    await hasSaid(page, "A test event is on its way.");
    await sheet.getByRole("link", { name: "Deliveries" }).click();
    await expect.poll(() => new URL(page.url()).hash).toBe("#/deliveries/warehouse");
    expect(watched.complaints).toEqual([]);
  });

  test("copies a source's address, reads why requests were refused, and takes a kept one again", async () => {
    await page.clock.install();
    await open("#/sources");
    await page.getByRole("button", { name: "Copy the address of videos" }).click();
    await hasSaid(page, "Copied.");
    expect(await copied()).toBe(`${scene.relay.url}/hooks/videos`);
    await page.getByRole("link", { name: "comments" }).click();
    const sheet = page.getByRole("region", { name: "Source comments" });
    await sheet.getByText("No secret of this source confirms the signature.").waitFor();
    await sheet.getByText("The request had no signature.").waitFor();
    await sheet.getByText("Request", { exact: true }).first().click();
    await sheet.getByText("content-type: application/json").first().waitFor();
    await sheet.getByText("Connection to the provider").waitFor();
    expect(await sheet.getByText("Next try").count()).toBe(1);
    await sheet
      .getByText(`add a webhook with the address ${scene.relay.url}/hooks/comments`)
      .waitFor();
    await sheet.getByRole("link", { name: "Show its jobs" }).click();
    await expect.poll(() => new URL(page.url()).hash).toBe("#/jobs?source=comments");
    await page.goto(`${scene.relay.url}/#/sources/videos`);
    const videos = page.getByRole("region", { name: "Source videos" });
    await videos.getByRole("button", { name: "Take it again" }).first().click();
    // It still has no signature.
    const refused = "The request could not be verified.";
    await hasSaid(page, refused);
    await passUntil(page.getByRole("status").getByText(refused), 0);
    const again: string[] = [];
    page.on("request", (request) => request.method() === "POST" && again.push(request.url()));
    await page.route("**/rejected/*/retry", (route) =>
      route.fulfill({ status: 202, json: { result: "accepted" } }),
    );
    await videos.getByRole("button", { name: "Take all 2 kept again" }).click();
    await hasSaid(page, "2 requests taken.");
    expect(again.filter((url) => url.endsWith("/retry"))).toHaveLength(2);
  });

  test("lets a source that polls watch an export", async () => {
    await open("#/sources/mails");
    const sheet = page.getByRole("region", { name: "Source mails" });
    await sheet.getByText("No export is watched.").waitFor();
    await sheet.getByLabel("Account at the provider").fill("ada");
    await sheet.getByLabel("Export id").fill("exp_1");
    await sheet.getByRole("button", { name: "Watch" }).click();
    await hasSaid(page, "exp_1 is watched until it ends.");
    expect(await sheet.getByLabel("Export id").inputValue()).toBe("");
    await sheet.getByRole("button", { name: "Watch" }).click();
    // The browser asks for what is missing.
    expect(await page.evaluate("document.activeElement.matches(':invalid')")).toBe(true);
    const facts = sheet.locator("dl", { hasText: "Exports watched" });
    await expect.poll(() => facts.textContent()).toContain("Exports watched1");
    // On a phone both fields are in sight: a sheet scrolls in itself, so the page says nothing.
    await page.setViewportSize({ width: 390, height: 844 });
    const ends =
      "[...document.querySelectorAll('.sheet input')].map((one) => one.getBoundingClientRect().right)";
    const rights = await page.evaluate<readonly number[]>(ends);
    expect(rights.length).toBe(2);
    expect(Math.max(...rights)).toBeLessThanOrEqual(390);
    await page.setViewportSize({ width: 1280, height: 900 });
    // Only a source that polls can.
    await page.goto(`${scene.relay.url}/#/sources/comments`);
    await page.getByRole("region", { name: "Source comments" }).waitFor();
    expect(await page.getByRole("button", { name: "Watch" }).count()).toBe(0);
  });

  test("sees no amount in the bar of a job without a total, also with less motion", async () => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    await open("#/jobs/exports/nachtlauf-gro%C3%9Fhandel");
    const sheet = page.getByRole("region", { name: /nachtlauf/ });
    const bar = sheet.getByRole("progressbar");
    await bar.waitFor();
    // Both in one frame, and when they have come to rest: the fill glides to its place.
    const start = (): Promise<number> =>
      bar.evaluate((track) => {
        const [whole, part] = [track, track.querySelector(".fill")].map((one) =>
          one?.getBoundingClientRect(),
        );
        return Math.round((100 * ((part?.x ?? 0) - (whole?.x ?? 0))) / (whole?.width ?? 1));
      });
    await expect.poll(start).toBe(35);
  });

  test("cannot try a rule before the sources are known", async () => {
    const asked = Promise.withResolvers<void>();
    await page.route("**/v1/sources", async (route) => {
      await asked.promise;
      await route.continue();
    });
    await open("#/rules");
    const simulate = page.getByRole("button", { name: "Simulate" });
    await simulate.waitFor();
    expect(await simulate.isDisabled()).toBe(true);
    asked.resolve();
    await simulate.click();
    await page.getByText('Account "comments" is not one of acme, initech.').waitFor();
  });

  test("learns why each rule matches an event or does not", async () => {
    await open("#/rules");
    await page.getByLabel("Event").selectOption("job.failed");
    await page.getByLabel("Source").selectOption("exports");
    await page.getByLabel("Account").fill("globex");
    await page.getByRole("button", { name: "Simulate" }).click();
    const result = page.getByRole("region", { name: "Result" });
    await result.getByText("It would go to billing, warehouse, slack").waitFor();
    await result.getByText('Account "globex" is not one of acme, initech.').waitFor();
    await page.getByLabel("Details").fill("{");
    await page.getByRole("button", { name: "Simulate" }).click();
    await page.getByRole("alert").getByText("Details are not JSON").waitFor();
    expect(watched.complaints).toEqual([]);
  });
});
