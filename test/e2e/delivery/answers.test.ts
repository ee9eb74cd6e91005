// What the relay makes of each answer: success, retry, patience on request, cancelled, disabled.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeliveryView } from "../../../src/deliver/view.ts";
import { startPairs, type Pairs } from "../../support/relay-fixture.ts";
import { jsonOf, startReceiver, type Receiver } from "../../support/receiver.ts";
import { exportComments } from "../../support/senders.ts";

const SUCCESSES = [200, 201, 202, 204, 206, 299];
const REDIRECTS = [300, 301, 302, 303, 307, 308];
const RETRIED = [408, 425, 429, 500, 502, 503, 504, 400, 401, 403, 404, 409, 422];

/** As many short waits as there are answers to go through. */
const shortWaits = (count: number): number[] => Array.from({ length: count }, () => 0.1);

const PAIRS = {
  success: { subscriber: { retry: [] } },
  redirects: { subscriber: { retry: shortWaits(REDIRECTS.length) } },
  unavailable: { subscriber: { retry: shortWaits(8) } },
  refused: { subscriber: { retry: shortWaits(8) } },
  seconds: { subscriber: { retry: [0.1] } },
  date: { subscriber: { retry: [0.1] } },
  shorter: { subscriber: { retry: [1.5, 1.5, 1.5] } },
  "far-away": { subscriber: { retry: [0.1] } },
  gone: { subscriber: { retry: [0.1, 0.1] } },
  "abort-failing": { subscriber: { retry: [0.1] } },
  "abort-working": { subscriber: { retry: [0.1] } },
  "disable-failing": { subscriber: { retry: [0.1] } },
  "disable-working": { subscriber: { retry: [0.1] } },
} as const;

let pairs: Pairs<keyof typeof PAIRS>;
let elsewhere: Receiver;
beforeAll(async () => {
  [pairs, elsewhere] = await Promise.all([startPairs(PAIRS), startReceiver()]);
});
afterAll(async () => {
  await pairs.stop();
  await elsewhere.close();
});

const job = (guid: string): exportComments.CommentsExport => ({
  guid,
  page: "https://example.com/video",
  total: 10,
});
const statuses = (delivery: DeliveryView): readonly (number | null)[] =>
  delivery.attempts.map(({ status }) => status);
const delivered = ({ state }: DeliveryView): boolean => state === "delivered";

describe.concurrent("an answer", () => {
  test(`of ${SUCCESSES.join(", ")} is success at once`, async () => {
    const { send, receiver, until, deliveries, state } = pairs.pair("success");
    for (const status of SUCCESSES) {
      receiver.script({ status, ...(status === 204 ? {} : { body: `thanks ${status}` }) });
      await send(exportComments.created(job(`success-${status}`)));
      await until(
        ({ event, state: its }) => event.guid === `success-${status}` && its === "delivered",
      );
    }
    expect(
      (await deliveries()).map(({ attempts }) =>
        attempts.map(({ status, error, trigger, answer }) => ({ status, error, trigger, answer })),
      ),
    ).toEqual(
      SUCCESSES.toReversed().map((status) => [
        {
          status,
          error: null,
          trigger: "initial",
          answer: status === 204 ? "" : `thanks ${status}`,
        },
      ]),
    );
    expect(await state()).toMatchObject({
      state: "active",
      delivered: SUCCESSES.length,
      pending: 0,
      dead: 0,
      successRate: 1,
      lastFailure: null,
    });
  });

  test(`of ${REDIRECTS.join(", ")} is failure, retried and never followed`, async () => {
    const { send, receiver, until } = pairs.pair("redirects");
    receiver.next(
      ...REDIRECTS.map(
        (status) =>
          ({ kind: "redirect", status, location: `${elsewhere.url}?of=${status}` }) as const,
      ),
    );
    await send(exportComments.created(job("redirects")));
    const delivery = await until(delivered);
    expect({
      statuses: statuses(delivery),
      followed: elsewhere.requests.length,
      methods: new Set(receiver.requests.map(({ method }) => method)),
    }).toEqual({
      statuses: [...REDIRECTS, 204],
      followed: 0,
      methods: new Set(["POST"]),
    });
  });

  test.each([
    { name: "unavailable", list: RETRIED.slice(0, 7) },
    { name: "refused", list: RETRIED.slice(7) },
  ] as const)("of $list is retried", async ({ name, list }) => {
    const { send, receiver, until } = pairs.pair(name);
    receiver.next(...list.map((status) => ({ status, body: `no ${status}` })));
    await send(exportComments.created(job(name)));
    const delivery = await until(delivered);
    expect(delivery.attempts).toEqual([
      ...list.map((status, index) => ({
        time: expect.stringMatching(/Z$/),
        ms: expect.any(Number),
        status,
        error: null,
        trigger: index === 0 ? "initial" : "retry",
        answer: `no ${status}`,
      })),
      {
        time: expect.stringMatching(/Z$/),
        ms: expect.any(Number),
        status: 204,
        error: null,
        trigger: "retry",
        answer: "",
      },
    ]);
    expect(delivery.nextAttemptAt).toBeNull();
  });
});

