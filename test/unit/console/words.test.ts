import { describe, expect, test } from "vitest";
import { messageOf, pathOf } from "../../../src/console/api/request.ts";
import { hashOf, placeOf } from "../../../src/console/browser/address.ts";
import { newId } from "../../../src/console/browser/new-id.ts";
import {
  postCommand,
  quoted,
  readCommand,
  withoutMasked,
} from "../../../src/console/words/curl.ts";
import { count, number, percent } from "../../../src/console/words/numbers.ts";
import { firstEvent, readable } from "../../../src/console/words/payloads.ts";
import { ago, latency, spanOf, ticks, until } from "../../../src/console/words/times.ts";
import {
  DELIVERY_STATES,
  deliveryWord,
  eventTone,
  eventWord,
  subscriberWord,
  termOf,
  TERMS,
  triggerWord,
} from "../../../src/console/words/vocabulary.ts";
import type { DeliveryState } from "../../../src/deliver/delivery.ts";
import { JOB_EVENTS } from "../../../src/model/event.ts";

const API_STATES = Object.keys({
  pending: 0,
  delivered: 0,
  held: 0,
  superseded: 0,
  dead: 0,
  cancelled: 0,
} satisfies Readonly<Record<DeliveryState, 0>>);

const NOW = Date.parse("2026-11-21T19:00:00.000Z");
const before = (ms: number): string => new Date(NOW - ms).toISOString();

describe("an instant", () => {
  test.each([
    [-5_000, "just now"],
    [0, "just now"],
    [9_999, "just now"],
    [10_000, "10 s ago"],
    [59_999, "59 s ago"],
    [60_000, "1 min ago"],
    [3_599_999, "59 min ago"],
    [3_600_000, "1 h ago"],
    [86_400_000, "1 d ago"],
    [40 * 86_400_000, "40 d ago"],
  ])("%i ms ago is %s", (span, text) => {
    expect(ago(before(span), NOW)).toBe(text);
  });

  test.each([
    [-180_000, "in 3 min"],
    [-1_000, "in 1 s"],
    [0, "now"],
    [5_000, "now"],
  ])("%i ms ago is due %s", (span, text) => {
    expect(until(before(span), NOW)).toBe(text);
  });

  test("that is none is a dash", () => {
    expect([ago("?", NOW), until("?", NOW)]).toEqual(["–", "–"]);
  });

  test("spans are cut to their largest unit", () => {
    expect([spanOf(1_500), spanOf(7_200_000)]).toEqual(["1 s", "2 h"]);
  });

  test("along an axis has as much of it as the axis needs", () => {
    const day = 86_400;
    expect(ticks([0, 10 * day])[0]).toMatch(/^(31 Dec|1 Jan)$/);
    expect(ticks([0, 7_200])[0]).toMatch(/^\d\d:\d\d$/);
    expect(ticks([0, 60])[0]).toMatch(/^\d\d:\d\d:\d\d$/);
    expect(ticks([]).concat(ticks([60, 60.2, 60.4, 61]).slice(1, 3))).toEqual(["", ""]);
  });
});

describe("a number", () => {
  test.each([
    [0, "0 %"],
    [0.385, "39 %"],
    [0.9949, "99.4 %"],
    [0.9999, "99.9 %"],
    [1, "100 %"],
  ])("%d of all is %s", (share, text) => {
    expect(percent(share)).toBe(text);
  });

  test("is written with commas, its unit and its plural", () => {
    expect([number(48_210), latency(180.4), latency(2_440)]).toEqual(["48,210", "180 ms", "2.4 s"]);
    expect([count(1, "delivery", "deliveries"), count(1_200, "job")]).toEqual([
      "1 delivery",
      "1,200 jobs",
    ]);
  });
});

describe("the vocabulary", () => {
  test("has a word for every event of the relay, and keeps unknown names", () => {
    expect(JOB_EVENTS.filter((event) => eventWord(event) === event)).toEqual([]);
    expect(eventWord("relay.subscriber.failing")).toBe("relay.subscriber.failing");
  });

  test("has a word for every state of a delivery of the API", () => {
    expect(DELIVERY_STATES.toSorted()).toEqual(API_STATES.toSorted());
    for (const state of API_STATES) expect(deliveryWord(state).title).not.toBe("");
  });

  test.each([
    ["job.failed", "failed"],
    ["job.convert.failed", "failed"],
    ["job.stalled", "warning"],
    ["job.finished", "done"],
    ["bulk_download.ready", "done"],
    ["job.progress", "running"],
    ["job.created", "quiet"],
  ])("%s is shown as %s", (event, tone) => {
    expect(eventTone(event)).toBe(tone);
  });

  test("explains absorbed, late and conflict, and leaves unknown words alone", () => {
    expect([termOf("absorbed"), termOf("late"), termOf("conflict"), termOf("new")]).toEqual([
      TERMS.absorbed,
      TERMS.late,
      TERMS.conflict,
      "new",
    ]);
    expect([subscriberWord("new").text, triggerWord("new")]).toEqual(["new", "new"]);
  });
});

