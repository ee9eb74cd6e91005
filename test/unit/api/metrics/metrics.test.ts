// The metrics, and the text format that Prometheus reads.

import { describe, expect, test } from "vitest";
import { exposition } from "../../../../src/api/metrics/exposition.ts";
import { metricsOf } from "../../../../src/api/metrics/metrics.ts";
import type { SubscriberView } from "../../../../src/deliver/view.ts";
import type { ConnectorView } from "../../../../src/model/connector.ts";
import { addLatencies, NO_LATENCY, withDuration } from "../../../../src/model/measures.ts";

const view: SubscriberView = {
  id: "crm",
  state: "probing",
  since: null,
  reason: null,
  pending: 0,
  held: 12,
  dead: 3,
  delivered: 40,
  successRate: 0.75,
  p50: 40,
  p95: 1_500,
  oldestPendingAt: "2026-11-28T11:59:00.000Z",
  lastFailure: null,
  advice: null,
  replay: null,
};

const connector: ConnectorView = {
  kind: "centrifugo",
  status: "waiting",
  since: 60_000,
  lastMessageAt: 59_500,
  reconnects: 4,
  lastError: "the connection closed with 3001 shutdown",
  lastErrorAt: 60_000,
  retryAt: 61_000,
  counts: { accepted: 9, duplicate: 2, ignored: 0, refused: 0 },
  events: { "job.progress": 5, "job.finished": 2, constructor: 1 },
  gaps: 1,
  watching: null,
};

const text = exposition(
  metricsOf({
    version: "1.2.3",
    now: Date.UTC(2026, 10, 28, 12),
    sources: new Map([
      [
        "comments",
        {
          counts: { accepted: 7, duplicate: 1, ignored: 0, refused: 3 },
          since: 1,
          seenAt: 1_500,
          reasons: { "wrong-secret": 3 },
          measures: {
            events: { "job.created": 1, "job.progress": 4 },
            latency: [3, 5, 6, 20_000].reduce(withDuration, NO_LATENCY),
          },
        },
      ],
      [
        "idle",
        {
          counts: { accepted: 0, duplicate: 0, ignored: 0, refused: 0 },
          since: null,
          seenAt: null,
        },
      ],
    ]),
    connectors: new Map([
      ["comments", connector],
      ["email", { ...connector, kind: "emailengine", lastMessageAt: null, watching: 3 }],
    ]),
    subscribers: [
      view,
      { ...view, id: "new", successRate: null, p50: null, p95: null, oldestPendingAt: null },
    ],
    viewers: new Map([['a"c\\m\ne', 2]]),
  }),
);
const lines = text.split("\n");

describe("metrics", () => {
  test.each([
    'jobrelay_build_info{version="1.2.3"} 1',
    'jobrelay_webhooks_total{source="comments",result="accepted"} 7',
    'jobrelay_webhooks_total{source="comments",result="refused"} 3',
    'jobrelay_webhooks_refused_total{source="comments",reason="wrong-secret"} 3',
    'jobrelay_events_total{source="comments",event="job.created"} 1',
    'jobrelay_events_total{source="comments",event="job.progress"} 9',
    'jobrelay_events_total{source="comments",event="job.finished"} 2',
    'jobrelay_events_total{source="comments",event="constructor"} 1',
    'jobrelay_webhook_duration_seconds_bucket{source="comments",le="0.005"} 2',
    'jobrelay_webhook_duration_seconds_bucket{source="comments",le="0.01"} 3',
    'jobrelay_webhook_duration_seconds_bucket{source="comments",le="10"} 3',
    'jobrelay_webhook_duration_seconds_bucket{source="comments",le="+Inf"} 4',
    'jobrelay_webhook_duration_seconds_sum{source="comments"} 20.014',
    'jobrelay_webhook_duration_seconds_count{source="comments"} 4',
    'jobrelay_source_last_webhook_timestamp_seconds{source="comments"} 1.5',
    'jobrelay_connector_state{source="comments",state="waiting"} 1',
    'jobrelay_connector_state{source="comments",state="connected"} 0',
    'jobrelay_connector_state_since_timestamp_seconds{source="comments"} 60',
    'jobrelay_connector_last_message_timestamp_seconds{source="comments"} 59.5',
    'jobrelay_connector_reconnects_total{source="comments"} 4',
    'jobrelay_connector_messages_total{source="comments",result="accepted"} 9',
    'jobrelay_connector_gaps_total{source="comments"} 1',
    'jobrelay_connector_exports_watched{source="email"} 3',
    'jobrelay_deliveries{subscriber="crm",state="held"} 12',
    'jobrelay_delivery_oldest_pending_seconds{subscriber="crm"} 60',
    'jobrelay_subscriber_state{subscriber="crm",state="probing"} 1',
    'jobrelay_subscriber_state{subscriber="crm",state="active"} 0',
    'jobrelay_delivery_success_ratio{subscriber="crm"} 0.75',
    'jobrelay_delivery_duration_seconds{subscriber="crm",quantile="0.95"} 1.5',
    'jobrelay_streams_open{account="a\\"c\\\\m\\ne"} 2',
  ])("%s", (line) => {
    expect(lines).toContain(line);
  });

  test("of a subscriber that was sent nothing say nothing of attempts", () => {
    expect(lines.filter((line) => line.includes('"new"') && !line.includes("state="))).toEqual([
      'jobrelay_delivery_oldest_pending_seconds{subscriber="new"} 0',
    ]);
  });

  test("a sample without labels has no braces", () => {
    const samples = [{ labels: {}, value: 1 }];
    const metric = { name: "a", help: "b\\\n", type: "gauge", samples } as const;
    expect(exposition([metric])).toBe("# HELP a b\\\\\\n\n# TYPE a gauge\na 1\n");
  });

  test("of a connector say nothing that it has not", () => {
    expect(text).not.toContain('last_message_timestamp_seconds{source="email"}');
    expect(text).not.toContain('exports_watched{source="comments"}');
  });

  test("each has its help and type once, before its samples", () => {
    const types = lines.filter((line) => line.startsWith("# TYPE"));
    expect(new Set(types).size).toBe(types.length);
    expect(lines[0]).toBe("# HELP jobrelay_build_info The version that answers.");
    expect(lines[1]).toBe("# TYPE jobrelay_build_info gauge");
    expect(text.endsWith("\n")).toBe(true);
  });

  test("no line has another form than the format allows", () => {
    const sample = /^[a-z_]+(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*\})? -?\d+(?:\.\d+)?$/;
    expect(
      lines.filter((line) => line !== "" && !line.startsWith("# ") && !sample.test(line)),
    ).toEqual([]);
  });

  test("a metric without samples is left out", () => {
    const empty = metricsOf({
      version: "1.2.3",
      now: 0,
      sources: new Map(),
      connectors: new Map(),
      subscribers: [],
      viewers: new Map(),
    });
    expect(exposition(empty).split("\n")).toHaveLength(4);
  });
});

test("histograms add up, and of two with other buckets that of an earlier version is left out", () => {
  const one = withDuration(NO_LATENCY, 30);
  expect(addLatencies(one, one)).toEqual({ counts: [0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0], sum: 60 });
  const earlier = { counts: [1, 2], sum: 9 };
  expect(addLatencies(one, earlier)).toBe(one);
  expect(addLatencies(earlier, one)).toBe(one);
});
