// One stream: what its connection hears, shared with other tabs, told to its listeners, as long as
// there are any.

import { drive, type Route } from "./driver.ts";
import { createListeners, type Listeners } from "./listeners.ts";
import { machine, type Machine } from "./machine.ts";
import { watchPage } from "./page.ts";
import { joinTabs, type Tabs } from "./tabs.ts";
import { createView, type Frame, type Subject, type View } from "./view.ts";

/** What `state()` and the event `state` say. `paused`: hidden or offline, and not connected. */
export type StreamState = Machine["kind"];

export interface StreamSetup extends Route {
  /** Equal in all tabs that show this stream. */
  readonly key: string;
  readonly subject: Subject;
  /** A cursor, or nothing. */
  readonly since: string;
}

export interface Stream {
  readonly on: Listeners["on"];
  readonly state: () => StreamState;
  readonly view: View;
  /** Why it failed: a close code. */
  readonly code: () => number;
}

/**
 * What tabs tell each other: a follower's place, the leader's state, a frame and the place it comes
 * after (a state comes after any).
 */
interface Message {
  readonly place?: string;
  readonly state?: StreamState;
  readonly frame?: Frame;
  readonly after?: string;
}

/** Tells the tabs that follow the state at a place. */
const stateMessage = ({ cursor, snapshot }: View): Message => ({
  frame: { type: "hello", cursor, recovered: false, snapshot },
});

/** Makes a stream; it connects while it has listeners. */
export function createStream({ key, subject, since, ...route }: StreamSetup): Stream {
  const view = createView(subject, since);
  let tabs: Tabs | undefined;
  let shown: StreamState = "idle";
  let m = machine([], 0);

  const show = (state: StreamState): void => {
    if (state !== shown) emit("state", (shown = state));
  };
  const follows = (): boolean => m.kind === "idle" || m.kind === "paused";
  /** Shows the state to the other tabs; those that are at the same place already take no notice. */
  const share = (): void => {
    if (view.cursor) tabs?.post(stateMessage(view));
  };
  const told = (frame: Frame): void => {
    const after = view.cursor;
    tell(view.take(frame));
    if (frame.type === "hello") share();
    else tabs?.post({ frame, after });
  };
  const moved = (next: Machine): void => {
    const { kind } = (m = next);
    if (kind === "idle") return;
    if (kind === "paused" || kind === "failed") tabs?.leave();
    else tabs?.post({ state: kind });
    show(kind);
  };
  const run = drive(route, () => view.cursor, told, moved);
  /** What another tab says. */
  const hear = ({ place, state, frame, after = view.cursor }: Message): void => {
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
  const look = (away: boolean, gone: boolean): void => {
    if (gone) run({ kind: "stop" });
    run({ kind: away ? "away" : "back" });
    if (!follows()) return;
    if (away) return tabs?.leave();
    tabs?.lead();
    if (follows()) tabs?.post({ place: view.cursor });
  };
  const attend = (): (() => void) => {
    tabs = joinTabs(key, () => run({ kind: "start" }), hear as (message: unknown) => void);
    const unwatch = watchPage(look);
    return () => {
      unwatch();
      run({ kind: "stop" });
      show("idle");
      tabs?.close();
    };
  };
  const late = (name: string): unknown => /^(\*|snapshot)$/.test(name) && view.snapshot;
  const { on, emit, tell } = createListeners(attend, late);
  return { on, view, state: () => shown, code: () => (m.kind === "failed" ? m.code : 0) };
}
