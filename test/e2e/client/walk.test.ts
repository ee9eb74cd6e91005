// What a page with `<job-progress>` lives through: lost networks, sleep, moves, restarts, erasures.

import { randomUUID } from "node:crypto";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { ADMIN_TOKEN } from "../../support/relay.ts";
import { begunInTime, until } from "../../support/wait.ts";
import { TOTAL } from "./app.ts";
import { pass, withoutBrowser } from "./browser.ts";
import { useScene } from "./scene.ts";

/** A page with elements, and the connections that it has. */
interface Opened {
  readonly page: Page;
  /** Every connection that was opened. */
  readonly opened: string[];
  readonly alive: Set<string>;
}

/** Lets a test hide the page. */
const HIDE = `Object.defineProperty(document, "hidden", { configurable: true, get: () => window.hide === true });`;

/** Lets a test break connections. */
const SOCKETS = `window.sockets = []; window.WebSocket = class extends WebSocket {
  constructor(...given) { super(...given); window.sockets.push(this); }
};`;

/** Lets a test decide what requests for a token come to; `undefined` answers them. */
const TOKENS = `const real = fetch; window.asked = 0; window.fetch = (url, init) => {
  if (!String(url).startsWith("/token")) return real(url, init);
  window.asked += 1;
  return window.answer?.() ?? real(url, init);
};`;

const told = (page: Page): Promise<readonly string[]> => page.evaluate("window.told");

const hide = (page: Page, hidden: boolean): Promise<unknown> =>
  page.evaluate(
    `window.hide = ${String(hidden)}; document.dispatchEvent(new Event("visibilitychange", { bubbles: true }))`,
  );

/** What the bars of a page say, in their order. */
const percents = (page: Page): Promise<readonly (string | null)[]> =>
  page.evaluate(
    `[...document.querySelectorAll("job-progress")].map((host) => host.shadowRoot.querySelector("[role=progressbar]").ariaValueNow)`,
  );

const shows = (page: Page, ...wanted: readonly (number | null)[]): Promise<unknown> =>
  until(
    async () => {
      const said = await percents(page);
      return JSON.stringify(said) === JSON.stringify(wanted.map((one) => one?.toString() ?? null));
    },
    { what: `bars at ${wanted.join()}` },
  ).catch(async (error: unknown) => {
    throw new Error(`bars at ${(await percents(page)).join()}`, { cause: error });
  });

