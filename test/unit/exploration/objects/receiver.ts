// What a subscriber's receiver does with requests: it knows an event that comes again.

import type { QueueRow } from "../../../../src/deliver/queue/queue-row.ts";
import { receiverOf, subscriberAt, type Stage } from "../stage.ts";
import { replaced, type LateRequest } from "../world.ts";

const jobOf = ({ job }: Pick<QueueRow, "job">): number => Number(job?.slice(2));

/** A request arrives from a shard: with an event that is known, or newer than all that are. */
export function accept(stage: Stage, s: number, row: QueueRow, isReplay: boolean): void {
  const { seq } = row;
  const [j, receiver] = [jobOf(row), receiverOf(stage.setting, s)];
  const { stored, memory } = stage.subscriber(s);
  const { id } = [...stored, ...(memory?.unstored ?? [])].find((one) => one.row.n === row.n) ?? {};
  const isErased = Number(id?.split(" ")[0]?.split("+")[1] ?? 0) < stage.job(j).life;
  stage.must(!isErased, `subscriber ${s} gets seq ${seq} of a job that was erased`);
  if (isErased) return;
  checkMeant(stage, s, row);
  const { accepted, acceptedAgain } = stage.subscriber(receiver);
  const had = (isReplay ? acceptedAgain : accepted)[j] ?? [];
  if (had.includes(seq)) return;
  const newest = had.at(-1) ?? 0;
  const what = isReplay ? "the replay of seq" : "seq";
  stage.must(seq > newest, `subscriber ${receiver} gets ${what} ${seq} after ${newest}`);
  const now = [...had, seq];
  const key = isReplay ? "acceptedAgain" : "accepted";
  const before = isReplay ? acceptedAgain : accepted;
  stage.setSubscriber(receiver, { [key]: replaced(before, j, now) });
}

function checkMeant(stage: Stage, s: number, row: QueueRow): void {
  const event = stage.job(jobOf(row)).rows?.events.find(({ seq }) => seq === row.seq);
  const isMeant = event?.meantFor.includes(subscriberAt(stage.setting, s)) ?? false;
  stage.must(isMeant, `subscriber ${s} gets seq ${row.seq}, which was not meant for it`);
  stage.must(stage.isConfigured(s), `subscriber ${s} gets seq ${row.seq} while it is absent`);
}

/**
 * A request arrives whose attempt has ended long ago. A receiver can tell progress that is older
 * than what it has by its number; of other events it must have all that are older.
 */
export function acceptLate(stage: Stage, late: LateRequest): void {
  stage.set({ lateRequests: stage.world.lateRequests.filter((one) => one !== late) });
  const { to, row } = late;
  const [j, receiver] = [jobOf(row), receiverOf(stage.setting, to)];
  const { accepted } = stage.subscriber(receiver);
  const had = accepted[j] ?? [];
  const newest = had.at(-1) ?? 0;
  if (had.includes(row.seq)) return;
  if (row.seq > newest)
    return stage.setSubscriber(receiver, { accepted: replaced(accepted, j, [...had, row.seq]) });
  const isOld = row.kind === "progress";
  stage.must(
    isOld,
    `a late request brings seq ${row.seq} to subscriber ${receiver} after ${newest}`,
  );
}
