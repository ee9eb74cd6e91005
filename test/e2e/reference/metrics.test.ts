// Every figure of `/v1/metrics` after a played hour, compared with what happened: what the test has
// sent, what its receivers got, what the logs of the jobs hold.

import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DeliveryView, SubscriberView } from "../../../src/deliver/view.ts";
import { startReceiver, type Receiver } from "../../support/receiver.ts";
import { ADMIN_TOKEN, SOURCE_SECRETS, startRelay, type Relay } from "../../support/relay.ts";
import { sender } from "../../support/senders.ts";
import { until } from "../../support/wait.ts";

const TOKEN = "metrics-token-of-own-jobs";
/** How long the good receiver takes, in ms. */
const DELAY = 40;

let relay: Relay;
let receivers: readonly Receiver[] = [];
/** Webhooks that were sent, by source. */
const sent = new Map<string, number>();

const generic = (id: string, more: object): object => ({
  id,
  provider: "generic",
  verify: "bearer",
  secrets: ["OWN_TOKEN"],
  account: "acme",
  throttle: 1,
  ...more,
});
const subscriber = (id: string, receiver: Receiver | undefined, more: object): object => ({
  id,
  url: receiver?.url ?? "http://127.0.0.1:1/hook",
  secrets: ["SUBSCRIBER_SECRET"],
  retry: [],
  ...more,
});

beforeAll(async () => {
  const [good, refusing, waiting] = (receivers = await Promise.all([
    startReceiver({ script: { status: 204, delay: DELAY } }),
    startReceiver({ script: { status: 422 } }),
    startReceiver({ script: { status: 500 } }),
  ]));
  relay = await startRelay({
    vars: {
      OWN_TOKEN: TOKEN,
      SOURCES: [
        generic("exports", {}),
        generic("quiet", { stallAfter: 2 }),
        generic("unused", { account: "globex" }),
        { id: "email", provider: "emailengine", secrets: ["EMAIL_SECRET"], account: "acme" },
      ],
      SUBSCRIBERS: [
        subscriber("good", good, {}),
        subscriber("refusing", refusing, {}),
        subscriber("waiting", waiting, { retry: [600] }),
        subscriber("away", undefined, {}),
        subscriber("halted", good, {}),
      ],
      RULES: [
        { id: "all", match: { source: "exports" }, to: ["good", "halted"] },
        { id: "ends", match: { source: "exports", event: "job.finished" }, to: ["refusing"] },
        { id: "begins", match: { source: "exports", event: "job.created" }, to: ["waiting"] },
        { id: "many", match: { source: "exports", account: "acme" }, to: ["away"] },
      ],
    },
  });
});
afterAll(async () => {
  await relay?.stop();
  await Promise.all(receivers.map((one) => one.close()));
});

async function api<T>(path: string, method = "GET"): Promise<T> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  return (await (await fetch(`${relay.url}/v1${path}`, { method, headers })).json()) as T;
}

/** Posts what a job says of itself; answers the status and what became of it. */
async function post(source: string, body: object, token = TOKEN): Promise<string> {
  sent.set(source, (sent.get(source) ?? 0) + 1);
  const answer = await fetch(`${relay.url}/hooks/${source}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  const { result } = (await answer.json()) as { readonly result?: string };
  return result ?? String(answer.status);
}

/** The samples by name and labels, as they are written. */
async function metrics(): Promise<ReadonlyMap<string, number>> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  const text = await (await fetch(`${relay.url}/v1/metrics`, { headers })).text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]),
  );
}

/** The samples of one metric by one of its labels, for the others as given. */
const byLabel = (
  samples: ReadonlyMap<string, number>,
  name: string,
  label: string,
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...samples].flatMap(([key, value]) => {
      const found = key.startsWith(name)
        ? new RegExp(`[{,]${label}="([^"]*)"`).exec(key.slice(name.length))
        : null;
      return found?.[1] === undefined ? [] : [[found[1], value]];
    }),
  );

const tally = (names: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]),
  );

/** The names of the events in the logs of a source's jobs. */
async function emitted(source: string): Promise<readonly string[]> {
  const { items } = await api<{ items: readonly { guid: string }[] }>(
    `/jobs?source=${source}&limit=100`,
  );
  const logs = await Promise.all(
    items.map(({ guid }) =>
      api<{ items: readonly { event: { event: string } }[] }>(
        `/jobs/${source}/${guid}/events?limit=100`,
      ),
    ),
  );
  return logs.flatMap((log) => log.items.map(({ event }) => event.event));
}

