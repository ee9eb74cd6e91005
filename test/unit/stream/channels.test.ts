import { describe, expect, test } from "vitest";
import { splitChannelList } from "../../../src/stream/channel-list.ts";
import {
  chooseChannels,
  guidOf,
  kindOf,
  MAX_CHANNEL_CHARACTERS,
} from "../../../src/stream/channels.ts";
import type { Grant } from "../../../src/stream/auth/tokens.ts";

const grant = (channels: readonly string[] | null): Grant => ({
  kind: "account",
  account: "acme",
  channels,
  expires: 1,
});

test.each([
  ["exports:acme", "exports"],
  ["webhooks:acme", "webhooks"],
  ["user:acme", "user"],
  ["export.g1.job", "job"],
  ["export.a.b.c.job", "job"],
  ["exports:globex", "foreign"],
  ["user:acme2", "foreign"],
  ["webhooks:acme:x", "foreign"],
  ["exports:", "unknown"],
  ["export..job", "unknown"],
  ["export.job", "unknown"],
  ["export.g1", "unknown"],
  ["Exports:acme", "unknown"],
  ["job:g1", "unknown"],
  ["*", "unknown"],
])("the channel %s is, to acme, of kind %s", (channel, kind) => {
  expect(kindOf(channel, "acme")).toBe(kind);
});

test.each([
  ["export.g1.job", "g1"],
  ["export.a.job.b.job", "a.job.b"],
  ["export.export..job.job", "export..job"],
  ["export..job", null],
  ["exports:acme", null],
])("the guid of %s is %j", (channel, guid) => {
  expect(guidOf(channel)).toBe(guid);
});

const named = (count: number): string =>
  Array.from({ length: count }, (_, index) => `export.${index}.job`).join(",");

const guid = (length: number): string => `export.${"g".repeat(length - "export..job".length)}.job`;

/** Decides for lists, as a request names them. */
const choose = (holder: Grant, lists: readonly string[]): unknown =>
  chooseChannels(
    holder,
    "acme",
    lists.flatMap((list) => splitChannelList(list, "acme")),
  );

describe("the channels of a stream", () => {
  test.each<[string, Grant, readonly string[], unknown]>([
    [
      "none named",
      grant(null),
      [],
      { ok: true, value: ["exports:acme", "webhooks:acme", "user:acme"] },
    ],
    [
      "an empty list",
      grant(null),
      [""],
      { ok: true, value: ["exports:acme", "webhooks:acme", "user:acme"] },
    ],
    [
      "none named with a narrow token",
      grant(["exports:acme"]),
      [],
      { ok: true, value: ["exports:acme"] },
    ],
    [
      "none named with a token of one job",
      grant(["export.g1.job"]),
      [],
      { ok: false, fault: "not-permitted" },
    ],
    [
      "some, twice and spaced",
      grant(null),
      ["user:acme, export.g1.job", "user:acme,"],
      { ok: true, value: ["user:acme", "export.g1.job"] },
    ],
    [
      "one that is not covered",
      grant(["exports:acme"]),
      ["exports:acme,user:acme"],
      { ok: false, fault: "not-permitted" },
    ],
    [
      "a foreign one",
      grant(null),
      ["exports:acme,exports:globex"],
      { ok: false, fault: "not-permitted" },
    ],
    [
      "a foreign one for the admin, since it is not this account's",
      { kind: "admin" },
      ["exports:globex"],
      { ok: false, fault: "not-permitted" },
    ],
    ["an unknown one", grant(null), ["exports:acme,news"], { ok: false, fault: "bad-request" }],
  ])("with %s", (_, holder, parameters, chosen) => {
    expect(choose(holder, parameters)).toEqual(chosen);
  });

  test("are at most 128", () => {
    expect(choose(grant(null), [named(128)])).toMatchObject({ ok: true });
    expect(choose(grant(null), [named(129)])).toEqual({
      ok: false,
      fault: "bad-request",
    });
    expect(choose(grant(null), [named(128), named(128)])).toMatchObject({
      ok: true,
    });
  });

  test("fit into a socket's attachment", () => {
    expect(choose(grant(null), [guid(MAX_CHANNEL_CHARACTERS)])).toMatchObject({
      ok: true,
    });
    expect(choose(grant(null), [guid(MAX_CHANNEL_CHARACTERS + 1)])).toEqual({
      ok: false,
      fault: "bad-request",
    });
  });
});
