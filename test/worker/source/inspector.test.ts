// What became of a source's webhooks: counted after the answer, kept in memory, written now and
// then.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { toHex, utf8 } from "../../../src/kernel/bytes.ts";
import { NO_LATENCY } from "../../../src/model/measures.ts";
import type { Rejection, Tally } from "../../../src/model/messages.ts";
import { hmacSha256 } from "../../../src/kernel/hmac.io.ts";
import { MAX_REJECTED } from "../../../src/source/inspection.ts";

const record = (at: number, body: string | null = null): Rejection => ({
  at,
  status: 401,
  reason: "wrong-secret",
  method: "POST",
  headers: {},
  body,
});

const tally = (changes: Partial<Tally> = {}): Tally => ({
  counts: { accepted: 1, duplicate: 0, ignored: 0, refused: 0 },
  seenAt: 5,
  rejected: [],
  ...changes,
});

/** Rows that the alarm of a source writes, the alarm's own aside, when it runs twice. */
const rowsOfAlarm = (name: string): Promise<number> =>
  runInDurableObject(env.SOURCE.getByName(name), async (object, ctx) => {
    const total = (): number =>
      ctx.storage.sql.exec<{ n: number }>("SELECT total_changes() AS n").one().n;
    const before = total();
    await Promise.all([object.alarm?.(), object.alarm?.()]);
    return total() - before;
  });

/** Rows written so far by this instance of a source. */
const rowsWritten = (name: string): Promise<number> =>
  runInDurableObject(
    env.SOURCE.getByName(name),
    (_, ctx) => ctx.storage.sql.exec<{ n: number }>("SELECT total_changes() AS n").one().n,
  );

describe("a source's object", () => {
  test("has counted nothing before anything is told", async () => {
    const source = env.SOURCE.getByName("nothing");
    expect([await source.counts(), await source.rejected()]).toEqual([
      {
        counts: { accepted: 0, duplicate: 0, ignored: 0, refused: 0 },
        since: null,
        seenAt: null,
        reasons: {},
        measures: { events: {}, latency: NO_LATENCY },
        refusedInARow: 0,
      },
      [],
    ]);
  });

  test("writes the first at once: an eviction loses nothing of an idle source", async () => {
    await env.SOURCE.getByName("first").count(tally({ rejected: [record(1)] }));
    await evictDurableObject(env.SOURCE.getByName("first"));
    const source = env.SOURCE.getByName("first");
    expect([(await source.counts()).counts.accepted, await source.rejected()]).toEqual([
      1,
      [record(1)],
    ]);
  });

  test("writes what follows with one alarm, however much it is", async () => {
    const name = "burst";
    await env.SOURCE.getByName(name).count(tally());
    const before = await rowsWritten(name);
    for (let at = 1; at <= 300; at += 1)
      await env.SOURCE.getByName(name).count(tally({ rejected: [record(at)] }));
    expect((await env.SOURCE.getByName(name).counts()).counts.accepted).toBe(301);
    const alarm = await runInDurableObject(env.SOURCE.getByName(name), (_, ctx) =>
      ctx.storage.getAlarm(),
    );
    expect(alarm).not.toBeNull();
    await rowsOfAlarm(name);
    // The counts, the refused requests, and the alarm: the platform writes that one when it likes.
    expect((await rowsWritten(name)) - before).toBe(3);
    await evictDurableObject(env.SOURCE.getByName(name));
    const rejected = await env.SOURCE.getByName(name).rejected();
    expect([
      rejected.length,
      rejected[0],
      (await env.SOURCE.getByName(name).counts()).counts.accepted,
    ]).toEqual([MAX_REJECTED, record(300), 301]);
  });

  test("writes one row where nothing was refused, and none where nothing is new", async () => {
    const name = "one-row";
    await env.SOURCE.getByName(name).count(tally());
    await env.SOURCE.getByName(name).count(tally());
    expect(await rowsOfAlarm(name)).toBe(1);
    expect(await rowsOfAlarm(name)).toBe(0);
  });

  test("loses what an instance has not written, and counts on from what it has", async () => {
    const name = "crash";
    await env.SOURCE.getByName(name).count(tally());
    await env.SOURCE.getByName(name).count(tally());
    await evictDurableObject(env.SOURCE.getByName(name));
    await env.SOURCE.getByName(name).count(tally({ seenAt: 4 }));
    expect(await env.SOURCE.getByName(name).counts()).toMatchObject({
      counts: { accepted: 2 },
      seenAt: 5,
    });
  });

  test("keeps a hundred of the longest records in one row", async () => {
    const body = "€".repeat(1_024);
    const headers = Object.fromEntries(
      Array.from({ length: 24 }, (_, index) => [`x-${index}`.padEnd(64, "n"), "€".repeat(128)]),
    );
    const rejected = Array.from({ length: 120 }, (_, at) => ({
      ...record(at, body),
      reason: "€".repeat(512),
      headers,
    }));
    for (let at = 0; at < 120; at += 20)
      await env.SOURCE.getByName("long").count(tally({ rejected: rejected.slice(at, at + 20) }));
    expect(await runDurableObjectAlarm(env.SOURCE.getByName("long"))).toBe(true);
    await evictDurableObject(env.SOURCE.getByName("long"));
    expect(await env.SOURCE.getByName("long").rejected()).toHaveLength(MAX_REJECTED);
  });
});

