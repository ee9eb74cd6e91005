/** @jsxImportSource preact */
// One subscriber: its state, what an operator can do with it, its charts.

import type { JSX } from "preact";
import { pathOf } from "../api/request.ts";
import type { Delivery, Failure, ListOf, Subscriber } from "../api/wire.ts";
import { hashOf } from "../browser/address.ts";
import { usePoll } from "../browser/use-poll.ts";
import { answerOf } from "../deliveries/delivery-view.ts";
import { ReplayDead } from "../deliveries/retry.tsx";
import { Chip, Fact, When } from "../parts/marks.tsx";
import { Advice } from "../parts/sentence.tsx";
import { Sheet } from "../parts/sheet.tsx";
import { Problem, Skeleton } from "../parts/states.tsx";
import { useAct, useSession } from "../shell/session.ts";
import { number, percent } from "../words/numbers.ts";
import { latency } from "../words/times.ts";
import { subscriberWord } from "../words/vocabulary.ts";
import { Charts } from "./charts.tsx";
import { seriesOf } from "./series.ts";

/** Deliveries whose attempts the charts show. */
const CHARTED = 100;

/** The charts are read again in this time, in ms. */
const CHARTS_EVERY = 15_000;

const ratio = (share: number | null): string => (share === null ? "–" : percent(share));
const speed = (ms: number | null): string => (ms === null ? "–" : latency(ms));

const LastFailure = ({
  failure,
  now,
}: {
  readonly failure: Failure | null;
  readonly now: number;
}): JSX.Element =>
  failure === null ? (
    <>none</>
  ) : (
    <>
      {answerOf(failure)} · <When at={failure.time} now={now} />
    </>
  );

const Facts = ({
  subscriber,
  now,
}: {
  readonly subscriber: Subscriber;
  readonly now: number;
}): JSX.Element => (
  <dl class="facts">
    <Fact name="Delivered">{number(subscriber.delivered)}</Fact>
    <Fact name="Pending">{number(subscriber.pending)}</Fact>
    <Fact name="Held">{number(subscriber.held)}</Fact>
    <Fact name="Dead">
      {subscriber.dead === 0 ? (
        "0"
      ) : (
        <a href={hashOf("deliveries", [subscriber.id], { state: "dead" })}>
          {number(subscriber.dead)}
        </a>
      )}
    </Fact>
    <Fact name="Success">{ratio(subscriber.successRate)}</Fact>
    <Fact name="p50">{speed(subscriber.p50)}</Fact>
    <Fact name="p95">{speed(subscriber.p95)}</Fact>
    <Fact name="Oldest pending">
      {subscriber.oldestPendingAt === null ? (
        "none"
      ) : (
        <When at={subscriber.oldestPendingAt} now={now} />
      )}
    </Fact>
    <Fact name="Last failure" wide>
      <LastFailure failure={subscriber.lastFailure} now={now} />
    </Fact>
  </dl>
);

function Actions({
  subscriber,
  onDone,
}: {
  readonly subscriber: Subscriber;
  readonly onDone: () => void;
}): JSX.Element {
  const { api } = useSession();
  const act = useAct();
  const { id, state, dead } = subscriber;
  const send = (action: "pause" | "resume" | "test", said: string): void =>
    act(async () => {
      await api.post(pathOf(["subscribers", id, action]));
      onDone();
      return said;
    });
  return (
    <div class="actions">
      <button type="button" onClick={() => send("test", "A test event is on its way.")}>
        Send a test event
      </button>
      {state === "active" || state === "probing" ? (
        <button type="button" onClick={() => send("pause", `${id} is paused.`)}>
          Pause
        </button>
      ) : null}
      {state === "active" ? null : (
        <button type="button" class="primary" onClick={() => send("resume", `${id} is resumed.`)}>
          Resume
        </button>
      )}
      <ReplayDead subscriber={id} dead={dead} onDone={onDone} />
      <a class="button" href={hashOf("deliveries", [id])}>
        Deliveries
      </a>
    </div>
  );
}

function Latest({ id }: { readonly id: string }): JSX.Element {
  const { api } = useSession();
  const path = pathOf(["subscribers", id, "deliveries"], { limit: CHARTED });
  const latest = usePoll(path, () => api.get<ListOf<Delivery>>(path), CHARTS_EVERY);
  if (latest.data === null)
    return latest.problem === null ? <Skeleton rows={3} /> : <Problem text={latest.problem} />;
  const series = seriesOf(latest.data.items);
  return series === null ? <p class="soft">Nothing was sent yet.</p> : <Charts series={series} />;
}

interface SubscriberSheetProps {
  readonly subscriber: Subscriber;
  readonly now: number;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export function SubscriberSheet({
  subscriber,
  now,
  onClose,
  onDone,
}: SubscriberSheetProps): JSX.Element {
  const { id, state, advice, replay } = subscriber;
  const word = subscriberWord(state);
  return (
    <Sheet title={id} name={`Subscriber ${id}`} onClose={onClose}>
      <p class="sheet-status">
        <Chip word={word} />
        <span class="soft">{word.title}</span>
      </p>
      <Advice text={advice} />
      <Actions subscriber={subscriber} onDone={onDone} />
      {replay === null ? null : (
        <p class="note" role="status">
          A replay is running: {number(replay.released)} of {number(replay.total)} started over.
        </p>
      )}
      <Facts subscriber={subscriber} now={now} />
      <h3>Latest deliveries</h3>
      <Latest id={id} />
    </Sheet>
  );
}
