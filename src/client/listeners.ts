// The listeners of a stream, by the name of what they listen to.

import type { JobEnvelope } from "../model/event.ts";
import type { Item } from "./view.ts";

export type Listener = (value: never) => void;

export interface Listeners {
  /** Adds a listener; returns a function that removes it. */
  readonly on: (name: string, listener: Listener) => () => void;
  readonly emit: (name: string, value: unknown) => void;
  /** Emits an item, if there is one, under its own name and under `*`. */
  readonly tell: (item: Item | undefined) => void;
}

/** How long a stream without listeners stays open, in ms: components often remount at once. */
const LINGER = 100;

/** The name under which an item is emitted. */
const nameOf = (item: Item): string =>
  "id" in item
    ? ((item as { readonly type?: string }).type ?? (item as JobEnvelope).event)
    : "snapshot";

/**
 * Makes an empty list. `attend` is called before the first listener is added; the function that it
 * returns is called soon after the last one is removed. `late` returns what a new listener of a
 * name is told first, if anything. Each listener has its own microtask, so an error stops no other.
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
