// A subscriber's object in workerd: deliveries through failures, evictions and operators.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { subscriberView } from "../../../src/deliver/view.ts";
import { MAX_KEPT_ATTEMPTS } from "../../../src/deliver/tables.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../../src/kernel/time.ts";
import {
  answer,
  becomes,
  configure,
  deliveries,
  dispatch,
  finished,
  forward,
  gate,
  letTimePass,
  progress,
  quiet,
  receiver,
  rowsWritten,
  ringUntil,
  states,
  byName,
  subscriber,
  type Receiver,
  type Stub,
} from "./subscriber-fixture.ts";

const UNORDERED = configure({ id: "unordered", order: "none" });
const SLOW = configure({ id: "slow", throttle: 60 });
const RATED = configure({ id: "rated", rate: 2 });
const BRIEF = configure({ id: "brief", retry: [1], timeout: 1 });
const RAW = configure({ id: "raw", format: "raw" });
/** Its first failures follow each other quickly, so that the breaker opens. */
const PROBED = configure({ id: "probed", retry: Array.from({ length: 20 }, () => 1) });

let http: Receiver;

beforeEach(() => {
  http = receiver();
});

afterEach(quiet);

const pendingTime = async (stub: Stub): Promise<number> =>
  Date.parse((await deliveries(stub))[0]?.nextAttemptAt ?? "") - Date.now();

