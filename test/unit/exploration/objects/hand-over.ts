// A change of a shard in the world: a job's deliveries go from the former shard to the new one.

import { placeOf, type Stage } from "../stage.ts";
import type { Call, Move, StoredDelivery } from "../world.ts";
import { callEnded } from "./drain.ts";
import { awake, flush, movedAway, nextN, pump } from "./subscriber.ts";

/** A call about a move has arrived. */
export function takeMove(stage: Stage, call: Call, move: Move): void {
  if (move.adopted === null) handOver(stage, call, move);
  else adopt(stage, call, { ...move, adopted: move.adopted });
}

function end(stage: Stage, call: Call, isTaken: boolean): void {
  stage.replaceCall(call, null);
  if (!call.late) callEnded(stage, call, isTaken);
}

/** The former shard sends what waits there; it keeps it until the other one has it. */
function handOver(stage: Stage, call: Call, move: Move): void {
  const s = placeOf(stage.setting, move.from);
  const { underWay, leaving } = awake(stage, s);
  flush(stage, s);
  const waiting = stage
    .subscriber(s)
    .stored.filter(({ state, row }) => state === "pending" && row.job === `s/${call.job}`);
  const ns = waiting.map(({ row }) => row.n);
  const isBusy = ns.some((n) => leaving.includes(n) || underWay.some((one) => one.n === n));
  if (isBusy) return end(stage, call, false);
  if (ns.length === 0) return end(stage, call, true);
  stage.setSubscriberMemory(s, { leaving: ns });
  const brought = { ...move, adopted: waiting, isAwaited: true };
  stage.replaceCall(call, { ...call, to: move.to, move: brought });
}

interface Brought extends Move {
  readonly adopted: readonly StoredDelivery[];
}

/** The new shard stores what is new to it, and the former one forgets it. */
function adopt(stage: Stage, call: Call, { to, from, adopted, isAwaited }: Brought): void {
  const s = placeOf(stage.setting, to);
  const { handedOver } = awake(stage, s);
  flush(stage, s);
  const ids = new Set(adopted.map(({ id }) => id));
  const away = handedOver.filter((id) => !ids.has(id));
  stage.setSubscriberMemory(s, { handedOver: away });
  for (const one of adopted) {
    const { stored } = stage.subscriber(s);
    if (
      stage.rules.isKnown(
        stored.map(({ id }) => id),
        one.id,
      )
    )
      continue;
    const row = { ...one.row, n: nextN(stage.subscriber(s)) };
    stage.setSubscriber(s, { stored: [...stored, { ...one, row }] });
    stage.setSubscriberMemory(s, { rows: [...awake(stage, s).rows, row] });
  }
  pump(stage, s);
  if (isAwaited) forget(stage, placeOf(stage.setting, from));
  end(stage, call, true);
}

function forget(stage: Stage, s: number): void {
  const { leaving, rows, handedOver } = awake(stage, s);
  const hasLeft = (n: number): boolean => leaving.includes(n);
  const { stored } = stage.subscriber(s);
  const gone = stored.filter(({ row }) => hasLeft(row.n)).map(({ id }) => id);
  stage.setSubscriber(s, {
    stored: stored.map((one) => (hasLeft(one.row.n) ? movedAway(one) : one)),
  });
  stage.setSubscriberMemory(s, {
    rows: rows.filter(({ n }) => !hasLeft(n)),
    leaving: [],
    handedOver: [...handedOver, ...gone],
  });
  pump(stage, s);
}

/** The former shard hears that the other one did not answer. */
export function keepAfterAll(stage: Stage, { from }: Move): void {
  const s = placeOf(stage.setting, from);
  if (stage.subscriber(s).memory === null) return;
  stage.setSubscriberMemory(s, { leaving: [] });
  pump(stage, s);
}
