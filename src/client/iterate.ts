// What `for await` over a stream yields, and when it ends.

import { ENDS } from "../model/reduce.ts";
import type { Listeners } from "./listeners.ts";
import type { Stream } from "./stream.ts";
import type { Item, JobState } from "./view.ts";

/**
 * Iterates everything that `on` tells, until the job or the stream ends. After a failure it waits
 * `grace` ms for a requeue; with `null` the end of a job does not end it.
 */
export async function* iterate(
  { on }: Pick<Listeners, "on">,
  { error, state }: Stream,
  signal: AbortSignal,
  grace: number | null,
): AsyncGenerator<Item, void> {
  const queue: Item[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = signal.aborted;
  let wake: (() => void) | undefined;
  const end = (): void => {
    over = true;
    wake?.();
  };
  signal.addEventListener("abort", end);
  const offs = [
    on("*", (item) => {
      queue.push(item);
      wake?.();
    }),
    on("state", () => wake?.()),
  ];
  try {
    for (;;) {
      for (let item; (item = queue.shift());) {
        clearTimeout(timer);
        yield item;
        const { event, finishedAt, status } = item as JobState;
        if (grace === null || !(finishedAt || ENDS.test(event))) continue;
        if (status !== "error") return;
        timer = setTimeout(end, grace);
      }
      if (over) return;
      if (state() === "failed") throw error();
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    clearTimeout(timer);
    offs.forEach((off) => off());
  }
}
