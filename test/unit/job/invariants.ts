// What must hold after any life of a job; each check gives the sentences that do not.

import type { Policy } from "../../../src/job/policy.ts";
import { canonical } from "../../../src/kernel/json.ts";
import type { AppliedUpdate, EmittedEvent, SimulatedJob } from "./driver.ts";

const ENDS: ReadonlySet<string> = new Set([
  "job.finished",
  "job.failed",
  "bulk_download.ready",
  "bulk_download.failed",
]);
const BESIDE: ReadonlySet<string> = new Set([
  "job.progress",
  "job.stalled",
  "job.convert.done",
  "job.convert.failed",
]);

const isProgress = (event: EmittedEvent): boolean => event.envelope.event === "job.progress";
const isEnd = (event: EmittedEvent): boolean => ENDS.has(event.envelope.event);
const isLifecycle = (event: string): boolean => !BESIDE.has(event);
/** What a progress event showed. */
const shownBy = ({ envelope, from }: EmittedEvent): string =>
  canonical([envelope.current ?? null, envelope.total ?? null, from?.update.details ?? null]);
const count = (updates: readonly AppliedUpdate[], outcome: AppliedUpdate["outcome"]): number =>
  updates.filter((one) => one.outcome === outcome).length;

/** Rules that hold whatever the clock does. */
export function broken(job: SimulatedJob): readonly string[] {
  return [
    ...numbering(job),
    ...attempts(job),
    ...keys(job),
    ...sums(job),
    ...silence(job),
    ...restarts(job),
  ];
}

/**
 * Rules of the window, for a clock that never goes back and a schedule at whose end time has
 * passed.
 */
export function brokenWindow(job: SimulatedJob, policy: Policy): readonly string[] {
  const found: string[] = [];
  const progress = job.emitted.filter(isProgress);
  progress.forEach((event, index) => {
    const before = progress[index - 1];
    if (before !== undefined && event.at - before.at < policy.throttle)
      found.push(`seq ${event.envelope.seq} left too early`);
  });
  const first = progress[0];
  const last = progress.at(-1);
  if (first !== undefined && last !== undefined && policy.throttle > 0) {
    const most = 1 + Math.ceil((last.at - first.at) / policy.throttle);
    if (progress.length > most) found.push(`${progress.length} progress events where ${most} fit`);
  }
  return [...found, ...lastValues(job)];
}

function numbering({ emitted: events }: SimulatedJob): readonly string[] {
  const found: string[] = [];
  events.forEach(({ envelope }, index) => {
    if (envelope.seq !== index + 1) found.push(`seq ${envelope.seq} at place ${index + 1}`);
    const before = events[index - 1]?.envelope.attempt;
    if (before !== undefined && envelope.attempt !== before && envelope.attempt !== before + 1)
      found.push(`attempt ${envelope.attempt} after ${before}`);
  });
  return found;
}

function attempts(job: SimulatedJob): readonly string[] {
  const found: string[] = [];
  const highest = new Map<number, number>();
  const latest = new Map<number, string>();
  const ended = new Set<number>();
  for (const emitted of job.emitted) {
    const { attempt, current, event, seq } = emitted.envelope;
    if (ended.has(attempt) && !event.startsWith("job.convert."))
      found.push(`${event} (seq ${seq}) after the end of attempt ${attempt}`);
    if (isProgress(emitted)) {
      if (current !== undefined && current < (highest.get(attempt) ?? 0))
        found.push(`seq ${seq} goes back to ${current}`);
      highest.set(attempt, current ?? highest.get(attempt) ?? 0);
      const value = shownBy(emitted);
      if (latest.get(attempt) === value) found.push(`seq ${seq} repeats ${value}`);
      latest.set(attempt, value);
    }
    if (!isEnd(emitted)) continue;
    ended.add(attempt);
    if (emitted.by !== "update" || emitted.from?.at !== emitted.at)
      found.push(`the end (seq ${seq}) was delayed`);
  }
  return found;
}

