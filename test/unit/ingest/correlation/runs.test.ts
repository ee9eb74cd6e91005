import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  assign,
  newGuid,
  type Run,
  type RunEvent,
} from "../../../../src/ingest/correlation/runs.ts";

const started = (eventId: string, createdAt: number): RunEvent => ({
  phase: "started",
  eventId,
  createdAt,
});
const completed = (eventId: string, createdAt: number): RunEvent => ({
  phase: "completed",
  eventId,
  createdAt,
});

/** Plays events in the order they arrive; each run's guid is `g:` and the event that opened it. */
function play(
  events: readonly RunEvent[],
  now = 1_000,
): {
  readonly guids: readonly string[];
  readonly runs: readonly Run[];
} {
  const runs = new Map<string, Run>();
  const guids = events.map((event) => {
    const assignment = assign([...runs.values()], event, {
      fresh: `g:${event.phase}:${event.eventId}`,
      now,
    });
    if (assignment.kind === "known") return assignment.guid;
    runs.set(assignment.run.guid, assignment.run);
    return assignment.run.guid;
  });
  return { guids, runs: [...runs.values()] };
}

const NEW = { fresh: "fresh", now: 1_000 };

test("a start by a clock that is ahead is closed by a completion by a better clock", () => {
  const { guids } = play([started("s", 9_000), completed("c", 1_000)], 1_000);
  expect(guids).toEqual(["g:started:s", "g:started:s"]);
});

test("a late start by a clock that is ahead finds the completion by the same clock", () => {
  const { guids } = play([completed("c", 9_000), started("s", 8_000)], 1_000);
  expect(guids).toEqual(["g:completed:c", "g:completed:c"]);
});

describe("assign", () => {
  test.each<[string, readonly RunEvent[], readonly string[]]>([
    [
      "a run in order is one job",
      [started("s", 1), completed("c", 2)],
      ["g:started:s", "g:started:s"],
    ],
    [
      "a completion of the same instant closes the run",
      [started("s", 1), completed("c", 1)],
      ["g:started:s", "g:started:s"],
    ],
    [
      "a completion before the start is not its run's",
      [started("s", 2), completed("c", 1)],
      ["g:started:s", "g:completed:c"],
    ],
    ["a completion alone makes a job", [completed("c", 2)], ["g:completed:c"]],
    [
      "a late start joins the completed job",
      [completed("c", 2), started("s", 1)],
      ["g:completed:c", "g:completed:c"],
    ],
    [
      "a start of the same instant as a completion is not earlier",
      [completed("c", 2), started("s", 2)],
      ["g:completed:c", "g:started:s"],
    ],
    [
      "a start after a completion is the next run",
      [completed("c", 2), started("s", 3)],
      ["g:completed:c", "g:started:s"],
    ],
    [
      "only one start joins a completion",
      [completed("c", 5), started("s", 1), started("t", 2)],
      ["g:completed:c", "g:completed:c", "g:started:t"],
    ],
    [
      "split reports each get a job, and completions close the oldest first",
      [started("s", 1), started("t", 2), completed("c", 3), completed("d", 4)],
      ["g:started:s", "g:started:t", "g:started:s", "g:started:t"],
    ],
    [
      "starts that arrive out of order are closed in the order they were created",
      [started("t", 2), started("s", 1), completed("c", 3)],
      ["g:started:t", "g:started:s", "g:started:s"],
    ],
    [
      "a completion skips a run that began after it",
      [started("t", 9), started("s", 1), completed("c", 3), completed("d", 9)],
      ["g:started:t", "g:started:s", "g:started:s", "g:started:t"],
    ],
    [
      "late starts join the oldest completion that was after them",
      [completed("d", 20), completed("c", 10), started("t", 15), started("s", 5)],
      ["g:completed:d", "g:completed:c", "g:completed:d", "g:completed:c"],
    ],
    [
      "every event sent again keeps its job, after the run is closed too",
      [
        started("s", 1),
        started("s", 1),
        completed("c", 2),
        started("s", 1),
        completed("c", 2),
        completed("c", 2),
      ],
      Array.from({ length: 6 }, () => "g:started:s"),
    ],
    [
      "an event sent again with another instant keeps its job",
      [started("s", 1), completed("c", 2), completed("c", 99), started("s", 99)],
      Array.from({ length: 4 }, () => "g:started:s"),
    ],
    [
      "an id used for both phases joins nothing by itself",
      [started("x", 1), completed("x", 2)],
      ["g:started:x", "g:started:x"],
    ],
    [
      "an id used for both phases does not hide a new run",
      [completed("x", 1), started("x", 2)],
      ["g:completed:x", "g:started:x"],
    ],
    [
      "two runs one after the other",
      [started("s", 1), completed("c", 2), started("t", 3), completed("d", 4)],
      ["g:started:s", "g:started:s", "g:started:t", "g:started:t"],
    ],
  ])("%s", (_, events, guids) => {
    expect(play(events).guids).toEqual(guids);
  });
});

const open = (eventId: string, createdAt: number): Run => ({
  guid: `g:${eventId}`,
  started: { eventId, createdAt },
  completed: null,
});
const lone = (eventId: string, createdAt: number): Run => ({
  guid: `g:${eventId}`,
  started: null,
  completed: { eventId, createdAt },
});

