import { describe, expect, test } from "vitest";
import {
  answerOf,
  firstShown,
  isTaken,
  joinDeliveries,
  saidIn,
  toggled,
  toggledAll,
} from "../../../src/console/deliveries/delivery-view.ts";
import { detailsOf, envelopeOf, STATUS_OF } from "../../../src/console/rules/envelope.ts";
import { setupOf } from "../../../src/console/sources/setup.ts";
import { seriesOf } from "../../../src/console/subscribers/series.ts";
import { READERS } from "../../../src/config/settings.ts";
import { JOB_EVENTS, STATUS_OF as STATUSES } from "../../../src/model/event.ts";
import { attempt, delivery } from "./builders.ts";

/** An instant of the test. */
const at = (second: number): string => new Date(1_764_000_000_000 + second * 1_000).toISOString();

describe("deliveries", () => {
  test.each([
    [attempt(), "200", true],
    [attempt({ status: 500 }), "500", false],
    [attempt({ status: 302, error: "redirect" }), "302: redirect", false],
    [attempt({ status: null, error: "timeout" }), "no answer: timeout", false],
    [attempt({ status: null }), "no answer", false],
  ])("an attempt is said in a few words", (one, text, taken) => {
    expect([answerOf(one), isTaken(one)]).toEqual([text, taken]);
  });

  test("an answer is shown in one line", () => {
    expect(saidIn({ answer: '{\n  "error": "no"\n}' })).toBe('{ "error": "no" }');
    expect(saidIn({ answer: null })).toBe("");
    expect(saidIn({ answer: "x".repeat(500) })).toHaveLength(120);
  });

  test("are chosen one by one, or all that can be retried", () => {
    const shown = [
      delivery({ id: "a" }),
      delivery({ id: "b", state: "superseded" }),
      delivery({ id: "c", state: "dead" }),
    ];
    expect(toggled(["a"], "b")).toEqual(["a", "b"]);
    expect(toggled(["a", "b"], "a")).toEqual(["b"]);
    expect(toggledAll(["a"], shown)).toEqual(["a", "c"]);
    expect(toggledAll(["a", "c"], shown)).toEqual([]);
  });

  test("of several pages are each listed once, as the newest page has them", () => {
    const joined = joinDeliveries(
      [delivery({ id: "a", state: "delivered" })],
      [delivery({ id: "a" }), delivery({ id: "b" })],
    );
    expect(joined.map(({ id, state }) => `${id} ${state}`)).toEqual(["a delivered", "b pending"]);
  });

  test("are shown first of the subscriber that needs somebody", () => {
    expect(firstShown([])).toBeNull();
    expect(
      firstShown([
        { id: "crm", dead: 0 },
        { id: "billing", dead: 12 },
      ]),
    ).toBe("billing");
    expect(
      firstShown([
        { id: "crm", dead: 0 },
        { id: "billing", dead: 0 },
      ]),
    ).toBe("crm");
  });
});

describe("the charts of a subscriber", () => {
  test("cut the latest attempts into spans, from the first to the last", () => {
    const series = seriesOf([
      delivery({ attempts: [attempt({ time: at(0), ms: 10 }), attempt({ time: at(1), ms: 30 })] }),
      delivery({
        attempts: [attempt({ time: at(3), status: 500 }), attempt({ time: at(3), ms: 50 })],
      }),
    ]);
    expect(series).toEqual({
      span: 1,
      times: [1_764_000_000, 1_764_000_001, 1_764_000_002, 1_764_000_003],
      taken: [1, 1, 0, 1],
      failed: [0, 0, 0, 1],
      p50: [10, 30, null, 50],
      p95: [10, 30, null, 50],
      summary: "4 attempts, 75 % taken, 95 % answered within 50 ms.",
    });
  });

  test("have at most 24 spans however long the time is, and lose no attempt", () => {
    const attempts = Array.from({ length: 500 }, (_, index) => attempt({ time: at(index * 977) }));
    const series = seriesOf([delivery({ attempts })]);
    expect(series?.times.length).toBeLessThanOrEqual(24);
    expect(series?.taken.reduce((sum, value) => sum + value, 0)).toBe(500);
  });

  test("are left out without any attempt", () => {
    expect(seriesOf([delivery()])).toBeNull();
  });
});

describe("the set-up of a source", () => {
  const url = "https://relay.example.com/hooks/a";

  test("is known for every provider with code, and names the address", () => {
    for (const reader of READERS) {
      const steps = setupOf(reader, url, []);
      expect([reader, steps.length > 0, steps.join().includes("{url}")]).toEqual([
        reader,
        true,
        false,
      ]);
    }
  });

  test("is that of the preset for others, and nothing for what is unknown", () => {
    const preset = {
      name: "mux",
      title: "Mux",
      secrets: true,
      headers: [],
      events: [],
      setup: ["Paste {url} there."],
      retries: { level: "some", sentence: "" },
      lacks: [],
    };
    expect(setupOf("mux", url, [preset])).toEqual([`Paste ${url} there.`]);
    expect(setupOf("other", url, [preset])).toEqual([]);
  });
});

describe("the rule simulator", () => {
  test("offers every event of a job with the status that it shows", () => {
    expect(Object.keys(STATUS_OF)).toEqual(JOB_EVENTS);
    expect(STATUS_OF).toMatchObject(STATUSES);
  });

  test.each([
    ["", null],
    ['{"a":1}', null],
    ["[1]", "Details have to be a JSON object."],
    ["null", "Details have to be a JSON object."],
    ["{", expect.stringMatching(/^Details are not JSON: /)],
  ])("reads the details %j", (text, mistake) => {
    expect(detailsOf(text).mistake).toEqual(mistake);
  });

  test("makes an envelope as the relay emits it", () => {
    const trial = { event: "job.progress", source: "comments", account: "", details: "" };
    const details = { totalExported: 5, total: 10 };
    expect(envelopeOf(trial, details)).toMatchObject({
      event: "job.progress",
      status: "progress",
      account: "comments",
      current: 5,
      total: 10,
      details,
    });
    expect(
      envelopeOf({ ...trial, event: "job.finished", account: "acme" }, details),
    ).not.toHaveProperty("current");
  });
});
