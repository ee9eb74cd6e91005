// Who listens to a stream, by name of what they listen to.

import type { JobEnvelope } from "../model/event.ts";
import type { Item } from "./view.ts";

export type Listener = (value: never) => void;

export interface Listeners {
  /** Adds a listener; returns how to take it off. */
  readonly on: (name: string, listener: Listener) => () => void;
  readonly emit: (name: string, value: unknown) => void;
  /** Emits an item, if there is one, under its own name and as one of all. */
  readonly tell: (item: Item | undefined) => void;
}

/**
 * How long a stream without listeners stays open, in ms: a component that is taken down is often
 * put up again.
 */
const LINGER = 100;

/** The name under which an item is told. */
const nameOf = (item: Item): string =>
  "id" in item
    ? ((item as { readonly type?: string }).type ?? (item as JobEnvelope).event)
    : "snapshot";

/**
 * Makes an empty list. `attend` is called when the first comes, and what it returns a little after
 * the last has gone. `late` is what a newcomer to that name starts from, if anything. Each is
 * called by itself, in order: the fault of one is nobody else's.
 */
export function createListeners(
  attend: () => () => void,
  late: (name: string) => unknown,
): Listeners {
  const sets: { [name: string]: Set<Listener> } = {};
  let count = 0;
  let leave: (() => void) | undefined;
  let linger: ReturnType<typeof setTimeout> | undefined;
  const call = (name: string, listener: Listener, value: unknown): void =>
    queueMicrotask(() => {
      if (sets[name]?.has(listener)) listener(value as never);
    });
  const emit = (name: string, value: unknown): void =>
    sets[name]?.forEach((listener) => call(name, listener, value));
  const rest = (): void => {
    leave?.();
    leave = undefined;
  };
  return {
    on(name, listener) {
      const set = (sets[name] ??= new Set()).add(listener);
      count += 1;
      clearTimeout(linger);
      leave ??= attend();
      const value = late(name);
      if (value) call(name, listener, value);
      return () => {
        if (set.delete(listener) && !(count -= 1)) linger = setTimeout(rest, LINGER);
      };
    },
    emit,
    tell(item) {
      if (!item) return;
      emit(nameOf(item), item);
      emit("*", item);
    },
  };
}
