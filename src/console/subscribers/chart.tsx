/** @jsxImportSource preact */
// A chart of uPlot in the colours of the page. It is drawn on a canvas, so its name says it in
// words.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { colour, onColours } from "../browser/page.ts";
import { number } from "../words/numbers.ts";
import { moment, ticks } from "../words/times.ts";

/** Date and time of epoch seconds. */
const momentOf = (at: number): string => moment(new Date(at * 1_000).toISOString());

/** One series: its name, its colour, how it is drawn. */
export interface ChartSeries {
  readonly label: string;
  /** A colour of the style sheet. */
  readonly colour: string;
  readonly bars?: boolean;
  readonly dashed?: boolean;
  readonly show: (value: number) => string;
  /** What the legend says where it is not the value that is drawn. */
  readonly said?: readonly number[];
}

const HEIGHT = 150;

/** What an axis reaches at least, so that its marks are whole numbers. */
const LEAST = 4;

/** Room for one label of the axis of time, as `23:21:10`, in px. */
const LABEL_WIDTH = 72;

interface Measured {
  readonly clientWidth: number;
}

const axis = (values: (splits: readonly number[]) => string[]): uPlot.Axis => ({
  stroke: () => colour("--soft"),
  grid: { stroke: () => colour("--line"), width: 1 },
  ticks: { show: false },
  font: "11px system-ui, sans-serif",
  values: (_, splits) => values(splits),
});

/** How uPlot draws a series. */
function drawn({ label, colour: name, bars, dashed, show, said }: ChartSeries): uPlot.Series {
  const paths = uPlot.paths.bars?.({ size: [0.7, 24], radius: 0.15 });
  return {
    label,
    stroke: () => colour(name),
    width: bars === true ? 0 : 1.75,
    points: { show: bars !== true, size: 4 },
    spanGaps: true,
    value: (_, value, _series, index) => {
      const own = said === undefined ? value : (said[index ?? -1] ?? null);
      return own === null || index === null ? "–" : show(own);
    },
    ...(dashed === true && { dash: [4, 4] }),
    ...(bars === true && { fill: () => colour(name), ...(paths && { paths }) }),
  };
}

interface ChartProps {
  readonly name: string;
  readonly times: readonly number[];
  /** Time from one value to the next, in s. */
  readonly span: number;
  readonly values: readonly (readonly (number | null)[])[];
  readonly series: readonly ChartSeries[];
  /** How the left axis writes a value. */
  readonly unit?: (value: number) => string;
}

export function Chart({
  name,
  times,
  span,
  values,
  series,
  unit = number,
}: ChartProps): JSX.Element {
  const place = useRef<Measured>(null);
  const [colours, setColours] = useState(0);
  useEffect(() => onColours(() => setColours((count) => count + 1)), []);
  const key = JSON.stringify([times, values]);
  useEffect(() => {
    if (place.current === null) return undefined;
    const plot = new uPlot(
      {
        width: place.current.clientWidth,
        height: HEIGHT,
        cursor: { y: false, drag: { x: false, y: false } },
        scales: {
          // uPlot widens the range of a single value to days.
          x: { range: () => [(times[0] ?? 0) - span / 2, (times.at(-1) ?? 0) + span / 2] },
          y: { range: (_, _min, max) => [0, Math.max(LEAST, max * 1.1)] },
        },
        axes: [
          { ...axis((splits) => ticks(splits)), size: 28, space: LABEL_WIDTH },
          { ...axis((splits) => splits.map(unit)), size: 56 },
        ],
        series: [
          { label: "Time", value: (_, at) => (at === null ? "–" : momentOf(at)) },
          ...series.map(drawn),
        ],
      },
      [times, ...values] as uPlot.AlignedData,
      place.current as never,
    );
    return () => plot.destroy();
  }, [key, colours]);
  return <div class="chart" role="img" aria-label={name} ref={place as never} />;
}