describe("an address of the console", () => {
  test.each([
    ["", { screen: "jobs", path: [], filters: {} }],
    ["#/nowhere/else", { screen: "jobs", path: [], filters: {} }],
    [
      "#/jobs/comments/a%2Fb%20c?status=failed",
      { screen: "jobs", path: ["comments", "a/b c"], filters: { status: "failed" } },
    ],
    ["#/jobs/comments/100%", { screen: "jobs", path: ["comments", "100%"], filters: {} }],
    [
      "#/deliveries/crm/?state=dead&guid=%D8%AA",
      { screen: "deliveries", path: ["crm"], filters: { state: "dead", guid: "ت" } },
    ],
  ])("%j is read", (hash, place) => {
    expect(placeOf(hash)).toEqual(place);
  });

  test.each(["g1", "a/b", "a?b#c", "100%", "تقرير", "a&b=c", " "])(
    "a job with the id %j is found again",
    (guid) => {
      const hash = hashOf("jobs", ["comments", guid], { q: guid, status: "" });
      expect(placeOf(hash)).toEqual({
        screen: "jobs",
        path: ["comments", guid],
        filters: { q: guid },
      });
    },
  );
});

describe("a path of the API", () => {
  test("is encoded, and has no parameter without a value", () => {
    expect(pathOf(["jobs", "comments", "a/b?c"], { limit: 50, q: "", cursor: null })).toBe(
      "/v1/jobs/comments/a%2Fb%3Fc?limit=50",
    );
    expect(pathOf(["subscribers"])).toBe("/v1/subscribers");
  });
});

describe("a failed answer", () => {
  test.each([
    [401, { title: "Unauthorized", detail: "No." }, "Unauthorized. No."],
    [404, { title: "No such job" }, "No such job."],
    [503, { title: "Down", detail: "See /healthz." }, "Down. See /healthz."],
    [422, { title: "No", issues: [{ path: "", message: "is bad" }] }, "No. body: is bad."],
    [502, {}, "The relay answered with status 502."],
  ])("%i %j is said as %j", (status, problem, text) => {
    expect(messageOf(status, problem)).toBe(text);
  });
});

describe("a command to paste", () => {
  test("quotes everything that a shell would read", () => {
    expect(quoted("it's $HOME")).toBe(String.raw`'it'\''s $HOME'`);
  });

  test("leaves out headers that hide a secret", () => {
    const headers = { "webhook-id": "evt_1", "webhook-signature": "v1,***" };
    expect(withoutMasked(headers)).toEqual({ "webhook-id": "evt_1" });
  });

  test("names the token by its variable", () => {
    expect(readCommand("https://relay.example.com", "/v1/jobs/a/b")).toBe(
      "curl -sS 'https://relay.example.com/v1/jobs/a/b' \\\n  -H \"authorization: Bearer $JOBRELAY_TOKEN\"",
    );
    expect(postCommand("http://localhost:3000/hook", "{}")).toBe(
      "curl -sS -X POST 'http://localhost:3000/hook' \\\n  -H 'content-type: application/json' \\\n  --data-raw '{}'",
    );
  });
});

test("a new id is a UUID of version 4, and another one each time", () => {
  const ids = Array.from({ length: 100 }, newId);
  expect(new Set(ids).size).toBe(100);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

describe("a payload", () => {
  test("is written in lines, and its numbers keep their digits", () => {
    const text = '{"id":12345678901234567890,"share":1.0,"text":"\\ud83d\\ude00","list":[]}';
    expect(readable(text)).toBe(
      '{\n  "id": 12345678901234567890,\n  "share": 1.0,\n  "text": "😀",\n  "list": []\n}',
    );
  });

  test.each(["", "not JSON", "{"])("that is no JSON stays as it is: %j", (text) => {
    expect(readable(text)).toBe(text);
  });

  test("of an event is the first of an answer", () => {
    expect(firstEvent('{"items":[{"event":{"seq":1.0}}],"cursor":"1"}')).toBe('{\n  "seq": 1.0\n}');
    expect(firstEvent('{"items":[],"cursor":"1"}')).toBeNull();
  });
});
