// What the watch page shows, written into its document.

import type { JobState } from "../client/index.ts";
import { NO_PACE, steady, timeLeft, withProgress, wordsOf } from "./time-left.ts";
import { wordsOfJob } from "./words.ts";

/** The parts of the DOM that the page uses. */
interface Node {
  textContent: string | null;
  hidden: boolean;
  readonly style: { width: string };
  readonly dataset: { tone?: string };
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
}

const { document } = globalThis as unknown as {
  readonly document: { title: string; getElementById(id: string): Node };
};

const node = (id: string): Node => document.getElementById(id);

/** Puts a text in its place, which is hidden without one. */
export function say(id: "state" | "notice" | "title" | "numbers" | "left" | "error", text: string) {
  const place = node(id);
  // A screen reader says a text again that is set again.
  if (place.textContent !== text) place.textContent = text;
  place.hidden = text === "";
}

export const showBar = (shown: boolean): void => {
  node("bar").hidden = !shown;
};

function fillBar(percent: number | null): void {
  if (percent === null) node("bar").removeAttribute("aria-valuenow");
  else node("bar").setAttribute("aria-valuenow", `${percent}`);
  node("fill").style.width = percent === null ? "" : `${percent}%`;
}

export interface Display {
  readonly show: (job: JobState) => void;
  /** Shows the time left; to be called every second or so. */
  readonly countDown: () => void;
  /** True while a job is shown that has ended. */
  readonly hasEnded: () => boolean;
  /** Shows no job any more: nothing is known of it. */
  readonly forget: () => void;
}

/** Makes the display of one job. */
export function createDisplay(): Display {
  let job: JobState | undefined;
  let pace = NO_PACE;
  let shown: number | null = null;
  let name = "Your job";

  const countDown = (): void => {
    shown = job?.finishedAt === null ? steady(shown, timeLeft(pace, Date.now())) : null;
    say("left", wordsOf(shown));
  };

  const show = (next: JobState): void => {
    if (next.attempt !== job?.attempt) pace = NO_PACE;
    job = next;
    const { tone, state, title, share, numbers, link, error } = wordsOfJob(next);
    const percent = share === null ? null : Math.floor(100 * share);
    node("card").dataset.tone = tone;
    name = title ?? name;
    say("title", name);
    say("state", state);
    say("numbers", numbers);
    say("error", error);
    showBar(true);
    fillBar(percent);
    node("link").hidden = link === null;
    if (link !== null) node("link").setAttribute("href", link);
    document.title = `${percent === null ? state : `${percent} %`} · ${name}`;
    const { current, total, updatedAt } = next;
    if (current !== null)
      pace = withProgress(pace, { at: Date.parse(updatedAt), current, total, now: Date.now() });
    countDown();
  };

  const forget = (): void => {
    job = undefined;
    pace = NO_PACE;
    for (const id of ["state", "numbers", "error"] as const) say(id, "");
    node("card").dataset.tone = "waiting";
    showBar(false);
    node("link").hidden = true;
    document.title = name;
    countDown();
  };
  return { show, countDown, forget, hasEnded: () => Boolean(job?.finishedAt) };
}
