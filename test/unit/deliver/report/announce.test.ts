// Attempt events are sent to their accounts in batches, and a failing account harms no other.

import { describe, expect, test } from "vitest";
import {
  Announcer,
  MAX_BATCH_EVENTS,
  MAX_WAITING_EVENTS,
} from "../../../../src/deliver/report/announce.io.ts";
import type { AttemptEnvelope } from "../../../../src/model/event.ts";

const attemptOf = (index: number, account = "acme"): AttemptEnvelope => ({
  version: "v3-beta",
  event: "webhook.event.created",
  guid: `dlv_${index}`,
  status: "200",
  url: null,
  details: { guid: "g1" },
  id: `evt_${index}`,
  source: "comments",
  account,
  time: "2026-11-21T19:00:00.000Z",
});

/** One call, as an account saw it. */
interface Call {
  readonly account: string;
  readonly ids: readonly string[];
}

/** Accounts that note their calls and answer when asked to; `null` is a call that fails. */
function accounts(answer: () => Promise<void> | null = () => Promise.resolve()): {
  readonly announcer: Announcer;
  readonly calls: Call[];
} {
  const calls: Call[] = [];
  const announce = (account: string, events: readonly AttemptEnvelope[]): Promise<void> => {
    calls.push({ account, ids: events.map(({ id }) => id) });
    return answer() ?? Promise.reject(new Error("overloaded"));
  };
  const getByName = (account: string): object => ({
    announce: (events: readonly AttemptEnvelope[]) => announce(account, events),
  });
  const work: Promise<void>[] = [];
  return {
    announcer: new Announcer(
      { ACCOUNT: { getByName } } as unknown as Env,
      (promise) => void work.push(promise),
    ),
    calls,
  };
}

const about = (index: number, source: string, guid: string | null): AttemptEnvelope => ({
  ...attemptOf(index),
  source,
  details: { guid },
});

const addEvents = (announcer: Announcer, from: number, to: number): void => {
  for (let index = from; index < to; index += 1) announcer.add(attemptOf(index));
};
const ids = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, index) => `evt_${from + index}`);

describe("attempt events", () => {
  test("are sent in one call when a batch is full; one less waits", () => {
    const { announcer, calls } = accounts();
    addEvents(announcer, 0, MAX_BATCH_EVENTS - 1);
    expect(calls).toEqual([]);
    addEvents(announcer, MAX_BATCH_EVENTS - 1, MAX_BATCH_EVENTS);
    expect(calls).toEqual([{ account: "acme", ids: ids(0, MAX_BATCH_EVENTS) }]);
  });

  test("that wait are sent together when they are flushed, and none is sent twice", () => {
    const { announcer, calls } = accounts();
    addEvents(announcer, 0, 2);
    announcer.flush();
    announcer.flush();
    expect(calls).toEqual([{ account: "acme", ids: ids(0, 2) }]);
  });

  test("are sent to each account by itself, in order", () => {
    const { announcer, calls } = accounts();
    for (const account of ["a", "b", "a"]) announcer.add(attemptOf(calls.length, account));
    announcer.flush();
    expect(calls.map(({ account, ids: sent }) => [account, sent.length])).toEqual([
      ["a", 2],
      ["b", 1],
    ]);
  });

  test("about an erased job are not sent, those about others are", () => {
    const { announcer, calls } = accounts();
    for (const one of [
      about(0, "comments", "g1"),
      about(1, "comments", "g2"),
      about(2, "email", "g1"),
      about(3, "comments", null),
    ])
      announcer.add(one);
    announcer.forget("comments", "g1");
    announcer.flush();
    expect(calls.flatMap((call) => call.ids)).toEqual(["evt_1", "evt_2", "evt_3"]);
  });

  test("that come during a call are all sent with the next one", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { announcer, calls } = accounts(() => promise);
    addEvents(announcer, 0, MAX_BATCH_EVENTS);
    addEvents(announcer, MAX_BATCH_EVENTS, 3 * MAX_BATCH_EVENTS + 5);
    announcer.flush();
    expect(calls).toHaveLength(1);
    resolve();
    await expect.poll(() => calls.length).toBe(2);
    expect(calls[1]?.ids).toEqual(ids(MAX_BATCH_EVENTS, 3 * MAX_BATCH_EVENTS + 5));
  });

  test("of an account that fails are lost, and no others", async () => {
    const { announcer, calls } = accounts(() => (calls.length === 1 ? null : Promise.resolve()));
    addEvents(announcer, 0, 1);
    announcer.flush();
    const next = (): number => {
      addEvents(announcer, 1, 2);
      announcer.flush();
      return calls.length;
    };
    await expect.poll(next).toBeGreaterThan(1);
    expect(calls.at(-1)?.ids).toContain("evt_1");
  });

  test("beyond those that are kept replace the oldest", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { announcer, calls } = accounts(() => promise);
    addEvents(announcer, 0, MAX_BATCH_EVENTS);
    addEvents(announcer, MAX_BATCH_EVENTS, MAX_BATCH_EVENTS + MAX_WAITING_EVENTS + 1);
    resolve();
    await expect.poll(() => calls.length).toBe(2);
    expect(calls[1]?.ids).toEqual(
      ids(MAX_BATCH_EVENTS + 1, MAX_BATCH_EVENTS + MAX_WAITING_EVENTS + 1),
    );
  });
});
