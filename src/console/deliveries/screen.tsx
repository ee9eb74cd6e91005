/** @jsxImportSource preact */
// The screen of deliveries: one subscriber's, by state, with retry.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ListOf, Subscriber } from "../api/wire.ts";
import { hashOf, type Place } from "../browser/address.ts";
import { address } from "../browser/page.ts";
import { useNow } from "../browser/use-now.ts";
import { usePoll } from "../browser/use-poll.ts";
import { Choice, Search, Tabs } from "../parts/fields.tsx";
import { Empty, Problem, Skeleton } from "../parts/states.tsx";
import { Screen } from "../shell/screen.tsx";
import { useSession } from "../shell/session.ts";
import { NoSubscribers } from "../subscribers/none.tsx";
import { number } from "../words/numbers.ts";
import { DELIVERY_STATES, deliveryWord } from "../words/vocabulary.ts";
import { useDeliveries, type DeliveryList } from "./delivery-lists.ts";
import { DeliverySheet } from "./delivery-sheet.tsx";
import { firstShown } from "./delivery-view.ts";
import { ChosenBar, ReplayDead } from "./retry.tsx";
import { DeliveriesTable } from "./table.tsx";

/** The counts of a subscriber are read again in this time, in ms. */
const COUNTS_EVERY = 5_000;

interface FiltersProps {
  readonly subscribers: readonly Subscriber[];
  readonly shown: Subscriber | undefined;
  readonly filters: Place["filters"];
  readonly onFilter: (filters: Place["filters"]) => void;
}

const deadNote = (dead: number): string => (dead === 0 ? "" : ` · ${number(dead)} dead`);

function Filters({ subscribers, shown, filters, onFilter }: FiltersProps): JSX.Element {
  const counts: Readonly<Record<string, number | undefined>> = { ...shown } as never;
  const choose = (id: string): void => address.go(hashOf("deliveries", [id], filters));
  return (
    <div class="filters">
      <Tabs
        name="State"
        value={filters["state"] ?? ""}
        onChange={(state) => onFilter({ state })}
        tabs={[
          { value: "", text: "All", count: "" },
          ...DELIVERY_STATES.map((state) => ({
            value: state,
            text: deliveryWord(state).text,
            count: counts[state] === undefined ? "" : number(counts[state]),
          })),
        ]}
      />
      <div class="fields">
        <Choice
          name="Subscriber"
          options={subscribers.map(({ id }) => id)}
          noteOf={(id) => deadNote(subscribers.find((one) => one.id === id)?.dead ?? 0)}
          value={shown?.id ?? ""}
          onChange={choose}
        />
        <Search
          name="Job id"
          value={filters["guid"] ?? ""}
          onChange={(guid) => onFilter({ guid })}
        />
      </div>
    </div>
  );
}

const Nothing = ({
  filtered,
  subscriber,
}: {
  readonly filtered: boolean;
  readonly subscriber: string;
}): JSX.Element =>
  filtered ? (
    <Empty title="No delivery matches these filters.">
      <a href={hashOf("deliveries", [subscriber])}>Show all deliveries</a>
    </Empty>
  ) : (
    <Empty title={`Nothing was sent to ${subscriber} yet.`}>
      <a href={hashOf("subscribers", [subscriber])}>Send it a test event</a> to see whether it
      answers.
    </Empty>
  );

interface ListProps {
  readonly list: DeliveryList;
  readonly subscriber: string;
  readonly place: Place;
  readonly now: number;
}

function List({ list, subscriber, place, now }: ListProps): JSX.Element {
  const [chosen, choose] = useState<readonly string[]>([]);
  const done = (): void => {
    choose([]);
    list.refresh();
  };
  if (list.items === null) return list.problem === null ? <Skeleton rows={8} /> : <></>;
  if (list.items.length === 0)
    return (
      <Nothing filtered={Object.values(place.filters).some(Boolean)} subscriber={subscriber} />
    );
  return (
    <>
      <ChosenBar subscriber={subscriber} chosen={chosen} onDone={done} />
      <DeliveriesTable
        deliveries={list.items}
        chosen={chosen}
        onChoose={choose}
        filters={place.filters}
        selected={place.path[1] ?? null}
        now={now}
      />
      {list.hasMore ? (
        <button type="button" class="more" onClick={list.loadMore}>
          Load more
        </button>
      ) : null}
    </>
  );
}

interface DeliveriesProps {
  readonly place: Place;
  readonly onFilter: (filters: Place["filters"]) => void;
}

export function DeliveriesScreen({ place, onFilter }: DeliveriesProps): JSX.Element {
  const { api } = useSession();
  const now = useNow();
  const subscribers = usePoll(
    "subscribers",
    () => api.get<ListOf<Subscriber>>("/v1/subscribers"),
    COUNTS_EVERY,
  );
  const items = subscribers.data?.items ?? [];
  // Chosen once: a count that changes does not change what is shown.
  const [first, setFirst] = useState<string | null>(null);
  if (first === null && items.length > 0) setFirst(firstShown(items));
  const wanted = place.path[0] ?? first;
  const shown = items.find(({ id }) => id === wanted);
  const { state = "", guid = "" } = place.filters;
  const list = useDeliveries(shown?.id ?? null, { state, guid });
  const open = place.path[1];
  const refresh = (): void => {
    subscribers.refresh();
    list.refresh();
  };
  return (
    <Screen
      title="Deliveries"
      action={
        shown === undefined ? null : (
          <ReplayDead subscriber={shown.id} dead={shown.dead} onDone={refresh} />
        )
      }
    >
      <Problem text={subscribers.problem ?? list.problem} retry={refresh} />
      {subscribers.data !== null && items.length === 0 ? <NoSubscribers /> : null}
      {items.length === 0 ? null : (
        <Filters subscribers={items} shown={shown} filters={place.filters} onFilter={onFilter} />
      )}
      {shown === undefined ? null : (
        <List key={shown.id} list={list} subscriber={shown.id} place={place} now={now} />
      )}
      {items.length > 0 && shown === undefined ? (
        <Empty title={`There is no subscriber ${wanted ?? ""}.`}>
          <a href={hashOf("deliveries")}>Show another one</a>
        </Empty>
      ) : null}
      {shown === undefined || open === undefined ? null : (
        <DeliverySheet
          key={open}
          subscriber={shown.id}
          id={open}
          known={list.items?.find(({ id }) => id === open) ?? null}
          now={now}
          onClose={() => address.go(hashOf("deliveries", [shown.id], place.filters))}
          onRetried={refresh}
        />
      )}
    </Screen>
  );
}
