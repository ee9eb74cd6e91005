// Reads something from the relay again and again, while the tab is shown.

import { useEffect, useReducer, useState } from "preact/hooks";
import { isHidden, onVisibility } from "./page.ts";

/** What was read last, and why the last reading failed. */
export interface Polled<T> {
  /** `null` before the first answer. */
  readonly data: T | null;
  readonly problem: string | null;
  /** Reads again at once. */
  readonly refresh: () => void;
}

/** The longest pause after failures, in ms. */
const MAX_PAUSE = 60_000;

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : "Something went wrong.";

/**
 * Reads with `load` at once and every `every` ms. A hidden tab reads nothing, and reads when it is
 * shown again. After failures the pauses double. A new `key` forgets what was read.
 */
export function usePoll<T>(key: string, load: () => Promise<T>, every: number): Polled<T> {
  const [state, setState] = useState<{ readonly key: string; readonly data: T } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [asked, refresh] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let busy = false;
    let failures = 0;
    const read = async (): Promise<void> => {
      clearTimeout(timer);
      if (over || busy || isHidden()) return;
      busy = true;
      try {
        const data = await load();
        failures = 0;
        if (over) return;
        setState({ key, data });
        setProblem(null);
      } catch (error) {
        failures += 1;
        if (!over) setProblem(messageOf(error));
      } finally {
        busy = false;
      }
      if (!over) timer = setTimeout(() => void read(), Math.min(MAX_PAUSE, every * 2 ** failures));
    };
    void read();
    const off = onVisibility(() => void read());
    return () => {
      over = true;
      clearTimeout(timer);
      off();
    };
  }, [key, asked, every]);
  return { data: state?.key === key ? state.data : null, problem, refresh: () => refresh(0) };
}
