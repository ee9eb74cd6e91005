import { HTTP, type CloudEvent, type CloudEventV1 } from "cloudevents";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type {
  AttemptEnvelope,
  JobEnvelope,
  SubscriptionMessage,
} from "../../../../src/model/event.ts";
import type { Dispatch } from "../../../../src/model/messages.ts";
import { headerValue } from "../../../../src/deliver/request/cloudevents.ts";
import { render, type Rendered } from "../../../../src/deliver/request/formats.ts";

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const progress: JobEnvelope = {
  version: "v3-beta",
  event: "job.progress",
  guid: "b4219d47",
  status: "progress",
  url: null,
  details: { guid: "b4219d47", status: "progress", total: 1_500, author: "Žofie 😀" },
  current: 678,
  total: 1_500,
  id: "evt_1",
  seq: 3,
  attempt: 1,
  source: "comments",
  account: "acme",
  time: "2026-11-21T19:00:00.000Z",
};

const subscription: SubscriptionMessage = {
  type: "subscription.updated",
  id: "evt_2",
  source: "comments",
  account: "acme",
  time: "2026-11-21T19:00:00.000Z",
  plan: "pro",
};

const attempt: AttemptEnvelope = {
  version: "v3-beta",
  event: "webhook.event.created",
  guid: "b4219d47",
  status: "200",
  url: null,
  details: {},
  id: "evt_3",
  source: "comments",
  account: "acme",
  time: "2026-11-21T19:00:00.000Z",
};

const dispatch = (event: Dispatch["event"], more: Partial<Dispatch> = {}): Dispatch => ({
  event,
  provider: "exportcomments",
  traceparent: TRACE,
  ...more,
});

const textOf = (rendered: Rendered): string =>
  new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(rendered.body);

/** What the CloudEvents SDK reads, checked against the specification's schema. */
function received(rendered: Rendered): CloudEventV1<unknown> {
  const headers = { ...rendered.headers, "content-type": rendered.contentType };
  const event = HTTP.toEvent({ headers, body: textOf(rendered) }) as CloudEvent<unknown>;
  expect(event.validate()).toBe(true);
  return JSON.parse(JSON.stringify(event)) as CloudEventV1<unknown>;
}

describe("an envelope", () => {
  test.each([
    ["of a job", progress],
    ["of a delivery attempt", attempt],
    ["of an account", subscription],
  ])("%s is the event as JSON", (_, event) => {
    const rendered = render("envelope", dispatch(event));
    expect({ ...rendered, body: JSON.parse(textOf(rendered)) as unknown }).toEqual({
      contentType: "application/json",
      headers: {},
      body: event,
      content: "json",
    });
  });

  test("has the same bytes at every attempt", () => {
    expect(render("envelope", dispatch(progress))).toEqual(
      render("envelope", dispatch(structuredClone(progress))),
    );
  });
});

describe("a structured CloudEvent", () => {
  test("is read back by the SDK with all attributes and the envelope as data", () => {
    const rendered = render("cloudevents", dispatch(progress));
    expect([rendered.contentType, rendered.headers]).toEqual([
      "application/cloudevents+json; charset=utf-8",
      {},
    ]);
    expect(received(rendered)).toEqual({
      specversion: "1.0",
      id: "evt_1",
      type: "job.progress",
      source: "/sources/comments",
      subject: "b4219d47",
      time: "2026-11-21T19:00:00.000Z",
      datacontenttype: "application/json",
      sequence: "0000000003",
      partitionkey: "comments/b4219d47",
      traceparent: TRACE,
      data: progress,
    });
  });

  test("about an account has no subject and no sequence", () => {
    expect(received(render("cloudevents", dispatch(subscription)))).toEqual({
      specversion: "1.0",
      id: "evt_2",
      type: "subscription.updated",
      source: "/sources/comments",
      time: "2026-11-21T19:00:00.000Z",
      datacontenttype: "application/json",
      partitionkey: "comments/acme",
      traceparent: TRACE,
      data: subscription,
    });
  });

  test("about a delivery attempt has a subject and no sequence", () => {
    expect(received(render("cloudevents", dispatch(attempt)))).toMatchObject({
      subject: "b4219d47",
      partitionkey: "comments/b4219d47",
    });
    expect(received(render("cloudevents", dispatch(attempt)))).not.toHaveProperty("sequence");
  });

  test("has no trace context when there is none", () => {
    expect(
      received(render("cloudevents", dispatch(progress, { traceparent: "" }))),
    ).not.toHaveProperty("traceparent");
  });

  test("has a sequence that sorts as text the way it counts", () => {
    const seqs = [1, 2, 9, 10, 11, 99, 100, 1_000_000, 2_147_483_648];
    const sequences = seqs.map(
      (seq) =>
        received(render("cloudevents", dispatch({ ...progress, seq })))["sequence"] as string,
    );
    expect(sequences.toSorted()).toEqual(sequences);
  });

  test("is valid for any guid, which data holds exactly", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (guid) => {
        const event = received(render("cloudevents", dispatch({ ...progress, guid })));
        expect(event.subject).toMatch(/^[^\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]+$/u);
        expect((event.data as JobEnvelope).guid).toBe(guid);
      }),
    );
  });
});