describe.concurrent("Retry-After", () => {
  test.each([
    { name: "seconds", status: 503, value: () => "2" },
    // An HTTP date has whole seconds: three ahead are more than two.
    { name: "date", status: 429, value: () => new Date(Date.now() + 3_000).toUTCString() },
  ] as const)("given as $name on a $status is waited for", async ({ name, status, value }) => {
    const { send, receiver } = pairs.pair(name);
    receiver.script(({ index }) =>
      index === 0 ? { status, headers: { "retry-after": value() } } : { status: 204 },
    );
    await send(exportComments.created(job(name)));
    const [first, second] = await receiver.waitForCount(2);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_900);
  });

  test("never shortens a wait: not by zero, not by a past date, not by nonsense", async () => {
    const { send, receiver } = pairs.pair("shorter");
    receiver.next(
      { status: 503, headers: { "retry-after": "0" } },
      { status: 503, headers: { "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" } },
      { status: 429, headers: { "retry-after": "soon" } },
    );
    await send(exportComments.created(job("shorter")));
    const arrivals = (await receiver.waitForCount(4)).map(({ at }) => at);
    const gaps = arrivals.slice(1).map((at, index) => at - (arrivals[index] ?? 0));
    // 20 % of jitter below 1.5 s.
    expect(gaps.map((gap) => gap >= 1_190)).toEqual([true, true, true]);
  });

  test("of an hour puts the next attempt an hour away, and the API says when", async () => {
    const { send, receiver, until } = pairs.pair("far-away");
    receiver.next({ status: 429, headers: { "retry-after": "3600" } });
    await send(exportComments.created(job("far-away")));
    const delivery = await until(({ attempts }) => attempts.length === 1);
    const wait = Date.parse(delivery.nextAttemptAt ?? "") - Date.now();
    expect({ state: delivery.state, minutes: Math.round(wait / 60_000) }).toEqual({
      state: "pending",
      minutes: 60,
    });
  });
});

describe.concurrent("a subscriber", () => {
  test("that answers 410 is disabled, and gets what was held in order when resumed", async () => {
    const { id, send, receiver, untilState, deliveries, act, until } = pairs.pair("gone");
    receiver.script({ status: 410 });
    await send(exportComments.created(job("gone")));
    expect(await untilState(({ state }) => state === "disabled")).toMatchObject({
      state: "disabled",
      reason: "gone",
      held: 1,
      pending: 0,
    });
    await send(exportComments.progress(job("gone"), 5));
    await send(exportComments.finished(job("gone")));
    await send(exportComments.created(job("gone-2")));
    // The end has removed the waiting progress.
    await untilState(({ held }) => held === 3);
    expect(
      (await deliveries("state=held")).map(({ event, nextAttemptAt }) => [
        event.guid,
        event.event,
        nextAttemptAt,
      ]),
    ).toEqual([
      ["gone-2", "job.created", null],
      ["gone", "job.finished", null],
      ["gone", "job.created", null],
    ]);
    expect(receiver.requests).toHaveLength(1);
    receiver.script({ status: 204 });
    expect((await act("resume")).body).toMatchObject({ id, state: "active" });
    await until(({ event, state }) => event.event === "job.finished" && state === "delivered");
    await until(({ event, state }) => event.guid === "gone-2" && state === "delivered");
    const seen = receiver.requests.slice(1).map((request) => jsonOf(request));
    expect(seen.filter(({ guid }) => guid === "gone").map(({ event }) => event)).toEqual([
      "job.created",
      "job.finished",
    ]);
    expect(seen.filter(({ guid }) => guid === "gone-2").map(({ event }) => event)).toEqual([
      "job.created",
    ]);
  });

  test.each([
    { name: "abort-failing", status: 500 },
    { name: "abort-working", status: 200 },
  ] as const)("may cancel a message with a $status", async ({ name, status }) => {
    const { send, receiver, until, state } = pairs.pair(name);
    receiver.next({ status, headers: { "webhook-delivery": "abort-message" } });
    await send(exportComments.created(job(name)));
    const delivery = await until(({ state: its }) => its === "cancelled");
    expect({ statuses: statuses(delivery), next: delivery.nextAttemptAt }).toEqual({
      statuses: [status],
      next: null,
    });
    // What comes next is delivered: it was the message that was unwanted, not the relay.
    await send(exportComments.finished(job(name)));
    await until(({ event, state: its }) => event.event === "job.finished" && its === "delivered");
    expect(receiver.requests.map((request) => jsonOf(request)["event"])).toEqual([
      "job.created",
      "job.finished",
    ]);
    expect((await state()).state).toBe("active");
  });

  test.each([
    { name: "disable-failing", status: 503 },
    { name: "disable-working", status: 200 },
  ] as const)("may disable itself with a $status", async ({ name, status }) => {
    const { send, receiver, until, untilState, deliveries } = pairs.pair(name);
    receiver.next({ status, headers: { "webhook-delivery": "disable" } });
    await send(exportComments.created(job(name)));
    expect(statuses(await until(({ state }) => state === "cancelled"))).toEqual([status]);
    await untilState(({ state }) => state === "disabled");
    await send(exportComments.finished(job(name)));
    await untilState(({ held }) => held === 1);
    expect((await deliveries()).map(({ event, state }) => [event.event, state])).toEqual([
      ["job.finished", "held"],
      ["job.created", "cancelled"],
    ]);
    expect(receiver.requests).toHaveLength(1);
  });
});
