/** @jsxImportSource preact */
// A job's events, what was absorbed between them, who got each, and their payloads.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { JobEnvelope } from "../../client/index.ts";
import { pathOf } from "../api/request.ts";
import type { RecordedUpdate } from "../api/wire.ts";
import { hashOf } from "../browser/address.ts";
import { Term } from "../parts/marks.tsx";
import { Payload } from "../parts/payload.tsx";
import { useAct, useSession } from "../shell/session.ts";
import { firstEvent } from "../words/payloads.ts";
import { clock, moment } from "../words/times.ts";
import { deliveryWord, eventTone, eventWord } from "../words/vocabulary.ts";
import { reasonsOf, saidBy, saidByRecord, type Receipt, type TimelineStep } from "./timeline.ts";

const Receipts = ({ receipts }: { readonly receipts: readonly Receipt[] }): JSX.Element | null =>
  receipts.length === 0 ? null : (
    <span class="receipts">
      {receipts.map(({ subscriber, state, delivery }) => {
        const word = deliveryWord(state);
        return (
          <a
            key={subscriber}
            class={`receipt ${word.tone}`}
            href={hashOf("deliveries", [subscriber, delivery])}
            title={`${subscriber}: ${word.text}. ${word.title}`}
          >
            {subscriber} · {word.text.toLowerCase()}
          </a>
        );
      })}
    </span>
  );

const Recorded = ({ recorded }: { readonly recorded: readonly RecordedUpdate[] }): JSX.Element => (
  <details class="recorded">
    <summary>
      {reasonsOf(recorded).map(({ reason, count }, index) => (
        <span key={reason}>
          {index === 0 ? "" : ", "}
          {count} <Term term={reason}>{reason}</Term>
        </span>
      ))}
    </summary>
    <ol>
      {recorded.map((update, index) => (
        <li key={index}>
          <time dateTime={update.time} title={moment(update.time)}>
            {clock(update.time)}
          </time>
          <span>{eventWord(update.event)}</span>
          <span class="said" dir="auto">
            {saidByRecord(update)}
          </span>
          <Term term={update.reason}>{update.reason}</Term>
        </li>
      ))}
    </ol>
  </details>
);

/** The event as the relay keeps it, read when it is opened: the stream's has rounded numbers. */
function EventPayload({ event }: { readonly event: JobEnvelope }): JSX.Element {
  const { source, guid, seq } = event;
  const { api } = useSession();
  const [text, setText] = useState<string | null>(null);
  const act = useAct();
  const read = (): void => {
    if (text !== null) return;
    act(async () => {
      const query = { since: seq - 1, limit: 1 };
      const answer = await api.text(pathOf(["jobs", source, guid, "events"], query));
      setText(firstEvent(answer) ?? JSON.stringify(event, null, 2));
      return "";
    });
  };
  return <Payload name={`Payload of no. ${seq}`} text={text} onOpen={read} />;
}

const Event = ({
  event,
  receipts,
}: {
  readonly event: JobEnvelope;
  readonly receipts: readonly Receipt[];
}): JSX.Element => (
  <>
    <p class="event-line">
      <strong>{eventWord(event.event)}</strong>
      <span class="said" dir="auto">
        {saidBy(event)}
      </span>
      <time dateTime={event.time} title={moment(event.time)}>
        {clock(event.time)}
      </time>
    </p>
    <p class="event-more">
      <code>{event.event}</code>
      <span class="soft">
        no. {event.seq}
        {event.attempt > 1 ? ` · attempt ${event.attempt}` : ""}
      </span>
      <Receipts receipts={receipts} />
    </p>
    <EventPayload event={event} />
  </>
);

interface TimelineProps {
  readonly steps: readonly TimelineStep[];
  readonly receipts: ReadonlyMap<string, readonly Receipt[]>;
}

export const Timeline = ({ steps, receipts }: TimelineProps): JSX.Element => (
  <ol class="timeline" aria-label="Events">
    {steps.map(({ event, recorded }) => (
      <li key={event?.id ?? "since"} class={event === null ? "rest" : eventTone(event.event)}>
        {recorded.length === 0 ? null : <Recorded recorded={recorded} />}
        {event === null ? null : <Event event={event} receipts={receipts.get(event.id) ?? []} />}
      </li>
    ))}
  </ol>
);
