import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Dispatch } from "../../../../src/model/messages.ts";
import { render } from "../../../../src/deliver/request/formats.ts";
import {
  deliveryHeaders,
  staticHeaders,
  type Delivery,
} from "../../../../src/deliver/request/headers.ts";
import { VERSION } from "../../../../src/kernel/version.ts";

const dispatch: Dispatch = {
  event: {
    version: "v3-beta",
    event: "job.finished",
    guid: "g 1",
    status: "done",
    url: null,
    details: {},
    id: "evt_1",
    seq: 3,
    attempt: 1,
    source: "comments",
    account: "acme",
    time: "2026-11-21T19:00:00.000Z",
  },
  provider: "exportcomments",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
};

const delivery = (more: Partial<Delivery> = {}): Delivery => ({
  subscriber: { id: "crm", headers: {} },
  dispatch,
  rendered: render("envelope", dispatch),
  attempt: 2,
  timestampSeconds: 1_614_265_330,
  signature: "v1,abc",
  ...more,
});

const OURS = {
  "content-type": "application/json",
  "user-agent": "jobrelay/0.1.0",
  "webhook-id": "evt_1",
  "webhook-timestamp": "1614265330",
  "webhook-signature": "v1,abc",
  "x-jobrelay-subscriber": "crm",
  "x-jobrelay-event": "job.finished",
  "x-jobrelay-attempt": "2",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
};

describe("the headers of a delivery", () => {
  test("are those that the README lists", () => {
    expect(deliveryHeaders(delivery())).toEqual(OURS);
  });

  test("have no signature without secrets", () => {
    const { "webhook-signature": _, ...unsigned } = OURS;
    expect(deliveryHeaders(delivery({ signature: "" }))).toEqual(unsigned);
  });

  test("have no trace context when the event has none", () => {
    const { traceparent: _, ...untraced } = OURS;
    expect(deliveryHeaders(delivery({ dispatch: { ...dispatch, traceparent: "" } }))).toEqual(
      untraced,
    );
  });

  test("take the content type and the attributes from the format", () => {
    const headers = deliveryHeaders(delivery({ rendered: render("cloudevents-binary", dispatch) }));
    expect(headers).toMatchObject({ ...OURS, "ce-id": "evt_1", "ce-subject": "g%201" });
  });

  test("name a message about an account by its type", () => {
    const event = {
      type: "subscription.updated",
      id: "evt_2",
      source: "comments",
      account: "acme",
      time: "2026-11-21T19:00:00.000Z",
    } as const;
    expect(deliveryHeaders(delivery({ dispatch: { ...dispatch, event } }))).toMatchObject({
      "webhook-id": "evt_2",
      "x-jobrelay-event": "subscription.updated",
    });
  });

  test("include the configured ones in lower case", () => {
    const headers = { Authorization: "Bearer abc", "X-Team": "büro" };
    expect(deliveryHeaders(delivery({ subscriber: { id: "crm", headers } }))).toEqual({
      ...OURS,
      authorization: "Bearer abc",
      "x-team": "büro",
    });
  });

  test("cannot be overridden by configured ones, however they are written", () => {
    const names = [...Object.keys(OURS), "x-jobrelay-anything", "ce-id", "ce-type"];
    fc.assert(
      fc.property(
        fc.subarray([...names, ...names.map((name) => name.toUpperCase())]),
        fc.boolean(),
        (taken, signed) => {
          const headers = Object.fromEntries(taken.map((name) => [name, "forged"]));
          const signature = signed ? "v1,abc" : "";
          const plain = deliveryHeaders(delivery({ signature }));
          expect(
            deliveryHeaders(delivery({ signature, subscriber: { id: "crm", headers } })),
          ).toEqual(plain);
        },
      ),
    );
  });
});

describe("configured headers", () => {
  test.each([
    "Host",
    "content-length",
    "Transfer-Encoding",
    "connection",
    "upgrade",
    "expect",
    "proxy-authorization",
    "Content-Encoding",
  ])("may not frame the message: %s is left out", (name) => {
    expect(staticHeaders({ [name]: "1", "x-kept": "2" })).toEqual({ "x-kept": "2" });
  });

  test.each([
    ["a line feed in a value", { "x-a": "b\nx-c: d" }],
    ["a carriage return in a value", { "x-a": "b\rd" }],
    ["a zero in a value", { "x-a": "b\0" }],
    ["a space in a name", { "x a": "b" }],
    ["an empty name", { "": "b" }],
  ])("that no client can send are left out: %s", (_, headers) => {
    expect(staticHeaders({ ...headers, "x-kept": "2" })).toEqual({ "x-kept": "2" });
  });

  test("may hold tabs and any other text", () => {
    expect(staticHeaders({ "x-a": "b\tc é" })).toEqual({ "x-a": "b\tc é" });
  });
});

describe("the version", () => {
  test("is that of package.json", () => {
    const manifest = JSON.parse(
      readFileSync(new URL("../../../../package.json", import.meta.url).pathname, "utf8"),
    ) as { version: string };
    expect(VERSION).toBe(manifest.version);
  });
});
