/** @jsxImportSource preact */
// The screen of sources: what comes from where, and the sheet of one.

import type { JSX } from "preact";
import type { ListOf, Source } from "../api/wire.ts";
import { hashOf, type Place } from "../browser/address.ts";
import { address } from "../browser/page.ts";
import { useNow } from "../browser/use-now.ts";
import { usePoll } from "../browser/use-poll.ts";
import { Copy } from "../parts/buttons.tsx";
import { Chip, When } from "../parts/marks.tsx";
import { Empty, Problem, Skeleton } from "../parts/states.tsx";
import { Screen } from "../shell/screen.tsx";
import { useSession } from "../shell/session.ts";
import { number } from "../words/numbers.ts";
import { connectorWord } from "../words/vocabulary.ts";
import { hookUrl, SourceSheet } from "./source-sheet.tsx";

/** Time between two readings, in ms. */
const EVERY = 10_000;

function Row({
  source,
  selected,
  now,
}: {
  readonly source: Source;
  readonly selected: boolean;
  readonly now: number;
}): JSX.Element {
  const { id, provider, counts, lastSeenAt, connector } = source;
  return (
    <tr class={selected ? "row selected" : "row"}>
      <td class="c-job">
        <a
          class="row-link"
          href={hashOf("sources", [id])}
          aria-current={selected ? "true" : undefined}
        >
          {id}
        </a>
      </td>
      <td class="c-source">{provider}</td>
      <td class="c-url">
        <code>{hookUrl(id)}</code>
        <span class="above">
          <Copy text={hookUrl(id)}>
            Copy<span class="hidden"> the address of {id}</span>
          </Copy>
        </span>
      </td>
      <td class="c-connector">
        {connector === null ? (
          <span class="soft">webhooks</span>
        ) : (
          <Chip word={connectorWord(connector)} />
        )}
      </td>
      <td class="c-number" data-name="Accepted">
        {number(counts.accepted)}
      </td>
      <td class={counts.refused > 0 ? "c-number failure" : "c-number"} data-name="Refused">
        {number(counts.refused)}
      </td>
      <td class="c-when" data-name="Last seen">
        <When at={lastSeenAt} now={now} />
      </td>
    </tr>
  );
}

const Table = ({
  sources,
  selected,
  now,
}: {
  readonly sources: readonly Source[];
  readonly selected: string | undefined;
  readonly now: number;
}): JSX.Element => (
  <table class="table sources">
    <caption class="hidden">Sources</caption>
    <thead>
      <tr>
        <th scope="col">Source</th>
        <th scope="col">Provider</th>
        <th scope="col">Webhook address</th>
        <th scope="col">Connection</th>
        <th scope="col" class="c-number">
          Accepted
        </th>
        <th scope="col" class="c-number">
          Refused
        </th>
        <th scope="col" class="c-when">
          Last seen
        </th>
      </tr>
    </thead>
    <tbody>
      {sources.map((source) => (
        <Row key={source.id} source={source} selected={source.id === selected} now={now} />
      ))}
    </tbody>
  </table>
);

export function SourcesScreen({ place }: { readonly place: Place }): JSX.Element {
  const { api } = useSession();
  const now = useNow();
  const { data, problem, refresh } = usePoll(
    "sources",
    () => api.get<ListOf<Source>>("/v1/sources"),
    EVERY,
  );
  const items = data?.items ?? [];
  const wanted = place.path[0];
  const open = items.find(({ id }) => id === wanted);
  return (
    <Screen title="Sources">
      <Problem text={problem} retry={refresh} />
      {data === null && problem === null ? <Skeleton rows={4} /> : null}
      {data !== null && items.length === 0 ? (
        <Empty title="No source yet.">
          Add one to <code>wrangler.toml</code> under <code>[[vars.SOURCES]]</code> and deploy.{" "}
          <code>npm run relay -- presets</code> lists the senders that are known by name.
        </Empty>
      ) : null}
      {items.length === 0 ? null : <Table sources={items} selected={wanted} now={now} />}
      {data !== null && wanted !== undefined && open === undefined ? (
        <Empty title={`There is no source ${wanted}.`} />
      ) : null}
      {open === undefined ? null : (
        <SourceSheet
          key={open.id}
          source={open}
          now={now}
          onChanged={refresh}
          onClose={() => address.go(hashOf("sources"))}
        />
      )}
    </Screen>
  );
}