/** The run of a start that is created at an instant. */
const startedAt = (createdAt: number): unknown => assign([], started("s", createdAt), NEW);

describe("an event", () => {
  test("that fits no run opens one", () => {
    expect(assign([], started("s", 5), NEW)).toEqual({
      kind: "opens",
      run: { guid: "fresh", started: { eventId: "s", createdAt: 5 }, completed: null },
    });
    expect(assign([], completed("c", 5), NEW)).toEqual({
      kind: "opens",
      run: { guid: "fresh", started: null, completed: { eventId: "c", createdAt: 5 } },
    });
  });

  test("of the other side joins the run, which is whole then", () => {
    const whole = {
      kind: "joins",
      run: {
        guid: "g:s",
        started: { eventId: "s", createdAt: 1 },
        completed: { eventId: "c", createdAt: 2 },
      },
    };
    expect(assign([open("s", 1)], completed("c", 2), NEW)).toEqual(whole);
    expect(assign([lone("c", 2)], started("s", 1), NEW)).toEqual({
      ...whole,
      run: { ...whole.run, guid: "g:c" },
    });
  });

  test("that comes again is known", () => {
    expect(assign([open("s", 1)], started("s", 9), NEW)).toEqual({ kind: "known", guid: "g:s" });
  });

  test("that starts by a clock which is ahead counts as seen now, by an exact one as it says", () => {
    expect([1_001, 1_000, 999].map(startedAt)).toMatchObject(
      [1_000, 1_000, 999].map((createdAt) => ({ run: { started: { createdAt } } })),
    );
  });

  test.each([
    ["of the same instant, the first by event id is oldest", [open("a", 3), open("b", 3)], "g:a"],
    ["the older one is, whatever the event ids say", [open("b", 2), open("a", 3)], "g:b"],
  ])("of two open runs %s", (_, runs, guid) => {
    for (const given of [runs, runs.toReversed()])
      expect(assign(given, completed("c", 9), NEW)).toMatchObject({ kind: "joins", run: { guid } });
  });

  test.each([
    ["of the same instant, the first by event id is oldest", [lone("a", 3), lone("b", 3)], "g:a"],
    ["the older one is, whatever the event ids say", [lone("b", 2), lone("a", 3)], "g:b"],
  ])("of two completions alone %s", (_, runs, guid) => {
    for (const given of [runs, runs.toReversed()])
      expect(assign(given, started("s", 1), NEW)).toMatchObject({ kind: "joins", run: { guid } });
  });
});

describe("assign, whatever comes", () => {
  const anyEvents = fc.array(
    fc.record({
      phase: fc.constantFrom<"started" | "completed">("started", "completed"),
      eventId: fc.integer({ min: 0, max: 12 }).map(String),
      createdAt: fc.integer({ min: 0, max: 8 }),
    }),
    { maxLength: 40 },
  );
  const HOLDS = { failed: false, counterexample: null };

  test("no run ever completes before it starts", () => {
    const property = fc.property(anyEvents, (events) =>
      play(events).runs.every(
        ({ started: start, completed: end }) =>
          start === null || end === null || end.createdAt >= start.createdAt,
      ),
    );
    expect(fc.check(property)).toMatchObject(HOLDS);
  });

  test("every event is in exactly one run, the one it was assigned", () => {
    const property = fc.property(anyEvents, (events) => {
      const { guids, runs } = play(events);
      return events.every((event, index) => {
        const holding = runs.filter((run) => run[event.phase]?.eventId === event.eventId);
        return holding.length === 1 && holding[0]?.guid === guids[index];
      });
    });
    expect(fc.check(property)).toMatchObject(HOLDS);
  });

  test("playing everything twice changes nothing", () => {
    const property = fc.property(anyEvents, (events) => {
      const once = play(events);
      const twice = play([...events, ...events]);
      expect(twice).toEqual({ guids: [...once.guids, ...once.guids], runs: once.runs });
    });
    expect(fc.check(property)).toMatchObject(HOLDS);
  });

  test("the order of the rows decides nothing", () => {
    const property = fc.property(anyEvents, anyEvents, ([event = started("s", 4)], before) => {
      const { runs } = play(before);
      expect(assign(runs.toReversed(), event, NEW)).toEqual(assign(runs, event, NEW));
    });
    expect(fc.check(property)).toMatchObject(HOLDS);
  });

  test("in order, no completion is left alone while an older run is open", () => {
    const property = fc.property(anyEvents, (events) => {
      const { runs } = play(
        events.map((event, index) => ({ ...event, eventId: `${index}`, createdAt: index })),
      );
      const starts = runs.flatMap((run) => (run.completed === null ? [run.started.createdAt] : []));
      const alone = runs.flatMap((run) => (run.started === null ? [run.completed.createdAt] : []));
      return alone.every((completion) => starts.every((start) => start > completion));
    });
    expect(fc.check(property)).toMatchObject(HOLDS);
  });
});

test("a run's guid is 24 digits of a hash", () => {
  expect(newGuid("btz_", "0123456789abcdef0123456789abcdef")).toBe("btz_0123456789abcdef01234567");
});
