// Bodies as Betterez sends them around a report export. They carry no job id.

import type { JsonObject } from "../kernel/json.ts";
import { iso, SECOND, type Millis } from "../kernel/time.ts";

/** One run of a report. */
export interface ReportRun {
  readonly accountId: string;
  /** The report type; `started` and `completed` of a run agree in this and the other fields. */
  readonly reportId: string;
  readonly createdBy: string;
}

interface Delivery {
  /** The event's id, the same for every subscriber; `attemptId` is the POST's own. */
  readonly id: string;
  readonly attemptId: string;
  readonly now: Millis;
}

function message(run: ReportRun, event: string, { id, attemptId, now }: Delivery): JsonObject {
  const data = {
    accountId: run.accountId,
    reportId: run.reportId,
    reportTypeName: "transactions",
    customReportId: "6a0ded79deaedd05c5fa32b6",
    bucket: {},
    filters: { status: "paid", agencyId: "all", stationId: "all", providerIds: null },
    columns: ["transactionNumber", "customerName", "status", "total"],
    reportTypeId: "5af353ef8d4d7e8551000001",
    emails: ["reports@example.com"],
    format: "csv",
    deliveryMethod: "Email",
    createdAt: { value: iso(now), offset: 0 },
    createdBy: run.createdBy,
  };
  return { attemptId, created: Math.floor(now / SECOND), data, event, id, livemode: true };
}

/** `report.export.started`. */
export const started = (run: ReportRun, delivery: Delivery): JsonObject =>
  message(run, "report.export.started", delivery);

/** `report.export.completed`, with the generated file's name. */
export function completed(run: ReportRun, delivery: Delivery, fileName: string): JsonObject {
  const body = message(run, "report.export.completed", delivery);
  return { ...body, data: { ...(body["data"] as JsonObject), fileName } };
}
