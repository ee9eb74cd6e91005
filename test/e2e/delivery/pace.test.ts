// How fast a subscriber is asked: concurrency, rate, and its own progress window.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeliveryView } from "../../../src/deliver/view.ts";
import { startPairs, type Pairs } from "../../support/relay-fixture.ts";
import { jsonOf, type ReceivedRequest } from "../../support/receiver.ts";
import { exportComments } from "../../support/senders.ts";

const PAIRS = {
  one: { subscriber: { concurrency: 1 } },
  two: { subscriber: { concurrency: 2 } },
  default: {},
  rate: { subscriber: { rate: 4 } },
  window: { subscriber: { throttle: 2 } },
  "window-end": { subscriber: { throttle: 60 } },
  "window-other": { subscriber: { throttle: 60 } },
  "window-jobs": { subscriber: { throttle: 60 } },
} as const;

let pairs: Pairs<keyof typeof PAIRS>;
beforeAll(async () => {
  pairs = await startPairs(PAIRS);
});
afterAll(() => pairs.stop());

const job = (guid: string): exportComments.CommentsExport => ({
  guid,
  page: "https://example.com/video",
  total: 100,
});
const { created, progress, finished, failed } = exportComments;
const delivered = ({ state }: DeliveryView): boolean => state === "delivered";
const numbers = (requests: readonly ReceivedRequest[]): readonly unknown[] =>
  requests.map((request) => jsonOf(request)["current"] ?? jsonOf(request)["event"]);

/**
 * When the attempts began, by the relay's clock: a busy machine lets the receiver see them late.
 */
const departures = (deliveries: readonly DeliveryView[]): readonly number[] =>
  deliveries
    .flatMap(({ attempts }) => attempts.map(({ time }) => Date.parse(time)))
    .toSorted((left, right) => left - right);

describe.concurrent("deliveries under way", () => {
  test.each([
    { name: "one", most: 1 },
    { name: "two", most: 2 },
    { name: "default", most: 4 },
  ] as const)(
    "are at most $most with concurrency $name, and as many when there is enough to do",
    async ({ name, most }) => {
      const { send, receiver, untilState } = pairs.pair(name);
      const { promise: after, resolve } = Promise.withResolvers<void>();
      receiver.script({ status: 204, after, delay: 50 });
      await Promise.all(
        Array.from({ length: 9 }, (_, index) => send(created(job(`${name}-${index}`)))),
      );
      await untilState(({ pending }) => pending === 9);
      await receiver.waitForCount(most);
      resolve();
      await receiver.waitForCount(9);
      expect(receiver.busiest).toBe(most);
    },
  );
});

test.concurrent("a rate is kept: no second has more deliveries than that", async () => {
  const { send, untilState, deliveries } = pairs.pair("rate");
  await Promise.all(Array.from({ length: 9 }, (_, index) => send(created(job(`rate-${index}`)))));
  await untilState((state) => state.delivered === 9);
  const times = departures(await deliveries());
  const gaps = times.slice(4).map((at, index) => at - (times[index] ?? 0));
  expect({ all: times.length >= 9, kept: gaps.every((gap) => gap >= 950) }).toEqual({
    all: true,
    kept: true,
  });
});

describe.concurrent("a subscriber's own progress window", () => {
  test("lets the first progress through at once and then the latest", async () => {
    const { send, receiver, until, deliveries } = pairs.pair("window");
    for (const current of [10, 20, 30, 40]) await send(progress(job("window"), current));
    await until(({ event, state }) => event.seq === 4 && state === "delivered");
    const seen = numbers(receiver.requests);
    const times = departures(await deliveries());
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect({
      first: seen[0],
      last: seen.at(-1),
      inOrder: seen,
      wide: gaps.every((gap) => gap >= 2_000),
    }).toEqual({
      first: 10,
      last: 40,
      inOrder: seen.toSorted((left, right) => Number(left) - Number(right)),
      wide: true,
    });
    expect((await deliveries("state=superseded")).length + seen.length).toBe(4);
  });

  test("never delays the end, which removes the progress that waits", async () => {
    const { send, receiver, until, deliveries } = pairs.pair("window-end");
    await send(progress(job("end"), 10));
    await until(delivered);
    for (const current of [20, 30]) await send(progress(job("end"), current));
    await until(({ event, state }) => event.seq === 2 && state === "superseded");
    expect((await deliveries()).map(({ state }) => state)).toEqual([
      "pending",
      "superseded",
      "delivered",
    ]);
    await send(finished(job("end")));
    await until(({ event, state }) => event.event === "job.finished" && state === "delivered");
    expect({
      seen: numbers(receiver.requests),
      states: (await deliveries()).map(({ state }) => state),
    }).toEqual({
      seen: [10, "job.finished"],
      states: ["delivered", "superseded", "superseded", "delivered"],
    });
  });

  test("never delays another event either", async () => {
    const { send, receiver, until } = pairs.pair("window-other");
    await send(progress(job("other"), 10));
    await until(delivered);
    await send(progress(job("other"), 20));
    await send(failed(job("other"), "rate limit"));
    await until(({ event, state }) => event.event === "job.failed" && state === "delivered");
    expect(numbers(receiver.requests).at(-1)).toBe("job.failed");
  });

  test("is one for each job", async () => {
    const { send, receiver } = pairs.pair("window-jobs");
    await Promise.all(["a", "b", "c"].map((guid) => send(progress(job(guid), 10))));
    const requests = await receiver.waitForCount(3);
    expect(new Set(requests.map((request) => jsonOf(request)["guid"]))).toEqual(
      new Set(["a", "b", "c"]),
    );
  });
});
