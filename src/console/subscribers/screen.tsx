/** @jsxImportSource preact */
// The screen of subscribers: how each is, and the sheet of one.

import type { JSX } from "preact";
import type { ListOf, Subscriber } from "../api/wire.ts";
import { hashOf, type Place } from "../browser/address.ts";
import { address } from "../browser/page.ts";
import { useNow } from "../browser/use-now.ts";
import { usePoll } from "../browser/use-poll.ts";
import { answerOf } from "../deliveries/delivery-view.ts";
import { Chip, When } from "../parts/marks.tsx";
import { Empty, Problem, Skeleton } from "../parts/states.tsx";
import { Screen } from "../shell/screen.tsx";
import { useSession } from "../shell/session.ts";
import { number, percent } from "../words/numbers.ts";
import { latency } from "../words/times.ts";
import { subscriberWord } from "../words/vocabulary.ts";
import { NoSubscribers } from "./none.tsx";
import { SubscriberSheet } from "./subscriber-sheet.tsx";

/** Time between two readings, in ms. */
const EVERY = 5_000;

function Row({
  subscriber,
  selected,
  now,
}: {
  readonly subscriber: Subscriber;
  readonly selected: boolean;
  readonly now: number;
}): JSX.Element {
  const { id, state, pending, held, dead, successRate, p95, lastFailure } = subscriber;
  return (
    <tr class={selected ? "row selected" : "row"}>
      <td class="c-status">
        <Chip word={subscriberWord(state)} />
      </td>
      <td class="c-job">
        <a
          class="row-link"
          href={hashOf("subscribers", [id])}
          aria-current={selected ? "true" : undefined}
        >
          {id}
        </a>
      </td>
      <td class="c-number" data-name="Waiting">
        {number(pending + held)}
      </td>
      <td class={dead > 0 ? "c-number failure" : "c-number"} data-name="Dead">
        {number(dead)}
      </td>
      <td class="c-number" data-name="Success">
        {successRate === null ? "–" : percent(successRate)}
      </td>
      <td class="c-number" data-name="p95">
        {p95 === null ? "–" : latency(p95)}
      </td>
      <td class="c-answer">
        {lastFailure === null ? (
          <span class="soft">no failure</span>
        ) : (
          <span class="soft" title={answerOf(lastFailure)}>
            {answerOf(lastFailure)} · <When at={lastFailure.time} now={now} />
          </span>
        )}
      </td>
    </tr>
  );
}

interface TableProps {
  readonly subscribers: readonly Subscriber[];
  readonly selected: string | undefined;
  readonly now: number;
}

const Table = ({ subscribers, selected, now }: TableProps): JSX.Element => (
  <table class="table subscribers">
    <caption class="hidden">Subscribers</caption>
    <thead>
      <tr>
        <th scope="col">State</th>
        <th scope="col">Subscriber</th>
        <th scope="col" class="c-number">
          Waiting
        </th>
        <th scope="col" class="c-number">
          Dead
        </th>
        <th scope="col" class="c-number">
          Success
        </th>
        <th scope="col" class="c-number">
          p95
        </th>
        <th scope="col">Last failure</th>
      </tr>
    </thead>
    <tbody>
      {subscribers.map((subscriber) => (
        <Row
          key={subscriber.id}
          subscriber={subscriber}
          selected={subscriber.id === selected}
          now={now}
        />
      ))}
    </tbody>
  </table>
);

export function SubscribersScreen({ place }: { readonly place: Place }): JSX.Element {
  const { api } = useSession();
  const now = useNow();
  const { data, problem, refresh } = usePoll(
    "subscribers",
    () => api.get<ListOf<Subscriber>>("/v1/subscribers"),
    EVERY,
  );
  const items = data?.items ?? [];
  const wanted = place.path[0];
  const open = items.find(({ id }) => id === wanted);
  return (
    <Screen title="Subscribers">
      <Problem text={problem} retry={refresh} />
      {data === null && problem === null ? <Skeleton rows={4} /> : null}
      {data !== null && items.length === 0 ? <NoSubscribers /> : null}
      {items.length === 0 ? null : <Table subscribers={items} selected={wanted} now={now} />}
      {data !== null && wanted !== undefined && open === undefined ? (
        <Empty title={`There is no subscriber ${wanted}.`} />
      ) : null}
      {open === undefined ? null : (
        <SubscriberSheet
          key={open.id}
          subscriber={open}
          now={now}
          onClose={() => address.go(hashOf("subscribers"))}
          onDone={refresh}
        />
      )}
    </Screen>
  );
}
