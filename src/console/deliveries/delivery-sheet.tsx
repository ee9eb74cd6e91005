/** @jsxImportSource preact */
// One delivery in full: its attempts with their answers, and the body as it is sent.

import type { JSX } from "preact";
import { pathOf } from "../api/request.ts";
import type { Attempt, Delivery, DeliveryDetail, SentRequest } from "../api/wire.ts";
import { hashOf } from "../browser/address.ts";
import { usePoll } from "../browser/use-poll.ts";
import { Copy } from "../parts/buttons.tsx";
import { Chip, Fact, Id } from "../parts/marks.tsx";
import { Payload } from "../parts/payload.tsx";
import { Sheet } from "../parts/sheet.tsx";
import { Problem, Skeleton } from "../parts/states.tsx";
import { useAct, useSession } from "../shell/session.ts";
import { postCommand, withoutMasked } from "../words/curl.ts";
import { readable } from "../words/payloads.ts";
import { latency, moment, until } from "../words/times.ts";
import { deliveryWord, eventWord, triggerWord } from "../words/vocabulary.ts";
import { answerOf, isRetryable, isTaken } from "./delivery-view.ts";
import { retryOne } from "./retry.tsx";

/** Time between two readings, in ms. */
const EVERY = 5_000;

const AttemptLine = ({
  attempt,
  number,
}: {
  readonly attempt: Attempt;
  readonly number: number;
}): JSX.Element => (
  <li class={isTaken(attempt) ? "done" : "failed"}>
    <p class="event-line">
      <strong>{isTaken(attempt) ? "Taken" : "Failed"}</strong>
      <span class="said">{answerOf(attempt)}</span>
      <time dateTime={attempt.time}>{moment(attempt.time)}</time>
    </p>
    <p class="event-more soft">
      no. {number} · {triggerWord(attempt.trigger)} · {latency(attempt.ms)}
    </p>
    {attempt.answer === null || attempt.answer === "" ? null : (
      <Payload name={`Answer of no. ${number}`} text={readable(attempt.answer)} />
    )}
  </li>
);

/** All attempts, the latest first. */
const Attempts = ({ attempts }: { readonly attempts: readonly Attempt[] }): JSX.Element => (
  <>
    <h3>Attempts</h3>
    {attempts.length === 0 ? (
      <p class="soft">Not tried yet.</p>
    ) : (
      <ol class="timeline" aria-label="Attempts">
        {attempts
          .map((attempt, index) => (
            <AttemptLine key={attempt.time} attempt={attempt} number={index + 1} />
          ))
          .toReversed()}
      </ol>
    )}
  </>
);

/** The headers of a request, one a line. */
const headerText = (headers: SentRequest["headers"]): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");

/** What is sent; `undefined` while it is read, `null` where there is no request. */
const Sent = ({ request }: { readonly request: SentRequest | null | undefined }): JSX.Element => (
  <>
    <h3>Request</h3>
    {request === undefined ? <Skeleton rows={2} /> : null}
    {request === null ? (
      <p class="soft">An archive is sent no request: it stores the job’s file.</p>
    ) : null}
    {request === undefined || request === null ? null : (
      <>
        <p class="sent">
          <code>
            {request.method} {request.url ?? "queue"}
          </code>
        </p>
        <Payload name="Headers" text={headerText(request.headers)} />
        <Payload
          name="Body"
          text={request.body === null ? (request.bodyBase64 ?? "") : readable(request.body)}
          open
        />
      </>
    )}
  </>
);

/** A command that sends the same to a receiver under development. */
const commandOf = ({ headers }: SentRequest, body: string): string =>
  postCommand("http://localhost:3000/hook", body, withoutMasked(headers));

function Facts({
  delivery,
  now,
}: {
  readonly delivery: Delivery;
  readonly now: number;
}): JSX.Element {
  const { event, subscriber, nextAttemptAt } = delivery;
  return (
    <dl class="facts">
      <Fact name="Subscriber">
        <a href={hashOf("subscribers", [subscriber])}>{subscriber}</a>
      </Fact>
      <Fact name="Job">
        {event.guid === null || event.seq === null ? (
          "–"
        ) : (
          <a href={hashOf("jobs", [event.source, event.guid])}>
            <Id>{event.guid}</Id>
          </a>
        )}
      </Fact>
      <Fact name="Event">
        <code>{event.event}</code>
      </Fact>
      <Fact name="Event id">
        <Id>{event.id}</Id>
      </Fact>
      <Fact name="Next attempt">{nextAttemptAt === null ? "none" : until(nextAttemptAt, now)}</Fact>
    </dl>
  );
}

interface DeliverySheetProps {
  readonly subscriber: string;
  readonly id: string;
  /** The delivery as the list shows it, if it does. */
  readonly known: Delivery | null;
  readonly now: number;
  readonly onClose: () => void;
  readonly onRetried: () => void;
}

export function DeliverySheet(props: DeliverySheetProps): JSX.Element {
  const { subscriber, id, known, now, onClose, onRetried } = props;
  const { api } = useSession();
  const act = useAct();
  const detail = usePoll(
    JSON.stringify([subscriber, id]),
    () => api.get<DeliveryDetail>(pathOf(["subscribers", subscriber, "deliveries", id])),
    EVERY,
  );
  const { refresh } = detail;
  const data = detail.data ?? known;
  const request = detail.data?.request;
  const problem = data === null ? detail.problem : null;
  const retry = (): void =>
    act(async () => {
      await retryOne(api, subscriber, id);
      refresh();
      onRetried();
      return "Tried again.";
    });
  const title = data === null ? "Delivery" : `${eventWord(data.event.event)} to ${subscriber}`;
  return (
    <Sheet title={title} name={`Delivery ${id}`} onClose={onClose}>
      <Problem text={problem} retry={refresh} />
      {data === null ? (
        problem === null ? (
          <Skeleton rows={4} />
        ) : null
      ) : (
        <>
          <p class="sheet-status">
            <Chip word={deliveryWord(data.state)} />
            <span class="soft">{deliveryWord(data.state).title}</span>
          </p>
          <div class="actions">
            <button type="button" disabled={!isRetryable(data)} onClick={retry}>
              Retry
            </button>
            {typeof request?.body === "string" ? (
              <Copy text={commandOf(request, request.body)}>Copy as curl</Copy>
            ) : null}
          </div>
          <Facts delivery={data} now={now} />
          <Attempts attempts={data.attempts} />
          <Sent request={detail.data === null ? undefined : detail.data.request} />
        </>
      )}
    </Sheet>
  );
}