describe("a delivery", () => {
  test("is posted, signed and recorded", async () => {
    const stub = subscriber();
    await stub.enqueue([dispatch(1)]);
    await becomes(stub, ["g1#1 delivered"]);
    const [request] = http.requests;
    expect(http.requests).toHaveLength(1);
    expect(request?.url).toBe("https://crm.example.com/hooks/jobs");
    expect(request?.headers.get("webhook-signature")).toMatch(/^v1,/);
    expect(request?.headers.get("x-jobrelay-attempt")).toBe("1");
    expect(request?.headers.get("x-jobrelay-subscriber")).toBe("crm");
    const [delivery] = await deliveries(stub);
    expect(delivery).toMatchObject({
      id: expect.stringMatching(/^dlv_/),
      subscriber: "crm",
      event: { id: "evt_g1_1", event: "job.created", guid: "g1", source: "comments", seq: 1 },
      attempts: [{ status: 204, error: null, trigger: "initial", answer: "" }],
      nextAttemptAt: null,
    });
  });

  test("costs one row when it is answered soon, and two when others come with it", async () => {
    const stub = subscriber();
    // A shard writes one more row when it is used for the first time.
    await stub.enqueue([dispatch(1)]);
    await becomes(stub, ["g1#1 delivered"]);
    const written = await rowsWritten(stub, async () => {
      await stub.enqueue([dispatch(2)]);
      await becomes(stub, ["g1#1 delivered", "g1#2 delivered"]);
    });
    const together = await rowsWritten(stub, async () => {
      await stub.enqueue([dispatch(3), dispatch(4)]);
      await becomes(
        stub,
        [1, 2, 3, 4].map((seq) => `g1#${seq} delivered`),
      );
    });
    expect([written, together]).toEqual([1, 4]);
  });

  test("is made once for an event that is enqueued again, also after an eviction", async () => {
    const stub = subscriber();
    await Promise.all([
      stub.enqueue([dispatch(1), dispatch(2)]),
      stub.enqueue([dispatch(2), dispatch(2), dispatch(3)]),
    ]);
    await becomes(stub, ["g1#1 delivered", "g1#2 delivered", "g1#3 delivered"]);
    await evictDurableObject(stub);
    await stub.enqueue([dispatch(2), dispatch(3), dispatch(4)]);
    await becomes(stub, ["g1#1 delivered", "g1#2 delivered", "g1#3 delivered", "g1#4 delivered"]);
    expect(http.order()).toEqual(["g1#1", "g1#2", "g1#3", "g1#4"]);
  });

  test("is made again for a replay, under the same event id, and once per replay", async () => {
    const stub = subscriber();
    await stub.enqueue([dispatch(1)]);
    await stub.enqueue([{ ...dispatch(1), replay: "r1" }]);
    await stub.enqueue([{ ...dispatch(1), replay: "r1" }]);
    await becomes(stub, ["g1#1 delivered", "g1#1 delivered"]);
    expect(http.requests.map((request) => request.id)).toEqual(["evt_g1_1", "evt_g1_1"]);
    expect((await deliveries(stub)).map((delivery) => delivery.attempts[0]?.trigger)).toEqual([
      "initial",
      "replay",
    ]);
  });

  test("keeps a body that fits into no row", async () => {
    const stub = subscriber(RAW);
    const body = new TextEncoder().encode(
      JSON.stringify({ guid: "g1", seq: 1, filler: "x".repeat(4_000_000) }),
    );
    await stub.enqueue([
      { ...dispatch(1), raw: { contentType: "application/json", body: new Uint8Array(body) } },
    ]);
    await becomes(stub, ["g1#1 delivered"]);
    expect(http.requests[0]?.body).toBe(new TextDecoder().decode(body));
  });

  test("keeps an event of 1.9 MB and the provider's bytes through very many attempts", async () => {
    const stub = subscriber(PROBED);
    http.script = () => new Response("\u00ff\u0000".repeat(512), { status: 500 });
    const large = {
      ...dispatch(1),
      event: { ...dispatch(1).event, details: { guid: "g1", filler: "x".repeat(1_900_000) } },
    };
    await stub.enqueue([
      { ...large, raw: { contentType: "application/json", body: new Uint8Array(1_048_576) } },
    ]);
    const tried = async (): Promise<number | undefined> =>
      (await deliveries(stub))[0]?.attempts.length;
    for (let attempts = 1; attempts <= MAX_KEPT_ATTEMPTS + 3; attempts += 1) {
      await ringUntil(
        stub,
        async () =>
          http.requests.length >= attempts &&
          (await tried()) === Math.min(attempts, MAX_KEPT_ATTEMPTS),
      );
      forward(11 * MINUTE);
    }
    expect((await deliveries(stub))[0]?.attempts.at(-1)).toMatchObject({
      trigger: "probe",
      answer: `${"\u00ff".repeat(341)}\ufffd`,
    });
    http.script = () => answer(204);
    await ringUntil(stub, async () => (await states(stub))[0] === "g1#1 delivered");
    expect(await tried()).toBe(MAX_KEPT_ATTEMPTS);
    expect(JSON.parse(http.requests.at(-1)?.body ?? "")).toEqual(large.event);
  });

  test("keeps the first kilobyte of the answer, however long it is", async () => {
    const stub = subscriber();
    let cancelled = false;
    http.script = () => {
      const endless = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new TextEncoder().encode("y".repeat(700))),
        cancel: () => {
          cancelled = true;
        },
      });
      return new Response(endless, { status: 200 });
    };
    await stub.enqueue([dispatch(1)]);
    await becomes(stub, ["g1#1 delivered"]);
    expect((await deliveries(stub))[0]?.attempts[0]?.answer).toBe("y".repeat(1_024));
    expect(cancelled).toBe(true);
  });
});