describe.skipIf(withoutBrowser())("a page with the element", () => {
  const scene = useScene();

  const tag = (guid: string, more = ""): string =>
    `<job-progress src="${scene.app.relay.url}" account="acme" source="comments" guid="${guid}" token-url="/token?reason=element" ${more}></job-progress>`;

  /** Opens a page that has these elements; with a clock, time passes only as the test says. */
  async function open(guids: readonly string[], { clock = false } = {}): Promise<Opened> {
    const page = await scene.browser.context.newPage();
    scene.pages.push(page);
    const opened: string[] = [];
    const alive = new Set<string>();
    page.on("websocket", (socket) => {
      const url = socket.url();
      opened.push(url);
      alive.add(url);
      socket.on("close", () => alive.delete(url));
    });
    if (clock) await page.clock.install();
    await page.addInitScript({ content: HIDE + SOCKETS + TOKENS });
    await page.goto(`${scene.app.url}/element.html`);
    await page.evaluate("customElements.whenDefined('job-progress')");
    await page.evaluate(
      `document.body.innerHTML = ${JSON.stringify(guids.map((guid) => tag(guid)).join(""))}`,
    );
    return { page, opened, alive };
  }

  async function begun(current = 10): Promise<string> {
    const guid = randomUUID();
    await scene.app.tell(guid, "job.created");
    await scene.app.tell(guid, "job.progress", current);
    return guid;
  }

  test("offline again and again, it shows what was missed each time, and no end and no error", async () => {
    const guid = await begun();
    const { page, opened, alive } = await open([guid]);
    await shows(page, 10);
    for (let time = 1; time <= 4; time += 1) {
      await scene.browser.context.setOffline(true);
      // A network that is gone breaks what stands; the emulation leaves it alone.
      await page.evaluate("window.sockets.forEach((socket) => socket.close())");
      await until(() => alive.size === 0, { what: "a broken connection" });
      await scene.app.tell(guid, "job.progress", 10 + 10 * time);
      await scene.browser.context.setOffline(false);
      await shows(page, 10 + 10 * time);
    }
    expect([opened.length, await page.evaluate("window.asked")]).toEqual([5, 5]);
    expect(await told(page)).toEqual([2, 3, 4, 5, 6].map((seq) => `progress ${seq}`));
  });

  test("hidden for an hour while the relay restarts, it comes back with one token when it is seen", async () => {
    const guid = await begun();
    const { page, alive } = await open([guid], { clock: true });
    await shows(page, 10);
    await hide(page, true);
    await scene.app.crash(async () => {
      await until(() => alive.size === 0, { what: "a lost connection" });
    });
    await scene.app.tell(guid, "job.progress", 70);
    for (let minutes = 0; minutes < 60; minutes += 10) await page.clock.fastForward("10:00");
    expect([await page.evaluate("window.asked"), alive.size]).toEqual([1, 0]);
    await hide(page, false);
    await pass(page, 1_000);
    await shows(page, 70);
    expect(await page.evaluate("window.asked")).toBe(2);
  });

  test("a token that ends while the laptop sleeps is asked for once more, and once only", async () => {
    const guid = await begun();
    const { page, opened, over } = await begunInTime(async (life) => {
      scene.app.expiresIn = life;
      const one = await open([guid]);
      await shows(one.page, 10);
      await scene.browser.context.setOffline(true);
      if (one.opened.length === 1 && one.alive.size === 1)
        return { ...one, over: Date.now() + 1_000 * life };
      await scene.browser.context.setOffline(false);
      await one.page.close();
      return null;
    });
    await scene.app.tell(guid, "job.progress", 50);
    await until(() => Date.now() > over, { what: "the end of the token" });
    scene.app.expiresIn = 600;
    await scene.browser.context.setOffline(false);
    await shows(page, 50);
    await until(() => opened.length > 1, { what: "another connection" });
    await scene.app.tell(guid, "job.finished", TOTAL);
    await shows(page, 100);
    expect([await page.evaluate("window.asked"), opened.length]).toEqual([2, 2]);
  });

  test("a token that never comes is asked for again after half a minute", async () => {
    const guid = await begun();
    const { page, opened } = await open([], { clock: true });
    await page.evaluate(
      `window.answer = () => new Promise(() => {}); document.body.innerHTML = ${JSON.stringify(tag(guid))}`,
    );
    await pass(page, 1_000);
    await until(async () => (await page.evaluate("window.asked")) === 1, { what: "a question" });
    await page.evaluate("window.answer = undefined");
    // The wait before the next try is random, 2.5 s at most.
    await pass(page, 32_000);
    await shows(page, 10);
    expect([await page.evaluate("window.asked"), opened.length]).toEqual([2, 1]);
  });

  test("a token service that fails is asked again ever later, and that is no error", async () => {
    const guid = await begun();
    const { page } = await open([], { clock: true });
    await page.evaluate(
      `window.answer = () => { throw new TypeError("failed") }; document.body.innerHTML = ${JSON.stringify(tag(guid))}`,
    );
    await until(async () => page.evaluate("window.asked > 0"), { what: "a question" });
    await pass(page, 60_000);
    const asked = await page.evaluate<number>("window.asked");
    expect(asked).toBeGreaterThan(2);
    expect(asked).toBeLessThan(20);
    await page.evaluate("window.answer = undefined");
    await pass(page, 30_000);
    await shows(page, 10);
    expect(await told(page)).toEqual(["progress 2"]);
  });

  test("moved in its page it stays as it is: no other token, no other connection, no event again", async () => {
    const guids = [await begun(10), await begun(20)];
    const { page, opened, alive } = await open(guids);
    await shows(page, 10, 20);
    await page.evaluate(`document.body.prepend(document.body.lastElementChild);
      const place = document.createElement("section"); document.body.append(place);
      place.append(document.querySelector("job-progress"));`);
    for (const guid of guids) await scene.app.tell(guid, "job.progress", 50);
    await shows(page, 50, 50);
    expect([await page.evaluate("window.asked"), opened.length, alive.size]).toEqual([2, 2, 2]);
    expect((await told(page)).length).toBe(4);
  });

  test("whose attributes change quickly it shows the last job, by one connection", async () => {
    const [first, last] = [await begun(10), await begun(20)];
    const { page, alive } = await open([first]);
    await shows(page, 10);
    await page.evaluate(`(async () => {
      const host = document.querySelector("job-progress");
      for (let turn = 0; turn < 20; turn += 1) {
        host.setAttribute("guid", turn % 2 ? ${JSON.stringify(first)} : "none");
        if (turn % 3 === 0) await new Promise((resolve) => setTimeout(resolve, turn));
      }
      host.setAttribute("guid", ${JSON.stringify(last)});
    })()`);
    await shows(page, 20);
    await until(() => alive.size === 1, { what: "one connection" });
    await scene.app.tell(first, "job.progress", 90);
    await scene.app.tell(last, "job.progress", 30);
    await shows(page, 30);
    expect([...alive][0]).toContain(last);
  });

  test("removed before it is connected it opens nothing, and neither before its token comes", async () => {
    const guid = await begun();
    const { page, opened } = await open([], { clock: true });
    await page.evaluate(
      `document.body.innerHTML = ${JSON.stringify(tag(guid))}; document.body.innerHTML = ""`,
    );
    await page.evaluate(`window.answer = () => new Promise((resolve) => (window.resolve = resolve));
      document.body.innerHTML = ${JSON.stringify(tag(guid))}`);
    await until(async () => page.evaluate("window.resolve !== undefined"), { what: "a question" });
    await page.evaluate(`document.body.innerHTML = ""; window.answer = undefined`);
    // A stream waits a moment for whoever comes back.
    await pass(page, 1_000);
    await page.evaluate(`fetch("/token?reason=late").then(window.resolve)`);
    await page.evaluate(`document.body.innerHTML = ${JSON.stringify(tag(guid))}`);
    await shows(page, 10);
    expect(opened.length).toBe(1);
  });

  test("two of one job share a connection, which outlives the first of them", async () => {
    const guid = await begun();
    const { page, opened, alive } = await open([guid, guid]);
    await shows(page, 10, 10);
    expect(opened.length).toBe(1);
    await page.evaluate(`document.querySelector("job-progress").remove()`);
    await scene.app.tell(guid, "job.progress", 50);
    await shows(page, 50);
    await until(() => alive.size === 1, { what: "one connection" });
  });

  test("the relay restarts: it goes on, and fires nothing twice", async () => {
    const guid = await begun();
    const { page } = await open([guid]);
    await shows(page, 10);
    await scene.app.crash(() =>
      scene.app.tell(guid, "job.progress", 99).then(
        () => undefined,
        () => undefined,
      ),
    );
    await scene.app.tell(guid, "job.progress", 30);
    await shows(page, 30);
    await scene.app.tell(guid, "job.finished", TOTAL);
    await shows(page, 100);
    expect(await told(page)).toEqual(["progress 2", "progress 3", "progress 4", "done 4"]);
  });

  test("a job that is erased while it is shown is an error, and its bar looks like one", async () => {
    const guid = await begun();
    const { page, alive } = await open([guid]);
    await shows(page, 10);
    const erased = await fetch(`${scene.app.relay.url}/v1/jobs/comments/${guid}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    expect(erased.ok).toBe(true);
    await until(async () => (await told(page)).length === 2, { what: "the refusal" });
    expect(await told(page)).toEqual(["progress 2", "error 4507"]);
    const part = `document.querySelector("job-progress").shadowRoot.firstChild.part.value`;
    expect([await page.evaluate(part), await percents(page), alive.size]).toEqual([
      "bar error",
      ["10"],
      0,
    ]);
  });

  test("left and come back to by the history of the browser, it is connected again, and misses nothing", async () => {
    const guid = await begun();
    const { page, opened, alive } = await open([guid]);
    await shows(page, 10);
    await page.evaluate(`dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }))`);
    await until(() => alive.size === 0, { what: "a page without connections" });
    await scene.app.tell(guid, "job.progress", 40);
    await page.evaluate(`dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))`);
    await shows(page, 40);
    expect([opened.length, await page.evaluate("window.asked")]).toEqual([2, 2]);
    expect(await told(page)).toEqual(["progress 2", "progress 3"]);
  });

  test("a job that had ended before the page was opened fires its end once", async () => {
    const guid = await begun();
    await scene.app.tell(guid, "job.finished", TOTAL);
    const { page } = await open([guid]);
    await shows(page, 100);
    await until(async () => (await told(page)).length === 2, { what: "the end" });
    expect(await told(page)).toEqual(["progress 3", "done 3"]);
    await page.evaluate(`document.body.append(document.querySelector("job-progress"))`);
    await scene.app.tell(guid, "job.requeued");
    await until(async () => (await told(page)).length === 3, { what: "what came later" });
    expect(await told(page)).toEqual(["progress 3", "done 3", "progress 4"]);
  });
});
