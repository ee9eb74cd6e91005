// The judge of long runs finds what it is there for.

import { describe, expect, test } from "vitest";
import {
  faultsOfDeliveries,
  faultsOfLog,
  faultsOfView,
  Sequence,
  type Arrived,
  type Told,
} from "../../prove/parts/judge.ts";

const told = (seq: number, event: string, more: Partial<Told> = {}): Told => ({
  id: `evt_${seq}`,
  event,
  guid: "job",
  source: "comments",
  seq,
  attempt: 1,
  time: new Date(seq * 1_000).toISOString(),
  ...more,
});

const LOG = [
  told(1, "job.created"),
  told(2, "job.progress", { current: 1 }),
  told(3, "job.progress", { current: 2 }),
  told(4, "job.finished"),
];
const ALL = ["evt_1", "evt_2", "evt_3", "evt_4"];
const got = (...seqs: readonly number[]): readonly Arrived[] =>
  seqs.map((seq) => ({ id: `evt_${seq}`, seq, isExcused: false }));
const everything = (): boolean => true;

const isEnd = ({ event }: Told): boolean => event === "job.finished";
const faults = (log: readonly Told[], acknowledged: readonly string[], throttle = 0) =>
  faultsOfLog(log, { acknowledged, throttle });

describe("the log of a job", () => {
  test("is right as it is", () => {
    expect(faults(LOG, ALL)).toEqual([]);
  });

  test("may hold events that no webhook was answered with", () => {
    expect(faults(LOG, ["evt_1", "evt_4"])).toEqual([]);
  });

  test("lacks nothing that was acknowledged", () => {
    expect(faults(LOG, [...ALL, "evt_5"])).toEqual([
      "evt_5 was acknowledged and is not in the log",
    ]);
  });

  test("has no gap in seq", () => {
    expect(faults(LOG.slice(0, 3).concat(told(5, "job.finished")), [])).toEqual([
      "seq 5 stands at 4",
    ]);
  });

  test("holds no id twice", () => {
    expect(faults([told(1, "job.created"), told(2, "job.failed", { id: "evt_1" })], [])).toEqual([
      "an id stands twice",
    ]);
  });

  test("is in the order in which webhooks were answered", () => {
    expect(faults(LOG, ["evt_2", "evt_1"])).toEqual([
      "evt_1 was acknowledged after the event that follows it",
    ]);
  });

  test("has progress that rises, a window apart", () => {
    const back = [told(1, "job.progress", { current: 5 }), told(2, "job.progress", { current: 4 })];
    expect(faults(back, [])).toEqual(["progress 2 goes back"]);
    expect(faults(LOG, [], 5_000)).toEqual(["progress 3 comes 1000 ms after the last one"]);
  });
});

describe("what a subscriber got", () => {
  test("may lack progress that newer events replaced", () => {
    expect(faultsOfDeliveries(LOG, got(1, 4), everything)).toEqual([]);
  });

  test("does not lack anything else", () => {
    expect(faultsOfDeliveries(LOG, got(1, 2, 3), everything)).toEqual([
      "job.finished 4 did not arrive",
    ]);
    expect(faultsOfDeliveries(LOG.slice(0, 3), got(1, 2), everything)).toEqual([
      "job.progress 3 did not arrive",
    ]);
  });

  test("may lack what it does not want", () => {
    expect(faultsOfDeliveries(LOG, got(4), isEnd)).toEqual([]);
  });

  test("came in order, unless it was refused before", () => {
    expect(faultsOfDeliveries(LOG, got(4, 1), everything)).toEqual(["1 arrived after 4"]);
    const late = [...got(4), { id: "evt_1", seq: 1, isExcused: true }];
    expect(faultsOfDeliveries(LOG, late, everything)).toEqual([]);
  });

  test("is in the log", () => {
    expect(faultsOfDeliveries(LOG, got(1, 4, 9), everything)).toEqual([
      "evt_9 was delivered and never told",
    ]);
  });
});

describe("what a viewer was shown", () => {
  test("is the log, from its beginning to its end", () => {
    expect(faultsOfView(LOG, ALL)).toEqual([]);
    expect(faultsOfView(LOG, ["evt_1", "evt_3", "evt_4"])).toEqual([
      "the viewer was shown evt_3 in place 2",
      "the viewer was shown 3 of 4 events",
    ]);
  });

  test("is the same for all viewers of an account", () => {
    const sequence = new Sequence();
    expect([sequence.take(-1, "a"), sequence.take(0, "b")]).toEqual([0, 1]);
    expect(sequence.take(-1, "a")).toBe(0);
    expect(sequence.take(0, "c")).toBe("c in place 1, where b stands");
    expect(sequence.take(1, "a")).toBe("a came twice");
    expect([sequence.last, sequence.placeOf("b"), sequence.placeOf("z")]).toEqual([1, 1, -1]);
  });
});