describe("order", () => {
  test("one job's events leave one at a time, at most `concurrency` jobs at once", async () => {
    const stub = subscriber();
    let busy = 0;
    let busiest = 0;
    const door = gate();
    http.script = async () => {
      busy += 1;
      busiest = Math.max(busiest, busy);
      await door.opened;
      busy -= 1;
      return answer(204);
    };
    const jobs = ["a", "b", "c", "d", "e", "f"];
    await stub.enqueue(
      jobs.flatMap((guid) => [dispatch(1, "job.created", guid), dispatch(2, "job.started", guid)]),
    );
    await expect.poll(() => http.order()).toEqual(["a#1", "b#1", "c#1", "d#1"]);
    door.open();
    await expect
      .poll(async () => (await states(stub)).filter((state) => state.endsWith("delivered")).length)
      .toBe(12);
    expect(busiest).toBe(4);
    for (const guid of jobs)
      expect(http.order().filter((one) => one.startsWith(guid))).toEqual([
        `${guid}#1`,
        `${guid}#2`,
      ]);
  });

  test("behind an unavailable answer the job waits and other jobs do not", async () => {
    const stub = subscriber();
    http.script = ({ guid }) => answer(guid === "a" ? 503 : 204);
    await stub.enqueue([
      dispatch(1, "job.created", "a"),
      dispatch(2, "job.started", "a"),
      dispatch(1, "job.created", "b"),
    ]);
    await becomes(stub, ["a#1 pending", "a#2 pending", "b#1 delivered"]);
    expect(http.order().toSorted()).toEqual(["a#1", "b#1"]);
    http.script = () => answer(204);
    forward(7 * SECOND);
    await ringUntil(stub, () => http.requests.length === 4);
    await becomes(stub, ["a#1 delivered", "a#2 delivered", "b#1 delivered"]);
    expect(http.order().slice(2)).toEqual(["a#1", "a#2"]);
  });

  test("a 4xx answer holds nobody back", async () => {
    const stub = subscriber();
    http.script = ({ seq }) => answer(seq === 1 ? 400 : 204);
    await stub.enqueue([dispatch(1), dispatch(2)]);
    await becomes(stub, ["g1#1 pending", "g1#2 delivered"]);
    expect(http.order()).toEqual(["g1#1", "g1#2"]);
  });

  test("waiting progress is replaced by newer progress and removed by the end", async () => {
    const stub = subscriber();
    http.script = () => answer(500);
    await stub.enqueue([dispatch(1)]);
    await expect.poll(() => http.requests.length).toBe(1);
    await stub.enqueue([progress(2), progress(3)]);
    await becomes(stub, ["g1#1 pending", "g1#2 superseded", "g1#3 pending"]);
    await stub.enqueue([finished(4)]);
    await becomes(stub, ["g1#1 pending", "g1#2 superseded", "g1#3 superseded", "g1#4 pending"]);
    http.script = () => answer(204);
    forward(7 * SECOND);
    await ringUntil(stub, () => http.requests.length === 3);
    expect(http.order()).toEqual(["g1#1", "g1#1", "g1#4"]);
  });

  test("with `order: none` nobody waits", async () => {
    const stub = subscriber(UNORDERED);
    http.script = ({ seq }) => answer(seq === 1 ? 503 : 204);
    await stub.enqueue([dispatch(1), dispatch(2), dispatch(3)]);
    await becomes(stub, ["g1#1 pending", "g1#2 delivered", "g1#3 delivered"]);
    expect(http.requests).toHaveLength(3);
  });

  test("the subscriber's own window delays progress, and nothing else", async () => {
    const stub = subscriber(SLOW);
    await stub.enqueue([dispatch(1), progress(2)]);
    await becomes(stub, ["g1#1 delivered", "g1#2 delivered"]);
    await stub.enqueue([progress(3)]);
    await stub.enqueue([progress(4)]);
    await becomes(stub, ["g1#1 delivered", "g1#2 delivered", "g1#3 superseded", "g1#4 pending"]);
    await evictDurableObject(stub);
    await runDurableObjectAlarm(stub);
    expect(http.order()).toEqual(["g1#1", "g1#2"]);
    forward(61 * SECOND);
    await ringUntil(stub, () => http.requests.length === 3);
    await stub.enqueue([progress(5), finished(6)]);
    await expect.poll(() => http.order()).toEqual(["g1#1", "g1#2", "g1#4", "g1#6"]);
  });

  test("a rate spaces deliveries", async () => {
    const stub = subscriber(RATED);
    await stub.enqueue(["a", "b", "c"].map((guid) => dispatch(1, "job.created", guid)));
    await expect.poll(() => http.requests.length).toBe(1);
    await runDurableObjectAlarm(stub);
    expect(http.requests).toHaveLength(1);
    forward(501);
    await ringUntil(stub, () => http.requests.length === 2);
    forward(501);
    await ringUntil(stub, () => http.requests.length === 3);
  });
});

