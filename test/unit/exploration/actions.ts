// What may happen next in a world: everything that the platform, a receiver or a provider may do.

import { HOUR } from "../../../src/kernel/time.ts";
import { publish } from "./objects/account.ts";
import { deploy } from "./objects/deploy.ts";
import { callEnded } from "./objects/drain.ts";
import { erase, erasureEnded, mayErase, takeErasure } from "./objects/erase.ts";
import { isHeldBack, isMisplaced, keepAfterAll, relocate, takeMove } from "./objects/hand-over.ts";
import { crashJob, fire, ingest } from "./objects/job.ts";
import { acceptLate } from "./objects/receiver.ts";
import { replay } from "./objects/replay.ts";
import { placeOf, Stage, type Setting } from "./stage.ts";
import {
  crashSubscriber,
  endAttempt,
  endWait,
  enqueue,
  fireSubscriber,
  flushResults,
  unawaited,
  type Answer,
  type Requests,
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
  if (call.erasesAt !== null) return takeErasure(stage, call, call.erasesAt);
  if (call.move !== null) return takeMove(stage, call, call.move);
  if (call.to !== "account") return enqueue(stage, placeOf(stage.setting, call.to), call);
  publish(stage, call);
  stage.replaceCall(call, null);
  if (!call.late) callEnded(stage, call, true);
};

const notTaken = (stage: Stage, call: Call): void => {
  if (call.erasesAt !== null) return erasureEnded(stage, call, false);
  if (call.move?.isAwaited) keepAfterAll(stage, call.move);
  callEnded(stage, call, false);
};

/** The sender hears of a fault, whether the call has arrived or not. */
const fail = (stage: Stage, call: Call): void => {
  stage.replaceCall(call, unawaited(call));
  notTaken(stage, call);
};

/** By its job, or by the shard that hands over. */
const isWaitedFor = ({ late, move }: Call): boolean => !late || (move?.isAwaited ?? false);

const kindOf = (call: Call): string => {
  if (call.erasesAt !== null) return "erasure";
  return call.replay !== null ? "replay" : call.move === null ? "call" : "move";
};

function callActions(call: Call, place: number): readonly Action[] {
  const kind = kindOf(call);
  const name = `${call.late ? "late " : ""}${kind} of job ${call.job} to ${call.to} (${call.seqs.join()})`;
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
    rank: isWaitedFor(call) ? 1 : null,
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
        const copy = unawaited(call);
        stage.replaceCall(call, copy);
        arrive(stage, copy);
        notTaken(stage, call);
      },
    },
    {
      name: `${name} arrives, and will once more`,
      cost: FAULT,
      rank: null,
      run: (stage) => {
        stage.addCalls([unawaited(call)]);
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

interface Place {
  readonly s: number;
  readonly mayFail: boolean;
  /** Whether what ended may be under way to the receiver still. */
  readonly mayBeLate: boolean;
}

function subscriberActions(world: World, { s, mayFail, mayBeLate }: Place): readonly Action[] {
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
    if (mayBeLate) add(`attempt ${n} ends before its request arrives`, FAILURE, end("late"));
  }
  const alarm = subscriber?.alarm ?? null;
  if (alarm !== null && alarm <= world.now)
    add("alarm", FREE, (stage) => fireSubscriber(stage, s), 4);
  if (memory === null) return actions;
  if (memory.results.length > 0)
    add("results are written", FREE, (stage) => flushResults(stage, s), 2);
  if (!mayFail) return actions;
  const stop = (requests: Requests) => (stage: Stage) => crashSubscriber(stage, s, requests);
  add("stops", FAULT, stop("lost"));
  if (memory.underWay.length === 0) return actions;
  add("stops after its attempts arrived", FAULT, stop("arrived"));
  if (mayBeLate) add("stops before its attempts arrive", FAULT, stop("late"));
  return actions;
}

/** Shards look for jobs that belong elsewhere. */
function moveActions(world: World, { setting, failing }: Options): readonly Action[] {
  const stage = new Stage(setting, world);
  return failing.flatMap((s) =>
    world.jobs.flatMap((_, j) =>
      setting.relocates && isMisplaced(stage, s, j)
        ? [
            {
              name: `subscriber ${s} lets job ${j} move`,
              cost: FREE,
              rank: null,
              run: (next: Stage): void => relocate(next, s, j),
            },
          ]
        : [],
    ),
  );
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
    if (call.late || failing.includes(place)) continue;
    const [arrives, ...others] = callActions(call, place);
    if (arrives !== undefined)
      return call.to === "account" ? [arrives, ...others].filter(isPaid) : [arrives];
  }
  for (const [s] of world.subscribers.entries()) {
    const place = { s, mayFail: false, mayBeLate: false };
    const [first] = failing.includes(s) ? [] : subscriberActions(world, place);
    if (first !== undefined) return [first];
  }
  return [];
}

interface Options {
  readonly setting: Setting;
  /** The places of the subscriber that may fail. */
  readonly failing: readonly number[];
}

/** Everything that may happen next, as far as faults are left. */
export function actionsOf(world: World, options: Options): readonly Action[] {
  const { setting, failing } = options;
  const urgent = urgentActions(world, options);
  const actions =
    urgent.length > 0
      ? urgent
      : [
          ...world.calls.flatMap((call) =>
            isHeldBack(world, call) ? [] : callActions(call, placeOf(setting, call.to)),
          ),
          ...jobActions(world, setting.scripts),
          ...moveActions(world, options),
          ...failing.flatMap((s) =>
            subscriberActions(world, { s, mayFail: true, mayBeLate: setting.hasLateRequests }),
          ),
          ...otherActions(world, setting),
        ];
  return actions.filter(
    ({ cost }) => cost.faults <= world.faults && cost.failures <= world.failures,
  );
}

const stopAccount = (stage: Stage): void => stage.setAccount({ memory: null });

function otherActions(world: World, { configs }: Setting): readonly Action[] {
  const actions: Action[] = world.lateRequests.map((late) => ({
    name: `the late request of seq ${late.row.seq} arrives`,
    cost: FREE,
    rank: null,
    run: (stage) => acceptLate(stage, late),
  }));
  if (world.config + 1 < configs.length)
    actions.push({ name: "the configuration changes", cost: FREE, rank: 6, run: deploy });
  for (const [j, { rows }] of world.jobs.entries())
    if (world.replays > 0 && rows !== null)
      actions.push({
        name: `replay of job ${j}`,
        cost: FREE,
        rank: null,
        run: (stage) => replay(stage, j),
      });
  for (const [j] of world.jobs.entries())
    if (mayErase(world, j))
      actions.push({
        name: `job ${j} is erased`,
        cost: FREE,
        rank: (world.mustErase[j] ?? false) ? 4 : null,
        run: (stage) => erase(stage, j),
      });
  if (world.account.memory !== null)
    actions.push({ name: "the account stops", cost: FAULT, rank: null, run: stopAccount });
  const next = nextInstant(world);
  const pass = (stage: Stage): void => stage.set({ now: next ?? world.now });
  if (next !== null) actions.push({ name: "time passes", cost: FREE, rank: 5, run: pass });
  return actions;
}