const get = async (path: string): Promise<{ readonly items: readonly Record<string, unknown>[] }> =>
  (
    await exports.default.fetch(`https://relay.test${path}`, {
      headers: { authorization: `Bearer ${env.ADMIN_TOKEN}` },
    })
  ).json();

describe("a request to a source", () => {
  test("is counted as what became of it, a refused one shown with its exact reason and no proof", async () => {
    const body = JSON.stringify({ event: "not.ours" });
    const signature = toHex(await hmacSha256(env.COMMENTS_SECRET, utf8(body)));
    const send = async (source: string, sign: string, text = body): Promise<number> => {
      const headers = {
        "content-type": "application/json",
        "x-signature": sign,
        authorization: "Bearer n0body-may-see",
        "x-plain": "seen",
      };
      return (
        await exports.default.fetch(`https://relay.test/hooks/${source}`, {
          method: "POST",
          headers,
          body: text,
        })
      ).status;
    };
    expect([
      await send("comments", signature),
      await send("comments", "0".repeat(64)),
      await send("nobody", signature),
    ]).toEqual([202, 401, 404]);
    expect((await exports.default.fetch("https://relay.test/hooks/comments")).status).toBe(405);
    await expect
      .poll(async () => (await get("/v1/sources")).items)
      .toEqual([
        {
          id: "comments",
          provider: "exportcomments",
          verify: "secrets",
          counts: { accepted: 0, duplicate: 0, ignored: 1, refused: 1 },
          countedSince: expect.stringMatching(/Z$/),
          lastSeenAt: expect.stringMatching(/Z$/),
          connector: null,
          advice: null,
        },
        expect.objectContaining({
          id: "email",
          counts: { accepted: 0, duplicate: 0, ignored: 0, refused: 0 },
          lastSeenAt: null,
        }),
        expect.objectContaining({
          id: "reports",
          counts: { accepted: 0, duplicate: 0, ignored: 0, refused: 0 },
          countedSince: null,
        }),
      ]);
    const { items } = await get("/v1/sources/comments/rejected");
    expect(items).toEqual([
      {
        n: null,
        kept: false,
        time: expect.stringMatching(/Z$/),
        status: 401,
        reason: "wrong-secret",
        explanation: "No secret of this source confirms the signature.",
        advice: expect.stringMatching(/^Copy the signing secret from the provider again/),
        method: "POST",
        headers: expect.objectContaining({
          "x-signature": "***",
          authorization: "***",
          "x-plain": "seen",
          "content-type": "application/json",
        }),
        body,
      },
    ]);
    expect(JSON.stringify(items)).not.toMatch(/n0body-may-see|00000000/);
  });

  test("of a source that does not exist has no inspector", async () => {
    const answer = await exports.default.fetch("https://relay.test/v1/sources/nobody/rejected", {
      headers: { authorization: `Bearer ${env.ADMIN_TOKEN}` },
    });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([
      404,
      "application/problem+json",
    ]);
  });
});