describe("failure", () => {
  test("is retried on the schedule, is dead after that, and can be retried by hand", async () => {
    const stub = subscriber();
    http.script = () => answer(500);
    await stub.enqueue([dispatch(1)]);
    const waits = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
    for (const [index, wait] of waits.entries()) {
      await ringUntil(
        stub,
        async () =>
          http.requests.length === index + 1 &&
          (await deliveries(stub))[0]?.attempts.length === index + 1,
      );
      const due = await pendingTime(stub);
      expect(due).toBeGreaterThan(wait * 790);
      expect(due).toBeLessThanOrEqual(wait * 1_200);
      forward(due - 500);
      await runDurableObjectAlarm(stub);
      expect(http.requests).toHaveLength(index + 1);
      forward(501);
    }
    await ringUntil(stub, async () => (await states(stub))[0] === "g1#1 dead");
    expect(http.requests).toHaveLength(10);
    expect(http.requests.map((request) => request.headers.get("x-jobrelay-attempt"))).toEqual(
      Array.from({ length: 10 }, (_, index) => String(index + 1)),
    );
    expect(
      new Set(http.requests.map((request) => request.headers.get("webhook-timestamp"))).size,
    ).toBe(10);
    const [dead] = await deliveries(stub);
    http.script = () => answer(204);
    expect(await stub.retry(dead?.id ?? "")).toBe(true);
    await becomes(stub, ["g1#1 delivered"]);
    expect((await deliveries(stub))[0]?.attempts.map((attempt) => attempt.trigger)).toEqual([
      "initial",
      ...Array.from({ length: 9 }, () => "retry"),
      "manual",
    ]);
    expect(new Set(http.requests.map((request) => request.id))).toEqual(new Set(["evt_g1_1"]));
  });

  test("a hanging receiver times out and the delivery is retried", async () => {
    const stub = subscriber(BRIEF);
    http.script = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      });
    await stub.enqueue([dispatch(1)]);
    await expect.poll(async () => (await deliveries(stub))[0]?.attempts.length).toBe(1);
    const [delivery] = await deliveries(stub);
    expect(delivery).toMatchObject({
      state: "pending",
      attempts: [{ status: null, error: expect.stringMatching(/^timeout: /) }],
    });
  });

  test("a connection that breaks at once is tried again at once, one time", async () => {
    const stub = subscriber();
    http.script = () => {
      throw new Error("Network connection lost.");
    };
    await stub.enqueue([dispatch(1)]);
    await expect.poll(() => http.requests.length).toBe(2);
    await expect.poll(async () => (await deliveries(stub))[0]?.attempts.length).toBe(2);
    expect(await pendingTime(stub)).toBeGreaterThan(3_000);
    expect((await deliveries(stub))[0]?.attempts[0]).toMatchObject({
      status: null,
      error: "reset: Error: Network connection lost.",
    });
  });

  test("is retried by the alarm that it has set", async () => {
    letTimePass();
    const stub = subscriber(BRIEF);
    http.script = () => answer(http.requests.length === 1 ? 500 : 204);
    await stub.enqueue([dispatch(1), dispatch(2)]);
    await becomes(stub, ["g1#1 delivered", "g1#2 delivered"]);
    expect(http.order()).toEqual(["g1#1", "g1#1", "g1#2"]);
  });

  test("a redirect is not followed", async () => {
    const stub = subscriber();
    http.script = () => answer(307, { location: "https://elsewhere.example.com/" });
    await stub.enqueue([dispatch(1)]);
    await becomes(stub, ["g1#1 pending"]);
    await expect.poll(async () => (await deliveries(stub))[0]?.attempts.length).toBe(1);
    expect(http.requests).toHaveLength(1);
  });

  test("an attempt that an eviction cuts off is made again", async () => {
    const stub = subscriber();
    http.script = () => new Promise(() => undefined);
    await stub.enqueue([dispatch(1), dispatch(2)]);
    await expect.poll(() => http.requests.length).toBe(1);
    await runInDurableObject(stub, (_, state) => state.abort("crash")).catch(() => undefined);
    http.script = () => answer(204);
    const again = stubAgain(stub);
    await ringUntil(again, () => http.requests.length === 3);
    await becomes(again, ["g1#1 delivered", "g1#2 delivered"]);
    expect(http.order()).toEqual(["g1#1", "g1#1", "g1#2"]);
  });

  test("an alarm beside a request sends nothing twice", async () => {
    const stub = subscriber();
    const door = gate();
    http.script = async () => {
      await door.opened;
      return answer(204);
    };
    const events = Array.from({ length: 30 }, (_, index) =>
      dispatch(1, "job.created", `j${index}`),
    );
    await Promise.all([
      stub.enqueue(events),
      runDurableObjectAlarm(stub),
      stub.enqueue(events.toReversed()),
      runDurableObjectAlarm(stub),
      stub.resume(),
    ]);
    door.open();
    await expect.poll(async () => (await stub.state()).delivered).toBe(30);
    expect(http.requests).toHaveLength(30);
  });
});

