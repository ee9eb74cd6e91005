// A subscriber that is down: after ten failures in a row deliveries are held, one probe at a time
// asks whether it is back.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeliveryView } from "../../../src/deliver/view.ts";
import { startPairs, type Pair, type Pairs } from "../../support/relay-fixture.ts";
import { jsonOf } from "../../support/receiver.ts";
import { exportComments } from "../../support/senders.ts";
import { until } from "../../support/wait.ts";

/** Failures in a row that open the breaker. */
const FAILURES = 10;
/** So many attempts that no delivery is dead before the breaker opens, however late others come. */
const short = { subscriber: { retry: Array.from({ length: 2 * FAILURES }, () => 0.1) } };
const PAIRS = {
  recovers: short,
  stays: short,
  resumed: short,
  flaky: short,
  neighbour: {},
};

let pairs: Pairs<keyof typeof PAIRS>;
beforeAll(async () => {
  pairs = await startPairs(PAIRS);
});
afterAll(() => pairs.stop());

const job = (guid: string): exportComments.CommentsExport => ({
  guid,
  page: "https://example.com/video",
  total: 10,
});
const guids = (name: string): readonly string[] =>
  Array.from({ length: 12 }, (_, index) => `${name}-${index}`);

/** Lets every delivery of twelve jobs fail until the breaker is open. */
async function open({ id, receiver, send, untilState }: Pair): Promise<void> {
  receiver.script({ status: 500 });
  await Promise.all(guids(id).map((guid) => send(exportComments.created(job(guid)))));
  await untilState(({ state }) => state === "probing");
}

/** Events by job, in the order they were taken. */
const takenBy = ({ receiver }: Pair, from: number): ReadonlyMap<unknown, readonly unknown[]> => {
  const bodies = receiver.requests.slice(from).map((request) => jsonOf(request));
  return new Map(
    [...Map.groupBy(bodies, ({ guid }) => guid)].map(([guid, events]) => [
      guid,
      events.map(({ seq }) => seq),
    ]),
  );
};

/** What the probes among the attempts were answered, in their order. */
const probesIn = (deliveries: readonly DeliveryView[]): readonly (number | null)[] =>
  deliveries
    .flatMap(({ attempts }) => attempts)
    .filter(({ trigger }) => trigger === "probe")
    .toSorted((left, right) => left.time.localeCompare(right.time))
    .map(({ status }) => status);

interface Told {
  readonly items: readonly {
    readonly event: { readonly details: { readonly subscriberState?: string } };
  }[];
  readonly cursor: string;
}

/**
 * What an account's channel shows of delivery attempts since a cursor; without one, nothing and the
 * cursor of now.
 */
async function told(account: string, cursor?: string): Promise<Told> {
  const since = cursor === undefined ? "" : `&since=${encodeURIComponent(cursor)}`;
  return (
    await pairs.api<Told>(
      "GET",
      `/v1/accounts/${account}/events?channels=webhooks:${account}&limit=1000${since}`,
    )
  ).body;
}

describe.concurrent("an open breaker", () => {
  test("holds everything, burns no attempt, and lets all through in order once a probe succeeds", async () => {
    const pair = pairs.pair("recovers");
    const { cursor } = await told("recovers");
    await open(pair);
    const asked = pair.receiver.requests.length;
    expect(asked).toBeGreaterThanOrEqual(FAILURES);
    await Promise.all(
      guids("recovers").map((guid) => pair.send(exportComments.finished(job(guid)))),
    );
    const held = await pair.untilState((state) => state.held === 24);
    expect(held).toMatchObject({
      state: "probing",
      pending: 0,
      dead: 0,
      delivered: 0,
      lastFailure: { status: 500 },
    });
    const waiting = await pair.deliveries("state=held&limit=100");
    expect({
      count: waiting.length,
      next: waiting.filter(({ nextAttemptAt }) => nextAttemptAt !== null).length,
    }).toEqual({
      count: 24,
      next: 0,
    });
    // Attempts that were under way when it opened may have arrived since, and the probes of a
    // machine that is slow; nothing else has.
    const others = pair.receiver.requests.length - probesIn(waiting).length;
    expect(others).toBeLessThanOrEqual(asked + 4);
    const before = pair.receiver.requests.length;
    pair.receiver.script({ status: 204 });
    await pair.untilState(({ state }) => state === "active");
    expect(await pair.untilState(({ delivered }) => delivered === 24)).toMatchObject({
      held: 0,
      dead: 0,
      pending: 0,
    });
    expect(takenBy(pair, before)).toEqual(
      new Map([...takenBy(pair, before).keys()].map((guid) => [guid, [1, 2]])),
    );
    // On a slow machine there were probes before the subscriber was back.
    const probes = probesIn(await pair.deliveries("limit=100"));
    expect(probes).toEqual([...probes.slice(1).map(() => 500), 204]);
    const changes = await until(
      async () => {
        const { items } = await told("recovers", cursor);
        const found = items.flatMap(({ event }) => event.details.subscriberState ?? []);
        return found.length >= 2 && found;
      },
      { what: "both changes of state on the account's channel" },
    );
    expect(changes).toEqual(["probing", "active"]);
  });

  test("stays open when its probe fails, and the probe is the only attempt", async () => {
    const pair = pairs.pair("stays");
    await open(pair);
    const probed = await pair.until(({ attempts }) =>
      attempts.some(({ trigger }) => trigger === "probe"),
    );
    expect(probed.attempts.at(-1)).toMatchObject({ trigger: "probe", status: 500 });
    expect(probesIn(await pair.deliveries("limit=100"))).toEqual([500]);
    expect(await pair.state()).toMatchObject({ state: "probing", held: 12, dead: 0 });
  });

  test("is closed at once by whoever resumes the subscriber", async () => {
    const pair = pairs.pair("resumed");
    await open(pair);
    const before = pair.receiver.requests.length;
    pair.receiver.script({ status: 204 });
    expect((await pair.act("resume")).body).toMatchObject({ state: "active" });
    await pair.untilState(({ delivered }) => delivered === 12);
    expect(pair.receiver.requests.length - before).toBeGreaterThanOrEqual(12);
  });

  test("is no matter of other subscribers", async () => {
    await open(pairs.pair("flaky"));
    const pair = pairs.pair("neighbour");
    await pair.send(exportComments.created(job("neighbour")));
    await pair.until((delivery) => delivery.state === "delivered");
    expect(await pair.state()).toMatchObject({ state: "active", held: 0 });
  });
});
