// What one shard hands over to another: everything once, in order, whatever comes between.

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fingerprint } from "../../../src/kernel/fingerprint.ts";
import {
  answer,
  becomes,
  byName,
  configure,
  deliveries,
  dispatch,
  forward,
  gate,
  quiet,
  receiver,
  states,
  type Receiver,
  type Stub,
} from "./subscriber-fixture.ts";

let http: Receiver;
beforeEach(() => {
  http = receiver();
});
afterEach(quiet);

/** The configuration is read once, so all subscribers are named first. */
const ids = Array.from({ length: 17 }, (_, index) => configure({ id: `moves-${index}` }));
const nextId = (): string => ids.pop() ?? "";

/** Two shards of a subscriber of its own, both paused. */
async function pausedPair(): Promise<readonly [Stub, Stub]> {
  const id = nextId();
  const pair = [byName(id), byName(`${id}/1`)] as const;
  for (const stub of pair) await stub.pause();
  return pair;
}

const JOB = ["comments", "g1"] as const;

test("a job that comes back to a shard is taken again, in the same instance and in a new one", async () => {
  const [first, second] = await pausedPair();
  await first.enqueue([dispatch(1), dispatch(2)]);
  const before = (await deliveries(first)).map(({ id }) => id);
  for (const evict of [false, true, false]) {
    expect(await first.handOver(...JOB, 1)).toBe(true);
    expect([await states(first), await states(second)]).toEqual([
      [],
      ["g1#1 pending", "g1#2 pending"].map(held),
    ]);
    if (evict) await Promise.all([evictDurableObject(first), evictDurableObject(second)]);
    expect(await second.handOver(...JOB, 0)).toBe(true);
    expect([await states(first), await states(second)]).toEqual([
      ["g1#1 pending", "g1#2 pending"].map(held),
      [],
    ]);
  }
  expect((await deliveries(first)).map(({ id }) => id)).toEqual(before);
  await first.resume();
  await becomes(first, ["g1#1 delivered", "g1#2 delivered"]);
  expect(http.order()).toEqual(["g1#1", "g1#2"]);
});

/** A paused subscriber shows what waits as held. */
const held = (state: string): string => state.replace("pending", "held");

test("calls that repeat a hand-over, at once or later, move everything once", async () => {
  const [first, second] = await pausedPair();
  await first.enqueue([dispatch(1), dispatch(2), dispatch(3)]);
  const answers = await Promise.all([1, 2, 3].map(() => first.handOver(...JOB, 1)));
  expect([...answers, await first.handOver(...JOB, 1)]).toEqual([true, true, true, true]);
  expect(await states(second)).toEqual(["g1#1 held", "g1#2 held", "g1#3 held"]);
  expect(await first.state()).toMatchObject({ held: 0 });
  expect(await second.state()).toMatchObject({ held: 3 });
});

test("a former shard passes on what comes late, also when it has begun again", async () => {
  const [first, second] = await pausedPair();
  await first.enqueue([dispatch(1), dispatch(2)]);
  expect(await first.handOver(...JOB, 1)).toBe(true);
  for (const seq of [2, 3]) {
    await evictDurableObject(first);
    await first.resume();
    await first.enqueue([dispatch(seq)]);
  }
  expect(await states(first)).toEqual([]);
  expect(await states(second)).toEqual(["g1#1 held", "g1#2 held", "g1#3 held"]);
  await second.resume();
  await becomes(second, ["g1#1 delivered", "g1#2 delivered", "g1#3 delivered"]);
  expect(http.order()).toEqual(["g1#1", "g1#2", "g1#3"]);
});

test("a former shard passes on events of a job of which nothing waited", async () => {
  const [first, second] = await pausedPair();
  expect(await first.handOver(...JOB, 1)).toBe(true);
  await first.enqueue([dispatch(1)]);
  expect([await states(first), await states(second)]).toEqual([[], ["g1#1 held"]]);
  expect(await second.handOver(...JOB, 0)).toBe(true);
  await second.enqueue([dispatch(2)]);
  expect([await states(first), await states(second)]).toEqual([["g1#1 held", "g1#2 held"], []]);
});

test("a hand-over that comes late is refused where the job was handed over since", async () => {
  const [first, second] = await pausedPair();
  const startedAt = Date.now() - 1;
  await first.enqueue([dispatch(1)]);
  expect(await first.handOver(...JOB, 1)).toBe(true);
  expect(await second.handOver(...JOB, 0)).toBe(true);
  const late = { job: JOB.join("/"), startedAt, deliveries: [], progressSentAt: null };
  expect(await second.adopt(late)).toBe(false);
  await second.enqueue([dispatch(2)]);
  expect([await states(first), await states(second)]).toEqual([["g1#1 held", "g1#2 held"], []]);
});

