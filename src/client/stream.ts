// One stream: runs the machine's effects on real transports and timers, shares them with other tabs, and tells its listeners.

import type { JobEnvelope } from "../kernel/event.ts";
import { BROKEN, isOpen, machine, step, TOKEN_LATER, TOKEN_REFUSED, type Input, type Machine, type Transport } from "./machine.ts";
import { page } from "./page.ts";
import { joinTabs, type Tabs } from "./tabs.ts";
import { OPEN, type Connection } from "./transport.ts";
import { createView, type Frame, type Item, type State, type Subject } from "./view.ts";

/** What `state()` and the event `state` say. `paused`: hidden or offline, and not connected. */
export type StreamState = Machine["kind"];

export type Listener = (value: never) => void;

export interface StreamSetup {
  /** Equal in all tabs that show this stream. */
  readonly key: string;
  readonly subject: Subject;
  /** The stream's addresses, best first, queries begun. The last is the account's: only that one shows the state to a poll. */
  readonly places: readonly string[];
  readonly transports: readonly Transport[];
  /** A cursor, or nothing. */
  readonly since: string;
  /** Resolves with a token for a new connection. */
  readonly token: (reason: TokenReason) => Promise<string>;
}

export type TokenReason = "connect" | "expired";

export interface Stream {
  readonly on: (name: string, listener: Listener) => () => void;
  readonly state: () => StreamState;
  readonly snapshot: () => State | null;
  readonly cursor: () => string | null;
  /** Why it failed: a close code. */
  readonly code: () => number;
}

/** What tabs tell each other: a follower's place, the leader's state, a frame and the place it comes after (a state comes after any). */
interface Message {
  readonly place?: string | null;
  readonly state?: StreamState;
  readonly frame?: Frame;
  readonly after?: string | null;
}

/** How long a stream without listeners stays open: a component that is taken down is often put up again. */
const LINGER = 100;

/** Where the transport that works is remembered for the tab's next page, with the time to try a better one. */
const MEMORY = "jobrelay:via";

/** Reads that memory, or writes it first. Storage may be full, forbidden or absent: then the next page finds out again. */
function memory(value?: string): readonly number[] {
  try {
    const { sessionStorage: storage } = page;
    if (value) storage[MEMORY] = value;
    return (storage[MEMORY] as string).split(",").map(Number);
  } catch {
    return [];
  }
}

const PAGE_EVENTS = ["visibilitychange", "online", "offline", "pagehide", "pageshow"];

/** The name under which an item is told. */
const nameOf = (item: Item): string =>
  "id" in item ? ((item as { readonly type?: string }).type ?? (item as JobEnvelope).event) : "snapshot";