/** A stub that survives the object's abort. */
const stubAgain = (stub: Stub): Stub => byName(stub.name ?? "");

describe("the breaker", () => {
  const jobs = Array.from({ length: 14 }, (_, index) => dispatch(1, "job.created", `j${index}`));

  test("opens after ten failures in a row, probes, closes, and loses nothing", async () => {
    const stub = subscriber();
    http.script = () => answer(500);
    await stub.enqueue(jobs);
    await expect.poll(async () => (await stub.state()).health.state).toBe("probing");
    await expect
      .poll(async () => (await deliveries(stub)).reduce((sum, one) => sum + one.attempts.length, 0))
      .toBe(http.requests.length);
    const tried = http.requests.length;
    expect(tried).toBeGreaterThanOrEqual(10);
    expect(tried).toBeLessThanOrEqual(13);
    expect(new Set((await states(stub)).map((state) => state.split(" ")[1]))).toEqual(
      new Set(["held"]),
    );
    forward(29 * SECOND);
    await runDurableObjectAlarm(stub);
    await runDurableObjectAlarm(stub);
    expect(http.requests).toHaveLength(tried);
    await evictDurableObject(stub);
    forward(2 * SECOND);
    await ringUntil(stub, () => http.requests.length > tried);
    await runDurableObjectAlarm(stub);
    expect(http.requests).toHaveLength(tried + 1);
    http.script = () => answer(204);
    forward(MINUTE);
    await ringUntil(stub, async () => (await stub.state()).health.state === "active");
    forward(10 * MINUTE);
    await ringUntil(stub, async () => (await stub.state()).delivered === 14);
    const triggers = (await deliveries(stub)).flatMap((delivery) =>
      delivery.attempts.map((attempt) => attempt.trigger),
    );
    expect(triggers.filter((trigger) => trigger === "probe").length).toBe(2);
  });

  test("disables a subscriber that fails for five days, until it is resumed", async () => {
    const stub = subscriber();
    http.script = () => answer(500);
    await stub.enqueue(jobs);
    await expect.poll(async () => (await stub.state()).health.state).toBe("probing");
    forward(5 * DAY + HOUR);
    await ringUntil(stub, async () => (await stub.state()).health.state === "disabled");
    const tried = http.requests.length;
    await stub.enqueue([dispatch(1, "job.created", "late")]);
    expect((await stub.state()).held).toBe(15);
    expect(http.requests).toHaveLength(tried);
    http.script = () => answer(204);
    await stub.resume();
    await ringUntil(stub, async () => (await stub.state()).delivered === 15);
  });
});

