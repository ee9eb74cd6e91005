/** @jsxImportSource preact */
// The button that plays a sample export, after saying who will get its events.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Sample } from "../api/wire.ts";
import { Question } from "../parts/dialog.tsx";
import { Checks } from "../parts/fields.tsx";
import { useAct, useSession } from "../shell/session.ts";
import { eventWord } from "../words/vocabulary.ts";
import { usePlayer } from "./player.ts";

/** Who gets what of the sample, to choose from. */
const Receivers = ({
  sample,
  chosen,
  onChange,
}: {
  readonly sample: Sample;
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}): JSX.Element => {
  const options = sample.subscribers.map(({ id, events }) => ({
    id,
    note: events.map((event) => eventWord(event).toLowerCase()).join(", "),
  }));
  return (
    <>
      {options.length === 0 ? null : (
        <>
          <p>Choose the subscribers that get it, of those that your rules name:</p>
          <Checks options={options} chosen={chosen} onChange={onChange} />
        </>
      )}
      {chosen.length > 0 ? null : (
        <p>No subscriber will get it: it is seen here and by browsers that follow its account.</p>
      )}
    </>
  );
};

interface SampleButtonProps {
  /** True once there are real jobs: the sample is then no longer the next step. */
  readonly quiet: boolean;
  readonly onStarted: (job: { readonly source: string; readonly guid: string }) => void;
}

export function SampleButton({ quiet, onStarted }: SampleButtonProps): JSX.Element {
  const { api } = useSession();
  const act = useAct();
  const player = usePlayer();
  const [sample, setSample] = useState<Sample | null>(null);
  const [chosen, choose] = useState<readonly string[]>([]);
  const ask = (): void =>
    act(async () => {
      const told = await api.get<Sample>("/v1/samples");
      choose(told.subscribers.map(({ id }) => id));
      setSample(told);
      return "";
    });
  return (
    <>
      <button type="button" class={quiet ? "quiet" : "primary"} onClick={ask}>
        {player.playing > 0 ? "Playing a sample…" : "Play a sample export"}
      </button>
      {sample === null ? null : (
        <Question
          title="Play a sample export?"
          action="Play"
          disabled={sample.source === null}
          onAct={() => player.play({ items: sample.items, subscribers: chosen }, onStarted)}
          onClose={() => setSample(null)}
        >
          {sample.source === null ? (
            <p>The sample needs a source of the provider exportcomments, and none is configured.</p>
          ) : (
            <>
              <p>
                For 20 seconds, signed webhooks of one export go to the source{" "}
                <strong>{sample.source}</strong>. Each event carries{" "}
                <code>details.sample: true</code>.
              </p>
              <Receivers sample={sample} chosen={chosen} onChange={choose} />
            </>
          )}
        </Question>
      )}
    </>
  );
}
