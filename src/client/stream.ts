// One stream: runs the machine's effects on real transports and timers, shares them with other tabs, and tells its listeners.

import type { Snapshot } from "../live/log.ts";
import { CODE, machine, step, type Input, type Machine, type Transport } from "./machine.ts";
import { page } from "./page.ts";
import { joinTabs, type Tabs } from "./tabs.ts";
import { OPEN, type Connection } from "./transport.ts";
import { createView, type Frame, type Item, type Subject } from "./view.ts";

/** What `state()` and the event `state` say. `paused`: hidden or offline, and not connected. */
export type StreamState = Machine["link"]["kind"];

export type Listener = (value: never) => void;

export interface StreamSetup {
  /** Equal in all tabs that show this stream. */
  readonly key: string;
  readonly subject: Subject;
  /** The addresses to try, best first: path and query, `stream` or `events` to be filled in. */
  readonly places: readonly ((kind: "stream" | "events") => string)[];
  readonly transports: readonly Transport[];
  readonly since: string | null;
  /** Resolves with a token for a new connection. */
  readonly token: (reason: TokenReason) => Promise<string>;
}

export type TokenReason = "connect" | "expired";

export interface Stream {
  readonly on: (name: string, listener: Listener) => () => void;
  readonly state: () => StreamState;
  readonly snapshot: () => Snapshot | null;
  readonly cursor: () => string | null;
  /** Why it failed: a close code. */
  readonly code: () => number;
}

/** What tabs tell each other: a follower's place, the leader's state, a frame and the place it comes after. */
type Message = { readonly place: string | null } | { readonly state: StreamState } | { readonly frame: Frame; readonly after: string | null };

/** How long a stream without listeners stays open: a component that is taken down is often put up again. */
const LINGER = 100;

/** Where the transport that worked is remembered for the tab's next page. */
const MEMORY = "jobrelay:via";

const PAGE_EVENTS = ["visibilitychange", "online", "offline", "pagehide", "pageshow"];

/** The name under which an item is told. */
const nameOf = (item: Item): string => ("id" in item ? (typeof item.event === "string" ? item.event : (item.type as string)) : "snapshot");

