// The event about an attempt: what it shows, and which attempts have none.

import { describe, expect, test } from "vitest";
import { testDispatch } from "../../../../src/deliver/queue/rows.ts";
import {
  attemptEnvelope,
  byAccount,
  isReported,
} from "../../../../src/deliver/report/attempt-event.ts";
import type { AttemptEnvelope } from "../../../../src/model/event.ts";
import { event } from "../queue/builders.ts";
import { accountMessage } from "../../model/builders.ts";

const NOW = Date.UTC(2026, 10, 21, 19);

describe("an attempt's event", () => {
  const facts = {
    event,
    delivery: "dlv_1_0a",
    subscriber: "crm",
    attempt: 2,
    status: 200,
    at: NOW,
  } as const;

  test("names the delivery, its job and only the origin of the URL, which may hold secrets", () => {
    const url = "https://user:pass@crm.example.com/services/T0/B0/s3cret?token=s3cret#x";
    expect(attemptEnvelope({ ...facts, target: { kind: "url", url } }, "evt_a")).toEqual({
      version: "v3-beta",
      event: "webhook.event.created",
      guid: "dlv_1_0a",
      status: "200",
      url: null,
      details: {
        uuid: "dlv_1_0a",
        event: "job.finished",
        responseCode: "200",
        webhookUrl: "https://crm.example.com",
        subscriber: "crm",
        guid: "g1",
        attempt: 2,
      },
      id: "evt_a",
      source: "comments",
      account: "acme",
      time: "2026-11-21T19:00:00.000Z",
    });
  });

  test("of an account's event names no job", () => {
    const target = { kind: "url", url: "https://crm.example.com/" } as const;
    expect(
      attemptEnvelope({ ...facts, event: accountMessage, target }, "evt_a").details,
    ).toMatchObject({
      event: "subscription.updated",
      guid: null,
    });
  });

  test("of a binding names the binding, and of no answer has the status 0", () => {
    const envelope = attemptEnvelope(
      { ...facts, status: 0, target: { kind: "service", binding: "CRM" } },
      "evt_a",
    );
    expect([envelope.status, envelope.details.webhookUrl]).toEqual(["0", "service:CRM"]);
  });

  test.each(["probing", "active", "disabled"] as const)(
    "says that the subscriber is %s now, and nothing when it is what it was",
    (newState) => {
      const target = { kind: "queue", binding: "Q" } as const;
      expect(attemptEnvelope({ ...facts, target, newState }, "evt_a").details).toMatchObject({
        subscriberState: newState,
      });
      expect(attemptEnvelope({ ...facts, target }, "evt_a").details).not.toHaveProperty(
        "subscriberState",
      );
    },
  );

  test("is not sent for tests, nor for attempt events", () => {
    const attempt: AttemptEnvelope = attemptEnvelope(
      { ...facts, target: { kind: "queue", binding: "Q" } },
      "evt_a",
    );
    expect([
      isReported(event),
      isReported(attempt),
      isReported(testDispatch("0a", "", "").event),
    ]).toEqual([true, false, false]);
    expect(
      [...byAccount([attempt, { ...attempt, account: "b" }, attempt])].map(([account, batch]) => [
        account,
        batch.length,
      ]),
    ).toEqual([
      ["acme", 2],
      ["b", 1],
    ]);
  });
});
