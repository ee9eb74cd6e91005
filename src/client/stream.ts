// One stream: its frames come from a connection or from another tab, and go to its listeners.

import { drive, type Route } from "./driver.ts";
import { createListeners, type Listeners } from "./listeners.ts";
import type { Machine } from "./state.ts";
import { watchPage } from "./page.ts";
import { joinTabs, type Tabs } from "./tabs.ts";
import { createView, type Frame, type Subject, type View } from "./view.ts";

/** The state of a stream. `paused`: hidden or offline, and not connected. */
export type StreamState = Machine["kind"];

/** Why a stream is not live: a close code, and as `cause` what the application threw. */
export interface StreamError extends Error {
  readonly code: number;
}

/** Makes the error of a lost connection. */
const errorOf = ({ kind, code, cause }: Machine): StreamError | undefined =>
  code
    ? Object.assign(new Error(`${kind === "failed" ? "refused" : "lost"}: ${code}`), {
        code,
        cause,
      })
    : undefined;

export interface StreamSetup extends Route {
  /** The same in all tabs that show this stream. */
  readonly key: string;
  readonly subject: Subject;
  /** A cursor, or nothing. */
  readonly since: string;
}

export interface Stream {
  readonly on: Listeners["on"];
  readonly state: () => StreamState;
  readonly view: View;
  readonly error: () => StreamError | undefined;
}

/**
 * A message between tabs: the position of a follower, or the state of the leader, or a frame with
 * the position it comes after (a snapshot has none).
 */
interface Message {
  readonly place?: string;
  readonly state?: StreamState;
  readonly frame?: Frame;
  readonly after?: string;
}

/** Makes a stream; it connects while it has listeners. */
export function createStream({ key, subject, since, ...route }: StreamSetup): Stream {
  const view = createView(subject, since);
  let tabs: Tabs | undefined;
  let shown: StreamState = "idle";

  const show = (state: StreamState): void => {
    if (state !== shown) emit("state", (shown = state));
  };
  const follows = (): boolean => /idle|paused/.test(current().kind);
  /** Shows the state to the other tabs; those at the same position ignore it. */
  const share = (): void => {
    const { cursor, snapshot } = view;
    if (cursor) tabs?.post({ frame: { type: "hello", cursor, snapshot } });
  };
  const onReceived = (frame: Frame): void => {
    const after = view.cursor;
    tell(view.take(frame));
    if (frame.type === "hello") share();
    else tabs?.post({ frame, after });
  };
  const onState = (kind: StreamState): void => {
    if (kind === "idle") return;
    if (kind === "paused" || kind === "failed") tabs?.leave();
    else tabs?.post({ state: kind });
    show(kind);
  };
  const [run, current] = drive(route, () => view.cursor, onReceived, onState);
  /** Takes the message of another tab. */
  const onMessage = ({ place, state, frame, after = view.cursor }: Message): void => {
    if (follows()) {
      if (state) show(state);
      if (!frame || frame.cursor === view.cursor) return;
      if (after === view.cursor) tell(view.take(frame));
      else tabs?.post({ place: view.cursor });
    } else if (place !== undefined) {
      if (place !== view.cursor) share();
      tabs?.post({ state: shown });
      run({ kind: "probe" });
    }
  };
  const look = (away: boolean | undefined, gone: boolean): void => {
    if (gone) run({ kind: "stop" });
    run({ kind: away ? "away" : "back" });
    if (!follows()) return;
    if (away) return tabs?.leave();
    tabs?.lead();
    if (follows()) tabs?.post({ place: view.cursor });
  };
  const attend = (): (() => void) => {
    tabs = joinTabs(key, () => run({ kind: "start" }), onMessage as (message: unknown) => void);
    const unwatch = watchPage(look);
    return () => {
      unwatch();
      run({ kind: "stop" });
      show("idle");
      tabs?.close();
    };
  };
  const late = (name: string): unknown => /[*]|snap/.test(name) && view.snapshot;
  const { on, emit, tell } = createListeners(attend, late);
  return { on, view, state: () => shown, error: () => errorOf(current()) };
}
