// `<job-progress>` as a page of another origin uses it, in real Chromium against the real Worker.

import { randomUUID } from "node:crypto";
import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { until } from "../../support/wait.ts";
import { TOTAL } from "./app.ts";
import { withoutBrowser } from "./browser.ts";
import { useScene } from "./scene.ts";

const told = (page: Page): Promise<readonly string[]> => page.evaluate("window.told");

/** What a progress bar says to assistive technology. */
const said = (bar: Locator): Promise<readonly (string | null)[]> =>
  Promise.all(
    ["aria-label", "aria-valuenow", "aria-valuetext"].map((name) => bar.getAttribute(name)),
  );

/** The width of the bar as a share of its track. */
const share = (page: Page): Promise<number> =>
  page.evaluate(`(() => {
    const host = document.querySelector("job-progress");
    const bar = host.shadowRoot.querySelector("[part~=bar]");
    const [all, done] = [host, bar].map((one) => one.getBoundingClientRect().width);
    return Math.round((100 * done) / all);
  })()`);

const STILL = "* { transition: none !important }";

describe.skipIf(withoutBrowser())("the element", () => {
  const scene = useScene();

  async function open(path: string): Promise<Page> {
    const page = await scene.browser.context.newPage();
    scene.pages.push(page);
    await page.goto(`${scene.app.url}${path}`);
    await page.evaluate("customElements.whenDefined('job-progress')");
    return page;
  }

  /** Opens a page with one element that has these attributes beside its relay and account. */
  async function show(attributes: Readonly<Record<string, string>>): Promise<Page> {
    const page = await open("/element.html");
    const all = { src: scene.app.relay.url, account: "acme", source: "comments", ...attributes };
    const text = Object.entries(all).map(([name, value]) => `${name}="${value}"`);
    await page.evaluate(
      `document.body.innerHTML = '<job-progress ${text.join(" ")}></job-progress>'`,
    );
    return page;
  }

  test("one tag draws the bar of a job, from another origin, without a build step", async () => {
    await scene.app.tell("b4219d47", "job.created");
    await scene.app.tell("b4219d47", "job.progress", 40);
    const page = await open("/one-tag.html");
    const bar = page.getByRole("progressbar");
    await until(async () => (await bar.getAttribute("aria-valuenow")) === "40", { what: "40 %" });
    expect(await said(bar)).toEqual(["Progress", "40", "40%"]);
    await scene.app.tell("b4219d47", "job.finished", TOTAL);
    await until(async () => (await bar.getAttribute("aria-valuenow")) === "100", { what: "100 %" });
  });

  test("it fires events, fills its bar, and says the end once and politely", async () => {
    const guid = randomUUID();
    await scene.app.tell(guid, "job.created");
    const page = await show({ guid, "token-url": "/token", "aria-label": "Export" });
    const bar = page.getByRole("progressbar", { name: "Export" });
    await until(async () => (await told(page)).length === 1, { what: "the first event" });
    expect(await said(bar)).toEqual(["Export", null, null]);
    await scene.app.tell(guid, "job.progress", 25);
    await until(async () => (await bar.getAttribute("aria-valuenow")) === "25", { what: "25 %" });
    expect(await share(page)).toBe(25);
    await scene.app.tell(guid, "job.finished", TOTAL);
    await until(async () => (await told(page)).length === 4, { what: "the end" });
    expect(await told(page)).toEqual(["progress 1", "progress 2", "progress 3", "done 3"]);
    expect([await page.getByRole("status").textContent(), await share(page)]).toEqual([
      "Export: done",
      100,
    ]);
  });

  test("a job that fails fires an error with its reason", async () => {
    const guid = randomUUID();
    await scene.app.tell(guid, "job.created");
    await scene.app.tell(guid, "job.failed");
    const page = await show({ guid, "token-url": "/json-token" });
    await until(async () => (await told(page)).length === 2, { what: "the failure" });
    expect(await told(page)).toEqual(["progress 2", "error 2"]);
    const colour = `getComputedStyle(document.querySelector("job-progress").shadowRoot.querySelector("[part~=error]")).backgroundColor`;
    expect(await page.evaluate(colour)).toBe("rgb(198, 40, 40)");
  });

  test.each([
    ["/no-token", "error 4599"],
    ["/sign-in", "error 4500"],
    ["/other-token", "error 4500"],
  ])("a token service that answers %s is an error", async (path, wanted) => {
    const page = await show({ guid: "g1", "token-url": path });
    await until(async () => (await told(page)).length === 1, { what: "the refusal" });
    expect(await told(page)).toEqual([wanted]);
  });

  test("changed attributes show another job, after one token, and removal disconnects", async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    await scene.app.tell(one, "job.created");
    await scene.app.tell(one, "job.progress", 70);
    await scene.app.tell(two, "job.created");
    const page = await scene.browser.context.newPage();
    scene.pages.push(page);
    const alive = new Set<string>();
    page.on("websocket", (socket) => {
      alive.add(socket.url());
      socket.on("close", () => alive.delete(socket.url()));
    });
    await page.goto(`${scene.app.url}/element.html`);
    await page.evaluate(
      `document.body.innerHTML = '<job-progress src="${scene.app.relay.url}" account="acme" source="comments" guid="${one}" token-url="/token?reason=one"></job-progress>'`,
    );
    const bar = page.getByRole("progressbar");
    await until(async () => (await bar.getAttribute("aria-valuenow")) === "70", { what: "70 %" });
    await page.evaluate(
      `const host = document.querySelector("job-progress"); host.setAttribute("guid", "none"); host.setAttribute("token-url", "/token?reason=two"); host.setAttribute("guid", "${two}")`,
    );
    await until(async () => (await told(page)).at(-1) === "progress 1", { what: "the other job" });
    expect([await said(bar), scene.app.asked]).toEqual([
      ["Progress", null, null],
      ["one", "two"],
    ]);
    await until(() => alive.size === 1, { what: "one connection" });
    await page.evaluate(`window.host = document.querySelector("job-progress"); host.remove()`);
    await until(() => alive.size === 0, { what: "no connection" });
    await page.evaluate(`document.body.append(host)`);
    await until(() => alive.size === 1, { what: "a connection again" });
  });

  test("another job's attributes take back what was said of the end of the first", async () => {
    const [over, running] = [randomUUID(), randomUUID()];
    await scene.app.tell(over, "job.created");
    await scene.app.tell(over, "job.failed");
    await scene.app.tell(running, "job.created");
    await scene.app.tell(running, "job.progress", 30);
    const page = await show({ guid: over, "token-url": "/token" });
    const status = page.getByRole("status");
    await until(async () => (await status.textContent()) === "Progress: error", {
      what: "the end",
    });
    const host = page.locator("job-progress");
    await host.evaluate((element, guid) => element.setAttribute("guid", guid), running);
    await until(async () => (await told(page)).at(-1) === "progress 2", { what: "the other job" });
    expect(await status.textContent()).toBe("");
    await host.evaluate((element, guid) => element.setAttribute("guid", guid), over);
    await until(async () => (await told(page)).at(-1) === "error 2", { what: "the end again" });
    await scene.app.tell(over, "job.requeued");
    await until(async () => (await told(page)).at(-1) === "progress 3", { what: "the requeue" });
    expect(await status.textContent()).toBe("");
  });

  test("without a guid it waits, asks for no token, and shows the job once it is named", async () => {
    const guid = randomUUID();
    await scene.app.tell(guid, "job.created");
    await scene.app.tell(guid, "job.progress", 60);
    const page = await show({ "token-url": "/token?reason=unnamed" });
    const bar = page.getByRole("progressbar");
    await until(async () => (await said(bar))[0] === "Progress", { what: "the element" });
    const host = page.locator("job-progress");
    await host.evaluate((element, name) => {
      element.setAttribute("token-url", "/token?reason=named");
      element.setAttribute("guid", name);
    }, guid);
    await until(async () => (await said(bar))[1] === "60", { what: "60 %" });
    await host.evaluate((element) => element.removeAttribute("guid"));
    await until(async () => (await said(bar))[1] === null, { what: "no job" });
    expect([scene.app.asked, await told(page)]).toEqual([["named"], ["progress 2"]]);
  });

  test("a page styles it by its part, by variables and as a box, under a strict policy", async () => {
    const guid = randomUUID();
    await scene.app.tell(guid, "job.created");
    await scene.app.tell(guid, "job.progress", 50);
    const page = await open("/element.html?strict");
    await page.evaluate(
      `document.body.innerHTML = '<job-progress src="${scene.app.relay.url}" account="acme" source="comments" guid="${guid}" token-url="/token"></job-progress>'`,
    );
    const bar = page.getByRole("progressbar");
    await until(async () => (await bar.getAttribute("aria-valuenow")) === "50", { what: "50 %" });
    const look = (name: string): Promise<string> =>
      page.evaluate(
        `getComputedStyle(document.querySelector("job-progress").shadowRoot.querySelector("[part~=bar]")).${name}`,
      );
    expect([await look("backgroundColor"), await look("height")]).toEqual([
      "rgb(40, 105, 230)",
      "9.59375px",
    ]);
    const style = (css: string): Promise<void> =>
      page.evaluate(
        `const sheet = new CSSStyleSheet(); sheet.replaceSync(${JSON.stringify(css)}); document.adoptedStyleSheets = [sheet]`,
      );
    await style(`${STILL} job-progress { --job-progress-color: rgb(1, 2, 3); height: 20px }`);
    expect([await look("backgroundColor"), await look("height")]).toEqual(["rgb(1, 2, 3)", "20px"]);
    await style("job-progress::part(bar) { background: rgb(4, 5, 6) }");
    expect(await look("backgroundColor")).toBe("rgb(4, 5, 6)");
  });

  test("its bar is seen where the system forces colours", async () => {
    const guid = randomUUID();
    await scene.app.tell(guid, "job.created");
    await scene.app.tell(guid, "job.progress", 50);
    const page = await show({ guid, "token-url": "/token" });
    await page.emulateMedia({ forcedColors: "active" });
    await until(async () => (await share(page)) === 50, { what: "50 %" });
    const colours: readonly string[] = await page.evaluate(`(() => {
      const host = document.querySelector("job-progress");
      const bar = host.shadowRoot.querySelector("[part~=bar]");
      return [host, bar].map((one) => getComputedStyle(one).backgroundColor);
    })()`);
    expect(colours).toEqual(["rgba(136, 136, 136, 0.4)", "rgb(40, 105, 230)"]);
  });

  test("a bar without a number moves, unless the reader wants less motion", async () => {
    const page = await show({ guid: randomUUID(), "token-url": "/token" });
    const animation = `getComputedStyle(document.querySelector("job-progress").shadowRoot.querySelector("[role=progressbar]")).animationName`;
    await until(async () => (await page.evaluate(animation)) === "a", { what: "motion" });
    await page.emulateMedia({ reducedMotion: "reduce" });
    expect(await page.evaluate(animation)).toBe("none");
    const place = `(() => { const host = document.querySelector("job-progress"); const bar = host.shadowRoot.querySelector("[role=progressbar]").getBoundingClientRect(); const track = host.getBoundingClientRect(); return [bar.left - track.left, track.right - bar.right].map(Math.round); })()`;
    const [before, after] = await page.evaluate<number[]>(place);
    expect(before).toBeGreaterThan(0);
    expect(before).toBe(after);
  });
});