/** Calls a listener; its fault is its own: reported as uncaught, in nobody's way. */
function call(listener: Listener, value: unknown): void {
  try {
    listener(value as never);
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}

function remembered(): readonly number[] {
  try {
    return JSON.parse(page.sessionStorage?.getItem(MEMORY) ?? "[]") as readonly number[];
  } catch {
    return [];
  }
}

function remember(memory: readonly number[]): void {
  try {
    page.sessionStorage?.setItem(MEMORY, JSON.stringify(memory));
  } catch {
    // Storage is full or forbidden: the next page finds out again.
  }
}

/** Makes a stream; it connects while somebody listens. */
export function createStream({ key, subject, places, transports, since, token }: StreamSetup): Stream {
  const listeners = new Map<string, Set<Listener>>();
  const view = createView(subject, since);
  const [via = 0, upgrade = 0] = remembered();
  let m = machine(transports, places.length, via < transports.length && upgrade > Date.now() ? via : 0, upgrade);
  let connection: Connection | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let linger: ReturnType<typeof setTimeout> | undefined;
  let tabs: Tabs | undefined;
  let shown: StreamState = "idle";
  let offline = false;
  let count = 0;

  const emit = (name: string, value: unknown): void => {
    for (const listener of listeners.get(name) ?? []) call(listener, value);
  };
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
  const follows = (): boolean => m.link.kind === "idle" || m.link.kind === "paused";
  /** Shows the state to the other tabs; those that are at the same place already take no notice. */
  const share = (): void => {
    if (view.cursor) post({ frame: { type: "hello", cursor: view.cursor, recovered: false, snapshot: view.snapshot }, after: null });
  };

  const run = (input: Input): void => {
    const [next, effect] = step(m, input, Date.now(), Math.random());
    m = next;
    const { link, id } = m;
    if (effect === "close") connection?.close();
    if (effect === "ping") connection?.ping?.();
    if (link.kind !== "live" && link.kind !== "connecting") connection = undefined;
    clearTimeout(timer);
    if ("due" in link) timer = setTimeout(run, Math.max(0, link.due - Date.now()), { kind: "tick" });
    if (link.kind === "paused" || link.kind === "failed") tabs?.leave();
    else post({ state: link.kind });
    show(link.kind);
    if (effect === "open") void open(id);
  };

  const open = async (id: number): Promise<void> => {
    const lost = (code: number, retryAfter = 0): void => run({ kind: "closed", id, code, retryAfter });
    try {
      const secret = await token(m.expired ? "expired" : "connect").catch((error: unknown) => {
        // What `fetch` rejects with when there is no network; everything else is an answer: no token.
        lost(error instanceof TypeError ? CODE.broken : CODE.noToken);
      });
      if (secret === undefined || id !== m.id || m.link.kind !== "connecting") return;
      run({ kind: "dialed", id });
      const frame = (received: Frame): void => {
        if (id !== m.id || !connection) return;
        const hello = received.type === "hello";
        run({ kind: hello ? "hello" : "heard", id });
        const after = view.cursor;
        take(received);
        if (hello) {
          remember([m.via, m.upgrade]);
          share();
        } else post({ frame: received, after });
      };
      const [stream, events] = [places[m.place]?.("stream") ?? "", places.at(-1)?.("events") ?? ""];
      connection = OPEN[transports[m.via] ?? "poll"](
        { stream, events, token: secret, cursor: view.cursor },
        { frame, heard: () => run({ kind: "heard", id }), close: lost },
      );
    } catch {
      // The platform has no such transport, or the token does not fit into it.
      lost(CODE.broken);
    }
  };

  /** What another tab says. */
  const hear = (message: Message): void => {
    if ("place" in message) {
      if (follows()) return;
      if (message.place !== view.cursor) share();
      post({ state: m.link.kind });
      run({ kind: "probe" });
    } else if (!follows()) return;
    else if ("state" in message) show(message.state);
    else if (message.frame.type === "hello" ? message.frame.cursor !== view.cursor : message.after === view.cursor) take(message.frame);
    else if (message.frame.cursor !== view.cursor) post({ place: view.cursor });
  };

  /** The page is shown, hidden, frozen, or its network comes and goes. */
  const look = ({ type }: { readonly type: string }): void => {
    if (type === "offline" || type === "online") offline = type === "offline";
    if (type === "pagehide") run({ kind: "stop" });
    const away = page.document?.hidden || offline || type === "pagehide";
    run({ kind: away ? "away" : "back" });
    if (!follows()) return;
    if (away) return tabs?.leave();
    tabs?.lead();
    if (follows()) post({ place: view.cursor });
  };

  const begin = (): void => {
    tabs = joinTabs(key, () => run({ kind: "start" }), hear as (message: unknown) => void);
    for (const name of PAGE_EVENTS) page.addEventListener?.(name, look);
    look({ type: "" });
  };
  const end = (): void => {
    for (const name of PAGE_EVENTS) page.removeEventListener?.(name, look);
    run({ kind: "stop" });
    tabs?.close();
    tabs = undefined;
  };

  return {
    on(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener));
      count += 1;
      clearTimeout(linger);
      if (!tabs) begin();
      // Whoever comes later starts from the state as well.
      const { snapshot } = view;
      if (snapshot && (name === "*" || name === "snapshot")) queueMicrotask(() => set.has(listener) && call(listener, snapshot));
      return () => {
        if (!set.delete(listener)) return;
        count -= 1;
        if (count === 0) linger = setTimeout(end, LINGER);
      };
    },
    state: () => shown,
    snapshot: () => view.snapshot,
    cursor: () => view.cursor,
    code: () => (m.link.kind === "failed" ? m.link.code : 0),
  };
}
