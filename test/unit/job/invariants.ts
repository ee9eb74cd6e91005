// What must hold after any life of a job; each check gives the sentences that do not.

import type { Policy } from "../../../src/job/decide.ts";
import { ID_MEMORY } from "../../../src/job/dedupe.ts";
import { canonical } from "../../../src/kernel/json.ts";
import type { SimulatedJob, Spoken, Told } from "./driver.ts";

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

const isProgress = (spoken: Spoken): boolean => spoken.envelope.event === "job.progress";
const isEnd = (spoken: Spoken): boolean => ENDS.has(spoken.envelope.event);
const isLifecycle = (event: string): boolean => !BESIDE.has(event);
/** What a progress event showed. */
const shownBy = ({ envelope, heard }: Spoken): string =>
  canonical([envelope.current ?? null, envelope.total ?? null, heard?.update.details ?? null]);
const count = (told: readonly Told[], outcome: Told["outcome"]): number =>
  told.filter((one) => one.outcome === outcome).length;

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

/** Rules of the window, for a clock that never goes back and a schedule at whose end time has passed. */
export function brokenWindow(job: SimulatedJob, policy: Policy): readonly string[] {
  const found: string[] = [];
  const progress = job.spoken.filter(isProgress);
  progress.forEach((spoken, index) => {
    const before = progress[index - 1];
    if (before !== undefined && spoken.at - before.at < policy.throttle)
      found.push(`seq ${spoken.envelope.seq} left too early`);
  });
  const first = progress[0];
  const last = progress.at(-1);
  if (first !== undefined && last !== undefined && policy.throttle > 0) {
    const most = 1 + Math.ceil((last.at - first.at) / policy.throttle);
    if (progress.length > most) found.push(`${progress.length} progress events where ${most} fit`);
  }
  return [...found, ...lastValues(job)];
}

function numbering({ spoken }: SimulatedJob): readonly string[] {
  const found: string[] = [];
  spoken.forEach(({ envelope }, index) => {
    if (envelope.seq !== index + 1) found.push(`seq ${envelope.seq} at place ${index + 1}`);
    const before = spoken[index - 1]?.envelope.attempt;
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
  for (const spoken of job.spoken) {
    const { attempt, current, event, seq } = spoken.envelope;
    if (ended.has(attempt) && !event.startsWith("job.convert."))
      found.push(`${event} (seq ${seq}) after the end of attempt ${attempt}`);
    if (isProgress(spoken)) {
      if (current !== undefined && current < (highest.get(attempt) ?? 0))
        found.push(`seq ${seq} goes back to ${current}`);
      highest.set(attempt, current ?? highest.get(attempt) ?? 0);
      const value = shownBy(spoken);
      if (latest.get(attempt) === value) found.push(`seq ${seq} repeats ${value}`);
      latest.set(attempt, value);
    }
    if (!isEnd(spoken)) continue;
    ended.add(attempt);
    if (spoken.by !== "update" || spoken.heard?.at !== spoken.at)
      found.push(`the end (seq ${seq}) was delayed`);
  }
  return found;
}

function keys({ told }: SimulatedJob): readonly string[] {
  const found: string[] = [];
  const seen = new Map<string, { readonly at: number; readonly era: number }>();
  let era = 0;
  for (const { update, at, outcome } of told) {
    if (outcome === "duplicate") continue;
    if (outcome === "emitted" && isLifecycle(update.event)) era += 1;
    const key = `${update.key.kind}:${update.key.value}`;
    const before = seen.get(key);
    if (before !== undefined && update.key.kind === "id" && at - before.at < ID_MEMORY)
      found.push(`${key} was taken twice within 72 h`);
    // Its own acceptance opens an era: another one has to have been opened between.
    const own = outcome === "emitted" && isLifecycle(update.event) ? 1 : 0;
    if (before !== undefined && update.key.kind === "body" && era - own <= before.era)
      found.push(`${key} was taken twice in an era`);
    seen.set(key, { at, era });
  }
  return found;
}

function sums({ told, spoken, state }: SimulatedJob): readonly string[] {
  if (state === null) return told.length === 0 ? [] : ["updates were told, but there is no job"];
  const flushed = spoken.filter((one) => one.by === "clock" && isProgress(one)).length;
  const waiting = state.window.pending === null ? 0 : 1;
  const stalls = spoken.filter((one) => one.envelope.event === "job.stalled").length;
  const pairs = [
    ["emitted", count(told, "emitted") + flushed + stalls, spoken.length],
    ["seq", state.seq, spoken.length],
    ["absorbed", count(told, "absorbed"), flushed + state.absorbed + waiting],
    ["late", count(told, "late"), state.late],
    ["conflicts", count(told, "conflict"), state.conflicts],
    ["records", told.filter(({ recorded }) => recorded).length, state.record],
  ] as const;
  return pairs
    .filter(([, left, right]) => left !== right)
    .map(([name, left, right]) => `${name}: ${left} is not ${right}`);
}

function silence({ spoken, told }: SimulatedJob): readonly string[] {
  const stalls = spoken.filter((one) => one.envelope.event === "job.stalled");
  return stalls.flatMap(({ after, envelope }, index) => {
    const before = stalls[index - 1];
    const words = before === undefined ? [] : told.slice(before.after, after);
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

/** What is known after several progress reports: the last details, and the last number of each kind that any of them gave. */
function sumOf(values: readonly Told[]): string {
  const last = (name: "current" | "total"): number | null =>
    values.findLast((one) => one.update[name] !== null)?.update[name] ?? null;
  return canonical([last("current"), last("total"), values.at(-1)?.update.details ?? null]);
}

/** The last value of an attempt was emitted or is carried by the end, unless a requeue cut the attempt off. */
function lastValues({ told, spoken, state }: SimulatedJob): readonly string[] {
  const found: string[] = [];
  for (let attempt = 1; attempt <= (state?.life.attempt ?? 0); attempt += 1) {
    const values = told.filter(
      (one) =>
        one.attempt === attempt &&
        one.update.event === "job.progress" &&
        ["emitted", "absorbed", "unchanged"].includes(one.outcome),
    );
    const end = spoken.find((one) => one.envelope.attempt === attempt && isEnd(one));
    if (values.length === 0 || (end === undefined && attempt !== state?.life.attempt)) continue;
    if (end === undefined) {
      const shown = spoken.findLast((one) => one.envelope.attempt === attempt && isProgress(one));
      if (shown === undefined || shownBy(shown) !== sumOf(values))
        found.push(`the last value of attempt ${attempt} never arrived`);
      continue;
    }
    const number = values.findLast((one) => one.update.current !== null)?.update.current;
    const said = told.find(
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
