// A subscriber that is down: after ten failures in a row deliveries are held, one probe at a time asks whether it is back.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startLanes, type Lane, type Lanes } from "../support/relay-fixture.ts";
import { jsonOf } from "../support/receiver.ts";
import { exportComments } from "../support/senders.ts";
import { until } from "../support/wait.ts";

/** Failures in a row that open the breaker (contract, section 6). */
const FAILURES = 10;
/** The first probe comes half a minute after the breaker opened; a busy machine gets as much again, in ms. */
const PROBE_WITHIN = 60_000;

const short = { subscriber: { retry: [0.1, 0.1, 0.1] } } as const;
const LANES = {
  recovers: short,
  stays: short,
  resumed: short,
  flaky: short,
  neighbour: {},
} as const;

let lanes: Lanes<keyof typeof LANES>;
beforeAll(async () => {
  lanes = await startLanes(LANES);
});
afterAll(() => lanes.stop());

const job = (guid: string): exportComments.CommentsExport => ({
  guid,
  page: "https://example.com/video",
  total: 10,
});
const guids = (name: string): readonly string[] =>
  Array.from({ length: 12 }, (_, index) => `${name}-${index}`);

/** Lets every delivery of twelve jobs fail until the breaker is open. */
async function open({ id, receiver, send, untilState }: Lane): Promise<void> {
  receiver.script({ status: 500 });
  await Promise.all(guids(id).map((guid) => send(exportComments.created(job(guid)))));
  await untilState(({ state }) => state === "probing");
}

/** Events by job, in the order they were taken. */
const takenBy = ({ receiver }: Lane, from: number): ReadonlyMap<unknown, readonly unknown[]> => {
  const bodies = receiver.requests.slice(from).map((request) => jsonOf(request));
  return new Map(
    [...Map.groupBy(bodies, ({ guid }) => guid)].map(([guid, events]) => [
      guid,
      events.map(({ seq }) => seq),
    ]),
  );
};

interface Told {
  readonly items: readonly {
    readonly event: { readonly details: { readonly subscriberState?: string } };
  }[];
  readonly cursor: string;
}

/** What an account's channel shows of delivery attempts since a cursor; without one, nothing and the cursor of now. */
async function told(account: string, cursor?: string): Promise<Told> {
  const since = cursor === undefined ? "" : `&since=${encodeURIComponent(cursor)}`;
  return (
    await lanes.api<Told>(
      "GET",
      `/v1/accounts/${account}/events?channels=webhooks:${account}&limit=1000${since}`,
    )
  ).body;
}

describe.concurrent("an open breaker", () => {
  test(
    "holds everything, burns no attempt, and lets all through in order once a probe succeeds",
    async () => {
      const lane = lanes.lane("recovers");
      const { cursor } = await told("recovers");
      await open(lane);
      const asked = lane.receiver.requests.length;
      expect(asked).toBeGreaterThanOrEqual(FAILURES);
      await Promise.all(
        guids("recovers").map((guid) => lane.send(exportComments.finished(job(guid)))),
      );
      const held = await lane.untilState((state) => state.held === 24);
      expect(held).toMatchObject({
        state: "probing",
        pending: 0,
        dead: 0,
        delivered: 0,
        lastFailure: { status: 500 },
      });
      const waiting = await lane.deliveries("state=held&limit=100");
      expect({
        count: waiting.length,
        next: waiting.filter(({ nextAttemptAt }) => nextAttemptAt !== null).length,
      }).toEqual({
        count: 24,
        next: 0,
      });
      // Attempts that were under way when it opened may have arrived since; nothing else has.
      expect(lane.receiver.requests.length).toBeLessThanOrEqual(asked + 4);
      const before = lane.receiver.requests.length;
      lane.receiver.script({ status: 204 });
      await lane.untilState(({ state }) => state === "active", PROBE_WITHIN);
      expect(await lane.untilState(({ delivered }) => delivered === 24)).toMatchObject({
        held: 0,
        dead: 0,
        pending: 0,
      });
      expect(takenBy(lane, before)).toEqual(
        new Map([...takenBy(lane, before).keys()].map((guid) => [guid, [1, 2]])),
      );
      const attempts = (await lane.deliveries("limit=100")).flatMap(
        (delivery) => delivery.attempts,
      );
      expect(attempts.filter(({ trigger }) => trigger === "probe")).toMatchObject([
        { status: 204 },
      ]);
      const changes = await until(
        async () => {
          const { items } = await told("recovers", cursor);
          const found = items.flatMap(({ event }) => event.details.subscriberState ?? []);
          return found.length >= 2 && found;
        },
        { what: "both changes of state on the account's channel" },
      );
      expect(changes).toEqual(["probing", "active"]);
    },
    PROBE_WITHIN * 2,
  );

  test(
    "stays open when its probe fails, and the probe is the only attempt",
    async () => {
      const lane = lanes.lane("stays");
      await open(lane);
      const probed = await lane.until(
        ({ attempts }) => attempts.some(({ trigger }) => trigger === "probe"),
        PROBE_WITHIN,
      );
      expect(probed.attempts.at(-1)).toMatchObject({ trigger: "probe", status: 500 });
      const attempts = (await lane.deliveries("limit=100")).flatMap(
        (delivery) => delivery.attempts,
      );
      expect(attempts.filter(({ trigger }) => trigger === "probe")).toHaveLength(1);
      expect(await lane.state()).toMatchObject({ state: "probing", held: 12, dead: 0 });
    },
    PROBE_WITHIN * 2,
  );

  test("is closed at once by whoever resumes the subscriber", async () => {
    const lane = lanes.lane("resumed");
    await open(lane);
    const before = lane.receiver.requests.length;
    lane.receiver.script({ status: 204 });
    expect((await lane.act("resume")).body).toMatchObject({ state: "active" });
    await lane.untilState(({ delivered }) => delivered === 12);
    expect(lane.receiver.requests.length - before).toBeGreaterThanOrEqual(12);
  });

  test("is no matter of other subscribers", async () => {
    await open(lanes.lane("flaky"));
    const lane = lanes.lane("neighbour");
    await lane.send(exportComments.created(job("neighbour")));
    await lane.until((delivery) => delivery.state === "delivered");
    expect(await lane.state()).toMatchObject({ state: "active", held: 0 });
  });
});
