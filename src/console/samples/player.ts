// Plays sample exports step by step from the page.

import { useRef, useState } from "preact/hooks";
import type { Api } from "../api/request.ts";
import type { SampleStep } from "../api/wire.ts";
import { newId } from "../browser/new-id.ts";
import { useAct, useSession } from "../shell/session.ts";

/** What a sample has become once its first step was taken. */
type Started = (job: { readonly source: string; readonly guid: string }) => void;

/** The steps of a sample, and the only subscribers that get its events. */
interface Played {
  readonly items: readonly SampleStep[];
  readonly subscribers: readonly string[];
}

/** Sends the steps when each is due; resolves after the last. */
async function play(api: Api, { items, subscribers }: Played, started: Started): Promise<void> {
  const guid = newId();
  const begun = performance.now();
  let told = false;
  for (const { at, event, current, total } of items) {
    await new Promise((resolve) => setTimeout(resolve, at - (performance.now() - begun)));
    const { job } = await api.post<{ readonly job?: { readonly source: string } }>("/v1/samples", {
      guid,
      event,
      current,
      total,
      subscribers,
    });
    if (!told) started({ source: job?.source ?? "", guid });
    told = true;
  }
}

/** How many samples are playing, and a function that plays one more. They go on on every screen. */
export function usePlayer(): {
  readonly playing: number;
  readonly play: (sample: Played, started: Started) => void;
} {
  const { api } = useSession();
  const act = useAct();
  const [playing, setPlaying] = useState(0);
  const latest = useRef(api);
  latest.current = api;
  return {
    playing,
    play: (sample, started) => {
      setPlaying((number) => number + 1);
      act(() =>
        play(latest.current, sample, started)
          .then(() => "The sample export is done.")
          .finally(() => setPlaying((number) => number - 1)),
      );
    },
  };
}
