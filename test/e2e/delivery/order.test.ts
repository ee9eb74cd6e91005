// The order of a subscriber's deliveries: who waits behind a failing event, what newer news
// replaces, and who passes.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeliveryState } from "../../../src/deliver/delivery.ts";
import type { DeliveryView } from "../../../src/deliver/view.ts";
import { startPairs, type Pair, type Pairs } from "../../support/relay-fixture.ts";
import { jsonOf, type Answer, type ReceivedRequest, type Script } from "../../support/receiver.ts";
import { exportComments } from "../../support/senders.ts";

/**
 * Waits long enough to look in between, on a busy machine too; fewer than the ten failures that
 * open the breaker.
 */
const often = { subscriber: { retry: [0.5, 0.5, 1, 2, 4, 8, 16, 16] } } as const;
const PAIRS = {
  burst: often,
  slow: often,
  waiting: often,
  ended: often,
  // Longer than a busy machine takes for a good answer.
  hanging: { subscriber: { ...often.subscriber, timeout: 3 } },
  dropped: often,
  busy: often,
  dead: { subscriber: { retry: [0.1] } },
  refusal: { subscriber: { retry: [600] } },
  jobs: often,
  left: { ...often, also: ["right"] },
  right: often,
  "refused-progress": { subscriber: { retry: [600] } },
  none: { subscriber: { retry: [600], order: "none" } },
  requeued: often,
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
const { created, progress, finished, failed, requeued } = exportComments;

/** `event` or `event current` of a request. */
const nameOf = (request: ReceivedRequest): string => {
  const { event, current } = jsonOf(request);
  return typeof current === "number" ? `${String(event)} ${current}` : String(event);
};
const namesOf = (requests: readonly ReceivedRequest[], guid: string): readonly string[] =>
  requests.filter((request) => jsonOf(request)["guid"] === guid).map(nameOf);

const idsOf = ({ receiver }: Pair): ReadonlySet<string | undefined> =>
  new Set(receiver.requests.map(({ headers }) => headers["webhook-id"]));

/** Fails events whose name begins like this until `mend` is called, and takes everything else. */
function failing(begin: string, answer: Answer): { readonly script: Script; mend(): void } {
  let broken = true;
  return {
    script: (request) => (broken && nameOf(request).startsWith(begin) ? answer : { status: 204 }),
    mend: () => {
      broken = false;
    },
  };
}

/** The states of a job's deliveries, oldest first: `[event, state]`. */
const statesOf = async (
  { deliveries }: Pair,
  guid: string,
): Promise<readonly (readonly [string, DeliveryState])[]> =>
  (await deliveries(`guid=${guid}&limit=100`))
    .map(({ event, state }) => [event.event, state] as const)
    .toReversed();

const isDelivered =
  (guid: string, event: string) =>
  (delivery: DeliveryView): boolean =>
    delivery.event.guid === guid &&
    delivery.event.event === event &&
    delivery.state === "delivered";

describe.concurrent("a job's events", () => {
  test("reach a working subscriber in seq order, the end last", async () => {
    const { send, receiver, until } = pairs.pair("burst");
    await send(created(job("burst")));
    for (let current = 1; current <= 10; current += 1) await send(progress(job("burst"), current));
    await send(finished(job("burst")));
    await until(isDelivered("burst", "job.finished"));
    const seqs = receiver.requests.map((request) => Number(jsonOf(request)["seq"]));
    expect({ sorted: seqs, first: seqs[0], last: seqs.at(-1) }).toEqual({
      sorted: seqs.toSorted((a, b) => a - b),
      first: 1,
      last: 12,
    });
    expect(new Set(seqs).size).toBe(seqs.length);
  });

  test("are sent one at a time, the next after the answer to the last", async () => {
    const { send, receiver, until } = pairs.pair("slow");
    receiver.script({ status: 204, delay: 150 });
    await Promise.all([created(job("slow")), requeued(job("slow"))].map((body) => send(body)));
    await send(failed(job("slow"), "once"));
    await send(requeued(job("slow")));
    await send(finished(job("slow")));
    await until(isDelivered("slow", "job.finished"));
    const seqs = receiver.requests.map((request) => Number(jsonOf(request)["seq"]));
    expect({ seqs, busiest: receiver.busiest }).toEqual({
      seqs: seqs.map((_, index) => index + 1),
      busiest: 1,
    });
  });

  test.each([
    { name: "waiting", what: "a 503", answer: { status: 503 } },
    { name: "busy", what: "a 429", answer: { status: 429 } },
    { name: "hanging", what: "a timeout", answer: { kind: "hang" } },
    { name: "dropped", what: "a dropped connection", answer: { kind: "reset" } },
  ] as const)(
    "wait behind $what, and of waiting progress only the newest is left",
    async ({ name, answer }) => {
      const pair = pairs.pair(name);
      const { script, mend } = failing("job.created", answer);
      pair.receiver.script(script);
      await pair.send(created(job(name)));
      await pair.until(({ attempts }) => attempts.length > 0);
      for (const current of [10, 20, 30]) await pair.send(progress(job(name), current));
      await pair.until(({ event, state }) => event.seq === 3 && state === "superseded");
      expect(await statesOf(pair, name)).toEqual([
        ["job.created", "pending"],
        ["job.progress", "superseded"],
        ["job.progress", "superseded"],
        ["job.progress", "pending"],
      ]);
      mend();
      await pair.until(isDelivered(name, "job.progress"));
      const names = namesOf(pair.receiver.requests, name);
      expect({ names: names.slice(-2), before: new Set(names.slice(0, -2)) }).toEqual({
        names: ["job.created", "job.progress 30"],
        before: new Set(["job.created"]),
      });
    },
  );

  test("that end remove the progress that waits, the failing one included", async () => {
    const pair = pairs.pair("ended");
    const { script } = failing("job.progress", { status: 500 });
    pair.receiver.script(script);
    await pair.send(created(job("ended")));
    await pair.until(isDelivered("ended", "job.created"));
    await pair.send(progress(job("ended"), 10));
    await pair.until(
      ({ event, attempts }) => event.event === "job.progress" && attempts.length > 0,
    );
    await pair.send(progress(job("ended"), 20));
    await pair.send(finished(job("ended")));
    await pair.until(isDelivered("ended", "job.finished"));
    expect(await statesOf(pair, "ended")).toEqual([
      ["job.created", "delivered"],
      ["job.progress", "superseded"],
      ["job.progress", "superseded"],
      ["job.finished", "delivered"],
    ]);
    expect(namesOf(pair.receiver.requests, "ended").at(-1)).toBe("job.finished");
  });

  test("that are no progress are never superseded", async () => {
    const pair = pairs.pair("requeued");
    const { script, mend } = failing("job.created", { status: 503 });
    pair.receiver.script(script);
    await pair.send(created(job("requeued")));
    await pair.until(({ attempts }) => attempts.length > 0);
    await pair.send(failed(job("requeued"), "rate limit"));
    await pair.send(requeued(job("requeued")));
    await pair.send(finished(job("requeued")));
    mend();
    await pair.until(isDelivered("requeued", "job.finished"));
    expect(namesOf(pair.receiver.requests, "requeued").slice(-4)).toEqual([
      "job.created",
      "job.failed",
      "job.requeued",
      "job.finished",
    ]);
  });

  test("go on when the one in front is dead", async () => {
    const pair = pairs.pair("dead");
    pair.receiver.script(failing("job.created", { status: 500 }).script);
    await pair.send(created(job("dead")));
    await pair.send(finished(job("dead")));
    await pair.until(isDelivered("dead", "job.finished"));
    expect({
      states: await statesOf(pair, "dead"),
      seen: namesOf(pair.receiver.requests, "dead"),
    }).toEqual({
      states: [
        ["job.created", "dead"],
        ["job.finished", "delivered"],
      ],
      seen: ["job.created", "job.created", "job.finished"],
    });
  });

  test.each([
    { name: "refusal", what: "a 4xx holds nobody back", status: 422 },
    { name: "none", what: 'nobody waits with order "none"', status: 503 },
  ] as const)("pass the failing one: $what", async ({ name, status }) => {
    const pair = pairs.pair(name);
    pair.receiver.next({ status });
    await pair.send(created(job(name)));
    const refused = await pair.until(({ attempts }) => attempts.length === 1);
    await pair.send(finished(job(name)));
    await pair.until(isDelivered(name, "job.finished"));
    expect(await statesOf(pair, name)).toEqual([
      ["job.created", "pending"],
      ["job.finished", "delivered"],
    ]);
    // The refused one is not forgotten: its turn comes in ten minutes, or when somebody says so.
    await pair.act(`deliveries/${refused.id}/retry`);
    await pair.until(isDelivered(name, "job.created"));
    expect(namesOf(pair.receiver.requests, name)).toEqual([
      "job.created",
      "job.finished",
      "job.created",
    ]);
  });
});

test.concurrent("newer progress replaces refused progress, and the end removes it", async () => {
  const pair = pairs.pair("refused-progress");
  pair.receiver.next({ status: 422 }, { status: 204 }, { status: 422 });
  for (const current of [10, 20, 30]) {
    await pair.send(progress(job("refused"), current));
    await pair.until(({ event, attempts }) => event.seq === current / 10 && attempts.length === 1);
  }
  await pair.send(finished(job("refused")));
  await pair.until(isDelivered("refused", "job.finished"));
  expect((await statesOf(pair, "refused")).map(([, state]) => state)).toEqual([
    "superseded",
    "delivered",
    "superseded",
    "delivered",
  ]);
  expect(namesOf(pair.receiver.requests, "refused")).toEqual([
    "job.progress 10",
    "job.progress 20",
    "job.progress 30",
    "job.finished",
  ]);
});

describe.concurrent("a failing job", () => {
  test("lets the other jobs of its subscriber pass", async () => {
    const pair = pairs.pair("jobs");
    let broken = true;
    pair.receiver.script((request) => ({
      status: broken && jsonOf(request)["guid"] === "stuck" ? 503 : 204,
    }));
    await pair.send(created(job("stuck")));
    await pair.until(({ attempts }) => attempts.length > 0);
    for (const body of [created(job("free")), progress(job("free"), 50), finished(job("free"))])
      await pair.send(body);
    await pair.until(isDelivered("free", "job.finished"));
    expect((await statesOf(pair, "stuck")).map(([, state]) => state)).toEqual(["pending"]);
    broken = false;
    await pair.until(isDelivered("stuck", "job.created"));
  });

  test("lets the other subscribers of its events pass", async () => {
    const [left, right] = [pairs.pair("left"), pairs.pair("right")];
    left.receiver.script({ status: 503 });
    for (const body of [created(job("both")), finished(job("both"))]) await left.send(body);
    await right.until(isDelivered("both", "job.finished"));
    expect({
      seen: namesOf(right.receiver.requests, "both"),
      waiting: await statesOf(left, "both"),
    }).toEqual({
      seen: ["job.created", "job.finished"],
      waiting: [
        ["job.created", "pending"],
        ["job.finished", "pending"],
      ],
    });
    left.receiver.script({ status: 204 });
    await left.until(isDelivered("both", "job.finished"));
    // Both subscribers know the events by the same ids.
    expect(idsOf(left)).toEqual(idsOf(right));
  });
});
