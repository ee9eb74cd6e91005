// Changes that survive because nothing that the code promises depends on them.

import type { Explanation } from "./report.ts";

const HEAP = "src/deliver/queue/wake-heap.ts";
const BACKLOG = "src/deliver/queue/backlog.ts";
const JOB_PLAN = "src/deliver/queue/job-plan.ts";
const PLAN = "src/deliver/queue/plan.ts";

const NARROWS = "only tells the compiler what is always so";
const EQUAL_INSTANTS = "the order among equal instants is promised to nobody";
const REBUILT_SOONER =
  "rebuilding saves memory: sooner, later or never, names wake in the same order";

export const EXPLAINED: readonly Explanation[] = [
  { file: BACKLOG, code: "if (queue !== undefined) yield [queue, until];", why: NARROWS },
  {
    file: BACKLOG,
    code: "const queue = this.#jobQueues.get(name) ?? [];",
    why: "a row that is known is in the queue of its job",
  },
  {
    file: JOB_PLAN,
    code: 'if (row.kind !== "progress" || row.job === null || isRequested(row)) return 0;',
    to: ["false"],
    why: NARROWS,
  },
  {
    file: JOB_PLAN,
    code: "if (superseded.length === 0) return { superseded, inheritedWaits, ...readyRows(queue, context) };",
    why: "spares the lists of the general case, which decides the same",
  },
  {
    file: JOB_PLAN,
    code: "const windowEnd = inOrder && index < lastOther ? 0 : progressWindowEnd(row, context);",
    to: ["index <= lastOther"],
    why: "the row at lastOther is no progress, so no window concerns it",
  },
  {
    file: PLAN,
    code: "if (waitsUntil !== null) {",
    why: "spares a plan that decides the same about a single row",
  },
  {
    file: HEAP,
    code: "if (this.#at.get(name) === at) return;",
    why: "spares an entry: a second one for the same instant is dropped as out of date",
  },
  {
    file: HEAP,
    code: "if (this.#heap.length > 2 * this.#at.size + MIN_STALE_ENTRIES) this.#rebuild();",
    why: REBUILT_SOONER,
  },
  { file: HEAP, code: "#heap: Sleeper[] = [];", why: NARROWS },
  {
    file: HEAP,
    code: "while (index > 0) {",
    why: "above the root there is nothing to compare with",
  },
  {
    file: HEAP,
    code: "if (parent === undefined || parent.at <= sleeper.at) break;",
    why: EQUAL_INSTANTS,
  },
  {
    file: HEAP,
    code: "if (last === undefined || heap.length === 0) return;",
    to: ["false"],
    why: NARROWS,
  },
  {
    file: HEAP,
    code: "(heap[left + 1]?.at ?? Infinity) < (heap[left]?.at ?? Infinity) ? left + 1 : left;",
    why: EQUAL_INSTANTS,
  },
  {
    file: HEAP,
    code: "if (below === undefined || below.at >= last.at) break;",
    why: EQUAL_INSTANTS,
  },
];