/** How the samples of a source's events begin. */
const event = (source: string): string => `jobrelay_events_total{source="${source}"`;

const waitFor = (guid: string, source: string, seq: number): Promise<unknown> =>
  until(async () => (await api<{ seq: number }>(`/jobs/${source}/${guid}`)).seq >= seq, {
    what: `event ${seq} of ${guid}`,
  });

/** Jobs that end, with progress that the throttle sends later; twelve events at least. */
async function playExports(): Promise<void> {
  for (const guid of ["a", "b", "c"]) {
    const report = (more: object): Promise<string> =>
      post("exports", { guid, total: 100, ...more });
    expect(await report({ event: "job.created" })).toBe("accepted");
    expect(await report({ event: "job.created" })).toBe("duplicate");
    await report({ event: "job.progress", current: 10 });
    await report({ event: "job.progress", current: 20 });
    await waitFor(guid, "exports", 3);
    await report({ event: "job.progress", current: 30 });
    await report({ event: "job.progress", current: 40 });
    await waitFor(guid, "exports", 4);
    await report({ event: "job.finished", current: 100 });
  }
}

test("every figure is what happened", async () => {
  const begun = Date.now();
  const account = `${relay.url}/v1/accounts/acme/stream?token=${ADMIN_TOKEN}`;
  const sockets = [1, 2].map(() => new WebSocket(account.replace("http", "ws")));
  const leaving = new AbortController();
  // A response that nothing refers to is collected, and its connection closed.
  const events = await fetch(account, {
    headers: { accept: "text/event-stream" },
    signal: leaving.signal,
  });
  await until(async () => (await metrics()).get('jobrelay_streams_open{account="acme"}') === 3);

  await api("/subscribers/halted/pause", "POST");
  // A job of another account has gone silent, and its last progress was sent by the clock.
  await post("quiet", { guid: "silent", event: "job.created" });
  await post("quiet", { guid: "silent", event: "job.progress", current: 1 });
  await post("quiet", { guid: "silent", event: "job.progress", current: 2 });
  await playExports();
  expect(await post("exports", { event: "job.finished" })).toBe("422");
  expect(await post("exports", { event: "job.created", guid: "x" }, "wrong")).toBe("401");
  expect(await post("exports", { event: "job.created", guid: "y" }, "wrong")).toBe("401");
  const mail = sender(relay.url, {
    provider: "emailengine",
    source: "email",
    secret: SOURCE_SECRETS.emailengine,
  });
  expect((await mail({ account: "a", event: "messageNew" })).body.result).toBe("ignored");
  sent.set("email", 1);
  await waitFor("silent", "quiet", 4);

  const states = async (id: string): Promise<Readonly<Record<string, number>>> => {
    const { items } = await api<{ items: readonly DeliveryView[] }>(
      `/subscribers/${id}/deliveries?limit=100`,
    );
    return tally(items.map(({ state }) => state));
  };
  const all = await emitted("exports");
  const wanted = tally(all);
  // How much progress the throttle lets through depends on the pace.
  const progress = wanted["job.progress"] ?? 0;
  expect(wanted).toEqual({ "job.created": 3, "job.progress": progress, "job.finished": 3 });
  expect(progress).toBeGreaterThanOrEqual(9);
  const settled = {
    good: { delivered: all.length },
    refusing: { dead: 3 },
    waiting: { pending: 3 },
    // The end of a job removes the progress that waits.
    halted: { held: 6, superseded: progress },
  };
  for (const [id, some] of Object.entries(settled))
    await expect.poll(() => states(id)).toEqual(some);
  await until(async () => (await api<SubscriberView>("/subscribers/away")).state === "probing");

  // The index hears of the stall after the job has told it to its own log. A busy machine may let
  // the job go silent twice.
  const silent = await until(
    async () => {
      const log = tally(await emitted("quiet"));
      const counted = byLabel(await metrics(), event("quiet"), "event");
      return isDeepStrictEqual(counted, log) && counted["job.stalled"] !== undefined && log;
    },
    { what: "the events of the silent job in the metrics" },
  );
  expect(silent).toMatchObject({ "job.created": 1, "job.progress": 2 });

  const told = await metrics();
  const of = (name: string, label: string): Readonly<Record<string, number>> =>
    byLabel(told, name, label);
  expect(of(event("exports"), "event")).toEqual(wanted);
  expect(of('jobrelay_webhooks_total{source="exports"', "result")).toEqual({
    accepted: 18,
    duplicate: 3,
    ignored: 0,
    refused: 3,
  });
  expect(of('jobrelay_webhooks_total{source="email"', "result")).toMatchObject({ ignored: 1 });
  const { items: refused } = await api<{ items: readonly { reason: string }[] }>(
    "/sources/exports/rejected",
  );
  const reasons = of('jobrelay_webhooks_refused_total{source="exports"', "reason");
  expect(reasons).toEqual({ "schema-mismatch": 1, "wrong-secret": 2 });
  expect(tally(refused.map(({ reason }) => /^[a-z-]+/.exec(reason)?.[0] ?? ""))).toEqual(reasons);

  for (const [source, count] of sent) {
    const bucket = `jobrelay_webhook_duration_seconds_bucket{source="${source}"`;
    const buckets = [...told].flatMap(([key, value]) => (key.startsWith(bucket) ? [value] : []));
    expect(buckets).toEqual(buckets.toSorted((left, right) => left - right));
    expect(told.get(`jobrelay_webhook_duration_seconds_count{source="${source}"}`)).toBe(count);
    expect(buckets.at(-1)).toBe(count);
  }
  const seen = of("jobrelay_source_last_webhook_timestamp_seconds", "source");
  expect(Object.keys(seen).toSorted()).toEqual(["email", "exports", "quiet"]);
  for (const at of Object.values(seen)) {
    expect(at * 1000).toBeGreaterThanOrEqual(begun);
    expect(at * 1000).toBeLessThanOrEqual(Date.now());
  }

  const deliveries = (id: string) => of(`jobrelay_deliveries{subscriber="${id}"`, "state");
  const none = { pending: 0, held: 0, dead: 0, delivered: 0 };
  for (const [id, { superseded: _, ...some }] of Object.entries<Readonly<Record<string, number>>>(
    settled,
  ))
    expect({ id, ...deliveries(id) }).toEqual({ id, ...none, ...some });
  const { superseded: _, ...away } = await states("away");
  expect(deliveries("away")).toEqual({ ...none, ...away });
  expect(receivers.map(({ requests }) => requests.length)).toEqual([all.length, 3, 3]);

  const state = (id: string) => of(`jobrelay_subscriber_state{subscriber="${id}"`, "state");
  const noState = { active: 0, probing: 0, paused: 0, disabled: 0 };
  expect(state("good")).toEqual({ ...noState, active: 1 });
  expect(state("away")).toEqual({ ...noState, probing: 1 });
  expect(state("halted")).toEqual({ ...noState, paused: 1 });

  const oldest = of("jobrelay_delivery_oldest_pending_seconds", "subscriber");
  expect(oldest).toMatchObject({ good: 0, refusing: 0 });
  for (const id of ["waiting", "halted", "away"]) {
    expect(oldest[id]).toBeGreaterThan(0);
    expect((oldest[id] ?? 0) * 1000).toBeLessThanOrEqual(Date.now() - begun);
  }
  const ratio = of("jobrelay_delivery_success_ratio", "subscriber");
  expect(ratio).toEqual({ good: 1, refusing: 0, waiting: 0, away: 0 });
  const quantiles = of('jobrelay_delivery_duration_seconds{subscriber="good"', "quantile");
  const good = await api<SubscriberView>("/subscribers/good");
  expect(quantiles).toEqual({ "0.5": (good.p50 ?? 0) / 1000, "0.95": (good.p95 ?? 0) / 1000 });
  expect(quantiles["0.5"]).toBeGreaterThanOrEqual(DELAY / 1000);

  expect(of("jobrelay_streams_open", "account")).toEqual({ acme: 3, globex: 0 });
  expect(events.ok).toBe(true);
  sockets[0]?.close();
  await until(async () => (await metrics()).get('jobrelay_streams_open{account="acme"}') === 2);
  leaving.abort();
  sockets[1]?.close();
  expect(told.get('jobrelay_build_info{version="0.1.0"}')).toBe(1);
});
