// Every example of the three providers' own pages, byte for byte: what the relay makes of it, as a
// whole.

import { describe, expect, test } from "vitest";
import type { ReaderName } from "../../../src/config/settings.ts";
import { PROVIDER_FILES } from "../../../src/ingest/providers/registry.ts";
import { normalize, type PreparedUpdate } from "../../../src/ingest/normalize/normalize.io.ts";
import { sha256Hex } from "../../../src/kernel/hmac.io.ts";
import { parseBody } from "../../../src/kernel/json.ts";
import { arrival, fixture, source } from "./build.ts";

const TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const GUID = "b4219d47-3138-5efd-9762-2ef9f9495084";
const VIDEO = "https://www.youtube.com/watch?v=dQw4w9WgXcQ";
const FILE = "https://exportcomments.com/download/export-b4219d47.xlsx";

async function readyOf(
  provider: ReaderName,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<PreparedUpdate> {
  const bytes = fixture(path);
  const json = parseBody(bytes);
  if (!json.ok) throw new Error(json.fault);
  const from = arrival(bytes, headers, source({ id: "hooks", provider }));
  const ready = await normalize(PROVIDER_FILES[provider], from, json.value, {
    traceparent: TRACE,
    now: Date.UTC(2027, 0, 1),
    raw: null,
  });
  if (!ready.ok) throw new Error(JSON.stringify(ready.fault));
  const [only] = ready.value;
  if (only === undefined || ready.value.length !== 1) throw new Error("not one event");
  return only;
}

async function jobOf(
  provider: ReaderName,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const ready = await readyOf(provider, path, headers);
  if (ready.kind !== "job") throw new Error(ready.kind);
  return ready.update;
}

describe("the ExportComments event reference", () => {
  const common = {
    source: "hooks",
    provider: "exportcomments",
    account: "hooks",
    guid: GUID,
    occurredAt: null,
    traceparent: TRACE,
  };
  const nothing = { url: null, current: null, total: null, error: null };

  test.each([
    ["job.created", { ...nothing, details: { guid: GUID, status: "queueing", url: VIDEO } }],
    [
      "job.progress",
      {
        ...nothing,
        current: 678,
        total: 1500,
        details: { guid: GUID, status: "progress", url: VIDEO, totalExported: 678, total: 1500 },
      },
    ],
    [
      "job.finished",
      {
        url: FILE,
        current: 1500,
        total: 1500,
        error: null,
        details: {
          guid: GUID,
          status: "done",
          url: VIDEO,
          totalExported: 1500,
          total: 1500,
          download_link: FILE,
          json_url: "https://exportcomments.com/download/export-b4219d47.json",
        },
      },
    ],
    [
      "job.failed",
      {
        ...nothing,
        error: "Rate limited by platform",
        details: { guid: GUID, status: "error", url: VIDEO, error: "Rate limited by platform" },
      },
    ],
    ["job.requeued", { ...nothing, details: { guid: GUID, status: "queueing", url: VIDEO } }],
    ["job.convert.done", { ...nothing, url: FILE, details: { guid: GUID, status: "done" } }],
    ["job.convert.failed", { ...nothing, details: { guid: GUID, status: "error" } }],
    [
      "bulk_download.ready",
      {
        ...nothing,
        guid: "d4e5f6a7-8901-bcde-f234-567890abcdef",
        url: "https://exportcomments.com/download/bulk-d4e5f6a7.zip",
        details: { guid: "d4e5f6a7-8901-bcde-f234-567890abcdef", status: "ready" },
      },
    ],
    [
      "bulk_download.failed",
      {
        ...nothing,
        guid: "d4e5f6a7-8901-bcde-f234-567890abcdef",
        details: { guid: "d4e5f6a7-8901-bcde-f234-567890abcdef", status: "error" },
      },
    ],
  ])("%s becomes the same event of the relay", async (event, expected) => {
    const key = { kind: "body", value: await sha256Hex(fixture(`exportcomments/${event}`)) };
    expect(await jobOf("exportcomments", `exportcomments/${event}`)).toEqual({
      ...common,
      event,
      key,
      ...expected,
    });
  });

  test("webhook.event.created becomes an event of the account", async () => {
    const path = "exportcomments/webhook.event.created";
    expect(await readyOf("exportcomments", path)).toEqual({
      kind: "account",
      update: {
        source: "hooks",
        provider: "exportcomments",
        account: "hooks",
        key: { kind: "body", value: await sha256Hex(fixture(path)) },
        traceparent: TRACE,
        body: {
          version: "v3-beta",
          event: "webhook.event.created",
          guid: "a1b2c3d4-5678-9abc-def0-123456789abc",
          status: "200",
          url: null,
          details: {
            uuid: "a1b2c3d4-5678-9abc-def0-123456789abc",
            event: "export.finished",
            responseCode: "200",
            webhookUrl: "https://yourapp.com/webhook",
          },
          source: "hooks",
          account: "hooks",
        },
      },
    });
  });

  test("subscription.updated is kept as it is, with source and account added", async () => {
    const path = "exportcomments/subscription.updated";
    expect(await readyOf("exportcomments", path)).toEqual({
      kind: "account",
      update: {
        source: "hooks",
        provider: "exportcomments",
        account: "hooks",
        key: { kind: "body", value: await sha256Hex(fixture(path)) },
        traceparent: TRACE,
        body: {
          type: "subscription.updated",
          plan: "business",
          action: "created",
          timestamp: 1705312200,
          source: "hooks",
          account: "hooks",
        },
      },
    });
  });
});

test("the full webhook of ExportComments becomes job.finished with every field it has", async () => {
  expect(await jobOf("exportcomments", "exportcomments/export.finished.full")).toEqual({
    event: "job.finished",
    source: "hooks",
    provider: "exportcomments",
    account: "hooks",
    guid: "test-export-uuid",
    key: { kind: "id", value: "test-export-done-123" },
    url: "https://exportcomments.com/exports/12345.xlsx",
    current: 150,
    total: 160,
    error: null,
    details: {
      guid: "test-export-uuid",
      status: "done",
      url: "https://www.instagram.com/p/C0ffee/",
      totalExported: 150,
      total: 160,
      download_link: "https://exportcomments.com/exports/12345.xlsx",
      json_url: "https://exportcomments.com/api/v3/job/test-export-uuid/json",
      message_id: "test-export-done-123",
      event_id: "uuid-event-id",
      file_name: "export-instagram.xlsx",
      retry: 0,
      replies_count: 12,
      replies: true,
      shares: false,
      likes: false,
      twitter_type: false,
      options: { tweets: true, limit: 11 },
      created_at: "2025-08-30T10:00:00Z",
      updated_at: "2025-08-30T10:00:25Z",
      exported_at: "2025-08-30T10:00:21Z",
      plan: "business",
      platform: "instagram",
      export_type: "posts",
      preview_url: "https://exportcomments.com/preview/12345",
      status_url: "https://exportcomments.com/done/test-export-uuid",
      delete_after: "2025-09-06T10:00:21Z",
      masked_metadata: { export_duration: 20.618 },
    },
    occurredAt: Date.UTC(2025, 7, 30, 10, 0, 21),
    traceparent: TRACE,
  });
});

describe("the EmailEngine page", () => {
  test.each([
    {
      path: "emailengine/exportCompleted",
      account: "user123",
      guid: "exp_abc123def456abc123def456",
      exported: 1495,
      skipped: 5,
      bytesWritten: 104857600,
      duration: 125000,
      skipRate: 5 / 1500,
      occurredAt: Date.UTC(2025, 0, 15, 14, 30),
    },
    {
      path: "emailengine/exportCompleted.large",
      account: "archive-user",
      guid: "exp_xyz789ghi012xyz789ghi012",
      exported: 45230,
      skipped: 127,
      bytesWritten: 2147483648,
      duration: 3600000,
      skipRate: 127 / 45357,
      occurredAt: Date.UTC(2025, 0, 15, 18, 45),
    },
  ])(
    "$path becomes job.finished",
    async ({
      path,
      account,
      guid,
      exported,
      skipped,
      bytesWritten,
      duration,
      skipRate,
      occurredAt,
    }) => {
      const url = `https://emailengine.example.com/v1/account/${account}/export/${guid}/download`;
      expect(await jobOf("emailengine", path, { "x-ee-wh-event-id": "2f4a" })).toEqual({
        event: "job.finished",
        source: "hooks",
        provider: "emailengine",
        account,
        guid,
        key: { kind: "id", value: "2f4a" },
        url,
        current: exported,
        total: exported + skipped,
        error: null,
        details: {
          guid,
          status: "done",
          totalExported: exported,
          total: exported + skipped,
          download_link: url,
          serviceUrl: "https://emailengine.example.com",
          account,
          exportId: guid,
          messagesExported: exported,
          messagesSkipped: skipped,
          bytesWritten,
          duration,
          skipRate,
        },
        occurredAt,
        traceparent: TRACE,
      });
    },
  );
});

describe("the Betterez page", () => {
  const shared = {
    accountId: "52a377ec430c7d4e220001fc",
    reportId: "transaction-report-list",
    reportTypeName: "transactions",
    customReportId: "6a0ded79deaedd05c5fa32b6",
    bucket: {},
    filters: { status: "paid", agencyId: "all", stationId: "all", providerIds: null },
    columns: ["transactionNumber", "customerNumber", "customerName", "status", "total"],
    reportTypeId: "5af353ef8d4d7e8551000001",
    emails: ["test@example.com"],
    format: "csv",
    deliveryMethod: "Email",
    createdBy: "62179884ebb34d07f9a14cdc",
    livemode: true,
  };
  const common = {
    source: "hooks",
    provider: "betterez",
    account: "52a377ec430c7d4e220001fc",
    url: null,
    current: null,
    total: null,
    error: null,
    traceparent: TRACE,
  };

  test("both events of the page's run have one context and updates that lack only the guid", async () => {
    const started = await readyOf("betterez", "betterez/report.export.started");
    const completed = await readyOf("betterez", "betterez/report.export.completed");
    if (started.kind !== "run" || completed.kind !== "run") throw new Error("no runs");
    expect(started).toEqual({
      kind: "run",
      context: completed.context,
      run: {
        phase: "started",
        eventId: "7ec09d11-974e-4828-8373-c09fc9f9e738",
        createdAt: Date.UTC(2026, 4, 20, 17, 24, 50, 130),
        guidPrefix: "btz_",
      },
      update: {
        ...common,
        event: "job.started",
        key: { kind: "id", value: "7ec09d11-974e-4828-8373-c09fc9f9e738" },
        details: {
          ...shared,
          status: "progress",
          createdAt: { value: "2026-05-20T17:24:50.130Z", offset: 0 },
          id: "7ec09d11-974e-4828-8373-c09fc9f9e738",
          attemptId: "d42c1225-9917-410c-950e-0383162d416b",
        },
        occurredAt: 1779974953000,
      },
    });
    expect(completed).toEqual({
      kind: "run",
      context: started.context,
      run: {
        phase: "completed",
        eventId: "c1945aa8-2982-4974-9494-9f37db44244e",
        createdAt: Date.UTC(2026, 4, 20, 17, 25, 12, 456),
        guidPrefix: "btz_",
      },
      update: {
        ...common,
        event: "job.finished",
        key: { kind: "id", value: "c1945aa8-2982-4974-9494-9f37db44244e" },
        details: {
          ...shared,
          status: "done",
          createdAt: { value: "2026-05-20T17:25:12.456Z", offset: 0 },
          fileName: "a1b2c3d4-e5f6-7890-abcd-ef1234567890.csv",
          id: "c1945aa8-2982-4974-9494-9f37db44244e",
          attemptId: "ca8dfe73-029c-4c74-b43c-2706aae4d92a",
        },
        occurredAt: 1779975021000,
      },
    });
    expect(started.context).toMatch(/^[0-9a-f]{64}$/);
  });
});
