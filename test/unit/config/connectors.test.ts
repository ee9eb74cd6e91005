// `connect` and `poll` of a source: what they mean, and how each mistake is named.

import { describe, expect, test } from "vitest";
import { parseSettings } from "../../../src/config/parse.ts";
import type { JsonObject } from "../../../src/kernel/json.ts";

const CONNECT = {
  kind: "centrifugo",
  url: "wss://exportcomments.com/connection/websocket",
  tokenUrl: "https://exportcomments.com/api/public/auth/socket",
  tokenHeader: "X-AUTH-TOKEN",
  tokenSecret: "API_KEY",
};
const POLL = { url: "https://mail.example.com/", tokenSecret: "API_KEY" };

const parsed = (source: JsonObject, vars: JsonObject = {}): ReturnType<typeof parseSettings> =>
  parseSettings({
    SOURCES: [{ id: "one", provider: "exportcomments", secrets: ["COMMENTS_SECRET"], ...source }],
    COMMENTS_SECRET: "whsec_your_secret",
    API_KEY: "  the-api-key\n",
    ...vars,
  });

const problems = (source: JsonObject, vars: JsonObject = {}): readonly string[] => {
  const read = parsed(source, vars);
  return read.ok ? [] : read.fault;
};

const upstream = (source: JsonObject, vars: JsonObject = {}): unknown => {
  const read = parsed(source, vars);
  if (!read.ok) throw new Error(read.fault.join("\n"));
  return read.value.sources.get("one")?.upstream;
};

describe("a connector", () => {
  test("is none by default", () => {
    expect(upstream({})).toBeNull();
  });

  test("of a realtime server has its socket's address as https and the secret's value", () => {
    expect(upstream({ connect: CONNECT })).toEqual({
      kind: "centrifugo",
      url: "https://exportcomments.com/connection/websocket",
      tokenUrl: "https://exportcomments.com/api/public/auth/socket",
      tokenHeader: "X-AUTH-TOKEN",
      token: "the-api-key",
    });
  });

  test("of EmailEngine polls every 5 seconds by default", () => {
    const source = { provider: "emailengine", poll: POLL };
    expect([
      upstream(source),
      upstream({ ...source, poll: { ...POLL, every: 2.5 } }),
    ]).toMatchObject([
      { kind: "emailengine", url: "https://mail.example.com/", token: "the-api-key", every: 5_000 },
      { every: 2_500 },
    ]);
  });

  test("may be on a private network only where that is allowed", () => {
    const connect = { ...CONNECT, url: "ws://localhost:8000/connection/websocket" };
    expect(problems({ connect })).toEqual(["SOURCES[0].connect.url: must be wss or https"]);
    expect(upstream({ connect }, { ALLOW_PRIVATE_URLS: true })).toMatchObject({
      url: "http://localhost:8000/connection/websocket",
    });
  });
});

describe("problems", () => {
  test.each([
    [{ connect: 5 }, ["SOURCES[0].connect: must be a table"]],
    [
      { connect: {} },
      ["kind", "url", "tokenUrl", "tokenHeader", "tokenSecret"].map(
        (name) => `SOURCES[0].connect.${name}: is required`,
      ),
    ],
    [
      { connect: { ...CONNECT, kind: "pusher" } },
      ['SOURCES[0].connect.kind: must be "centrifugo"'],
    ],
    [
      { connect: { ...CONNECT, tokenURL: "x" } },
      ["SOURCES[0].connect.tokenURL: unknown key, is tokenUrl meant?"],
    ],
    [
      { connect: { ...CONNECT, url: "https://10.0.0.1/" } },
      ["SOURCES[0].connect.url: must name a host, not an IP address"],
    ],
    [
      { connect: { ...CONNECT, tokenUrl: "wss://exportcomments.com/" } },
      ["SOURCES[0].connect.tokenUrl: must be https"],
    ],
    [
      { connect: { ...CONNECT, tokenHeader: "two words" } },
      ["SOURCES[0].connect.tokenHeader: is not a header name"],
    ],
    [
      { connect: { ...CONNECT, tokenSecret: "NO_SUCH" } },
      ["SOURCES[0].connect.tokenSecret: secret NO_SUCH is not set"],
    ],
    [
      { connect: { ...CONNECT, tokenSecret: "BROKEN" } },
      ["SOURCES[0].connect.tokenSecret: names a secret that no header can carry"],
    ],
    [{ poll: POLL }, ['SOURCES[0].poll: needs provider = "emailengine", whose exports it polls']],
    [
      { provider: "emailengine", poll: {} },
      ["SOURCES[0].poll.url: is required", "SOURCES[0].poll.tokenSecret: is required"],
    ],
    [
      { provider: "emailengine", poll: { ...POLL, every: 0.5 } },
      ["SOURCES[0].poll.every: must be a number of seconds from 1 to 3600"],
    ],
    [
      { provider: "emailengine", poll: { ...POLL, url: "http://mail.example.com" } },
      ["SOURCES[0].poll.url: must be https"],
    ],
    [
      { provider: "emailengine", poll: POLL, connect: CONNECT },
      ["SOURCES[0].poll: does not go with connect: a source has one connector"],
    ],
  ])("%j", (source, expected) => {
    expect(problems(source, { BROKEN: "two\nlines" })).toEqual(expected);
  });
});
