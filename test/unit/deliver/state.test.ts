// The stored form of a subscriber's state is a format: what an earlier version wrote opens.

import { expect, test } from "vitest";
import {
  INITIAL_STATE,
  stateFromText,
  stateToText,
  type SubscriberState,
} from "../../../src/deliver/state.ts";

const state: SubscriberState = {
  health: { state: "paused", since: 5 },
  lastFailure: { time: 4, status: 503, error: null },
  replay: { query: { state: "dead" }, after: 1, upTo: 9, total: 3, released: 1 },
  lowestPending: 7,
  alerted: true,
  notices: [
    {
      event: "relay.subscriber.failing",
      id: "evt_1",
      at: 4,
      traceparent: "00-1-2-01",
      details: { failures: 10 },
    },
  ],
  shards: 4,
  usedShards: 6,
  joined: true,
};

test("a state is stored under the names of the first version", () => {
  expect(JSON.parse(stateToText(state))).toEqual({
    health: { state: "paused", since: 5 },
    lastFailure: { time: 4, status: 503, error: null },
    replay: { query: { state: "dead" }, after: 1, upTo: 9, total: 3, released: 1 },
    low: 7,
    alerted: true,
    notices: [
      {
        event: "relay.subscriber.failing",
        id: "evt_1",
        at: 4,
        traceparent: "00-1-2-01",
        details: { failures: 10 },
      },
    ],
    shards: 4,
    usedShards: 6,
    joined: true,
  });
});

test("a stored state comes back as it was", () => {
  expect(stateFromText(stateToText(state))).toEqual(state);
});

test("members that an earlier version did not store have their initial values", () => {
  expect(stateFromText("{}")).toEqual(INITIAL_STATE);
  expect(stateFromText('{"low":3}')).toEqual({ ...INITIAL_STATE, lowestPending: 3 });
});
