/** @jsxImportSource preact */
// One source: its address, its set-up, its connection, and what it refused.

import type { JSX } from "preact";
import type { Connector, ListOf, Preset, Source } from "../api/wire.ts";
import { hashOf } from "../browser/address.ts";
import { origin } from "../browser/page.ts";
import { usePoll } from "../browser/use-poll.ts";
import { Copyable } from "../parts/buttons.tsx";
import { Chip, Fact, When } from "../parts/marks.tsx";
import { Advice, Sentence } from "../parts/sentence.tsx";
import { Sheet } from "../parts/sheet.tsx";
import { useSession } from "../shell/session.ts";
import { number } from "../words/numbers.ts";
import { until } from "../words/times.ts";
import { connectorWord } from "../words/vocabulary.ts";
import { RefusedList } from "./refused.tsx";
import { setupOf } from "./setup.ts";
import { Watch } from "./watch.tsx";

/** Presets change with a deploy only; read again in this time, in ms. */
const PRESETS_EVERY = 3_600_000;

/** The address that the provider posts to. */
export const hookUrl = (id: string): string => `${origin()}/hooks/${id}`;

const Connection = ({
  connector,
  now,
}: {
  readonly connector: Connector;
  readonly now: number;
}): JSX.Element => (
  <>
    <h3>Connection to the provider</h3>
    <p class="sheet-status">
      <Chip word={connectorWord(connector)} />
      <span class="soft">{connectorWord(connector).title}</span>
    </p>
    <dl class="facts">
      <Fact name="Since">
        <When at={connector.since} now={now} />
      </Fact>
      <Fact name="Last message">
        <When at={connector.lastMessageAt} now={now} />
      </Fact>
      {connector.watching === null ? null : (
        <Fact name="Exports watched">{number(connector.watching)}</Fact>
      )}
      <Fact name="Next try">
        {connector.retryAt === null ? "none" : until(connector.retryAt, now)}
      </Fact>
      <Fact name="Reconnects">{number(connector.reconnects)}</Fact>
      <Fact name="Gaps">{number(connector.gaps)}</Fact>
      <Fact name="Last error" wide>
        {connector.lastError === null ? (
          "none"
        ) : (
          <>
            {connector.lastError} · <When at={connector.lastErrorAt} now={now} />
          </>
        )}
      </Fact>
    </dl>
  </>
);

function Setup({ source }: { readonly source: Source }): JSX.Element | null {
  const { api } = useSession();
  const presets = usePoll("presets", () => api.get<ListOf<Preset>>("/v1/presets"), PRESETS_EVERY);
  const known = presets.data?.items ?? [];
  const steps = setupOf(source.provider, hookUrl(source.id), known);
  const preset = known.find(({ name }) => name === source.provider);
  if (steps.length === 0) return null;
  return (
    <>
      <h3>Set-up at the provider</h3>
      <ol class="steps">
        {steps.map((step) => (
          <li key={step}>
            <Sentence text={step} />
          </li>
        ))}
      </ol>
      {preset === undefined ? null : <p class="soft">{preset.retries.sentence}</p>}
    </>
  );
}

const Counts = ({
  source,
  now,
}: {
  readonly source: Source;
  readonly now: number;
}): JSX.Element => (
  <dl class="facts">
    <Fact name="Last seen">
      <When at={source.lastSeenAt} now={now} />
    </Fact>
    <Fact name="Accepted">{number(source.counts.accepted)}</Fact>
    <Fact name="Duplicate">{number(source.counts.duplicate)}</Fact>
    <Fact name="Ignored">{number(source.counts.ignored)}</Fact>
    <Fact name="Refused">{number(source.counts.refused)}</Fact>
    <Fact name="Jobs">
      <a href={hashOf("jobs", [], { source: source.id })}>Show its jobs</a>
    </Fact>
  </dl>
);

interface SourceSheetProps {
  readonly source: Source;
  readonly now: number;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

export const SourceSheet = ({ source, now, onChanged, onClose }: SourceSheetProps): JSX.Element => (
  <Sheet title={source.id} name={`Source ${source.id}`} onClose={onClose}>
    {source.verify === "none" ? (
      <p class="problem">This source takes unsigned requests: anybody can post to it.</p>
    ) : null}
    <Advice text={source.advice} />
    <h3>Webhook address</h3>
    <Copyable text={hookUrl(source.id)} name="Webhook address" />
    <Counts source={source} now={now} />
    {source.connector === null ? null : <Connection connector={source.connector} now={now} />}
    {(source.connector?.watching ?? null) === null ? null : (
      <Watch source={source.id} onWatched={onChanged} />
    )}
    {source.counts.refused > 0 ? null : <Setup source={source} />}
    <h3>Refused requests</h3>
    <RefusedList source={source.id} now={now} />
    {source.counts.refused > 0 ? <Setup source={source} /> : null}
  </Sheet>
);
