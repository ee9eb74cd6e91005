// What may happen next in a world: everything that the platform, a receiver or a provider may do.

import { HOUR } from "../../../src/kernel/time.ts";
import { publish } from "./objects/account.ts";
import { callEnded } from "./objects/drain.ts";
import { crashJob, fire, ingest } from "./objects/job.ts";
import { placeOf, type Setting, type Stage } from "./stage.ts";
import {
  crashSubscriber,
  endAttempt,
  endWait,
  enqueue,
  fireSubscriber,
  flushResults,
  type Answer,
} from "./objects/subscriber.ts";
import type { Call, World } from "./world.ts";

/** One step; `cost` are the faults and the failed attempts that it uses up. */
export interface Action {
  readonly name: string;
  readonly cost: { readonly faults: number; readonly failures: number };
  /** Steps that lead to rest when nothing else goes wrong: the least comes first. */
  readonly rank: number | null;
  readonly run: (stage: Stage) => void;
}

const FREE = { faults: 0, failures: 0 };
const FAULT = { faults: 1, failures: 0 };
const FAILURE = { faults: 0, failures: 1 };

const arrive = (stage: Stage, call: Call): void => {
  if (call.to !== "account") return enqueue(stage, placeOf(stage.setting, call.to), call);
  publish(stage, call);
  stage.replaceCall(call, null);
  if (!call.late) callEnded(stage, call.job, call.to, true);
};

/** The sender hears of a fault, whether the call has arrived or not. */
const fail = (stage: Stage, call: Call): void => {
  stage.replaceCall(call, { ...call, late: true });
  callEnded(stage, call.job, call.to, false);
};

function callActions(call: Call, place: number): readonly Action[] {
  const name = `${call.late ? "late " : ""}call of job ${call.job} to ${call.to} (${call.seqs.join()})`;
  if (call.waits !== null) {
    const n = call.waits;
    const slow = (stage: Stage): void => endWait(stage, place, call, n);
    return [
      { name: `${name} is answered before its attempt ends`, cost: FREE, rank: null, run: slow },
    ];
  }
  const arrives: Action = {
    name: `${name} arrives`,
    cost: FREE,
    rank: call.late ? null : 1,
    run: (stage) => arrive(stage, call),
  };
  if (call.late) return [arrives];
  return [
    arrives,
    { name: `${name} is delayed`, cost: FAULT, rank: null, run: (stage) => fail(stage, call) },
    {
      name: `${name} arrives, its answer is lost`,
      cost: FAULT,
      rank: null,
      run: (stage) => {
        const copy = { ...call, late: true };
        stage.replaceCall(call, copy);
        arrive(stage, copy);
        callEnded(stage, call.job, call.to, false);
      },
    },
    {
      name: `${name} arrives, and will once more`,
      cost: FAULT,
      rank: null,
      run: (stage) => {
        stage.addCalls([{ ...call, late: true }]);
        arrive(stage, call);
      },
    },
  ];
}

function jobActions(world: World, scripts: readonly { readonly length: number }[]): Action[] {
  return world.jobs.flatMap((job, j) => {
    const actions: Action[] = [];
    if ((world.acknowledged[j] ?? 0) < (scripts[j]?.length ?? 0))
      actions.push(
        { name: `update of job ${j}`, cost: FREE, rank: 3, run: (stage) => ingest(stage, j, true) },
        {
          name: `update of job ${j}, its answer is lost`,
          cost: FAULT,
          rank: null,
          run: (stage) => ingest(stage, j, false),
        },
      );
    if (job.alarm !== null && job.alarm <= world.now)
      actions.push({
        name: `alarm of job ${j}`,
        cost: FREE,
        rank: 4,
        run: (stage) => fire(stage, j),
      });
    if (job.memory !== null)
      actions.push({
        name: `job ${j} stops`,
        cost: FAULT,
        rank: null,
        run: (stage) => crashJob(stage, j),
      });
    return actions;
  });
}

