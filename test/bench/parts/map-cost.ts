// What a map costs: the same progress of own jobs, read by a map and by name, in turns.

import { costOf } from "../bench.ts";
import { flood, post } from "../load.ts";
import { OWN_SECRET } from "../relay.ts";
import { median, type Measurement } from "../stats.ts";
import { times } from "../webhooks.ts";
import type { Server } from "../workerd.ts";

/** Most CPU of a mapped webhook beside one that is read by name. */
const MOST = { atMost: 1.15 };

const ROUNDS = 5;
const JOBS = 200;

/** A body that both sources read, of the size of a provider's progress event. */
function progress(source: string, index: number): Buffer {
  const body = JSON.stringify({
    event: "job.progress",
    guid: `${source}-${index % JOBS}`,
    status: "progress",
    current: index + 1,
    total: 10_000_000,
    details: {
      url: "https://www.example.com/posts/7318264953402817",
      worker: { region: "eu-west-1", attempt: 1, tags: ["nightly", "export"] },
      log: "x".repeat(160),
    },
  });
  return post(`/hooks/${source}`, body, { authorization: `Bearer ${OWN_SECRET}` });
}

/** Measures sources `own` and `mapped` of the relay. */
export async function mapCost(relay: Server, count: number): Promise<readonly Measurement[]> {
  const spent = { own: [] as number[], mapped: [] as number[] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const source of ["own", "mapped"] as const) {
      const requests = times(count, (index) => progress(source, round * count + index));
      const { cpu } = await costOf(relay, () => flood(relay.port, requests));
      // The first round compiles the code and creates the jobs.
      if (cpu !== null && round > 0) spent[source].push((cpu * 1e6) / count);
    }
  }
  if (spent.own.length === 0) return [];
  const [own, mapped] = [median(spent.own), median(spent.mapped)];
  return [
    {
      part: "ingest",
      name: "progress by a map, CPU beside progress by name",
      value: median(spent.mapped.map((cpu, round) => cpu / (spent.own[round] ?? Number.NaN))),
      unit: "×",
      budget: MOST,
      beside: { "by a map µs": mapped, "by name µs": own },
    },
  ];
}
