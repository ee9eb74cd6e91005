// What the relay measures, as Prometheus metrics (docs/operations.md).

import type { SubscriberView } from "../../deliver/view.ts";
import { SECOND, timeOf, type Millis } from "../../kernel/time.ts";
import { addCounts, LATENCY_BOUNDS, type Latency } from "../../model/measures.ts";
import type { ConnectorView } from "../../model/connector.ts";
import type { SourceCounts } from "../../source/inspection.ts";
import { connectorMetrics } from "./connectors.ts";
import type { Metric, Sample } from "./exposition.ts";

/** What the metrics are made of. */
export interface Measured {
  readonly version: string;
  readonly now: Millis;
  readonly sources: ReadonlyMap<string, SourceCounts>;
  /** Connectors by their sources. */
  readonly connectors: ReadonlyMap<string, ConnectorView>;
  readonly subscribers: readonly SubscriberView[];
  /** Open sockets by account. */
  readonly viewers: ReadonlyMap<string, number>;
}

const STATES = ["active", "probing", "paused", "disabled"] as const;

/** All metrics, in a fixed order. */
export const metricsOf = (measured: Measured): readonly Metric[] => [
  {
    name: "jobrelay_build_info",
    help: "The version that answers.",
    type: "gauge",
    samples: [{ labels: { version: measured.version }, value: 1 }],
  },
  ...sourceMetrics([...measured.sources], measured.connectors),
  ...connectorMetrics([...measured.connectors]),
  ...subscriberMetrics(measured.subscribers, measured.now),
  {
    name: "jobrelay_streams_open",
    help: "Open WebSocket, SSE and Centrifugo streams of an account.",
    type: "gauge",
    samples: [...measured.viewers].map(([account, value]) => ({ labels: { account }, value })),
  },
];

type Sources = readonly (readonly [id: string, counts: SourceCounts])[];

function sourceMetrics(sources: Sources, connectors: Measured["connectors"]): readonly Metric[] {
  const byName = (
    pick: (counts: SourceCounts, source: string) => Readonly<Record<string, number>>,
    label: string,
  ): readonly Sample[] =>
    sources.flatMap(([source, counts]) =>
      Object.entries(pick(counts, source)).map(([name, value]) => ({
        labels: { source, [label]: name },
        value,
      })),
    );
  return [
    {
      name: "jobrelay_webhooks_total",
      help: "Webhooks by what became of them.",
      type: "counter",
      samples: byName(({ counts }) => counts, "result"),
    },
    {
      name: "jobrelay_webhooks_refused_total",
      help: "Refused webhooks by reason.",
      type: "counter",
      samples: byName(({ reasons = {} }) => reasons, "reason"),
    },
    {
      name: "jobrelay_events_total",
      help: "Events that were emitted, by name.",
      type: "counter",
      samples: byName(
        ({ measures }, source) =>
          addCounts(measures?.events ?? {}, connectors.get(source)?.events ?? {}),
        "event",
      ),
    },
    {
      name: "jobrelay_webhook_duration_seconds",
      help: "Time from a webhook's arrival to its answer.",
      type: "histogram",
      samples: sources.flatMap(([source, { measures }]) =>
        measures === undefined ? [] : histogram({ source }, measures.latency),
      ),
    },
    {
      name: "jobrelay_source_last_webhook_timestamp_seconds",
      help: "When a verified webhook came last.",
      type: "gauge",
      samples: sources.flatMap(([source, { seenAt }]) =>
        seenAt === null ? [] : [{ labels: { source }, value: seenAt / SECOND }],
      ),
    },
  ];
}

function histogram(labels: Readonly<Record<string, string>>, latency: Latency): readonly Sample[] {
  let total = 0;
  const buckets = latency.counts.map((count, index): Sample => {
    total += count;
    const le = String(LATENCY_BOUNDS[index] ?? "+Inf");
    return { labels: { ...labels, le }, value: total, suffix: "_bucket" };
  });
  return [
    ...buckets,
    { labels, value: latency.sum / SECOND, suffix: "_sum" },
    { labels, value: total, suffix: "_count" },
  ];
}

function subscriberMetrics(subscribers: readonly SubscriberView[], now: Millis): readonly Metric[] {
  const gauge = (
    name: string,
    help: string,
    samplesOf: (view: SubscriberView) => readonly Sample[],
  ): Metric => ({ name, help, type: "gauge", samples: subscribers.flatMap(samplesOf) });
  return [
    gauge("jobrelay_deliveries", "Deliveries that are kept, by state.", (view) =>
      (["pending", "held", "dead", "delivered"] as const).map((state) => ({
        labels: { subscriber: view.id, state },
        value: view[state],
      })),
    ),
    gauge(
      "jobrelay_delivery_oldest_pending_seconds",
      "Age of the oldest delivery that waits; 0 when none does.",
      ({ id, oldestPendingAt }) => [
        {
          labels: { subscriber: id },
          value:
            oldestPendingAt === null ? 0 : Math.max(0, (now - timeOf(oldestPendingAt)) / SECOND),
        },
      ],
    ),
    gauge("jobrelay_subscriber_state", "1 for the state that a subscriber is in.", (view) =>
      STATES.map((state) => ({
        labels: { subscriber: view.id, state },
        value: view.state === state ? 1 : 0,
      })),
    ),
    gauge(
      "jobrelay_delivery_success_ratio",
      "Share of the latest attempts that succeeded.",
      ({ id, successRate }) =>
        successRate === null ? [] : [{ labels: { subscriber: id }, value: successRate }],
    ),
    gauge(
      "jobrelay_delivery_duration_seconds",
      "How long the latest successful attempts took.",
      ({ id, p50, p95 }) =>
        [["0.5", p50] as const, ["0.95", p95] as const].flatMap(([quantile, ms]) =>
          ms === null ? [] : [{ labels: { subscriber: id, quantile }, value: ms / SECOND }],
        ),
    ),
  ];
}
