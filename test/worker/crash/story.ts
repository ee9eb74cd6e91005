// What every story has, and what is checked after each of them.

import { sentTo, note, read, SUBSCRIBERS, type Pace } from "./world.ts";
import type { Viewer } from "./viewers.ts";

/** A story that was played: when it has come to its end, and what is to be true then. */
export interface Played {
  /** How time goes on; by default in steps of 20 s. */
  readonly pace?: Pace;
  isDone(): Promise<boolean>;
  check(): Promise<void>;
}

/** A life of jobs, from the first request to the last delivery. */
export interface Story {
  readonly name: string;
  /** The steps of an undisturbed life at least; there may be more one day, never fewer. */
  readonly leastSteps: number;
  /** Plays it with names of its own, made of `n`. */
  play(n: number): Promise<Played>;
}

/** A job, and what it has to look like in the end. */
export interface Expected {
  readonly source: string;
  readonly guid: string;
  readonly account: string;
  /** `seq event` of everything that is emitted. */
  readonly events: readonly string[];
  readonly viewers: readonly Viewer[];
}

interface EventItem {
  readonly event: { readonly id: string; readonly seq: number; readonly event: string };
}

const itemsOf = async <T>(path: string): Promise<readonly T[]> =>
  ((await read(path)) as unknown as { items: readonly T[] }).items;

/** The events of a job, by the API. */
export const eventsOf = async (
  source: string,
  guid: string,
): Promise<readonly EventItem["event"][]> => {
  const page = (await read(`/v1/jobs/${source}/${guid}/events?limit=1000`)) as {
    items?: readonly EventItem[];
  };
  return (page.items ?? []).map(({ event }) => event);
};

const lastOf = (events: readonly string[]): string => events.at(-1)?.split(" ")[1] ?? "";

interface Delivery {
  readonly state: string;
  readonly event: { readonly seq: number; readonly event: string };
}

/** The deliveries of a job that are not over. */
const waitingOf = async (to: string, guid: string): Promise<readonly Delivery[]> =>
  (await itemsOf<Delivery>(`/v1/subscribers/${to}/deliveries?guid=${guid}`)).filter(
    ({ state }) => state !== "delivered" && state !== "superseded",
  );

/**
 * True once a job has its last event, everybody was sent it and is known to have it, and every
 * viewer has seen it.
 */
export async function hasArrived({ source, guid, events, viewers }: Expected): Promise<boolean> {
  const last = (await eventsOf(source, guid)).at(-1);
  if (last?.event !== lastOf(events)) return false;
  const isSent = SUBSCRIBERS.every((to) => sentTo(to, guid).some(({ id }) => id === last.id));
  if (!isSent || !viewers.every((viewer) => viewer.seq() === last.seq)) return false;
  const waiting = await Promise.all(SUBSCRIBERS.map((to) => waitingOf(to, guid)));
  return waiting.every((of) => of.length === 0);
}

/** Checks everything that is promised of a job. */
export async function checkJob(expected: Expected): Promise<void> {
  const { source, guid, account, events, viewers } = expected;
  const emitted = await eventsOf(source, guid);
  const names = emitted.map(({ seq, event }) => `${seq} ${event}`);
  if (names.join() !== events.join()) note(`the job emitted ${names.join()}`);
  for (const viewer of viewers)
    if (viewer.last() !== lastOf(events)) note(`${viewer.who} ended with ${viewer.last()}`);
  for (const to of SUBSCRIBERS) {
    const sent = sentTo(to, guid).map(({ seq }) => seq);
    // Progress that still waits when something newer comes is not sent any more.
    const needed = emitted.filter((one) => one.event !== "job.progress").map(({ seq }) => seq);
    const isInOrder = sent.every((seq, index) => index === 0 || seq > (sent[index - 1] ?? 0));
    if (!isInOrder) note(`${to} was sent ${sent.join()}`);
    if (!needed.every((seq) => sent.includes(seq))) note(`${to} was sent ${sent.join()} alone`);
    const waiting = await waitingOf(to, guid);
    if (waiting.length > 0)
      note(`${to} has ${waiting.map(({ state, event }) => `${event.seq} ${state}`).join()}`);
  }
  for (const list of [`account=${account}`, `source=${source}&q=${guid}`]) {
    const jobs = await itemsOf<{ guid: string; event: string; seq: number }>(`/v1/jobs?${list}`);
    const listed = jobs
      .filter((job) => job.guid === guid)
      .map(({ seq, event }) => `${seq} ${event}`);
    if (listed.join() !== names.at(-1)) note(`the list ${list} shows ${listed.join()}`);
  }
}

/** Checks that nothing is left of a job anywhere. */
export async function checkGone({ source, guid, account }: Expected): Promise<void> {
  const found: string[] = [];
  const jobs = [`account=${account}`, `source=${source}&q=${guid}`];
  for (const list of jobs)
    if ((await itemsOf(`/v1/jobs?${list}`)).length > 0) found.push(`the list ${list}`);
  for (const to of SUBSCRIBERS)
    if ((await itemsOf(`/v1/subscribers/${to}/deliveries?guid=${guid}`)).length > 0)
      found.push(`deliveries of ${to}`);
  const snapshot = await read(`/v1/jobs/${source}/${guid}`);
  if (snapshot["status"] !== 404) found.push("the job");
  const page = (await read(`/v1/accounts/${account}/events?since=0`)) as { snapshot?: unknown };
  if (JSON.stringify(page).includes(`"guid":"${guid}"`)) found.push("the account's log");
  if (found.length > 0) note(`left of the job: ${found.join(", ")}`);
}
