import { describe, expect, test } from "vitest";
import { handshake } from "../../../../src/ingest/request/handshake.ts";

describe("the abuse-protection handshake", () => {
  test.each([
    [
      "grants the asking origin any rate",
      { origin: "eventgrid.example", rate: null },
      { allow: "POST", "webhook-allowed-origin": "eventgrid.example", "webhook-allowed-rate": "*" },
    ],
    [
      "grants the rate asked for",
      { origin: "a.example", rate: "120" },
      { allow: "POST", "webhook-allowed-origin": "a.example", "webhook-allowed-rate": "120" },
    ],
    [
      "answers an odd rate with any",
      { origin: "a.example", rate: "-1" },
      { allow: "POST", "webhook-allowed-origin": "a.example", "webhook-allowed-rate": "*" },
    ],
    [
      "answers a rate of 0 with any",
      { origin: "a.example", rate: "0" },
      { allow: "POST", "webhook-allowed-origin": "a.example", "webhook-allowed-rate": "*" },
    ],
    [
      "grants nothing to who does not ask",
      { origin: null, rate: "120" },
      { allow: "POST, OPTIONS" },
    ],
  ])("%s", (_, request, expected) => {
    expect(handshake(request)).toEqual(expected);
  });
});
