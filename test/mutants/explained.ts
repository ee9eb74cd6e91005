// Changes that survive because nothing that the code promises depends on them.

import { EXPLAINED_OF_MAPS } from "./explained-map.ts";
import { EXPLAINED_OF_RECIPES } from "./explained-recipe.ts";
import type { Explanation } from "./report.ts";

const HEAP = "src/deliver/queue/wake-heap.ts";
const BACKLOG = "src/deliver/queue/backlog.ts";
const JOB_PLAN = "src/deliver/queue/job-plan.ts";
const PLAN = "src/deliver/queue/plan.ts";

const LIFECYCLE = "src/job/lifecycle.ts";
const RECENT = "src/job/outbox/recent-events.ts";
const FOLLOWS_NOTHING = "what the next event does not follow is forgotten";

const PROGRESS = "src/job/progress.ts";
const SPARES_FINGERPRINT = "spares a second fingerprint of the same details";

const NARROWS = "only tells the compiler what is always so";
const EQUAL_INSTANTS = "the order among equal instants is promised to nobody";
const REBUILT_SOONER =
  "rebuilding saves memory: sooner, later or never, names wake in the same order";

const CURSOR = "src/stream/cursor.ts";
const POSITIONS = "src/account/log/positions.ts";
const EMPTY_LIST = "spares the memory of an empty list, which answers as none does";

export const EXPLAINED: readonly Explanation[] = [
  ...EXPLAINED_OF_MAPS,
  ...EXPLAINED_OF_RECIPES,
  {
    file: POSITIONS,
    code: "if (count === list.length) this.#lists.delete(key);",
    to: ["false"],
    why: EMPTY_LIST,
  },
  {
    file: POSITIONS,
    code: "if (left.length === 0) this.#lists.delete(key);",
    to: ["false"],
    why: EMPTY_LIST,
  },
  {
    file: CURSOR,
    code: "if (cursor.length > MAX_CURSOR) return null;",
    why: "spares the decoding of a text that is too long to be a position",
  },
  {
    file: CURSOR,
    code: "const [, epoch, offset] = POSITION.exec(fromUtf8(bytes)) ?? [];",
    to: ['["Stryker was here"]'],
    why: NARROWS,
  },
  {
    file: CURSOR,
    code: "if (epoch === undefined || offset === undefined || !Number.isSafeInteger(Number(offset)))",
    to: ["false", "epoch === undefined && offset === undefined"],
    why: NARROWS,
  },
  {
    file: "src/ingest/correlation/runs.ts",
    code: "return a.eventId < b.eventId ? -1 : 1;",
    to: ["a.eventId <= b.eventId"],
    why: "one event is in one run, so no two have the same id",
  },
  {
    file: LIFECYCLE,
    code: "if (previousEndedAt !== undefined && isUpToEnd(event, occurredAt, previousEndedAt)) return true;",
    to: ["true"],
    why: NARROWS,
  },
  {
    file: LIFECYCLE,
    code: "if (beganAt === null) return false;",
    to: ["false"],
    why: "nothing happens before the instant that null counts as",
  },
  {
    file: LIFECYCLE,
    code: 'phase: "waiting",',
    to: ['""'],
    why: "the event that opens the attempt sets its phase",
  },
  {
    file: LIFECYCLE,
    code: "...(occurredAt !== null && occurredAt > now ? { clockAhead: true } : {}),",
    to: ["true"],
    why: NARROWS,
  },
  {
    file: "src/job/decide-progress.ts",
    code: "state !== null &&",
    to: ["true"],
    why: NARROWS,
  },
  {
    file: "src/job/decide-progress.ts",
    code: "const offered = offer(window, { update, record: 0 }, throttle, now);",
    to: ["{}"],
    why: "only whether the value waits is read; it is held again with its record",
  },
  { file: PROGRESS, code: "if (known !== undefined) return known;", why: SPARES_FINGERPRINT },
  { file: PROGRESS, code: "fingerprints.set(details, text);", why: SPARES_FINGERPRINT },
  {
    file: PROGRESS,
    code: "before.current !== null && update.current !== null && update.current < before.current;",
    to: ["true"],
    why: "no count is below the 0 that null counts as",
  },
  {
    file: "src/deliver/retry/settlement.ts",
    code: 'const failed = signal.kind === "fails" || (signal.kind === "disable" && signal.reason === "gone");',
    to: ["true"],
    why: NARROWS,
  },
  {
    file: "src/job/outbox/destinations.ts",
    code: 'const [id = "", shard = "0"] = name.slice(SUBSCRIBER_PREFIX.length).split("/");',
    why: "a stored name has both parts",
  },
  {
    file: "src/job/outbox/outbox.ts",
    code: "return { ...before, amended: (before.amended ?? []).slice(1), failures: 0, retryAt: null };",
    why: "the first amendment is left out, so of none and of one there is none left",
  },
  { file: RECENT, code: "#events: T[] = [];", why: FOLLOWS_NOTHING },
  { file: RECENT, code: "this.#events = [];", why: FOLLOWS_NOTHING },
  {
    file: "src/job/outbox/shards.ts",
    code: 'if (one.kind !== "subscriber") continue;',
    to: ["false"],
    why: NARROWS,
  },
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