test("a call to hand over that comes late does nothing once the job has come back", async () => {
  const [first, second] = await pausedPair();
  await first.enqueue([dispatch(1)]);
  const sentAt = Date.now();
  expect(await first.handOver(...JOB, 1, sentAt)).toBe(true);
  forward(1);
  expect(await second.handOver(...JOB, 0, Date.now())).toBe(true);
  for (const evict of [false, true]) {
    if (evict) await evictDurableObject(first);
    expect(await first.handOver(...JOB, 1, sentAt)).toBe(false);
    expect([await states(first), await states(second)]).toEqual([["g1#1 held"], []]);
  }
  forward(1);
  expect(await first.handOver(...JOB, 1, Date.now())).toBe(true);
  expect([await states(first), await states(second)]).toEqual([[], ["g1#1 held"]]);
});

test("two shards that hand a job to each other at once do not both pass on what comes", async () => {
  const [first, second] = await pausedPair();
  await first.enqueue([dispatch(1)]);
  const late = { job: JOB.join("/"), startedAt: Date.now(), deliveries: [], progressSentAt: null };
  await Promise.allSettled([first.handOver(...JOB, 1), second.handOver(...JOB, 0)]);
  await Promise.allSettled([
    second.adopt(late),
    first.handOver(...JOB, 1),
    second.handOver(...JOB, 0),
  ]);
  await first.enqueue([dispatch(2)]);
  await second.enqueue([dispatch(3)]);
  const both = [...(await states(first)), ...(await states(second))];
  expect(both.toSorted()).toEqual(["g1#1 held", "g1#2 held", "g1#3 held"]);
});

test("a call ends even where two shards each note that the other has the job", async () => {
  const [first, second] = await pausedPair();
  for (const [stub, shard] of [
    [first, 1],
    [second, 0],
  ] as const) {
    await runInDurableObject(stub, (_, { storage }) =>
      storage.sql.exec(
        "INSERT OR REPLACE INTO gone SELECT ?, ?, ?",
        `>${fingerprint(JOB.join("/"))}`,
        Date.now(),
        shard,
      ),
    );
    await evictDurableObject(stub);
  }
  await first.enqueue([dispatch(1)]);
  expect([...(await states(first)), ...(await states(second))]).toEqual(["g1#1 held"]);
});

test("a call that comes late brings nothing of a job that was erased, and its next life is taken", async () => {
  const [first, second] = await pausedPair();
  const [late, other] = [dispatch(2), dispatch(1, "job.created", "g2")];
  await first.enqueue([dispatch(1), other]);
  const erasedAt = Date.now();
  await first.erase(...JOB, true, erasedAt);
  await second.erase(...JOB, true, erasedAt);
  for (const stub of [first, second]) {
    await evictDurableObject(stub);
    await stub.enqueue([dispatch(1), late].map((one) => at(one, erasedAt)));
  }
  const started = { job: JOB.join("/"), startedAt: erasedAt - 1, progressSentAt: null };
  expect(await second.adopt({ ...started, deliveries: [] })).toBe(false);
  expect([await states(first), await states(second)]).toEqual([["g2#1 held"], []]);
  await first.enqueue([at(dispatch(1), erasedAt + 1)]);
  await first.erase(...JOB, true, erasedAt);
  expect(await states(first)).toEqual(["g2#1 held", "g1#1 held"]);
});

test("of an erased job nothing comes late to the shard where its next life is", async () => {
  const [first, second] = await pausedPair();
  const late = dispatch(3);
  const erasedAt = Date.now();
  await first.erase(...JOB, true, erasedAt);
  const next = [dispatch(1), dispatch(2)].map((one) => at(one, erasedAt + 1));
  await first.enqueue(next.slice(0, 1));
  expect(await first.handOver(...JOB, 1)).toBe(true);
  await evictDurableObject(first);
  await first.enqueue([at(late, erasedAt)]);
  await first.enqueue(next.slice(1));
  expect([await states(first), await states(second)]).toEqual([[], ["g1#1 held", "g1#2 held"]]);
});

