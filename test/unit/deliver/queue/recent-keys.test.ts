// Which events were taken already: exact, whatever is remembered.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  keyOfDispatch,
  REMEMBERED,
  RecentKeys,
} from "../../../../src/deliver/queue/recent-keys.ts";
import {
  kindOf,
  isTest,
  packDispatch,
  testDispatch,
  unpackDispatch,
} from "../../../../src/deliver/queue/rows.ts";
import {
  attemptEnvelope,
  byAccount,
  isReported,
} from "../../../../src/deliver/report/attempt-event.ts";
import type { AttemptEnvelope, JobEnvelope } from "../../../../src/model/event.ts";
import type { Dispatch } from "../../../../src/model/messages.ts";
import { MINUTE } from "../../../../src/kernel/time.ts";

const NOW = Date.UTC(2026, 10, 21, 19);

const event: JobEnvelope = {
  version: "v3-beta",
  event: "job.finished",
  guid: "g1",
  status: "done",
  url: null,
  details: { guid: "g1", note: "ü" },
  id: "evt_1",
  seq: 3,
  attempt: 1,
  source: "comments",
  account: "acme",
  time: "2026-11-21T19:00:00.000Z",
};
const dispatch: Dispatch = { event, provider: "exportcomments", traceparent: "00-1-2-01" };

describe("a key", () => {
  const one = [{ key: "a", at: NOW }];
  test.each([
    { name: "known", newest: one, all: false, key: "a", emittedAt: NOW, answer: "known" },
    {
      name: "new, and younger than all that is remembered",
      newest: one,
      all: false,
      key: "b",
      emittedAt: NOW + MINUTE + 1,
      answer: "new",
    },
    {
      name: "new, but no younger than the skew of two clocks",
      newest: one,
      all: false,
      key: "b",
      emittedAt: NOW + MINUTE,
      answer: "unsure",
    },
    {
      name: "older than what is remembered",
      newest: one,
      all: false,
      key: "b",
      emittedAt: NOW - 1,
      answer: "unsure",
    },
    {
      name: "older, where everything is remembered",
      newest: one,
      all: true,
      key: "b",
      emittedAt: NOW - 1,
      answer: "new",
    },
    { name: "the first of all", newest: [], all: true, key: "b", emittedAt: NOW, answer: "new" },
  ])("$name", ({ newest, all, key, emittedAt, answer }) => {
    expect(new RecentKeys(newest, all).answer(key, emittedAt)).toBe(answer);
  });

  test("that is pushed out of memory is asked for again, never taken for new", () => {
    const seen = new RecentKeys([], true);
    for (let index = 0; index < REMEMBERED; index += 1) seen.add(`k${index}`, NOW + index);
    expect(seen.answer("k0", NOW)).toBe("known");
    seen.add("one more", NOW + REMEMBERED);
    expect(seen.answer("k0", NOW)).toBe("unsure");
    expect(seen.answer("k1", NOW)).toBe("known");
    expect(seen.answer("other", NOW + REMEMBERED + 2 * MINUTE)).toBe("new");
  });

  test("is the event's, and another one for each replay", () => {
    expect(
      [dispatch, { ...dispatch, replay: "r1" }, { ...dispatch, replay: "r2" }].map(keyOfDispatch),
    ).toEqual(["evt_1", "evt_1 r1", "evt_1 r2"]);
  });
});

describe("a row's body", () => {
  test("gives the dispatch back, with the provider's bytes or without", () => {
    fc.assert(
      fc.property(fc.option(fc.uint8Array({ maxLength: 200 })), (bytes) => {
        const given: Dispatch =
          bytes === null
            ? dispatch
            : {
                ...dispatch,
                replay: "r",
                raw: { contentType: "text/plain", body: new Uint8Array(bytes) },
              };
        const { bytes: packed, jsonBytes } = packDispatch(given);
        expect(unpackDispatch(packed, jsonBytes, given.raw?.contentType ?? null)).toEqual(given);
      }),
    );
  });

  test.each([
    ["job.progress", "progress"],
    ["job.finished", "end"],
    ["job.failed", "end"],
    ["bulk_download.ready", "end"],
    ["bulk_download.failed", "end"],
    ["job.created", "other"],
    ["job.started", "other"],
    ["job.requeued", "other"],
    ["job.convert.done", "other"],
    ["job.convert.failed", "other"],
    ["job.stalled", "other"],
    ["job.archived", "other"],
    ["subscription.updated", "other"],
  ] as const)("%s is %s to the queue", (name, kind) => {
    expect(kindOf(name)).toBe(kind);
  });

  test("a test event is known by its id, an ordinary one never is", () => {
    const { event: sent } = testDispatch("0a0b", "2026-11-21T19:00:00.000Z", "00-1-2-01");
    expect([
      isTest(sent.id),
      isTest("evt_7e57aaaaaaaaaaaaaaaaaaaa"),
      sent.id.includes("."),
    ]).toEqual([true, false, false]);
  });
});

describe("an attempt's event", () => {
  const made = {
    event,
    delivery: "dlv_1_0a",
    subscriber: "crm",
    attempt: 2,
    status: 200,
    at: NOW,
  } as const;

  test("names the delivery, its job and the origin it went to: path, query and user may be secrets", () => {
    const url = "https://user:pass@crm.example.com/services/T0/B0/s3cret?token=s3cret#x";
    expect(attemptEnvelope({ ...made, target: { kind: "url", url } }, "evt_a")).toEqual({
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

  test("of a binding names the binding, and of no answer has the status 0", () => {
    const envelope = attemptEnvelope(
      { ...made, status: 0, target: { kind: "service", binding: "CRM" } },
      "evt_a",
    );
    expect([envelope.status, envelope.details.webhookUrl]).toEqual(["0", "service:CRM"]);
  });

  test.each(["probing", "active", "disabled"] as const)(
    "says that the subscriber is %s now, and nothing when it is what it was",
    (becomes) => {
      const target = { kind: "queue", binding: "Q" } as const;
      expect(attemptEnvelope({ ...made, target, becomes }, "evt_a").details).toMatchObject({
        subscriberState: becomes,
      });
      expect(attemptEnvelope({ ...made, target }, "evt_a").details).not.toHaveProperty(
        "subscriberState",
      );
    },
  );

  test("is not told about tests, nor about attempts", () => {
    const attempt: AttemptEnvelope = attemptEnvelope(
      { ...made, target: { kind: "queue", binding: "Q" } },
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