function keys({ applied: updates }: SimulatedJob): readonly string[] {
  const found: string[] = [];
  const seen = new Map<string, { readonly era: number }>();
  let era = 0;
  for (const { update, outcome } of updates) {
    if (outcome === "duplicate") continue;
    if (outcome === "emitted" && isLifecycle(update.event)) era += 1;
    const key = `${update.key.kind}:${update.key.value}`;
    const before = seen.get(key);
    if (before !== undefined && update.key.kind === "id") found.push(`${key} was taken twice`);
    // Its own acceptance opens an era: another one has to have been opened between.
    const own = outcome === "emitted" && isLifecycle(update.event) ? 1 : 0;
    if (before !== undefined && update.key.kind === "body" && era - own <= before.era)
      found.push(`${key} was taken twice in an era`);
    seen.set(key, { era });
  }
  return found;
}

function sums({ applied: updates, emitted: events, state }: SimulatedJob): readonly string[] {
  if (state === null)
    return updates.length === 0 ? [] : ["updates were updates, but there is no job"];
  const flushed = events.filter((one) => one.by === "clock" && isProgress(one)).length;
  const waiting = state.window.pending === null ? 0 : 1;
  const stalls = events.filter((one) => one.envelope.event === "job.stalled").length;
  const pairs = [
    ["emitted", count(updates, "emitted") + flushed + stalls, events.length],
    ["seq", state.seq, events.length],
    ["absorbed", count(updates, "absorbed"), flushed + state.absorbed + waiting],
    ["late", count(updates, "late"), state.late],
    ["conflicts", count(updates, "conflict"), state.conflicts],
    ["records", updates.filter(({ recorded }) => recorded).length, state.lastRecord],
  ] as const;
  return pairs
    .filter(([, left, right]) => left !== right)
    .map(([name, left, right]) => `${name}: ${left} is not ${right}`);
}

function silence({ emitted: events, applied: updates }: SimulatedJob): readonly string[] {
  const stalls = events.filter((one) => one.envelope.event === "job.stalled");
  return stalls.flatMap(({ after, envelope }, index) => {
    const before = stalls[index - 1];
    const words = before === undefined ? [] : updates.slice(before.after, after);
    const woken =
      before === undefined || words.some((one) => one.recorded || one.outcome === "emitted");
    return woken ? [] : [`stalled twice without a word (seq ${envelope.seq})`];
  });
}

function restarts({ lost }: SimulatedJob): readonly string[] {
  return lost
    .filter(({ memory, rows }) => canonicalState(memory) !== canonicalState(rows))
    .map(({ memory }) => `a restart after seq ${memory.seq} lost something`);
}

const canonicalState = (state: SimulatedJob["state"]): string =>
  JSON.stringify(state, (_, value: unknown) => (isPlain(value) ? sorted(value) : value));
const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const sorted = (value: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)));

/**
 * What is known after several progress reports: the last details, and the last number of each kind
 * that any of them gave.
 */
function sumOf(values: readonly AppliedUpdate[]): string {
  const last = (name: "current" | "total"): number | null =>
    values.findLast((one) => one.update[name] !== null)?.update[name] ?? null;
  return canonical([last("current"), last("total"), values.at(-1)?.update.details ?? null]);
}

/**
 * The last value of an attempt was emitted or is carried by the end, unless a requeue cut the
 * attempt off.
 */
function lastValues({ applied: updates, emitted: events, state }: SimulatedJob): readonly string[] {
  const found: string[] = [];
  for (let attempt = 1; attempt <= (state?.lifecycle.attempt ?? 0); attempt += 1) {
    const values = updates.filter(
      (one) =>
        one.attempt === attempt &&
        one.update.event === "job.progress" &&
        ["emitted", "absorbed", "unchanged"].includes(one.outcome),
    );
    const end = events.find((one) => one.envelope.attempt === attempt && isEnd(one));
    if (values.length === 0 || (end === undefined && attempt !== state?.lifecycle.attempt))
      continue;
    if (end === undefined) {
      const shown = events.findLast((one) => one.envelope.attempt === attempt && isProgress(one));
      if (shown === undefined || shownBy(shown) !== sumOf(values))
        found.push(`the last value of attempt ${attempt} never arrived`);
      continue;
    }
    const number = values.findLast((one) => one.update.current !== null)?.update.current;
    const said = updates.find(
      (one) =>
        one.outcome === "emitted" &&
        one.attempt === attempt &&
        one.update.event === end.envelope.event,
    )?.update;
    const final = said?.current ?? number;
    if (final !== undefined && end.envelope.details["totalExported"] !== final)
      found.push(`the end of attempt ${attempt} does not carry ${final}`);
  }
  return found;
}
