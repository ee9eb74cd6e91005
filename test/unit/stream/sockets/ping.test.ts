import { describe, expect, test } from "vitest";
import { isPing, isProbeAnswer } from "../../../../src/stream/sockets/ping.ts";

describe("a message of a client", () => {
  test.each(["ping", "PING", "Ping", " ping\n", '{"type":"ping"}', '{ "type": "ping", "id": 1 }'])(
    "%j is a ping",
    (text) => {
      expect(isPing(text)).toBe(true);
    },
  );

  test.each([
    "",
    "pong",
    "pingping",
    '"ping"',
    '["ping"]',
    "null",
    '{"type":"pong"}',
    '{"type":"ping"',
    '{"ping":{}}',
    `${" ".repeat(64)}ping`,
    new TextEncoder().encode("ping").buffer,
  ])("%j is none", (data) => {
    expect(isPing(data)).toBe(false);
  });
});

test.each([
  ["probe 1a2b", true],
  ["probe ", true],
  [`probe ${"x".repeat(58)}`, true],
  [`probe ${"x".repeat(59)}`, false],
  ["probe", false],
  ["a probe ", false],
  [new TextEncoder().encode("probe 1").buffer, false],
])("%j may answer a probe: %s", (data, may) => {
  expect(isProbeAnswer(data)).toBe(may);
});