describe("a binary CloudEvent", () => {
  test("has the attributes as headers and the envelope as body", () => {
    const rendered = render("cloudevents-binary", dispatch(progress));
    expect({ ...rendered, body: JSON.parse(textOf(rendered)) as unknown }).toEqual({
      contentType: "application/json",
      headers: {
        "ce-specversion": "1.0",
        "ce-id": "evt_1",
        "ce-type": "job.progress",
        "ce-source": "/sources/comments",
        "ce-subject": "b4219d47",
        "ce-time": "2026-11-21T19:00:00.000Z",
        "ce-sequence": "0000000003",
        "ce-partitionkey": "comments/b4219d47",
        "ce-traceparent": TRACE,
      },
      body: progress,
      content: "json",
    });
  });

  test("is the same event to the SDK as the structured one", () => {
    expect(received(render("cloudevents-binary", dispatch(progress)))).toEqual(
      received(render("cloudevents", dispatch(progress))),
    );
  });

  test("has headers that any HTTP client sends and that decode to the attributes", () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(
            "a",
            '"',
            "%",
            " ",
            "\n",
            "\r",
            "\0",
            "\t",
            "ü",
            "😀",
            "\\",
            "/",
            "\uFFFF",
            "\uD800",
          ),
          minLength: 1,
        }),
        (guid) => {
          const event = dispatch({ ...progress, guid });
          const { headers } = render("cloudevents-binary", event);
          expect(Object.values(headers).join("")).toMatch(/^[!#$&-~%]*$/);
          const subject = decodeURIComponent(new Headers(headers).get("ce-subject") ?? "");
          expect(subject).toBe(
            (JSON.parse(textOf(render("cloudevents", event))) as { subject: string }).subject,
          );
        },
      ),
    );
  });
});

describe("a header value of a CloudEvent", () => {
  test.each([
    ["Euro € 😀", "Euro%20%E2%82%AC%20%F0%9F%98%80"],
    ['say "hi"', "say%20%22hi%22"],
    ["100%", "100%25"],
    ["%41", "%2541"],
    ["a\r\nset-cookie: b", "a%0D%0Aset-cookie:%20b"],
    ["\u007F\u0000", "%7F%00"],
    ["!#$&'()*+,-./:;<=>?@[\\]^_`{|}~", "!#$&'()*+,-./:;<=>?@[\\]^_`{|}~"],
    ["\uD800", "%EF%BF%BD"],
    ["", ""],
  ])("for %j is %j", (value, header) => {
    expect(headerValue(value)).toBe(header);
  });
});

describe("raw", () => {
  const bytes = Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x20, 0xff, 0x00, 0x7d);

  test("is the provider's bytes and content type, untouched", () => {
    const raw = { contentType: 'application/json; charset="latin1"', body: bytes };
    expect(render("raw", dispatch(progress, { raw }))).toEqual({
      contentType: raw.contentType,
      headers: {},
      body: bytes,
      content: "bytes",
    });
  });

  test("is the envelope when no provider sent the event", () => {
    const stalled: JobEnvelope = { ...progress, event: "job.stalled" };
    expect(render("raw", dispatch(stalled))).toEqual(render("envelope", dispatch(stalled)));
  });

  test.each(["envelope", "cloudevents", "cloudevents-binary"] as const)(
    "bytes do not show in the format %s",
    (format) => {
      const raw = { contentType: "text/plain", body: bytes };
      expect(render(format, dispatch(progress, { raw }))).toEqual(
        render(format, dispatch(progress)),
      );
    },
  );
});
