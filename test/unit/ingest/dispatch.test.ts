import { describe, expect, test } from "vitest";
import { dispatch } from "../../../src/ingest/dispatch.io.ts";
import type { RunEvent } from "../../../src/ingest/correlation/runs.ts";
import type { PreparedUpdate } from "../../../src/ingest/normalize/normalize.io.ts";
import type { RunUpdate } from "../../../src/ingest/normalize/normalize.ts";
import type { AccountUpdate, JobUpdate } from "../../../src/model/messages.ts";

const runUpdate: RunUpdate = {
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

const jobUpdate = (guid: string): PreparedUpdate => ({
  kind: "job",
  update: { ...runUpdate, guid, details: { guid, status: "done" } },
});

const failure = (flags: object) => Object.assign(new Error("object failed"), flags);

/** Bindings of objects that note each call; `faults` are thrown first, one per call of a job. */
function bindings(faults: readonly Error[] = []): {
  readonly calls: string[];
  readonly env: Env;
} {
  const calls: string[] = [];
  const left = [...faults];
  const env: unknown = {
    JOB: {
      getByName: (name: string) => ({
        ingest: async ({ guid, details }: JobUpdate) => {
          calls.push(`job ${name} ${JSON.stringify(details)}`);
          const thrown = left.shift();
          if (thrown !== undefined) throw thrown;
          return { result: "accepted", events: [`evt_${guid}`] };
        },
      }),
    },
    ACCOUNT: {
      getByName: (name: string) => ({
        ingest: async ({ body }: AccountUpdate) => {
          calls.push(`account ${name} ${JSON.stringify(body)}`);
          return { result: "duplicate", events: [] };
        },
      }),
    },
    CORRELATION: {
      getByName: (name: string) => ({
        assign: async ({ eventId }: RunEvent, retention: number) => {
          calls.push(`run ${name} ${eventId} ${retention}`);
          return { guid: "btz_1" };
        },
      }),
    },
  };
  return { calls, env: env as Env };
}

describe("dispatch", () => {
  test("asks for the guid of a run first and puts it into the update and its details", async () => {
    const { calls, env } = bindings();
    const run: PreparedUpdate = {
      kind: "run",
      context: "hash",
      run: { phase: "completed", eventId: "k", createdAt: 1 },
      update: runUpdate,
    };
    expect(await dispatch(env, [run], 5)).toEqual({
      ok: true,
      value: [
        {
          kind: "stored",
          event: "job.finished",
          answer: { result: "accepted", events: ["evt_btz_1"] },
          job: { source: "reports", guid: "btz_1" },
        },
      ],
    });
    expect(calls).toEqual([
      "run reports/hash k 5",
      'job reports/btz_1 {"guid":"btz_1","status":"done"}',
    ]);
  });

  test("sends a batch in its order", async () => {
    const { calls, env } = bindings();
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
    const batch = [jobUpdate("a"), { kind: "ignored", reason: "r" } as const, account];
    expect(await dispatch(env, batch, 5)).toEqual({
      ok: true,
      value: [
        {
          kind: "stored",
          event: "job.finished",
          answer: { result: "accepted", events: ["evt_a"] },
          job: { source: "reports", guid: "a" },
        },
        { kind: "ignored", reason: "r" },
        {
          kind: "stored",
          event: "subscription.updated",
          answer: { result: "duplicate", events: [] },
          job: null,
        },
      ],
    });
    expect(calls).toEqual([
      'job reports/a {"guid":"a","status":"done"}',
      'account acme {"type":"subscription.updated","source":"reports","account":"acme"}',
    ]);
  });

  test("stops at the first object that cannot be reached", async () => {
    const { calls, env } = bindings([failure({ overloaded: true, retryable: true })]);
    expect(await dispatch(env, [jobUpdate("a"), jobUpdate("b")], 5)).toEqual({
      ok: false,
      fault: { reason: "overloaded", message: "object failed" },
    });
    expect(calls).toHaveLength(1);
  });

  test("asks an object that moves again", async () => {
    const { calls, env } = bindings([failure({ retryable: true }), failure({ retryable: true })]);
    expect((await dispatch(env, [jobUpdate("a")], 5)).ok).toBe(true);
    expect(calls).toHaveLength(3);
  });
});
