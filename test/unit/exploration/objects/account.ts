// The account in the world: which publications are new to its log.

import { selectNew } from "../../../../src/account/new-publications.ts";
import type { JobEnvelope, JobSnapshot } from "../../../../src/model/event.ts";
import { iso, type Millis } from "../../../../src/kernel/time.ts";
import type { Publication } from "../../../../src/model/messages.ts";
import type { Stage } from "../stage.ts";
import { replaced, type Account, type Call } from "../world.ts";

/** A call has arrived: what is new is logged, and the index of jobs follows. */
export function publish(stage: Stage, call: Call): void {
  const { job } = call;
  const isLate = (stage.world.account.gone[job]?.life ?? -1) >= call.life;
  const events = isLate && stage.rules.dropsErased ? [] : stage.eventsOf(call);
  const guid = `h${job}`;
  const publications = events.map(({ seq, id, minor }): Publication => ({
    event: { seq, id, time: iso(stage.now) } as JobEnvelope,
    // Of the snapshot no more than its name and its instant are compared.
    snapshot: { source: "s", guid, seq, url: null, error: null, createdAt: "" } as JobSnapshot,
    first: seq > call.attempted,
    minor,
  }));
  const known = (_: JobSnapshot, from: Millis): number => seqOf(stage, job, from);
  const select: typeof selectNew = stage.rules.selectNew;
  const added = select(publications, known);
  for (const { seq } of added.jobs)
    stage.setAccount({ index: replaced(stage.world.account.index, job, seq) });
  const isErased = call.life < stage.job(job).life && added.events.length > 0;
  stage.must(!isErased, "the account shows a job that was erased");
  for (const { event } of added.events) log(stage, job, event.seq, added.unlisted.has(event.id));
}

const awake = (stage: Stage): NonNullable<Account["memory"]> =>
  stage.world.account.memory ?? { located: false, added: stage.world.jobs.map(() => 0) };

/** The newest logged `seq` of a job, as far as the object looks for it. */
function seqOf(stage: Stage, job: number, from: Millis): number {
  const { account } = stage.world;
  const memory = awake(stage);
  if (from > 0 && stage.rules.trustsFirst) return 0;
  const listed = account.index[job] ?? 0;
  // Nothing that comes late is older than what is read back.
  const looks = from === 0 || (from < Infinity && stage.rules.looksBack);
  if (!looks && !memory.located) return Math.max(listed, memory.added[job] ?? 0);
  stage.setAccount({ memory: { ...memory, located: true } });
  const places = account.log.filter((entry) => entry.job === job && entry.unlisted);
  return Math.max(listed, places.at(-1)?.seq ?? 0);
}

function log(stage: Stage, job: number, seq: number, unlisted: boolean): void {
  const { account } = stage.world;
  const before = account.log.findLast((entry) => entry.job === job)?.seq ?? 0;
  stage.must(seq === before + 1, `the account logs seq ${seq} of a job after ${before}`);
  const memory = awake(stage);
  stage.setAccount({
    log: [...account.log, { job, seq, unlisted }],
    memory: unlisted ? { ...memory, added: replaced(memory.added, job, seq) } : memory,
  });
}
