// The log lines of a subscriber, and which attempts its account hears of.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Reporter, type AttemptReport } from "../../../../src/deliver/report/report.io.ts";
import { HEALTHY } from "../../../../src/deliver/retry/breaker.ts";
import { INITIAL_STATE } from "../../../../src/deliver/state.ts";
import type { SubscriberConfig } from "../../../../src/deliver/subscriber-config.ts";
import type { AttemptEnvelope } from "../../../../src/model/event.ts";
import { dispatch, NOW, row } from "../queue/builders.ts";

let lines: { readonly level: string; readonly line: unknown }[];
beforeEach(() => {
  lines = [];
  for (const level of ["info", "warn", "error"] as const)
    vi.spyOn(console, level).mockImplementation((text: string) => {
      lines.push({ level, line: JSON.parse(text) });
    });
});
afterEach(() => vi.restoreAllMocks());

const config = {
  settings: { logLevel: "info" },
  subscriber: { id: "crm", target: { kind: "queue", binding: "Q" }, attemptEvents: true },
} as unknown as SubscriberConfig;

const report = (over: Partial<AttemptReport["settlement"]> = {}): AttemptReport => ({
  dispatch,
  delivery: "dlv_1_0a",
  config,
  settlement: {
    row: row(1, { attempts: 2 }),
    state: "delivered",
    outcome: "delivered",
    sent: true,
    entry: { time: NOW, status: 200, error: null, ms: 7, trigger: "retry", answer: "" },
    subscriberState: INITIAL_STATE,
    ...over,
  },
  healthBefore: HEALTHY,
  erased: false,
});

/** A reporter, and the attempt events that it sends. */
function open(): { readonly reporter: Reporter; readonly sent: AttemptEnvelope[] } {
  const sent: AttemptEnvelope[] = [];
  const getByName = (): object => ({
    announce: (events: readonly AttemptEnvelope[]) => {
      sent.push(...events);
      return Promise.resolve();
    },
  });
  return {
    reporter: new Reporter({ ACCOUNT: { getByName } } as unknown as Env, "crm", () => undefined),
    sent,
  };
}

test("an attempt is one line that has its own name and the event's", () => {
  const { reporter, sent } = open();
  const attempt = reporter.report(report());
  if (attempt !== null) reporter.announce(attempt);
  reporter.flush();
  expect(lines).toEqual([
    {
      level: "info",
      line: {
        event: "delivery.attempted",
        subscriber: "crm",
        delivery: "dlv_1_0a",
        eventType: "job.finished",
        guid: "g1",
        attempt: 2,
        status: 200,
        ms: 7,
        outcome: "delivered",
      },
    },
  ]);
  expect(sent.map(({ event }) => event)).toEqual(["webhook.event.created"]);
});

test("a failed attempt is a warning with its error", () => {
  const { reporter } = open();
  const entry = { time: NOW, status: 0, error: "timeout: no answer", ms: 7, answer: null } as const;
  reporter.report(report({ outcome: "retry", entry: { ...entry, trigger: "initial" } }));
  expect(lines).toMatchObject([
    { level: "warn", line: { event: "delivery.attempted", error: "timeout: no answer" } },
  ]);
});

test("an attempt that had nothing to deliver is a line and no attempt event", () => {
  const { reporter, sent } = open();
  const entry = { time: NOW, status: 0, error: "no file", ms: 0, answer: null } as const;
  reporter.report(
    report({ outcome: "cancelled", sent: false, entry: { ...entry, trigger: "initial" } }),
  );
  reporter.flush();
  expect(lines).toMatchObject([
    { level: "info", line: { event: "delivery.attempted", outcome: "cancelled" } },
  ]);
  expect(sent).toEqual([]);
});
