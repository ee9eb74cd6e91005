// Operational events: who gets them, and how they look.

import { describe, expect, test } from "vitest";
import { parseSettings } from "../../../src/config/parse.ts";
import type { Settings } from "../../../src/config/settings.ts";
import { explain } from "../../../src/route/rules.ts";
import type { OperationalEnvelope } from "../../../src/model/event.ts";
import { MAX_NOTICES, parcelsOf, withNotice, type Notice } from "../../../src/operations/notice.ts";

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const notice = (members: Partial<Notice> = {}): Notice => ({
  event: "relay.subscriber.failing",
  id: "evt_1",
  at: Date.UTC(2026, 10, 28),
  traceparent: TRACE,
  details: { failures: 10 },
  ...members,
});

function settings(rules: readonly object[], shards = 1): Settings {
  const parsed = parseSettings({
    SUBSCRIBERS: [
      { id: "crm", queue: "Q" },
      { id: "ops", queue: "Q", shards },
      { id: "files", archive: "FILES" },
    ],
    Q: { send: () => undefined },
    FILES: {},
    RULES: rules,
  });
  if (!parsed.ok) throw new Error(parsed.fault.join("\n"));
  return parsed.value;
}

const to = ["crm", "ops", "files"];
const takers = (rules: readonly object[], one: Notice, subject: string): readonly string[] =>
  parcelsOf(subject, [one], settings(rules)).map(({ subscriber }) => subscriber);

describe("an operational event", () => {
  test.each([
    ["no rule at all", [], []],
    ["a rule without an event", [{ id: "all", match: {}, to }], []],
    ["a rule for every event", [{ id: "all", match: { event: "*" }, to }], []],
    ["a rule for relay.*", [{ id: "relay", match: { event: "relay.*" }, to }], ["ops"]],
    [
      "a rule for its name",
      [{ id: "one", match: { event: ["job.*", "relay.subscriber.failing"] }, to }],
      ["ops"],
    ],
    ["a rule for another", [{ id: "one", match: { event: "relay.source.*" }, to }], []],
    [
      "a rule that asks for more",
      [{ id: "one", match: { event: "relay.*", status: "disabled" }, to }],
      [],
    ],
    [
      "a filter on its details",
      [{ id: "one", match: { event: "relay.*" }, where: { "details.failures": 10 }, to }],
      ["ops"],
    ],
  ])("%s: about subscriber crm, it goes to the right ones", (_, rules, expected) => {
    expect(takers(rules, notice(), "crm")).toEqual(expected);
  });

  test("about a source goes to every subscriber that a rule names, archives aside", () => {
    const rules = [{ id: "relay", match: { event: "relay.*" }, to }];
    expect(takers(rules, notice({ event: "relay.source.refusing" }), "crm")).toEqual([
      "crm",
      "ops",
    ]);
  });

  test("has the form of an envelope", () => {
    const rules = [{ id: "relay", match: { event: "relay.*" }, to: ["ops"] }];
    expect(parcelsOf("crm", [notice()], settings(rules))).toEqual([
      {
        subscriber: "ops",
        shard: 0,
        dispatches: [
          {
            event: {
              version: "v3-beta",
              event: "relay.subscriber.failing",
              guid: "crm",
              status: "failing",
              url: null,
              details: { failures: 10 },
              id: "evt_1",
              source: "relay",
              account: "relay",
              time: "2026-11-28T00:00:00.000Z",
            },
            provider: "relay",
            traceparent: TRACE,
          },
        ],
      },
    ]);
  });

  test("about a source names it as its source", () => {
    const rules = [{ id: "relay", match: { event: "relay.*" }, to: ["ops"] }];
    const [parcel] = parcelsOf(
      "comments",
      [notice({ event: "relay.source.refusing" })],
      settings(rules),
    );
    expect(parcel?.dispatches[0]?.event).toMatchObject({
      guid: "comments",
      source: "comments",
      status: "refusing",
    });
  });

  test("all of one subject go to one shard, in order", () => {
    const rules = [{ id: "relay", match: { event: "relay.*" }, to: ["ops"] }];
    const notices = [notice(), notice({ event: "relay.subscriber.recovered", id: "evt_2" })];
    const parcels = parcelsOf("crm", notices, settings(rules, 8));
    expect(parcels).toHaveLength(1);
    expect(parcels[0]?.dispatches.map(({ event }) => event.id)).toEqual(["evt_1", "evt_2"]);
  });

  test("the simulator says why a rule for every event does not match", () => {
    const event = parcelsOf(
      "crm",
      [notice()],
      settings([{ id: "relay", match: { event: "relay.*" }, to: ["ops"] }]),
    )[0]?.dispatches[0]?.event as OperationalEnvelope;
    const { rules } = explain(event, "relay", settings([{ id: "all", match: { event: "*" }, to }]));
    expect(rules).toEqual([
      {
        id: "all",
        matches: false,
        why: 'event "relay.subscriber.failing" needs a rule whose event begins with "relay."',
      },
    ]);
  });
});

test("of notices that nobody takes, the newest stay", () => {
  const notices = Array.from({ length: MAX_NOTICES + 5 }, (_, index) =>
    notice({ id: `evt_${index}` }),
  ).reduce<readonly Notice[]>(withNotice, []);
  expect(notices).toHaveLength(MAX_NOTICES);
  expect(notices[0]?.id).toBe("evt_5");
});
