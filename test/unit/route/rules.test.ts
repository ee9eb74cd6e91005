// Who gets an event, and the reason that is given.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSettings } from "../../../src/config/parse.ts";
import type { Rule, RuleMatch, Settings } from "../../../src/config/settings.ts";
import {
  JOB_EVENTS,
  type AttemptEnvelope,
  type JobEnvelope,
  type SubscriptionMessage,
} from "../../../src/model/event.ts";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { explain, route } from "../../../src/route/rules.ts";

const SUBSCRIBERS = ["crm", "bi", "mail"];

function configured(rules: readonly Partial<Rule>[]): Settings {
  const parsed = parseSettings({
    SUBSCRIBERS: SUBSCRIBERS.map((id) => ({
      id,
      queue: "Q",
      format: id === "bi" ? "cloudevents" : "envelope",
    })),
    Q: {},
  });
  if (!parsed.ok) throw new Error(parsed.fault.join("\n"));
  return {
    ...parsed.value,
    rules: rules.map((rule, index) => ({
      id: `r${index}`,
      match: {},
      where: null,
      to: ["crm"],
      ...rule,
    })),
  };
}

const job = (members: Partial<JobEnvelope> = {}): JobEnvelope => ({
  version: "v3-beta",
  event: "job.finished",
  guid: "g-1",
  status: "done",
  url: null,
  details: { guid: "g-1", skipRate: 0.2 },
  id: "evt_1",
  seq: 3,
  attempt: 1,
  source: "comments",
  account: "acme",
  time: "2026-11-21T19:00:00.000Z",
  ...members,
});

const attempt: AttemptEnvelope = {
  version: "v3-beta",
  event: "webhook.event.created",
  guid: "g-1",
  status: "200",
  url: null,
  details: {},
  id: "evt_2",
  source: "comments",
  account: "acme",
  time: "2026-11-21T19:00:00.000Z",
};

const subscription: SubscriptionMessage = {
  type: "subscription.updated",
  plan: "pro",
  action: "renewed",
  status: "done",
  id: "evt_3",
  source: "comments",
  account: "acme",
  time: "2026-11-21T19:00:00.000Z",
};

const matches = (match: RuleMatch, event = job()): boolean =>
  route(event, "exportcomments", configured([{ match }])).length === 1;

describe("routing", () => {
  test("without any rule every subscriber gets every event", () => {
    expect(route(job(), "exportcomments", configured([]))).toEqual(SUBSCRIBERS);
    expect(route(subscription, "exportcomments", configured([]))).toEqual(SUBSCRIBERS);
  });

  test("with rules that do not match nobody gets it", () => {
    expect(
      route(job(), "exportcomments", configured([{ match: { event: ["job.failed"] } }])),
    ).toEqual([]);
  });

  test("an event goes once to a subscriber, in configuration order, however many rules name it", () => {
    const settings = configured([
      { to: ["mail", "crm", "mail"] },
      { to: ["crm"] },
      { match: { source: ["x"] }, to: ["bi"] },
    ]);
    expect(route(job(), "exportcomments", settings)).toEqual(["crm", "mail"]);
  });

  test("a rule that names nobody that exists delivers to nobody", () => {
    expect(route(job(), "exportcomments", configured([{ to: ["gone"] }]))).toEqual([]);
  });

  test("delivery attempts never go to subscribers", () => {
    expect(route(attempt, "exportcomments", configured([]))).toEqual([]);
    expect(route(attempt, "exportcomments", configured([{ match: { event: ["*"] } }]))).toEqual([]);
  });

  test.each<[RuleMatch, boolean]>([
    [{}, true],
    [{ event: ["job.finished"] }, true],
    [{ event: ["job.failed", "job.fin*"] }, true],
    [{ event: ["finished"] }, false],
    [{ source: ["comments"] }, true],
    [{ source: ["comment"] }, false],
    [{ provider: ["export*"] }, true],
    [{ provider: ["betterez"] }, false],
    [{ account: ["ac*"] }, true],
    [{ account: ["ACME"] }, false],
    [{ status: ["done"] }, true],
    [{ status: ["error", "queueing"] }, false],
    [
      { event: ["job.*"], source: ["*"], provider: ["*"], account: ["acme"], status: ["d*e"] },
      true,
    ],
    [
      { event: ["job.*"], source: ["*"], provider: ["*"], account: ["other"], status: ["done"] },
      false,
    ],
    [{ event: [] }, false],
  ])("a match on %j is %j", (match, expected) => {
    expect(matches(match)).toBe(expected);
  });

  test("a typed message has no status of ours, whatever it carries", () => {
    const settings = configured([
      { match: { status: ["*"] } },
      { match: { event: ["subscription.updated"] }, to: ["bi"] },
    ]);
    expect(route(subscription, "exportcomments", settings)).toEqual(["bi"]);
  });

  test.each<[JsonObject, JsonObject, boolean]>([
    [{ "details.skipRate": { $gt: 0.1 } }, { skipRate: 0.2 }, true],
    [{ "details.skipRate": { $gt: 0.1 } }, { skipRate: 0.1 }, false],
    [{ "details.skipRate": { $gt: 0.1 } }, { skipRate: "0.2" }, false],
    [{ "details.skipRate": { $gt: 0.1 } }, { skipRate: { valueOf: 1, toString: 1 } }, false],
    [{ "details.skipRate": { $gt: 0.1 } }, {}, false],
    [{ "details.tags": "a" }, { tags: ["b", "a"] }, true],
    [{ "details.x": { y: 1 } }, JSON.parse('{"x":{"__proto__":{"y":1}}}') as JsonObject, false],
    [
      { "details.isAdmin": true },
      JSON.parse('{"__proto__":{"isAdmin":true}}') as JsonObject,
      false,
    ],
    [{ "details.x.y": 1 }, { x: { hasOwnProperty: 1, constructor: 1, toJSON: 1, y: 1 } }, true],
    [{ "details.x": [1, 2] }, { x: { length: 2, 0: 1, 1: 2 } }, false],
    [{ event: "job.finished", seq: { $gte: 3 } }, {}, true],
  ])("where %j on details %j is %j", (where, details, expected) => {
    expect(route(job({ details }), "exportcomments", configured([{ where }]))).toEqual(
      expected ? ["crm"] : [],
    );
  });

  test("a filter that throws or is none does not match and stops nothing", () => {
    const throwing = new Proxy(
      {},
      {
        get: () => {
          throw new Error("hostile");
        },
      },
    ) as JsonObject;
    const settings = configured([
      { where: { "details.a": 1 } },
      { where: { $where: "return true" } },
      { to: ["bi"] },
    ]);
    expect(explain(job({ details: throwing }), "exportcomments", settings)).toEqual({
      rules: [
        { id: "r0", matches: false, why: "where cannot be evaluated on this event" },
        { id: "r1", matches: false, why: "where is not a valid filter" },
        { id: "r2", matches: true, why: "matches" },
      ],
      deliveries: [{ subscriber: "bi", format: "cloudevents" }],
    });
  });
});

