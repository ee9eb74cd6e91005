/** @jsxImportSource preact */
// The screen of rules: a simulator that says who would get an event, and why.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ListOf, Simulation, Source } from "../api/wire.ts";
import type { FieldEvent } from "../browser/page.ts";
import { usePoll } from "../browser/use-poll.ts";
import { Problem } from "../parts/states.tsx";
import { Screen } from "../shell/screen.tsx";
import { useAct, useSession } from "../shell/session.ts";
import { detailsOf, envelopeOf, STATUS_OF, type Trial } from "./envelope.ts";
import { Result } from "./result.tsx";

/** Sources change with a deploy only; read again in this time, in ms. */
const SOURCES_EVERY = 300_000;

const EVENTS = Object.keys(STATUS_OF);

interface FormProps {
  readonly trial: Trial;
  readonly sources: readonly string[];
  readonly mistake: string | null;
  /** Before the sources are known there is none to try. */
  readonly ready: boolean;
  readonly onChange: (change: Partial<Trial>) => void;
  readonly onSubmit: () => void;
}

const Options = ({ values }: { readonly values: readonly string[] }): JSX.Element => (
  <>
    {values.map((value) => (
      <option key={value} value={value}>
        {value}
      </option>
    ))}
  </>
);

const TrialForm = ({
  trial,
  sources,
  mistake,
  ready,
  onChange,
  onSubmit,
}: FormProps): JSX.Element => (
  <form
    class="card trial"
    onSubmit={(event: { preventDefault(): void }) => {
      event.preventDefault();
      onSubmit();
    }}
  >
    <label>
      Event
      <select
        value={trial.event}
        onChange={(event: FieldEvent) => onChange({ event: event.currentTarget.value })}
      >
        <Options values={EVENTS} />
      </select>
    </label>
    <label>
      Source
      <select
        value={trial.source}
        onChange={(event: FieldEvent) => onChange({ source: event.currentTarget.value })}
      >
        <Options values={sources} />
      </select>
    </label>
    <label>
      Account
      <input
        type="text"
        value={trial.account}
        placeholder="as the source’s id"
        spellcheck={false}
        onInput={(event: FieldEvent) => onChange({ account: event.currentTarget.value })}
      />
    </label>
    <label class="wide">
      Details
      <textarea
        rows={8}
        spellcheck={false}
        dir="ltr"
        value={trial.details}
        aria-invalid={mistake !== null}
        onInput={(event: FieldEvent) => onChange({ details: event.currentTarget.value })}
      />
    </label>
    <Problem text={mistake} />
    <button type="submit" class="primary" disabled={!ready}>
      Simulate
    </button>
  </form>
);

const FIRST: Trial = {
  event: "job.finished",
  source: "",
  account: "",
  details: '{\n  "totalExported": 1500,\n  "total": 1500\n}',
};

export function RulesScreen(): JSX.Element {
  const { api } = useSession();
  const act = useAct();
  const [trial, setTrial] = useState(FIRST);
  const [mistake, setMistake] = useState<string | null>(null);
  const [result, setResult] = useState<Simulation | null>(null);
  const sources = usePoll("sources", () => api.get<ListOf<Source>>("/v1/sources"), SOURCES_EVERY);
  const ids = (sources.data?.items ?? []).map(({ id }) => id);
  const source = trial.source === "" ? (ids[0] ?? "") : trial.source;
  const simulate = (): void => {
    const read = detailsOf(trial.details);
    setMistake(read.mistake);
    if (read.details === null) return;
    const envelope = envelopeOf({ ...trial, source }, read.details);
    act(async () => {
      setResult(await api.post<Simulation>("/v1/rules/simulate", envelope));
      return "";
    });
  };
  return (
    <Screen title="Rules">
      <Problem text={sources.problem} retry={sources.refresh} />
      <p class="lead">
        Try an event: which subscribers would get it, and why each rule matches or does not. Nothing
        is sent.
      </p>
      <div class="simulator">
        <TrialForm
          trial={{ ...trial, source }}
          sources={ids}
          mistake={mistake}
          ready={sources.data !== null}
          onChange={(change) => setTrial({ ...trial, ...change })}
          onSubmit={simulate}
        />
        {result === null ? null : <Result result={result} />}
      </div>
    </Screen>
  );
}