describe("what a receiver asks for", () => {
  test("410 disables the subscriber and the delivery is held", async () => {
    const stub = subscriber();
    http.script = () => answer(410);
    await stub.enqueue([dispatch(1), dispatch(2)]);
    await becomes(stub, ["g1#1 held", "g1#2 held"]);
    expect(http.requests).toHaveLength(1);
    expect((await stub.state()).health).toMatchObject({ state: "disabled", reason: "gone" });
    http.script = () => answer(204);
    await stub.resume();
    await becomes(stub, ["g1#1 delivered", "g1#2 delivered"]);
  });

  test.each([
    { status: 200, wish: "abort-message", state: "active" },
    { status: 500, wish: "abort-message", state: "active" },
    { status: 200, wish: "disable", state: "disabled" },
    { status: 404, wish: "Disable", state: "disabled" },
  ])(
    "`webhook-delivery: $wish` on a $status cancels, and the subscriber is $state",
    async ({ status, wish, state }) => {
      const stub = subscriber();
      http.script = () => answer(status, { "webhook-delivery": wish });
      await stub.enqueue([dispatch(1)]);
      await becomes(stub, ["g1#1 cancelled"]);
      expect((await stub.state()).health.state).toBe(state);
    },
  );

  test("Retry-After on a 503 lengthens the wait", async () => {
    const stub = subscriber();
    http.script = () => answer(503, { "retry-after": "3600" });
    await stub.enqueue([dispatch(1)]);
    await expect.poll(async () => (await deliveries(stub))[0]?.attempts.length).toBe(1);
    expect(await pendingTime(stub)).toBeGreaterThan(3_590 * SECOND);
  });
});

