// A job with many updates: what waking, new updates, repetitions and reading it take.

import { fillJob, markerAt, putOffAlarms } from "../fill.ts";
import { BIG_JOB, post, SOURCE, webhooks, type StoredRelay } from "../life.ts";
import { ANSWER, grown, timed, times, WAKE, type Sample } from "../probe.ts";
import { during, type Section } from "./section.ts";

const PATH = `/v1/jobs/${SOURCE}/${BIG_JOB}`;

/** Markers above those of every update that was filled in. */
const NEW_MARKER = 750_000_000;

/** Posts an update and expects it to be told as known or not. */
async function update(relay: StoredRelay, marker: string, known: boolean): Promise<void> {
  const result = await post(relay, webhooks.progress(BIG_JOB, marker));
  if ((result === "duplicate") !== known) throw new Error(`${marker} was ${result}`);
}

async function measure(relay: StoredRelay, size: number): Promise<readonly Sample[]> {
  const before = relay.memory();
  const samples: Sample[] = [];
  const take = async (
    name: string,
    calls: readonly (() => Promise<unknown>)[],
    atMost = ANSWER,
  ): Promise<void> => void samples.push(await timed({ name: `job: ${name}`, atMost }, calls));
  await take("first answer after a wake", [() => relay.get(PATH)], WAKE);
  const fresh = (n: number) => () => update(relay, String(NEW_MARKER + n), false);
  await take("first update after a wake", [fresh(0)], WAKE);
  await take(
    "update",
    times(5, (n) => fresh(n + 1)),
  );
  const old = (n: number) => () => update(relay, markerAt(size, n / 5), true);
  await take("repetition of an old update", times(5, old));
  await take(
    "snapshot",
    times(5, () => () => relay.get(PATH)),
  );
  await take(
    "events",
    times(5, () => () => relay.get(`${PATH}/events?limit=100`)),
  );
  const middle = Math.floor(size / 20);
  await take("events from the middle", [
    () => relay.get(`${PATH}/events?limit=100&since=${middle}`),
  ]);
  samples.push(grown("job: memory for all of that", before, relay));
  const recorded = `${PATH}/events?limit=100&include=recorded`;
  await take("events with what was recorded", [() => relay.get(recorded)]);
  samples.push(grown("job: memory with what was recorded", before, relay));
  return samples;
}

/** Measures a job with as many updates as `size` says. */
export const job: Section = ({ launch, size }) => {
  fillJob(launch.storage, size);
  putOffAlarms(launch.storage);
  return during(launch, (relay) => measure(relay, size));
};
