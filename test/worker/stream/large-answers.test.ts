import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { Publication } from "../../../src/model/messages.ts";
import { AccountTables } from "../../../src/account/tables.store.ts";
import type { Page } from "../../../src/stream/frames.ts";
import { JobsStore } from "../../../src/account/jobs.store.ts";
import { account, ADMIN, ask, lister, openAccount, publication, token } from "./stream-fixture.ts";

const created = (index: number): string =>
  new Date(Date.UTC(2026, 10, 21, 19, 0, index)).toISOString();

const job = (name: string, index: number): Publication =>
  publication(
    { account: name, guid: `g${String(index).padStart(2, "0")}`, createdAt: created(index) },
    1,
  );

/** A job whose event and snapshot are a megabyte each. */
function large(name: string, index: number): Publication {
  const { event, snapshot } = job(name, index);
  const details = { ...event.details, text: "x".repeat(1_000_000) };
  return { event: { ...event, details }, snapshot: { ...snapshot, details } };
}

describe("the index of jobs with a bound of characters", () => {
  test("lists as many as fit, at least one, and says that there are more", async () => {
    await runInDurableObject(account("bounded-list"), (_, state) => {
      const tables = new AccountTables(state.storage, () => "0a");
      const publications = [1, 2, 3].map((index) => job("bounded-list", index));
      const each = JSON.stringify(publications[0]?.snapshot).length;
      const index = (room: number): JobsStore =>
        new JobsStore(state.storage.sql, tables, { characters: room });
      for (const { snapshot } of publications)
        index(1).put({
          created: Date.parse(snapshot.createdAt),
          source: "comments",
          guid: snapshot.guid,
          seq: 1,
          snapshot,
        });
      const list = (room: number, limit: number): unknown => {
        const { jobs, more } = index(room).list({ limit });
        return [jobs.map(({ guid }) => guid), more];
      };
      expect(list(3 * each, 10)).toEqual([["g03", "g02", "g01"], false]);
      expect(list(3 * each, 3)).toEqual([["g03", "g02", "g01"], false]);
      expect(list(3 * each, 2)).toEqual([["g03", "g02"], true]);
      expect(list(3 * each - 1, 10)).toEqual([["g03", "g02"], true]);
      expect(list(2 * each, 10)).toEqual([["g03", "g02"], true]);
      expect(list(1, 10)).toEqual([["g03"], true]);
      expect(
        index(2 * each)
          .newest()
          .map(({ guid }) => guid),
      ).toEqual(["g03", "g02"]);
      expect(
        index(2 * each - 1)
          .withGuids(["g01", "g02"])
          .map(({ guid }) => guid),
      ).toEqual(["g02"]);
    });
  });
});

describe("an account with 40 jobs of a megabyte each", () => {
  test("is shown in parts that continue, and never fails for its size", async () => {
    const name = "heavy";
    const first = await openAccount(name, { probes: "1" });
    for (let index = 0; index < 40; index += 5)
      await account(name).publish([0, 1, 2, 3, 4].map((offset) => large(name, index + offset)));
    await first.until(41);
    expect(first.events).toHaveLength(40);
    const snapshot = await openAccount(name);
    const shown = snapshot.hello.recovered
      ? []
      : (snapshot.hello.snapshot as { readonly jobs: readonly { readonly guid: string }[] }).jobs;
    expect(shown.map(({ guid }) => guid)).toEqual([
      "g39",
      "g38",
      "g37",
      "g36",
      "g35",
      "g34",
      "g33",
    ]);
    const far = await openAccount(name, { since: first.hello.cursor });
    expect([far.hello.recovered, far.frames.length]).toEqual([false, 1]);
    const near = await openAccount(name, { since: first.events[32]?.cursor ?? "" });
    await near.until(8);
    expect([near.hello.recovered, near.events.length]).toEqual([true, 7]);
    const sizes: number[] = [];
    const bearer = { authorization: `Bearer ${await token(name)}` };
    for (let cursor = first.hello.cursor; sizes.length < 40;) {
      const page: Page = await (
        await ask(`/v1/accounts/${name}/events?limit=1000&since=${cursor}`, bearer)
      ).json();
      if (page.items.length === 0) break;
      sizes.push(page.items.length);
      cursor = page.cursor;
    }
    // After 16 MB at once a page may be shorter: how much depends on the time that has passed.
    expect([sizes.reduce((sum, size) => sum + size, 0), Math.max(...sizes) <= 7]).toEqual([
      40,
      true,
    ]);
    const list = await lister(name).jobs({ limit: 100 });
    expect([list.jobs.length, list.more]).toEqual([7, true]);
    const listed: string[] = [];
    for (let next: string | null = ""; next !== null;) {
      const answer = await ask(`/v1/jobs?account=${name}&limit=100${next}`, {
        authorization: `Bearer ${ADMIN}`,
      });
      const page: {
        readonly items: readonly { readonly guid: string }[];
        readonly cursor: string | null;
      } = await answer.json();
      listed.push(...page.items.map(({ guid }) => guid));
      next = page.cursor === null ? null : `&cursor=${page.cursor}`;
    }
    expect(listed).toEqual(
      Array.from({ length: 40 }, (_, index) => `g${String(39 - index).padStart(2, "0")}`),
    );
    for (const each of [first, snapshot, far, near]) each.close();
  });
});
