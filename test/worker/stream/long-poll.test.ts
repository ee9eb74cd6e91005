import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { JobUpdate } from "../../../src/model/messages.ts";
import type { Page } from "../../../src/stream/frames.ts";
import {
  account,
  ADMIN,
  ask,
  eventually,
  publication,
  run,
  seqs,
  token,
} from "./stream-fixture.ts";

const bearer = (secret: string): Record<string, string> => ({ authorization: `Bearer ${secret}` });

const poll = async (name: string, query: string): Promise<Page> =>
  (await ask(`/v1/accounts/${name}/events?${query}`, bearer(await token(name)))).json();

/** Open sockets of an account, as its object counts them. */
const sockets = (name: string): Promise<number> =>
  runInDurableObject(
    account(name),
    (_, state) =>
      state.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN).length,
  );

/** Resolves once a poll waits at the account. */
const waiting = (name: string, count = 1): Promise<void> =>
  eventually(async () => (await sockets(name)) === count);

const update = (guid: string, event: JobUpdate["event"]): JobUpdate => ({
  event,
  source: "email",
  provider: "emailengine",
  account: "lp-jobs",
  guid,
  key: { kind: "id", value: `${guid}-${event}` },
  url: null,
  current: null,
  total: null,
  error: null,
  details: { guid },
  occurredAt: null,
  traceparent: "00-00000000000000000000000000000001-0000000000000001-01",
});

