/** @jsxImportSource preact */
// The charts of a subscriber: what came of its latest attempts, and how quick it answered.

import type { JSX } from "preact";
import { latency } from "../words/times.ts";
import { number } from "../words/numbers.ts";
import { Chart } from "./chart.tsx";
import type { Series } from "./series.ts";

export function Charts({ series }: { readonly series: Series }): JSX.Element {
  const { times, span, taken, failed, p50, p95, summary } = series;
  // Failed attempts are drawn behind and higher, so that both add up.
  const all = failed.map((value, index) => value + (taken[index] ?? 0));
  return (
    <>
      <p class="soft">{summary}</p>
      <h4>Attempts</h4>
      <Chart
        name={`Attempts over time. ${summary}`}
        times={times}
        span={span}
        values={[all, taken]}
        series={[
          { label: "Failed", colour: "--failed-fill", bars: true, show: number, said: failed },
          { label: "Taken", colour: "--done-fill", bars: true, show: number },
        ]}
      />
      <h4>Time to answer</h4>
      {p50.every((value) => value === null) ? (
        <p class="soft">No attempt was taken.</p>
      ) : (
        <Chart
          name={`Time to answer over time. ${summary}`}
          times={times}
          span={span}
          values={[p50, p95]}
          unit={latency}
          series={[
            { label: "p50", colour: "--accent", show: latency },
            { label: "p95", colour: "--soft", dashed: true, show: latency },
          ]}
        />
      )}
    </>
  );
}