describe("the operator", () => {
  test.each([
    ["what waits for its schedule leaves", {}, "delivered"],
    ["what the receiver asked to have later waits on", { "retry-after": "3600" }, "pending"],
  ])("resumes a subscriber that works again, and %s", async (_, headers, state) => {
    const stub = subscriber();
    http.script = () => answer(503, headers);
    const jobs = Array.from({ length: 10 }, (_item, index) =>
      dispatch(1, "job.created", `j${index}`),
    );
    await stub.enqueue(jobs);
    await expect.poll(async () => (await stub.state()).health.state).toBe("probing");
    http.script = () => answer(204);
    await stub.resume();
    await becomes(
      stub,
      jobs.map(({ event }) => `${event.guid}#1 ${state}`),
    );
  });

  test("pauses and resumes: meanwhile only the newest progress is kept", async () => {
    const stub = subscriber();
    await stub.pause();
    await stub.enqueue([dispatch(1), progress(2)]);
    await stub.enqueue([progress(3)]);
    await runDurableObjectAlarm(stub);
    await evictDurableObject(stub);
    await becomes(stub, ["g1#1 held", "g1#2 superseded", "g1#3 held"]);
    expect(http.requests).toHaveLength(0);
    await stub.resume();
    await becomes(stub, ["g1#1 delivered", "g1#2 superseded", "g1#3 delivered"]);
  });

  test("sends a test event even while paused; it is tried once", async () => {
    const stub = subscriber();
    await stub.pause();
    http.script = () => answer(500);
    const { delivery } = await stub.sendTest();
    await expect.poll(async () => (await deliveries(stub))[0]?.state).toBe("dead");
    const [one] = await deliveries(stub);
    expect(one).toMatchObject({
      id: delivery,
      attempts: [{ status: 500, trigger: "manual" }],
      event: { event: "job.finished" },
    });
    expect(http.requests[0]?.id).toMatch(/^evt_test[0-9a-f]+$/);
  });

  test("retries a delivery that arrived, but no unknown one", async () => {
    const stub = subscriber();
    await stub.enqueue([dispatch(1)]);
    await becomes(stub, ["g1#1 delivered"]);
    const [{ id } = { id: "" }] = await deliveries(stub);
    expect(await stub.retry(id)).toBe(true);
    await expect.poll(() => http.requests.length).toBe(2);
    await becomes(stub, ["g1#1 delivered"]);
    for (const wrong of ["dlv_1_00000000", "dlv_zzz_00000000", "", "1", `${id}0`])
      expect(await stub.retry(wrong)).toBe(false);
  });

  test("replays the dead ones; the count comes first, the progress after", async () => {
    const stub = subscriber(BRIEF);
    http.script = () => answer(400);
    const jobs = Array.from({ length: 5 }, (_, index) => dispatch(1, "job.created", `j${index}`));
    await stub.enqueue(jobs);
    await expect
      .poll(async () => (await deliveries(stub)).filter((one) => one.attempts.length === 1).length)
      .toBe(5);
    forward(2 * SECOND);
    await ringUntil(stub, async () => (await stub.state()).dead === 5);
    http.script = () => answer(204);
    expect(await stub.replay({ event: "job.failed" })).toEqual({ ok: true, value: { count: 0 } });
    await stub.pause();
    expect(await stub.replay({ event: "job.created" })).toEqual({ ok: true, value: { count: 5 } });
    expect((await stub.state()).replay).toEqual({ total: 5, released: 5 });
    await stub.resume();
    await ringUntil(
      stub,
      async () => (await stub.state()).delivered === 5 && (await stub.state()).replay === null,
    );
    expect((await deliveries(stub)).map((one) => one.attempts.at(-1)?.trigger)).toEqual(
      Array.from({ length: 5 }, () => "replay"),
    );
  });

  test("erases a job: its rows leave, others stay", async () => {
    const stub = subscriber();
    await stub.pause();
    await stub.enqueue([
      dispatch(1, "job.created", "a"),
      dispatch(1, "job.created", "b"),
      dispatch(2, "job.started", "a"),
    ]);
    await stub.erase("comments", "a");
    await becomes(stub, ["b#1 held"]);
    await stub.resume();
    await becomes(stub, ["b#1 delivered"]);
    expect(http.order()).toEqual(["b#1"]);
  });

  test("pages through deliveries, newest first, by state and job", async () => {
    const stub = subscriber();
    await stub.enqueue(["a", "b", "c", "d", "e"].map((guid) => dispatch(1, "job.created", guid)));
    await expect.poll(async () => (await stub.state()).delivered).toBe(5);
    const first = await stub.deliveries({ limit: 2 });
    const second = await stub.deliveries({ limit: 2, cursor: first.cursor ?? "" });
    const third = await stub.deliveries({ limit: 2, cursor: second.cursor ?? "" });
    expect([first, second, third].map((page) => page.items.map((item) => item.event.guid))).toEqual(
      [["e", "d"], ["c", "b"], ["a"]],
    );
    expect(third.cursor).toBeNull();
    expect((await stub.deliveries({ limit: 9, guid: "c" })).items).toHaveLength(1);
    expect((await stub.deliveries({ limit: 9, state: "dead" })).items).toEqual([]);
    expect((await stub.deliveries({ limit: 9, cursor: "nonsense" })).items).toEqual([]);
  });

  test("sees how the subscriber does", async () => {
    const stub = subscriber();
    http.script = ({ guid }) => answer(guid === "bad" ? 500 : 204);
    await stub.enqueue([dispatch(1, "job.created", "good"), dispatch(1, "job.created", "bad")]);
    await expect.poll(async () => (await stub.state()).attempts).toBe(2);
    expect(subscriberView("crm", [await stub.state()])).toMatchObject({
      id: "crm",
      state: "active",
      pending: 1,
      held: 0,
      dead: 0,
      delivered: 1,
      successRate: 0.5,
      lastFailure: { status: 500, error: null },
      replay: null,
    });
  });
});