function subscriberActions(world: World, s: number, mayFail: boolean): readonly Action[] {
  const subscriber = world.subscribers[s];
  const memory = subscriber?.memory ?? null;
  const actions: Action[] = [];
  const add = (
    name: string,
    cost: Action["cost"],
    run: Action["run"],
    rank: number | null = null,
  ) => actions.push({ name: `subscriber ${s}: ${name}`, cost, rank, run });
  for (const { n } of memory?.underWay ?? []) {
    const end = (given: Answer) => (stage: Stage) => endAttempt(stage, s, n, given);
    add(`attempt ${n} is accepted`, FREE, end("ok"), 0);
    if (!mayFail) continue;
    add(`attempt ${n} is answered 500`, FAILURE, end("unavailable"));
    add(`the answer to attempt ${n} is lost`, FAILURE, end("answer lost"));
  }
  const alarm = subscriber?.alarm ?? null;
  if (alarm !== null && alarm <= world.now)
    add("alarm", FREE, (stage) => fireSubscriber(stage, s), 4);
  if (memory === null) return actions;
  if (memory.results.length > 0)
    add("results are written", FREE, (stage) => flushResults(stage, s), 2);
  if (!mayFail) return actions;
  add("stops", FAULT, (stage) => crashSubscriber(stage, s, false));
  if (memory.underWay.length > 0)
    add("stops after its attempts arrived", FAULT, (stage) => crashSubscriber(stage, s, true));
  return actions;
}

/** The next instant at which an alarm fires; `null` when one is due, and when none comes soon. */
function nextInstant({ now, jobs, subscribers }: World): number | null {
  const alarms = [...jobs, ...subscribers].flatMap(({ alarm }) => alarm ?? []);
  const next = Math.min(...alarms);
  return next > now && next < now + HOUR ? next : null;
}

/**
 * What happens before anything else: the account answers at once, whatever that answer is, and the
 * subscriber that works does all it has to. No other object can tell when they do, so that other
 * orders lead to the same worlds.
 */
export function urgentActions(world: World, options: Options): readonly Action[] {
  const { setting, failing } = options;
  const isPaid = ({ cost }: Action): boolean => cost.faults <= world.faults;
  for (const call of world.calls) {
    const place = placeOf(setting, call.to);
    if (call.late || place === failing) continue;
    const [arrives, ...others] = callActions(call, place);
    if (arrives !== undefined)
      return call.to === "account" ? [arrives, ...others].filter(isPaid) : [arrives];
  }
  for (const [s] of world.subscribers.entries()) {
    const [first] = s === failing ? [] : subscriberActions(world, s, false);
    if (first !== undefined) return [first];
  }
  return [];
}

interface Options {
  readonly setting: Setting;
  /** The place of the subscriber that may fail. */
  readonly failing: number;
}

/** Everything that may happen next, as far as faults are left. */
export function actionsOf(world: World, options: Options): readonly Action[] {
  const { setting, failing } = options;
  const urgent = urgentActions(world, options);
  const actions =
    urgent.length > 0
      ? urgent
      : [
          ...world.calls.flatMap((call) => callActions(call, placeOf(setting, call.to))),
          ...jobActions(world, setting.scripts),
          ...subscriberActions(world, failing, true),
          ...otherActions(world),
        ];
  return actions.filter(
    ({ cost }) => cost.faults <= world.faults && cost.failures <= world.failures,
  );
}

const stopAccount = (stage: Stage): void => stage.setAccount({ memory: null });

function otherActions(world: World): readonly Action[] {
  const actions: Action[] = [];
  if (world.account.memory !== null)
    actions.push({ name: "the account stops", cost: FAULT, rank: null, run: stopAccount });
  const next = nextInstant(world);
  const pass = (stage: Stage): void => stage.set({ now: next ?? world.now });
  if (next !== null) actions.push({ name: "time passes", cost: FREE, rank: 5, run: pass });
  return actions;
}
