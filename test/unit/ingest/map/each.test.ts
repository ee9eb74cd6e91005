// Bodies that list several events: what each member becomes.

import { describe, expect, test } from "vitest";
import { MAX_EACH_MEMBERS } from "../../../../src/ingest/map/evaluate.ts";
import type { Json } from "../../../../src/kernel/json.ts";
import { input, issues, job, map, outcomes } from "./build.ts";

/** A body with a list of events. */
const listing = (items: Json): Json => ({
  team: "acme",
  event: "job.failed",
  guid: "outer",
  items,
});

const jobs = (length: number): Json => Array.from({ length }, () => job());

describe("each", () => {
  const of = map({
    each: "items",
    account: "$.team",
    id: "join(':', [\"$headers\".id, guid])",
    current: "n",
  });
  test("makes an event of every member, in their order", () => {
    const items = [job({ guid: "a", n: 1 }), { event: "ping" }, job({ guid: "b", n: 2 })];
    const read = outcomes(of, input(listing(items), { headers: { id: "h" } }));
    expect(read).toMatchObject([
      { subject: { guid: "a" }, account: "acme", key: "h:a", current: 1, rest: items[0] },
      { kind: "ignored" },
      { subject: { guid: "b" }, account: "acme", key: "h:b", current: 2, rest: items[2] },
    ]);
  });

  test("reads the whole body as $ in every field", () => {
    const whole = map({ each: "items", guid: "id", event: "$.event", current: "$.items[1].id" });
    expect(outcomes(whole, input(listing([{ id: 4 }, { id: 5 }])))).toMatchObject([
      { subject: { guid: "4" }, current: 5 },
      { subject: { guid: "5" }, current: 5 },
    ]);
  });

  test("names the member that refuses the request", () => {
    const items = [job(), { event: "job.progress" }, job({ guid: "" })];
    expect(issues(of, input(listing(items))).map(({ path }) => path)).toEqual([
      "each.1.guid",
      "each.2.guid",
    ]);
  });

  test("a bad account refuses the request, but not where the source has a fixed one", () => {
    const items = [job({ guid: "a" }), job({ guid: "b" })];
    const named = map({ each: "items", account: "'..'" });
    expect(issues(named, input(listing(items)))).toEqual([
      { path: "each.0.account", message: 'must not be "." or ".."' },
      { path: "each.1.account", message: 'must not be "." or ".."' },
    ]);
    const fixed = input(listing(items), { hasFixedAccount: true });
    expect(outcomes(named, fixed)).toMatchObject([{ account: null }, { account: null }]);
  });

  test.each<Json>([null, "text", {}, []])("%j is no list of events: ignored", (items) => {
    expect(outcomes(of, input(listing(items)))).toEqual([
      { kind: "ignored", reason: "unknown-event: there is no list of events" },
    ]);
  });

  test("a body may be the list itself, and a member need not be an object", () => {
    const whole = map({ each: "@", event: "'job.progress'", guid: "@" });
    expect(outcomes(whole, input(["a", 7]))).toMatchObject([
      { subject: { guid: "a" }, rest: {} },
      { subject: { guid: "7" }, rest: {} },
    ]);
  });

  test(`takes at most ${MAX_EACH_MEMBERS} members`, () => {
    expect(outcomes(of, input(listing(jobs(MAX_EACH_MEMBERS))))).toHaveLength(MAX_EACH_MEMBERS);
    expect(issues(of, input(listing(jobs(MAX_EACH_MEMBERS + 1))))).toEqual([
      { path: "each", message: "lists 101 events, at most 100 are taken" },
    ]);
  });
});
