import { describe, expect, test } from "vitest";
import { dispatch, type DispatchDeps } from "../../../src/ingest/dispatch.io.ts";
import type { PreparedUpdate } from "../../../src/ingest/normalize/normalize.io.ts";
import type { JobDraft } from "../../../src/ingest/normalize/normalize.ts";
import { afterFailure } from "../../../src/durable/object-call.ts";
import { callObject } from "../../../src/durable/object-call.io.ts";

const draft: JobDraft = {
  event: "job.finished",
  source: "reports",
  provider: "betterez",
  account: "acme",
  key: { kind: "id", value: "k" },
  url: null,
  current: null,
  total: null,
  error: null,
  details: { status: "done" },
  occurredAt: null,
  traceparent: "00-trace",
};

const failure = (flags: object) => Object.assign(new Error("object failed"), flags);

/** Doors that note who knocks; `faults` are thrown first, one per call of a job. */
function doors(faults: readonly Error[] = []): {
  readonly calls: string[];
  readonly doors: DispatchDeps;
} {
  const calls: string[] = [];
  const left = [...faults];
  return {
    calls,
    doors: {
      job: async ({ guid, details }) => {
        calls.push(`job ${guid} ${JSON.stringify(details)}`);
        const thrown = left.shift();
        if (thrown !== undefined) throw thrown;
        return { result: "accepted", events: [`evt_${guid}`] };
      },
      account: async ({ account }) => {
        calls.push(`account ${account}`);
        return { result: "duplicate", events: [] };
      },
      run: async (source, context, { eventId }, retention) => {
        calls.push(`run ${source} ${context} ${eventId} ${retention}`);
        return { guid: "btz_1" };
      },
    },
  };
}

const job = (guid: string): PreparedUpdate => ({ kind: "job", guid, draft });

describe("handOver", () => {
  test("a run is asked for first, and its guid is in the update and its details", async () => {
    const { calls, doors: open } = doors();
    const ready: PreparedUpdate = {
      kind: "run",
      context: "hash",
      run: { phase: "completed", eventId: "k", createdAt: 1 },
      draft,
    };
    expect(await dispatch(open, [ready], 5)).toEqual({
      ok: true,
      value: [
        {
          kind: "stored",
          answer: { result: "accepted", events: ["evt_btz_1"] },
          job: { source: "reports", guid: "btz_1" },
        },
      ],
    });
    expect(calls).toEqual(["run reports hash k 5", 'job btz_1 {"guid":"btz_1","status":"done"}']);
  });

  test("a batch is handed over in its order", async () => {
    const { calls, doors: open } = doors();
    const account: PreparedUpdate = {
      kind: "account",
      update: {
        source: "reports",
        provider: "x",
        account: "acme",
        key: { kind: "id", value: "k" },
        body: { type: "subscription.updated", source: "reports", account: "acme" },
        traceparent: "",
      },
    };
    expect(await dispatch(open, [job("a"), { kind: "ignored", reason: "r" }, account], 5)).toEqual({
      ok: true,
      value: [
        {
          kind: "stored",
          answer: { result: "accepted", events: ["evt_a"] },
          job: { source: "reports", guid: "a" },
        },
        { kind: "ignored", reason: "r" },
        { kind: "stored", answer: { result: "duplicate", events: [] }, job: null },
      ],
    });
    expect(calls).toEqual(['job a {"guid":"a","status":"done"}', "account acme"]);
  });

  test("it stops at the first object that cannot be reached", async () => {
    const { calls, doors: open } = doors([failure({ overloaded: true, retryable: true })]);
    expect(await dispatch(open, [job("a"), job("b")], 5)).toEqual({
      ok: false,
      fault: { reason: "overloaded", message: "object failed" },
    });
    expect(calls).toHaveLength(1);
  });

  test("an object that moves is asked again", async () => {
    const { calls, doors: open } = doors([
      failure({ retryable: true }),
      failure({ retryable: true }),
    ]);
    expect((await dispatch(open, [job("a")], 5)).ok).toBe(true);
    expect(calls).toHaveLength(3);
  });
});

describe("callObject", () => {
  test("gives up after the third try", async () => {
    let tries = 0;
    const call = async (): Promise<never> => {
      tries += 1;
      throw failure({ retryable: true });
    };
    expect(await callObject(call)).toEqual({
      ok: false,
      fault: { reason: "unreachable", message: "object failed" },
    });
    expect(tries).toBe(3);
  });

  test("does not ask again when the object's code threw", async () => {
    let tries = 0;
    const call = (): Promise<never> => {
      tries += 1;
      throw new TypeError("bug");
    };
    expect(await callObject(call)).toEqual({
      ok: false,
      fault: { reason: "threw", message: "bug" },
    });
    expect(tries).toBe(1);
  });
});

test.each([
  [
    "the first failure waits half at least",
    failure({ retryable: true }),
    { tries: 1, chance: 0 },
    { kind: "again", wait: 25 },
  ],
  [
    "and all at most",
    failure({ retryable: true }),
    { tries: 1, chance: 0.9999 },
    { kind: "again", wait: 50 },
  ],
  [
    "the second waits twice as long",
    failure({ retryable: true }),
    { tries: 2, chance: 0 },
    { kind: "again", wait: 50 },
  ],
  [
    "the third is the last",
    failure({ retryable: true }),
    { tries: 3, chance: 0 },
    { kind: "give-up", fault: "unreachable" },
  ],
  [
    "an overloaded object is left alone",
    failure({ overloaded: true }),
    { tries: 1, chance: 0 },
    { kind: "give-up", fault: "overloaded" },
  ],
  [
    "though it says retryable",
    failure({ overloaded: true, retryable: true }),
    { tries: 1, chance: 0 },
    { kind: "give-up", fault: "overloaded" },
  ],
  [
    "flags that are no booleans count for nothing",
    failure({ overloaded: "yes", retryable: 1 }),
    { tries: 1, chance: 0 },
    { kind: "give-up", fault: "threw" },
  ],
  [
    "an error without flags is a bug",
    new Error("x"),
    { tries: 1, chance: 0 },
    { kind: "give-up", fault: "threw" },
  ],
  [
    "and so is anything else that is thrown",
    null,
    { tries: 1, chance: 0 },
    { kind: "give-up", fault: "threw" },
  ],
  ["text too", "retryable", { tries: 1, chance: 0 }, { kind: "give-up", fault: "threw" }],
])("%s", (_, error, { tries, chance }, expected) => {
  expect(afterFailure(error, tries, chance)).toEqual(expected);
});
