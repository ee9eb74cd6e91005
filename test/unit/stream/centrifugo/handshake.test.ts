import { describe, expect, test } from "vitest";
import { decideHandshake } from "../../../../src/stream/centrifugo/handshake.ts";
import { parseFrame } from "../../../../src/stream/centrifugo/encoding/json.ts";
import { tokenOf, type Command } from "../../../../src/stream/centrifugo/protocol.ts";
import type { Grant } from "../../../../src/stream/auth/tokens.ts";
import { grant, NOW, TOKENS } from "./connection-fixture.ts";

const commandsOf = (frame: string): readonly Command[] => {
  const parsed = parseFrame(frame);
  if (!parsed.ok) throw new Error("no frame");
  return parsed.value;
};

/** Plays the first frame of a client whose upgrade brought `upgrade`. */
const handshake = (frame: string, upgrade: Grant | null = null): unknown => {
  const commands = commandsOf(frame);
  const [text] = commands.flatMap((command) => tokenOf(command) ?? []);
  const token = text === undefined ? null : (TOKENS[text] ?? null);
  return decideHandshake(commands, { account: "acme", now: NOW, grant: upgrade, token });
};

const connect = (token?: string): string => JSON.stringify({ id: 1, connect: { token } });
const closed = (code: number): object => ({ kind: "close", reason: { code } });

describe("a client without a connection", () => {
  test.each<[string, string, Grant | null, object]>([
    ["with a token", connect("good"), null, { kind: "open", grant: grant() }],
    ["with the admin token", connect("admin"), null, { kind: "open", grant: { kind: "admin" } }],
    ["with the token of its upgrade", connect(), grant(), { kind: "open", grant: grant() }],
    [
      "with another token than its upgrade's",
      connect("narrow"),
      grant(),
      { kind: "open", grant: grant(["export.g1.job"]) },
    ],
    [
      "with a token, after a pong and before a subscription",
      `{}${connect("good")}{"id":2,"subscribe":{"channel":"exports:acme"}}`,
      null,
      { kind: "open" },
    ],
  ])("%s gets one", (_, frame, upgrade, expected) => {
    expect(handshake(frame, upgrade)).toMatchObject(expected);
  });

  test.each<[string, string, Grant | null, number]>([
    ["without any token", connect(), null, 3500],
    ["with a forged token", connect("forged"), null, 3500],
    ["with another account's token", connect("foreign"), null, 3500],
    ["with a forged token beside its upgrade's", connect("forged"), grant(), 3500],
    ["that subscribes before", '{"id":1,"subscribe":{"channel":"exports:acme"}}', grant(), 3501],
    ["that pings before", '{"id":1,"ping":{}}', grant(), 3501],
    ["with a malformed connect command", '{"id":1,"connect":{"token":7}}', grant(), 3501],
  ])("%s is closed", (_, frame, upgrade, code) => {
    expect(handshake(frame, upgrade)).toMatchObject(closed(code));
  });

  test.each<[string, string, Grant | null, number]>([
    ["with an expired token", connect("old"), null, 109],
    ["whose upgrade's token has ended meanwhile", connect(), grant(null, NOW), 109],
    ["while the configuration is broken", connect("broken"), null, 100],
  ])("%s gets an error and may try again", (_, frame, upgrade, code) => {
    expect(handshake(frame, upgrade)).toMatchObject({
      kind: "reply",
      reply: { id: 1, error: { code } },
    });
  });

  test("that sends a pong alone is waited for", () => {
    expect(handshake("{}")).toEqual({ kind: "wait" });
  });
});
