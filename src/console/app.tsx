/** @jsxImportSource preact */
// The console: sign-in, the board of jobs, and the button that plays a sample export.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { StreamState } from "../client/index.ts";
import { listSteps, playStep } from "./api.ts";
import { savedToken } from "./dom.ts";
import { useFeed } from "./feed.ts";
import { keyOf } from "./format.ts";
import { Jobs } from "./jobs.tsx";
import { SignIn } from "./sign-in.tsx";
import { Timeline } from "./timeline.tsx";

const STATES: Readonly<Record<StreamState, string>> = {
  idle: "Waiting for a job",
  connecting: "Connecting",
  live: "Live",
  waiting: "Reconnecting",
  paused: "Paused",
  failed: "Refused",
};

/** Plays samples step by step from the page. `playing` counts those that are running. */
function useSamples(
  token: string,
  started: (key: string) => void,
): { readonly play: () => void; readonly playing: number; readonly problem: string | null } {
  const [playing, setPlaying] = useState(0);
  const [problem, setProblem] = useState<string | null>(null);
  const left = useRef(false);
  useEffect(() => {
    left.current = false;
    return () => {
      left.current = true;
    };
  }, []);
  const run = async (): Promise<void> => {
    const guid = crypto.randomUUID();
    const steps = await listSteps(token);
    const begun = performance.now();
    for (const step of steps) {
      await new Promise((resolve) => setTimeout(resolve, step.at - (performance.now() - begun)));
      if (left.current) return;
      const source = await playStep(token, guid, step);
      if (step.event === "job.created") started(keyOf({ source, guid }));
    }
  };
  const play = (): void => {
    setPlaying((count) => count + 1);
    setProblem(null);
    run()
      .catch((error: unknown) =>
        setProblem(error instanceof Error ? error.message : "Something went wrong."),
      )
      .finally(() => setPlaying((count) => count - 1));
  };
  return { play, playing, problem };
}

function Board({
  token,
  signOut,
}: {
  readonly token: string;
  readonly signOut: (reason: string | null) => void;
}): JSX.Element {
  const feed = useFeed(token, signOut);
  const [selected, select] = useState<string | null>(null);
  const samples = useSamples(token, (key) => {
    select(key);
    feed.refresh();
  });
  const job = feed.jobs.find((candidate) => keyOf(candidate) === selected);
  const problem = feed.problem ?? samples.problem;
  return (
    <>
      <header class="top">
        <h1>Jobrelay</h1>
        <span class={`state ${feed.state}`} role="status">
          {STATES[feed.state]}
        </span>
        <button class="primary" type="button" onClick={samples.play}>
          Play a sample export
        </button>
        <button class="quiet" type="button" onClick={() => signOut(null)}>
          Sign out
        </button>
      </header>
      <main class={job === undefined ? "board" : "board split"}>
        <p class="problem" role="alert" hidden={problem === null}>
          {problem}
        </p>
        <Jobs jobs={feed.jobs} loaded={feed.loaded} selected={selected} onSelect={select} />
        {job === undefined ? null : (
          <Timeline
            key={keyOf(job)}
            job={job}
            client={feed.clientOf(job.account)}
            onClose={() => select(null)}
          />
        )}
      </main>
    </>
  );
}

export function App(): JSX.Element {
  const [token, setToken] = useState(savedToken.get());
  const [reason, setReason] = useState<string | null>(null);
  const signIn = (given: string): void => {
    savedToken.set(given);
    setToken(given);
  };
  const signOut = (why: string | null): void => {
    savedToken.clear();
    setReason(why);
    setToken("");
  };
  return token === "" ? (
    <SignIn reason={reason} onToken={signIn} />
  ) : (
    <Board token={token} signOut={signOut} />
  );
}
