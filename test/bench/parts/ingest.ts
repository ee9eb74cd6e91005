// Webhooks per second answered 202, beside the floor: the same number of objects, one row each
// time, one call of an object.

import { profiled } from "../profile.ts";
import { startFloor, startRelay, costOf, memoryOf, type Bench } from "../bench.ts";
import { flood, post } from "../load.ts";
import { mapCost } from "./map-cost.ts";
import { median, percentile, type Measurement } from "../stats.ts";
import { times, webhook } from "../webhooks.ts";
import type { Server } from "../workerd.ts";

/**
 * Jobs whose progress is posted; at 2,000 webhooks a second each hears ten times a second, as a
 * provider's realtime channel does.
 */
const JOBS = 200;

/** Requests before the clock starts, so that the code is compiled and the connections are known. */
const WARM_UP = 300;

/**
 * Runs of each side in turns: the median of their ratios is steadier than any one on a machine that
 * others use.
 */
const ROUNDS = 3;

/** A kind of traffic: the requests of one round, for the relay and for the floor. */
interface Traffic {
  readonly name: string;
  readonly relay: (round: number) => readonly Buffer[];
  readonly floor: (round: number) => readonly Buffer[];
  /** What a bare Worker that does the relay's duties is sent, where that is more than the floor. */
  readonly least?: {
    readonly name: string;
    readonly requests: (round: number) => readonly Buffer[];
  };
  /** The share of the floor that the relay has to reach. */
  readonly share: number;
}

const SAMPLE_ROW = "x".repeat(400);
const row = (object: string): Buffer => post(`/rows/${object}`, SAMPLE_ROW);

function traffics(count: number): readonly Traffic[] {
  const known = (index: number): string => `known-${index % JOBS}`;
  const progress = (round: number, index: number, path?: string): Buffer => {
    const current = round * count + index + 1;
    return webhook("job.progress", known(index), { current, total: 10_000_000 }, path);
  };
  return [
    {
      name: "new jobs",
      relay: (round) => times(count, (index) => webhook("job.created", `new-${round}-${index}`)),
      floor: (round) => times(count, (index) => row(`new-${round}-${index}`)),
      least: {
        name: "a bare Worker that sets an alarm, tells two",
        requests: (round) =>
          times(count, (index) => post(`/births/born-${round}-${index}`, SAMPLE_ROW)),
      },
      share: 0.6,
    },
    {
      name: `progress of ${JOBS} jobs`,
      relay: (round) => times(count, (index) => progress(round, index)),
      floor: () => times(count, (index) => row(known(index))),
      least: {
        name: "a bare Worker that verifies, parses, tells one in 5 s",
        requests: (round) =>
          times(count, (index) => progress(round, index, `/updates/told-${index % JOBS}`)),
      },
      share: 0.75,
    },
    {
      name: "duplicates",
      relay: () => times(count, (index) => webhook("job.created", known(index))),
      floor: () => times(count, (index) => row(known(index))),
      share: 0.75,
    },
  ];
}

interface Rate {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of the server for each. */
  readonly cpu: number | null;
}

async function rate(server: Server, requests: readonly Buffer[]): Promise<Rate> {
  const { result, cpu } = await costOf(server, () => flood(server.port, requests));
  const { latencies, seconds } = result;
  return {
    perSecond: requests.length / seconds,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    cpu: cpu === null ? null : (cpu * 1e6) / requests.length,
  };
}

const of = (rates: readonly Rate[], member: (rate: Rate) => number): number =>
  median(rates.map(member));

const cpuOf = (rates: readonly Rate[]): number | null =>
  rates.some(({ cpu }) => cpu === null) ? null : of(rates, ({ cpu }) => cpu ?? 0);

/** A line of the report: what a side took, and how much of the floor that is. */
function line(
  name: string,
  rates: readonly Rate[],
  floors: readonly Rate[],
): Omit<Measurement, "budget"> {
  const [cpu, floorCpu] = [cpuOf(rates), cpuOf(floors)];
  // Others on the machine slow both sides down unevenly; what each spent does not depend on them.
  const spent = cpu === null || floorCpu === null ? null : { cpu, floorCpu };
  return {
    part: "ingest",
    name,
    value: of(rates, ({ perSecond }) => perSecond),
    unit: "/s",
    floor: of(floors, ({ perSecond }) => perSecond),
    share: {
      byRate: median(
        rates.map(({ perSecond }, round) => perSecond / (floors[round]?.perSecond ?? Number.NaN)),
      ),
      ...(spent === null ? {} : { byCpu: spent.floorCpu / spent.cpu }),
    },
    beside: {
      "p50 ms": of(rates, ({ p50 }) => p50),
      "p99 ms": of(rates, ({ p99 }) => p99),
      ...(spent === null ? {} : { "CPU µs each": spent.cpu, "floor's": spent.floorCpu }),
    },
  };
}

async function compare(
  bench: Bench,
  relay: Server,
  floor: Server,
  traffic: Traffic,
): Promise<readonly Measurement[]> {
  const relays: Rate[] = [];
  const floors: Rate[] = [];
  const leasts: Rate[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const requests = traffic.relay(round);
    relays.push(
      await profiled(relay, `ingest ${traffic.name} ${round}`, bench.profiles, () =>
        rate(relay, requests),
      ),
    );
    floors.push(await rate(floor, traffic.floor(round)));
    if (traffic.least !== undefined) leasts.push(await rate(floor, traffic.least.requests(round)));
  }
  const memory = memoryOf(relay, floor);
  return [
    { ...line(traffic.name, relays, floors), ...memory, budget: { atLeast: traffic.share } },
    ...(traffic.least === undefined
      ? []
      : [line(`${traffic.name}: ${traffic.least.name}`, leasts, floors)]),
  ];
}

/**
 * New jobs, progress that is mostly absorbed, and duplicates; no subscriber, so that deliveries are
 * not measured here.
 */
export async function ingest(bench: Bench): Promise<readonly Measurement[]> {
  // An open object holds three files (database, log, shared memory): new ones have to fit into a
  // process's file limit.
  const count = bench.quick ? 300 : 1_500;
  const [relay, floor] = await Promise.all([startRelay(bench), startFloor(bench)]);
  try {
    await flood(
      relay.port,
      times(WARM_UP, (index) => webhook("job.created", `known-${index % JOBS}`)),
    );
    await flood(
      floor.port,
      times(WARM_UP, (index) => row(`known-${index % JOBS}`)),
    );
    const measured: Measurement[] = [];
    for (const traffic of traffics(count))
      measured.push(...(await compare(bench, relay, floor, traffic)));
    return [...measured, ...(await mapCost(relay, count))];
  } finally {
    await Promise.all([relay.stop(), floor.stop()]);
  }
}