/** The events in an account's log, as text. */
const told = (account: string): Promise<readonly string[]> =>
  runInDurableObject(env.ACCOUNT.getByName(account), (_, state) =>
    state.storage.sql
      .exec<{ event: string }>("SELECT event FROM log")
      .toArray()
      .map((row) => row.event),
  );

describe("attempt events", () => {
  test("tell the account about every attempt, and about tests nothing", async () => {
    const stub = subscriber();
    const account = `told-${crypto.randomUUID()}`;
    http.script = ({ seq }) => answer(seq === 1 ? 500 : 204);
    const [first, second] = [dispatch(1, "job.created", "a"), dispatch(2, "job.created", "b")].map(
      (one) => ({
        ...one,
        event: { ...one.event, account },
      }),
    );
    if (first === undefined || second === undefined) throw new Error("two dispatches");
    await stub.enqueue([first, second]);
    await stub.sendTest();
    await expect.poll(async () => (await told(account)).length).toBe(2);
    const rows = (await told(account)).join("\n");
    expect(rows).toContain(`"webhookUrl":"https://crm.example.com"`);
    expect(rows).toContain('"guid":"a"');
    expect(rows).not.toContain("/hooks/jobs");
    expect(rows).toContain('"responseCode":"500"');
    expect(rows).toContain('"responseCode":"204"');
  });

  test("are not told about a job that was erased while an attempt was under way", async () => {
    const stub = subscriber();
    const account = `told-${crypto.randomUUID()}`;
    const door = gate();
    http.script = async ({ guid }) => {
      if (guid === "erased") await door.opened;
      return answer(204);
    };
    const of = (guid: string): ReturnType<typeof dispatch> => {
      const one = dispatch(1, "job.finished", guid);
      return { ...one, event: { ...one.event, account } };
    };
    await stub.enqueue([of("erased")]);
    await expect.poll(() => http.requests.length).toBe(1);
    await stub.erase("comments", "erased");
    door.open();
    await expect.poll(async () => (await stub.state()).health).toMatchObject({ state: "active" });
    await stub.enqueue([of("kept")]);
    await expect.poll(async () => (await told(account)).length).toBe(1);
    expect((await told(account)).join()).toContain('"guid":"kept"');
  });
});

describe("time", () => {
  test("deliveries are forgotten when their source's retention is over", async () => {
    const stub = subscriber();
    await stub.enqueue([dispatch(1)]);
    await becomes(stub, ["g1#1 delivered"]);
    forward(29 * DAY);
    await stub.enqueue([dispatch(2)]);
    await becomes(stub, ["g1#1 delivered", "g1#2 delivered"]);
    forward(DAY + HOUR);
    await ringUntil(stub, async () => (await states(stub)).length === 1);
    await becomes(stub, ["g1#2 delivered"]);
    forward(30 * DAY);
    await ringUntil(stub, async () => (await states(stub)).length === 0);
    await stub.enqueue([dispatch(3)]);
    await becomes(stub, ["g1#3 delivered"]);
    expect(http.order()).toEqual(["g1#1", "g1#2", "g1#3"]);
  });

  test("a subscriber that is not in the configuration keeps its events", async () => {
    const stub = subscriber("nobody");
    await stub.enqueue([dispatch(1)]);
    await runDurableObjectAlarm(stub);
    await becomes(stub, ["g1#1 held"]);
    expect(http.requests).toHaveLength(0);
  });
});

test("a long queue drains in the order of each job", async () => {
  const stub = subscriber();
  const events = Array.from({ length: 300 }, (_, index) =>
    dispatch(Math.floor(index / 30) + 1, "job.created", `j${index % 30}`),
  );
  await stub.enqueue(events);
  await ringUntil(stub, async () => (await stub.state()).delivered === 300);
  expect(http.requests).toHaveLength(300);
  const last = new Map<string, number>();
  for (const { guid, seq } of http.requests) {
    expect(seq).toBe((last.get(guid) ?? 0) + 1);
    last.set(guid, seq);
  }
});
