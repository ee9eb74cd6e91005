/** @jsxImportSource preact */
// Retrying: one delivery, those that were chosen, or all dead ones.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { pathOf, type Api } from "../api/request.ts";
import { Question } from "../parts/dialog.tsx";
import { useAct, useSession } from "../shell/session.ts";
import { count } from "../words/numbers.ts";

export const retryOne = (api: Api, subscriber: string, delivery: string): Promise<unknown> =>
  api.post(pathOf(["subscribers", subscriber, "deliveries", delivery, "retry"]));

const deliveries = (number: number): string => count(number, "delivery", "deliveries");

/** What is done with the chosen ones. */
export function ChosenBar({
  subscriber,
  chosen,
  onDone,
}: {
  readonly subscriber: string;
  readonly chosen: readonly string[];
  readonly onDone: () => void;
}): JSX.Element | null {
  const { api } = useSession();
  const act = useAct();
  if (chosen.length === 0) return null;
  const retry = (): void =>
    act(async () => {
      // One after the other: a subscriber that just failed is not flooded.
      for (const id of chosen) await retryOne(api, subscriber, id);
      onDone();
      return `${deliveries(chosen.length)} tried again.`;
    });
  return (
    <div class="chosen" role="group" aria-label="Chosen deliveries">
      <span>{deliveries(chosen.length)} chosen</span>
      <button type="button" class="primary" onClick={retry}>
        Retry chosen
      </button>
      <button type="button" class="quiet" onClick={onDone}>
        Clear
      </button>
    </div>
  );
}

/** Replays all dead deliveries, after a question. */
export function ReplayDead({
  subscriber,
  dead,
  onDone,
}: {
  readonly subscriber: string;
  readonly dead: number;
  readonly onDone: () => void;
}): JSX.Element | null {
  const { api } = useSession();
  const act = useAct();
  const [asking, ask] = useState(false);
  if (dead === 0) return null;
  const replay = (): void =>
    act(async () => {
      const path = pathOf(["subscribers", subscriber, "replay"]);
      const answer = await api.post<{ readonly count: number }>(path, { state: "dead" });
      onDone();
      return `${deliveries(answer.count)} started over.`;
    });
  return (
    <>
      <button type="button" onClick={() => ask(true)}>
        Replay {dead} dead…
      </button>
      {asking ? (
        <Question
          title={`Replay ${deliveries(dead)}?`}
          action="Replay"
          onAct={replay}
          onClose={() => ask(false)}
        >
          <p>
            Every dead delivery of <strong>{subscriber}</strong> starts over with the same event id
            and all its attempts. Subscribers that keep event ids take each event once.
          </p>
        </Question>
      ) : null}
    </>
  );
}