test("an erasure follows a job to the shard that has it, whatever call has brought it there", async () => {
  const [first, second] = await pausedPair();
  await first.enqueue([dispatch(1), dispatch(1, "job.created", "g2")]);
  expect(await first.handOver(...JOB, 1)).toBe(true);
  // The job knows of its first shard alone: the call was one of its former life.
  await evictDurableObject(first);
  await first.erase(...JOB, true, Date.now());
  expect([await states(first), await states(second)]).toEqual([["g2#1 held"], []]);
  await second.enqueue([at(dispatch(1), Date.now())]);
  expect(await states(second)).toEqual([]);
});

test("an end of retention that comes late takes nothing of the job's next life", async () => {
  const [first] = await pausedPair();
  const expiredAt = Date.now();
  await first.enqueue([dispatch(1)]);
  await first.erase(...JOB, false, expiredAt);
  expect(await states(first)).toEqual([]);
  forward(1);
  await first.enqueue([dispatch(2)]);
  await first.erase(...JOB, false, expiredAt);
  expect(await states(first)).toEqual(["g1#2 held"]);
  await first.resume();
  await becomes(first, ["g1#2 delivered"]);
  await first.expire(...JOB, expiredAt);
  expect(await states(first)).toEqual(["g1#2 delivered"]);
  await first.expire(...JOB, Date.now());
  expect(await states(first)).toEqual([]);
});

/** An event that was emitted at an instant. */
const at = <T extends ReturnType<typeof dispatch>>(one: T, time: number): T => ({
  ...one,
  event: { ...one.event, time: new Date(time).toISOString() },
});

test("a part that comes twice, as after a crash before it was deleted, is taken once", async () => {
  const [first, second] = await pausedPair();
  await first.enqueue([dispatch(1)]);
  await second.enqueue([dispatch(1), dispatch(2)]);
  expect(await first.handOver(...JOB, 1)).toBe(true);
  expect(await states(second)).toEqual(["g1#1 held", "g1#2 held"]);
  expect(await states(first)).toEqual([]);
});

test("more than one call can carry moves in order, and bodies that fit into no row stay whole", async () => {
  const [first, second] = await pausedPair();
  const large = dispatch(701);
  const text = "x".repeat(1_900_000);
  await first.enqueue(Array.from({ length: 700 }, (_, index) => dispatch(index + 1)));
  await first.enqueue([{ ...large, event: { ...large.event, details: { text } } }]);
  expect(await first.handOver(...JOB, 1)).toBe(true);
  expect(await second.state()).toMatchObject({ held: 701 });
  await second.resume();
  await expect.poll(async () => (await second.state()).delivered).toBe(701);
  expect(http.requests.map(({ seq }) => seq)).toEqual(
    Array.from({ length: 701 }, (_, index) => index + 1),
  );
  expect(http.requests.at(-1)?.body).toContain(text);
});

test("nothing moves while a delivery of the job is under way, and nothing is lost then", async () => {
  const [first, second] = await pausedPair();
  const answered = gate();
  http.script = async () => {
    await answered.opened;
    return answer(503);
  };
  await first.enqueue([dispatch(1), dispatch(2)]);
  await first.resume();
  await expect.poll(() => http.requests.length).toBe(1);
  expect(await first.handOver(...JOB, 1)).toBe(false);
  answered.open();
  await expect.poll(async () => (await deliveries(first))[0]?.attempts.length).toBe(1);
  expect(await first.handOver(...JOB, 1)).toBe(true);
  const [moved] = await deliveries(second);
  expect(moved).toMatchObject({ attempts: [{ status: 503, trigger: "initial" }] });
  expect(await states(second)).toEqual(["g1#1 held", "g1#2 held"]);
});

test("other jobs stay, and a delivery that is finished stays where it was delivered", async () => {
  const [first, second] = await pausedPair();
  await first.resume();
  await first.enqueue([dispatch(1)]);
  await becomes(first, ["g1#1 delivered"]);
  await first.pause();
  await first.enqueue([dispatch(2), dispatch(1, "job.created", "g2")]);
  expect(await first.handOver(...JOB, 1)).toBe(true);
  expect(await states(first)).toEqual(["g1#1 delivered", "g2#1 held"]);
  expect(await states(second)).toEqual(["g1#2 held"]);
});

test("a new shard begins as the subscriber stands, and shard 0 knows of it", async () => {
  const id = nextId();
  const [first, third] = [byName(id), byName(`${id}/2`)];
  await first.pause();
  expect(await first.shards()).toBe(1);
  await third.enqueue([dispatch(1)]);
  await expect.poll(() => first.shards()).toBe(3);
  await expect.poll(async () => (await third.state()).health.state).toBe("paused");
  expect(http.requests).toEqual([]);
});
