// What every part of the benchmark is given, and the pieces that several of them use.

import { FLOOR_READY } from "./floor.ts";
import { startSink, type Sink } from "./receiver.ts";
import { RELAY_READY, relaySpec, subscribedTo, type Bundle } from "./relay.ts";
import { megabytes, type Measurement } from "./stats.ts";
import { startWorker, type Server, type WorkerSpec } from "./workerd.ts";

/** A run. `quick` takes small sizes: to see that everything works, not to compare. */
export interface Bench {
  readonly bundle: Bundle;
  readonly floor: WorkerSpec;
  readonly quick: boolean;
  /** Where CPU profiles go; `null` for none. */
  readonly profiles: string | null;
  /** The only section of a part that has several; `null` for all. */
  readonly section: string | null;
}

/** A part of the benchmark. */
export type Part = (bench: Bench) => Promise<readonly Measurement[]>;

export const startRelay = (
  bench: Bench,
  vars: Readonly<Record<string, unknown>> = {},
): Promise<Server> =>
  startWorker(relaySpec(bench.bundle, vars), {
    ready: RELAY_READY,
    inspect: bench.profiles !== null,
  });

export const startFloor = (bench: Bench): Promise<Server> =>
  startWorker(bench.floor, { ready: FLOOR_READY, inspect: false });

/**
 * How a subscriber is met: so many deliveries at once, each answered after so many milliseconds (0:
 * at once).
 */
export interface Terms {
  readonly concurrency: number;
  readonly after?: number;
}

/** Runs `work` with a relay that delivers to a subscriber here, and ends both. */
export async function withSubscriber<T>(
  bench: Bench,
  terms: Terms,
  work: (relay: Server, sink: Sink) => Promise<T>,
): Promise<T> {
  const { concurrency, after } = terms;
  const sink = await startSink(after === undefined ? {} : { after });
  try {
    const relay = await startRelay(bench, subscribedTo(sink.url, concurrency));
    try {
      return await work(relay, sink);
    } finally {
      await relay.stop();
    }
  } finally {
    await sink.close();
  }
}

/**
 * What a piece of work cost the server: its CPU seconds, `null` where the system does not say, and
 * the seconds that passed.
 */
export interface Cost<T> {
  readonly result: T;
  readonly cpu: number | null;
  readonly seconds: number;
}

/** Runs `work` and says what it cost the server. */
export async function costOf<T>(server: Server, work: () => Promise<T>): Promise<Cost<T>> {
  const [before, began] = [server.cpu(), performance.now()];
  const result = await work();
  const after = server.cpu();
  return {
    result,
    cpu: before === null || after === null ? null : after - before,
    seconds: (performance.now() - began) / 1_000,
  };
}

/** The memory of the servers by now, for a measurement; nothing where the system does not say. */
export function memoryOf(relay: Server, floor?: Server): Pick<Measurement, "memory"> {
  const [own, bare] = [megabytes(relay.memory()), megabytes(floor?.memory() ?? null)];
  if (own === null) return {};
  return { memory: bare === null ? { relay: own } : { relay: own, floor: bare } };
}
