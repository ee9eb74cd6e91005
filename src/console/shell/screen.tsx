/** @jsxImportSource preact */
// The frame of a screen: its title, the state of its streams, its main action, its content.

import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { StreamState } from "../../client/index.ts";
import { setTitle } from "../browser/page.ts";

const STATES: Readonly<Record<StreamState, string>> = {
  idle: "Waiting for a job",
  connecting: "Connecting",
  live: "Live",
  waiting: "Reconnecting",
  paused: "Paused",
  failed: "Refused",
};

interface ScreenProps {
  readonly title: string;
  readonly live?: StreamState;
  readonly action?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Screen({ title, live, action, children }: ScreenProps): JSX.Element {
  useEffect(() => setTitle(`${title} · Jobrelay`), [title]);
  return (
    <main>
      <header class="screen-head">
        <h1 tabIndex={-1}>{title}</h1>
        {live === undefined ? null : (
          <span class={`stream ${live}`} role="status">
            {STATES[live]}
          </span>
        )}
        <div class="screen-action">{action}</div>
      </header>
      {children}
    </main>
  );
}
