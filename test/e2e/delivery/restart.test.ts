// What a subscriber's queue keeps when the machine loses power: states, schedules, counts, what is
// held and what was superseded.

import { afterAll, beforeAll, expect, test } from "vitest";
import { startPairs, type Pair, type Pairs } from "../../support/relay-fixture.ts";
import { jsonOf } from "../../support/receiver.ts";
import { exportComments } from "../../support/senders.ts";

const PAIRS = {
  paused: {},
  disabled: {},
  scheduled: { subscriber: { retry: [1, 600] } },
  "under-way": { subscriber: { retry: [0.2], timeout: 60 } },
  ordered: { subscriber: { retry: [0.5, 0.5, 1, 2, 4, 8, 16, 16] } },
  dead: { subscriber: { retry: [] } },
  window: { subscriber: { throttle: 3_600 } },
  probing: { subscriber: { retry: [2, 2, 2] } },
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
const { created, progress, finished } = exportComments;

/** Attempts but for probes, which come by themselves when a start takes long. */
const tried = async ({ deliveries }: Pair): Promise<number> =>
  (await deliveries("limit=100"))
    .flatMap(({ attempts }) => attempts)
    .filter(({ trigger }) => trigger !== "probe").length;

/** Brings each subscriber into its state before the power fails. */
async function prepare(): Promise<void> {
  const [paused, disabled, scheduled, underWay, ordered, dead, window, probing] = (
    [
      "paused",
      "disabled",
      "scheduled",
      "under-way",
      "ordered",
      "dead",
      "window",
      "probing",
    ] as const
  ).map((name) => pairs.pair(name));
  if (!paused || !disabled || !scheduled || !underWay || !ordered || !dead || !window || !probing)
    throw new Error("eight pairs");
  await paused.act("pause");
  await paused.send(created(job("paused")));
  await paused.untilState(({ held }) => held === 1);
  disabled.receiver.next({ status: 410 });
  await disabled.send(created(job("disabled")));
  await disabled.untilState(({ state }) => state === "disabled");
  dead.receiver.next({ status: 500, body: "no" });
  await dead.send(created(job("dead")));
  await dead.until(({ state }) => state === "dead");
  await window.send(progress(job("window"), 10));
  await window.until(({ state }) => state === "delivered");
  await window.send(progress(job("window"), 20));
  await window.until(({ event }) => event.seq === 2);
  probing.receiver.script({ status: 500 });
  await Promise.all(
    Array.from({ length: 10 }, (_, index) => probing.send(created(job(`probing-${index}`)))),
  );
  await probing.untilState(({ state }) => state === "probing");
  ordered.receiver.script({ status: 503 });
  await ordered.send(created(job("ordered")));
  await ordered.until(({ attempts }) => attempts.length > 0);
  for (const body of [progress(job("ordered"), 10), progress(job("ordered"), 20)])
    await ordered.send(body);
  await ordered.until(({ event, state }) => event.seq === 2 && state === "superseded");
  underWay.receiver.next({ kind: "hang" });
  await underWay.send(created(job("under-way")));
  await underWay.receiver.waitFor(() => true);
  scheduled.receiver.next({ status: 500 }, { status: 500 });
  await scheduled.send(created(job("scheduled")));
  await scheduled.until(({ attempts }) => attempts.length > 0);
}

test("everything is as it was after kill -9 and a restart, and goes on from there", async () => {
  await prepare();
  const asked = await tried(pairs.pair("probing"));
  await pairs.restart();

  const [paused, disabled, dead, window, probing] = [
    pairs.pair("paused"),
    pairs.pair("disabled"),
    pairs.pair("dead"),
    pairs.pair("window"),
    pairs.pair("probing"),
  ];
  expect([
    await paused.state(),
    await disabled.state(),
    await dead.state(),
    await probing.untilState(({ held }) => held === 10),
  ]).toMatchObject([
    { state: "paused", held: 1, delivered: 0 },
    { state: "disabled", reason: "gone", held: 1, delivered: 0 },
    { state: "active", dead: 1, lastFailure: { status: 500 } },
    { state: "probing", held: 10, dead: 0 },
  ]);
  expect(paused.receiver.requests).toHaveLength(0);
  expect(await tried(probing)).toBe(asked);
  expect(
    (await dead.deliveries()).map(({ state, attempts }) => [
      state,
      attempts.map(({ status, answer }) => [status, answer]),
    ]),
  ).toEqual([["dead", [[500, "no"]]]]);
  // The window that was closed is closed still.
  expect((await window.deliveries()).map(({ event, state }) => [event.seq, state])).toEqual([
    [2, "pending"],
    [1, "delivered"],
  ]);

  // Attempts go on by their schedule and their count; the one that the crash ended is made again at
  // once.
  const underWay = await pairs.pair("under-way").until(({ state }) => state === "delivered");
  expect(underWay.attempts.map(({ status }) => status)).toEqual([204]);
  const scheduled = await pairs.pair("scheduled").until(({ attempts }) => attempts.length === 2);
  expect({
    state: scheduled.state,
    header: pairs.pair("scheduled").receiver.requests.at(-1)?.headers["x-jobrelay-attempt"],
  }).toEqual({
    state: "pending",
    header: "2",
  });
  expect(
    Math.round((Date.parse(scheduled.nextAttemptAt ?? "") - Date.now()) / 60_000),
  ).toBeGreaterThanOrEqual(7);

  const ordered = pairs.pair("ordered");
  await ordered.send(finished(job("ordered")));
  ordered.receiver.script({ status: 204 });
  await ordered.until(
    ({ event, state }) => event.event === "job.finished" && state === "delivered",
  );
  // As often as it takes the first, and then the end alone: it has removed the waiting progress.
  const seen = ordered.receiver.requests.map((request) => jsonOf(request)["event"]);
  expect([[...new Set(seen)], seen.filter((event) => event === "job.finished")]).toEqual([
    ["job.created", "job.finished"],
    ["job.finished"],
  ]);

  // What was held is not lost.
  for (const pair of [paused, disabled, probing]) {
    pair.receiver.script({ status: 204 });
    await pair.act("resume");
  }
  await paused.untilState(({ delivered }) => delivered === 1);
  await disabled.untilState(({ delivered }) => delivered === 1);
  await probing.untilState(({ delivered }) => delivered === 10);
});
