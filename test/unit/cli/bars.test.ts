// Events add up to bars, and bars to lines.

import { describe, expect, test } from "vitest";
import type { JobEnvelope, JobSnapshot } from "../../../src/model/event.ts";
import {
  barLine,
  chosenBars,
  shareOf,
  shortGuid,
  withEvent,
  withSnapshot,
  type Bar,
  type Bars,
} from "../../../src/cli/terminal/bars.ts";
import { ansi, fitTo, plain, widthOf, withoutColour } from "../../../src/cli/paint.ts";

const envelope = (parts: Partial<JobEnvelope>): JobEnvelope => ({
  version: "v3-beta",
  event: "job.progress",
  guid: "b4219d47-3138-5efd-9762-2ef9f9495084",
  status: "progress",
  url: null,
  details: {},
  id: "evt_1",
  seq: 1,
  attempt: 1,
  source: "comments",
  account: "acme",
  time: "2026-11-21T19:00:00.000Z",
  ...parts,
});

const bar = (parts: Partial<Bar>): Bar => ({
  source: "comments",
  guid: "b4219d47-3138",
  status: "progress",
  event: "job.progress",
  current: null,
  total: null,
  attempt: 1,
  seq: 1,
  ...parts,
});

const after = (...events: readonly JobEnvelope[]): Bar | undefined =>
  [...events.reduce<Bars>(withEvent, new Map()).values()].at(-1);

describe("bars from events", () => {
  test("progress sets both numbers", () => {
    expect(after(envelope({ current: 678, total: 1500 }))).toMatchObject({
      current: 678,
      total: 1500,
      seq: 1,
    });
  });

  test("an end without numbers keeps those of the last progress", () => {
    expect(
      after(
        envelope({ current: 10, total: 20 }),
        envelope({ event: "job.failed", status: "error", seq: 2 }),
      ),
    ).toMatchObject({
      current: 10,
      total: 20,
      status: "error",
    });
  });

  test("an end takes its numbers from the details", () => {
    const finished = envelope({
      event: "job.finished",
      status: "done",
      seq: 2,
      details: { totalExported: 1500, total: 1500 },
    });
    expect(after(envelope({ current: 10, total: 20 }), finished)).toMatchObject({
      current: 1500,
      total: 1500,
      status: "done",
    });
  });

  test("a new attempt starts from nothing and keeps the total", () => {
    const requeued = envelope({ event: "job.requeued", status: "queueing", attempt: 2, seq: 2 });
    expect(after(envelope({ current: 10, total: 20 }), requeued)).toMatchObject({
      current: 0,
      total: 20,
      attempt: 2,
    });
  });

  test("an event that is older or seen before changes nothing", () => {
    const newest = envelope({ seq: 5, current: 5, total: 9 });
    expect(
      after(
        newest,
        envelope({ seq: 4, current: 4, total: 9 }),
        envelope({ seq: 5, current: 1, total: 9 }),
      ),
    ).toMatchObject({
      current: 5,
    });
  });

  test("jobs of the same guid at two sources are two bars", () => {
    expect(
      [envelope({}), envelope({ source: "email" })].reduce<Bars>(withEvent, new Map()).size,
    ).toBe(2);
  });

  test("a snapshot replaces a bar", () => {
    const snapshot = { ...bar({ current: 3, total: 4, seq: 9 }) } as unknown as JobSnapshot;
    expect([...withSnapshot(new Map(), snapshot).values()]).toEqual([
      bar({ current: 3, total: 4, seq: 9 }),
    ]);
  });
});

describe("the share of a bar", () => {
  test.each([
    [{ current: 0, total: 10 }, 0],
    [{ current: 5, total: 10 }, 0.5],
    [{ current: 11, total: 10 }, 1],
    [{ current: -1, total: 10 }, 0],
    [{ current: 5, total: 0 }, 0],
    [{ current: null, total: null }, 0],
    [{ current: null, total: null, status: "done" }, 1],
    [{ current: null, total: null, status: "ready" }, 1],
    [{ current: 1495, total: 1500, status: "done" }, 1],
    [{ current: 5, total: 10, status: "error" }, 0.5],
  ] as const)("%j is %d", (parts, share) => {
    expect(shareOf(bar(parts))).toBe(share);
  });
});

test("running jobs are chosen before ended ones, and of both the newest", () => {
  const bars: Bars = new Map(
    ["done", "progress", "error", "done", "progress"].map((status, index) => [
      `job-${index}`,
      bar({ guid: `${index}`, status }),
    ]),
  );
  const chosen = (most: number): readonly string[] =>
    chosenBars(bars, most).map(({ guid }) => guid);
  expect(chosen(1)).toEqual(["4"]);
  expect(chosen(2)).toEqual(["1", "4"]);
  expect(chosen(4)).toEqual(["1", "2", "3", "4"]);
});

describe("a bar's line", () => {
  test("a job that failed at once has no bar", () => {
    expect(barLine(bar({ status: "error" }), plain)).toBe(
      `comments  b4219d47 ${" ".repeat(20)} ${" ".repeat(4)} ${" ".repeat(12)} error`,
    );
  });

  test("half of a job", () => {
    expect(barLine(bar({ current: 750, total: 1500 }), plain, "45 in, 6 out")).toBe(
      "comments  b4219d47 ██████████░░░░░░░░░░  50% 750/1,500    progress 45 in, 6 out",
    );
  });

  test("the second attempt says so", () => {
    expect(barLine(bar({ current: 1, total: 3, attempt: 2 }), plain)).toBe(
      "comments  b4219d47 ███████░░░░░░░░░░░░░  33% 1/3          progress attempt 2",
    );
  });

  test("colours do not change its width", () => {
    const full = bar({ current: 3, total: 3, status: "done" });
    expect(widthOf(barLine(full, ansi, "note"))).toBe(barLine(full, plain, "note").length);
  });

  test("is cut to the terminal without cutting a colour", () => {
    const line = barLine(bar({ current: 750, total: 1500 }), ansi, "45 in, 6 out");
    expect(widthOf(fitTo(line, 40))).toBe(40);
    expect(withoutColour(fitTo(line, 40))).toBe(withoutColour(line).slice(0, 40));
    expect(fitTo(line, 40).endsWith("[0m")).toBe(true);
    expect(fitTo("ab", 2)).toBe("ab");
    expect(fitTo("abc", 2)).toBe("ab");
  });

  test.each([
    ["b4219d47-3138-5efd", "b4219d47"],
    ["exp_abc123def456abc", "abc123de"],
    ["x", "x"],
  ])("%s is shortened to %s", (guid, short) => {
    expect(shortGuid(guid)).toBe(short);
  });
});
