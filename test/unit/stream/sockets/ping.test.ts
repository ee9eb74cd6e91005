import { describe, expect, test } from "vitest";
import { isPing } from "../../../../src/stream/sockets/ping.ts";

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