describe("a poll that waits", () => {
  test("is answered with the first event after its cursor, as soon as there is one", async () => {
    const { cursor } = await poll("lp-event", "");
    const answer = poll("lp-event", `since=${cursor}&wait=25`);
    await waiting("lp-event");
    await account("lp-event").publish([publication({ account: "lp-event" }, 1)]);
    const page = await answer;
    expect([seqs(page.items), page.reset]).toEqual([[1], false]);
    await waiting("lp-event", 0);
  });

  test("is answered at once when there are events already, or when its cursor is lost", async () => {
    const { cursor } = await poll("lp-there", "");
    await account("lp-there").publish(run({ account: "lp-there" }, 1, 3));
    expect(seqs((await poll("lp-there", `since=${cursor}&wait=25`)).items)).toEqual([1, 2, 3]);
    expect(await poll("lp-there", "since=garbage&wait=25")).toMatchObject({
      items: [],
      reset: true,
    });
  });

  test("without a cursor waits for what comes from now on", async () => {
    await account("lp-now").publish(run({ account: "lp-now" }, 1, 3));
    const answer = poll("lp-now", "wait=25");
    await waiting("lp-now");
    await account("lp-now").publish([publication({ account: "lp-now" }, 4)]);
    expect(seqs((await answer).items)).toEqual([4]);
  });

  test("is answered with an empty page and the same cursor when its time is over", async () => {
    const { cursor } = await poll("lp-over", "");
    expect(await poll("lp-over", `since=${cursor}&wait=1`)).toEqual({
      items: [],
      cursor,
      reset: false,
    });
    await waiting("lp-over", 0);
  });

  test("is not woken by events of channels that it did not ask for", async () => {
    const answer = poll("lp-channels", "channels=export.mine.job&wait=25");
    await waiting("lp-channels");
    const stub = account("lp-channels");
    await stub.publish([publication({ account: "lp-channels", guid: "other" }, 1)]);
    await stub.publish([publication({ account: "lp-channels", guid: "mine" }, 1)]);
    expect((await answer).items.map(({ channel }) => channel)).toEqual(["export.mine.job"]);
  });

  test("lets its account sleep meanwhile", async () => {
    await account("lp-sleep").publish([publication({ account: "lp-sleep" }, 1)]);
    const answer = poll("lp-sleep", "wait=25");
    await waiting("lp-sleep");
    await evictDurableObject(account("lp-sleep"));
    await account("lp-sleep").publish([publication({ account: "lp-sleep" }, 2)]);
    expect(seqs((await answer).items)).toEqual([2]);
  });

  test("for the first event of an account that slept meanwhile is answered with the account's snapshot", async () => {
    const answer = poll("lp-first", "wait=25");
    await waiting("lp-first");
    await evictDurableObject(account("lp-first"));
    await account("lp-first").publish([publication({ account: "lp-first" }, 1)]);
    expect(await answer).toMatchObject({
      items: [],
      reset: true,
      snapshot: { jobs: [{ guid: "g1", seq: 1 }] },
    });
  });

  test("is answered when the account goes away, with what there is, and continues without a gap", async () => {
    await account("lp-away").publish([publication({ account: "lp-away" }, 1)]);
    const { cursor } = await poll("lp-away", "");
    const answer = poll("lp-away", `since=${cursor}&wait=25`);
    await waiting("lp-away");
    await evictDurableObject(account("lp-away"), { webSockets: "close" });
    const empty = await answer;
    expect(empty).toEqual({ items: [], cursor, reset: false });
    await account("lp-away").publish([publication({ account: "lp-away" }, 2)]);
    expect(seqs((await poll("lp-away", `since=${empty.cursor}&wait=25`)).items)).toEqual([2]);
  });

  test("ends with its token", async () => {
    const short = await token("lp-token", null, 2);
    const page: Page = await (
      await ask("/v1/accounts/lp-token/events?wait=25", bearer(short))
    ).json();
    expect(page.items).toEqual([]);
    await waiting("lp-token", 0);
  });

  test("leaves no socket behind when its reader leaves", async () => {
    const answer = await ask("/v1/accounts/lp-leaves/events?wait=25", bearer(ADMIN));
    expect([answer.status, answer.headers.get("content-type"), await sockets("lp-leaves")]).toEqual(
      [200, "application/json", 1],
    );
    await answer.body?.cancel();
    await waiting("lp-leaves", 0);
  });

  test("for a HEAD waits for nothing", async () => {
    expect((await ask("/v1/accounts/lp-head/events?wait=25", bearer(ADMIN), "HEAD")).status).toBe(
      200,
    );
    expect(await sockets("lp-head")).toBe(0);
  });

  test("of a job waits for its next event, and ends when the job is erased, with nothing new", async () => {
    const job = env.JOB.getByName("email/lp-job");
    await job.ingest(update("lp-job", "job.created"));
    const mine = bearer(await token("lp-jobs"));
    const listening = (): Promise<void> =>
      eventually(() =>
        runInDurableObject(job, (_, state) =>
          state.getWebSockets().some(({ readyState }) => readyState === WebSocket.OPEN),
        ),
      );
    const answer = ask("/v1/jobs/email/lp-job/events?since=1&wait=25", mine);
    await listening();
    await job.ingest(update("lp-job", "job.finished"));
    const page: Page = await (await answer).json();
    expect(seqs(page.items)).toEqual([2]);
    const last = ask(`/v1/jobs/email/lp-job/events?since=${page.cursor}&wait=25`, mine);
    await listening();
    await job.erase();
    expect(await (await last).json()).toEqual({ items: [], cursor: page.cursor, reset: false });
    expect(
      (await ask(`/v1/jobs/email/lp-job/events?since=${page.cursor}&wait=25`, mine)).status,
    ).toBe(404);
  });

  test("for a job that does not exist, or is another account's, is answered 404 at once", async () => {
    await env.JOB.getByName("email/lp-foreign").ingest(update("lp-foreign", "job.created"));
    const other = bearer(await token("lp-other"));
    for (const guid of ["lp-foreign", "lp-nobody"])
      expect((await ask(`/v1/jobs/email/${guid}/events?since=1&wait=25`, other)).status).toBe(404);
  });

  test.each(["-1", "26", "1.5", "ten", "025"])("for %s seconds is answered 400", async (wait) => {
    const response = await ask(
      `/v1/accounts/lp-bad/events?wait=${wait}`,
      bearer(await token("lp-bad")),
    );
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { detail: expect.stringContaining("0 to 25") },
    ]);
  });
});
