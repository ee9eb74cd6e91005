// What publications mean, by their channel.

import { describe, expect, test } from "vitest";
import type { SourceSettings } from "../../../../src/config/settings.ts";
import { exportcomments } from "../../../../src/ingest/providers/exportcomments/exportcomments.ts";
import { generic } from "../../../../src/ingest/providers/own-names/generic.ts";
import type { Json } from "../../../../src/kernel/json.ts";
import { readerOf } from "../../../../src/upstream/centrifugo/channels.ts";
import { arrival, source } from "../../ingest/build.ts";

const GENERIC: Partial<SourceSettings> = {
  provider: "generic",
  meaning: { kind: "reader", reader: "generic" },
};
const DASHBOARD = "user_dashboard_channel:u1";

const read = (channel: string, json: Json): unknown =>
  readerOf(source(), channel).read(json, arrival(JSON.stringify(json)));

describe("a channel", () => {
  test.each([
    ["exports:u1", {}, exportcomments],
    ["my_user_dashboard_channel:u1", {}, exportcomments],
    ["exports:u1", GENERIC, generic],
    [DASHBOARD, GENERIC, generic],
  ])("%s of %j is read like webhooks of its source", (channel, changes, reader) => {
    expect(readerOf(source(changes), channel)).toBe(reader);
  });
});

describe("a message about the account", () => {
  test.each(["user_notifications_channel:u1", DASHBOARD])("comes on %s as it is", (channel) => {
    const message = { type: "quota.reached", event_id: "e1", left: 0 };
    expect(read(channel, message)).toEqual({
      ok: true,
      value: [{ kind: "account", account: null, key: "e1", body: message }],
    });
  });

  test("loses the members that the relay fills in, and needs no id", () => {
    const message = { id: 1, source: "x", account: "y", time: "z", type: "t", left: 0 };
    expect(read(DASHBOARD, message)).toEqual({
      ok: true,
      value: [{ kind: "account", account: null, key: null, body: { type: "t", left: 0 } }],
    });
  });

  test.each([[{}], [{ type: "" }], [{ type: 5 }], [[]], ["text"], [null]])(
    "without a type is ignored: %j",
    (message) => {
      expect(read(DASHBOARD, message)).toEqual({
        ok: true,
        value: [{ kind: "ignored", reason: "unknown-event: a message without a type" }],
      });
    },
  );
});
