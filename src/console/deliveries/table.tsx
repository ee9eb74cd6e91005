/** @jsxImportSource preact */
// The table of deliveries, of which several can be chosen.

import type { JSX } from "preact";
import type { Delivery } from "../api/wire.ts";
import { hashOf, type Place } from "../browser/address.ts";
import { Chip, Id, When } from "../parts/marks.tsx";
import { moment, until } from "../words/times.ts";
import { deliveryWord, eventWord } from "../words/vocabulary.ts";
import {
  answerOf,
  isRetryable,
  lastAttempt,
  saidIn,
  toggled,
  toggledAll,
} from "./delivery-view.ts";

interface RowProps {
  readonly delivery: Delivery;
  readonly chosen: boolean;
  readonly onChoose: () => void;
  readonly filters: Place["filters"];
  readonly selected: boolean;
  readonly now: number;
}

function Row({ delivery, chosen, onChoose, filters, selected, now }: RowProps): JSX.Element {
  const { id, subscriber, event, state, attempts, nextAttemptAt } = delivery;
  const last = lastAttempt(delivery);
  return (
    <tr class={selected ? "row selected" : "row"}>
      <td class="c-check">
        <input
          type="checkbox"
          aria-label={`Choose ${event.event} of ${event.guid ?? event.source}`}
          checked={chosen}
          disabled={!isRetryable(delivery)}
          onChange={onChoose}
        />
      </td>
      <td class="c-status">
        <Chip word={deliveryWord(state)} />
      </td>
      <td class="c-event">
        <a
          class="row-link"
          href={hashOf("deliveries", [subscriber, id], filters)}
          aria-current={selected ? "true" : undefined}
        >
          {eventWord(event.event)}
          {event.seq === null ? null : <span class="soft"> no. {event.seq}</span>}
        </a>
      </td>
      <td class="c-job">{event.guid === null ? "–" : <Id>{event.guid}</Id>}</td>
      <td class="c-answer">
        {last === null ? (
          <span class="soft">not tried yet</span>
        ) : (
          <span title={`${answerOf(last)} ${saidIn(last)}`}>
            <span class={state === "dead" ? "failure" : "soft"}>{answerOf(last)}</span>{" "}
            <span class="soft" dir="auto">
              {saidIn(last)}
            </span>
          </span>
        )}
      </td>
      <td class="c-number">{attempts.length}</td>
      <td class="c-when">
        {nextAttemptAt === null ? (
          last === null ? null : (
            <When at={last.time} now={now} />
          )
        ) : (
          <time dateTime={nextAttemptAt} title={moment(nextAttemptAt)}>
            next {until(nextAttemptAt, now)}
          </time>
        )}
      </td>
    </tr>
  );
}

interface TableProps {
  readonly deliveries: readonly Delivery[];
  readonly chosen: readonly string[];
  readonly onChoose: (chosen: readonly string[]) => void;
  readonly filters: Place["filters"];
  readonly selected: string | null;
  readonly now: number;
}

export const DeliveriesTable = (props: TableProps): JSX.Element => {
  const { deliveries, chosen, onChoose, filters, selected, now } = props;
  const all = toggledAll(chosen, deliveries);
  return (
    <table class="table deliveries">
      <caption class="hidden">Deliveries</caption>
      <thead>
        <tr>
          <th scope="col" class="c-check">
            <input
              type="checkbox"
              aria-label="Choose all shown"
              checked={chosen.length > 0 && all.length === 0}
              onChange={() => onChoose(all)}
            />
          </th>
          <th scope="col">State</th>
          <th scope="col">Event</th>
          <th scope="col">Job</th>
          <th scope="col">Last answer</th>
          <th scope="col" class="c-number">
            Attempts
          </th>
          <th scope="col" class="c-when">
            When
          </th>
        </tr>
      </thead>
      <tbody>
        {deliveries.map((delivery) => (
          <Row
            key={delivery.id}
            delivery={delivery}
            chosen={chosen.includes(delivery.id)}
            onChoose={() => onChoose(toggled(chosen, delivery.id))}
            filters={filters}
            selected={delivery.id === selected}
            now={now}
          />
        ))}
      </tbody>
    </table>
  );
};
