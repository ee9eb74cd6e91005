// What connectors measure, as Prometheus metrics (docs/operations.md).

import { SECOND } from "../../kernel/time.ts";
import type { ConnectorView } from "../../model/connector.ts";
import type { Metric, Sample } from "./exposition.ts";

const STATES = ["connected", "connecting", "waiting", "failed"] as const;

const one = (value: number | null): readonly Sample[] =>
  value === null ? [] : [{ labels: {}, value }];

/** Metrics of connectors, by the ids of their sources. */
export function connectorMetrics(
  connectors: readonly (readonly [source: string, view: ConnectorView])[],
): readonly Metric[] {
  const metric = (
    type: Metric["type"],
    name: string,
    help: string,
    samplesOf: (view: ConnectorView) => readonly Sample[],
  ): Metric => ({
    name: `jobrelay_connector_${name}`,
    help,
    type,
    samples: connectors.flatMap(([source, view]) =>
      samplesOf(view).map((sample) => ({ ...sample, labels: { source, ...sample.labels } })),
    ),
  });
  return [
    metric("gauge", "state", "1 for the state that a connector is in.", ({ status }) =>
      STATES.map((state) => ({ labels: { state }, value: status === state ? 1 : 0 })),
    ),
    metric("gauge", "state_since_timestamp_seconds", "When that state began.", ({ since }) =>
      one(since / SECOND),
    ),
    metric(
      "gauge",
      "last_message_timestamp_seconds",
      "When something came last.",
      ({ lastMessageAt }) => one(lastMessageAt === null ? null : lastMessageAt / SECOND),
    ),
    metric("counter", "reconnects_total", "How often it was connected again.", ({ reconnects }) =>
      one(reconnects),
    ),
    metric("counter", "messages_total", "What it got, by what became of it.", ({ counts }) =>
      Object.entries(counts).map(([result, value]) => ({ labels: { result }, value })),
    ),
    metric("counter", "gaps_total", "How often a server lost what was missed.", ({ gaps }) =>
      one(gaps),
    ),
    metric("gauge", "exports_watched", "Exports that are polled.", ({ watching }) => one(watching)),
  ];
}