describe("explaining", () => {
  test.each<[Partial<Rule>, string]>([
    [{}, "matches"],
    [{ match: { event: ["job.finished"] }, where: { seq: 3 } }, "matches"],
    [{ match: { event: ["job.progress"] } }, 'event "job.finished" is not job.progress'],
    [
      { match: { event: ["job.progress", "job.failed"] } },
      'event "job.finished" is not one of job.progress, job.failed',
    ],
    [{ match: { source: ["email"], account: ["x"] } }, 'source "comments" is not email'],
    [{ match: { provider: ["betterez"] } }, 'provider "exportcomments" is not betterez'],
    [{ match: { source: ["*"], account: ["x*"] } }, 'account "acme" is not x*'],
    [{ match: { status: ["error"] } }, 'status "done" is not error'],
    [{ where: { seq: { $gt: 3 } } }, "where does not hold"],
  ])("the rule %j says: %s", (rule, why) => {
    expect(explain(job(), "exportcomments", configured([rule])).rules).toEqual([
      { id: "r0", matches: why === "matches", why },
    ]);
  });

  test("an event without a status says so", () => {
    expect(
      explain(subscription, "exportcomments", configured([{ match: { status: ["done"] } }])).rules,
    ).toEqual([{ id: "r0", matches: false, why: "the event has no status" }]);
  });

  test("a delivery attempt goes nowhere and each rule says why", () => {
    expect(explain(attempt, "exportcomments", configured([{}]))).toEqual({
      rules: [
        {
          id: "r0",
          matches: false,
          why: 'event "webhook.event.created" is never forwarded to subscribers',
        },
      ],
      deliveries: [],
    });
  });

  test("without rules it names every subscriber with its format", () => {
    expect(explain(job(), "exportcomments", configured([]))).toEqual({
      rules: [],
      deliveries: [
        { subscriber: "crm", format: "envelope" },
        { subscriber: "bi", format: "cloudevents" },
        { subscriber: "mail", format: "envelope" },
      ],
    });
  });
});

test("route and explain agree, and nobody gets an event twice", () => {
  const globs = fc.array(
    fc.constantFrom(
      "*",
      "job.*",
      "job.finished",
      "job.failed",
      "acme",
      "a*",
      "comments",
      "done",
      "err*",
    ),
    {
      maxLength: 3,
    },
  );
  const match = fc.record(
    { event: globs, source: globs, account: globs, status: globs },
    { requiredKeys: [] },
  );
  const rule = fc.record({
    match,
    to: fc.array(fc.constantFrom(...SUBSCRIBERS, "gone"), { maxLength: 6 }),
  });
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 6 }),
      fc.constantFrom(...JOB_EVENTS),
      fc.constantFrom("acme", "b"),
      (rules, name, account) => {
        const settings = configured(rules);
        const event = job({ event: name, account });
        const subscribers = route(event, "exportcomments", settings);
        const explained = explain(event, "exportcomments", settings);
        expect(new Set(subscribers).size).toBe(subscribers.length);
        expect(subscribers).toEqual(SUBSCRIBERS.filter((id) => subscribers.includes(id)));
        expect(explained.deliveries.map((delivery) => delivery.subscriber)).toEqual(subscribers);
        const named = new Set(
          rules.flatMap((each, index) => (explained.rules[index]?.matches === true ? each.to : [])),
        );
        expect(subscribers).toEqual(
          SUBSCRIBERS.filter((id) => rules.length === 0 || named.has(id)),
        );
      },
    ),
  );
});

test.each([
  { event: "job.finished", deliveries: ["files", "crm"] },
  { event: "bulk_download.ready", deliveries: ["files", "crm"] },
  { event: "job.progress", deliveries: ["crm"] },
  { event: "job.failed", deliveries: ["crm"] },
] as const)("an archive is listed for $event only if it can carry a file", (row) => {
  const parsed = parseSettings({
    SUBSCRIBERS: [
      { id: "files", archive: "FILES" },
      { id: "crm", queue: "Q" },
    ],
    FILES: {},
    Q: {},
  });
  if (!parsed.ok) throw new Error(parsed.fault.join("\n"));
  const explained = explain(job({ event: row.event }), "exportcomments", parsed.value);
  expect(explained.deliveries.map(({ subscriber }) => subscriber)).toEqual(row.deliveries);
});