/** Makes a stream; it connects while somebody listens. */
export function createStream({ key, subject, places, transports, since, token }: StreamSetup): Stream {
  const listeners: { [name: string]: Set<Listener> } = {};
  const view = createView(subject, since || null);
  const [via = 0, upgrade = 0] = memory();
  let m = machine(transports, places.length - 1, upgrade > Date.now() && transports[via] ? via : 0, upgrade);
  let connection: Connection | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let linger: ReturnType<typeof setTimeout> | undefined;
  let tabs: Tabs | undefined;
  let shown: StreamState = "idle";
  let offline = false;
  let count = 0;

  /** Each listener is called by itself, in order, so that the fault of one is nobody else's. */
  const call = (set: Set<Listener> | undefined, listener: Listener, value: unknown): void =>
    queueMicrotask(() => {
      if (set?.has(listener)) listener(value as never);
    });
  const emit = (name: string, value: unknown): void => listeners[name]?.forEach((listener) => call(listeners[name], listener, value));
  const show = (state: StreamState): void => {
    if (state === shown) return;
    shown = state;
    emit("state", state);
  };
  const take = (frame: Frame): void => {
    const item = view.take(frame);
    if (!item) return;
    emit(nameOf(item), item);
    emit("*", item);
  };
  const post = (message: Message): void => tabs?.post(message);
  const follows = (): boolean => m.kind === "idle" || m.kind === "paused";
  /** Shows the state to the other tabs; those that are at the same place already take no notice. */
  const share = (): void => {
    if (view.cursor) post({ frame: { type: "hello", cursor: view.cursor, recovered: false, snapshot: view.snapshot } });
  };

  const run = (input: Input): void => {
    const now = Date.now();
    const [next, effect] = step(m, input, now, Math.random());
    m = next;
    const { kind } = m;
    if (effect === "close") connection?.close();
    if (effect === "ping") connection?.ping?.();
    clearTimeout(timer);
    if (isOpen(m) || kind === "waiting") timer = setTimeout(run, m.due - now, { kind: "tick" });
    if (kind === "paused" || kind === "failed") tabs?.leave();
    else post({ state: kind });
    show(kind);
    if (effect === "open") open(m);
  };

  /** Opens connection `id` once there is a token. Nothing is lost to a frame that comes late: it is either next, or known. */
  const open = ({ id, spare, via: way, expired }: Machine): void => {
    const lost = (code: number, retryAfter = 0): void => run({ kind: "closed", id, code, retryAfter });
    const start = (secret: string): void => {
      run({ kind: "dialed", id });
      if (id !== m.id || m.kind !== "connecting") return;
      const transport = transports[way] as Transport;
      const url = places.at(transport === "poll" ? -1 : -1 - spare) as string;
      const frame = (received: Frame): void => {
        if (id !== m.id) return;
        const hello = received.type === "hello";
        run({ kind: hello ? "hello" : "heard", id });
        const after = view.cursor;
        take(received);
        if (hello) {
          memory(`${m.via},${m.upgrade}`);
          share();
        } else post({ frame: received, after });
      };
      connection = OPEN[transport](
        { url, token: secret, cursor: view.cursor },
        { frame, heard: () => run({ kind: "heard", id }), close: lost },
      );
    };
    token(expired ? "expired" : "connect")
      // A `TypeError` is what `fetch` rejects with when there is no network; everything else is an answer.
      .then(start, (error: unknown) => lost(error instanceof TypeError ? TOKEN_LATER : TOKEN_REFUSED))
      // The platform has no such transport, or the token does not fit into it.
      .catch(() => lost(BROKEN));
  };

  /** What another tab says. */
  const hear = ({ place, state, frame, after = view.cursor }: Message): void => {
    if (follows()) {
      if (state) show(state);
      if (!frame || frame.cursor === view.cursor) return;
      if (after === view.cursor) take(frame);
      else post({ place: view.cursor });
    } else if (place !== undefined) {
      if (place !== view.cursor) share();
      post({ state: m.kind });
      run({ kind: "probe" });
    }
  };

  /** The page is shown, hidden, frozen, or its network comes and goes. */
  const look = ({ type }: { readonly type: string }): void => {
    offline = type === "offline" || (offline && type !== "online");
    const gone = type === "pagehide";
    const away = gone || offline || page.document?.hidden;
    if (gone) run({ kind: "stop" });
    run({ kind: away ? "away" : "back" });
    if (!follows()) return;
    if (away) return tabs?.leave();
    tabs?.lead();
    if (follows()) post({ place: view.cursor });
  };

  /** Begins to take notice of the page and the other tabs, or stops. */
  const attend = (begin: boolean): void => {
    for (const name of PAGE_EVENTS) page[begin ? "addEventListener" : "removeEventListener"]?.(name, look);
    if (begin) {
      tabs = joinTabs(key, () => run({ kind: "start" }), hear as (message: unknown) => void);
      return look({ type: "" });
    }
    run({ kind: "stop" });
    tabs?.close();
    tabs = undefined;
  };

  return {
    on(name, listener) {
      const set = (listeners[name] ??= new Set()).add(listener);
      count += 1;
      clearTimeout(linger);
      if (!tabs) attend(true);
      // Whoever comes later starts from the state as well.
      if (view.snapshot && (name === "*" || name === "snapshot")) call(set, listener, view.snapshot);
      return () => {
        if (set.delete(listener) && !(count -= 1)) linger = setTimeout(attend, LINGER, false);
      };
    },
    state: () => shown,
    snapshot: () => view.snapshot,
    cursor: () => view.cursor,
    code: () => (m.kind === "failed" ? m.code : 0),
  };
}
