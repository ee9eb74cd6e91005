// A sample export, as ExportComments would send it: what the console's button plays through the real pipeline.

import * as z from "zod";
import type { JsonObject } from "../kernel/json.ts";

/** The steps that a sample can take. */
const STEPS = [
  "job.created",
  "job.progress",
  "job.finished",
  "job.failed",
  "job.requeued",
] as const;

/** Largest number of comments that a sample may claim. */
const MAX_TOTAL = 1_000_000;

const count = z.number().int().min(0).max(MAX_TOTAL);

/** `POST /v1/samples`: one step of a sample job. The guid is the caller's, so that the steps of one job belong together. */
export const SampleRequest = z.object({
  /** Without one, the first source of the provider. */
  source: z.string().min(1).optional(),
  guid: z.uuid(),
  event: z.enum(STEPS),
  current: count.default(0),
  total: count.default(0),
});
export type SampleRequest = z.infer<typeof SampleRequest>;

const PAGE = "https://www.youtube.com/watch?v=dQw4w9WgXcQ";

const STATUS: Readonly<Record<SampleRequest["event"], string>> = {
  "job.created": "queueing",
  "job.progress": "progress",
  "job.finished": "done",
  "job.failed": "error",
  "job.requeued": "queueing",
};

/** What a step adds to the envelope and to its `details`. */
function partsOf({ event, guid, current, total }: SampleRequest): {
  readonly fields: JsonObject;
  readonly details: JsonObject;
} {
  switch (event) {
    case "job.created":
    case "job.requeued":
      return { fields: {}, details: {} };
    case "job.progress":
      return { fields: { current, total }, details: { totalExported: current, total } };
    case "job.failed":
      return { fields: {}, details: { error: "This is a sample of a failed export" } };
    case "job.finished": {
      const file = `https://exportcomments.com/download/sample-${guid.slice(0, 8)}`;
      return {
        fields: { url: `${file}.xlsx` },
        details: {
          totalExported: total,
          total,
          download_link: `${file}.xlsx`,
          json_url: `${file}.json`,
        },
      };
    }
  }
}

/** Makes the body of a step: a realtime envelope of the ExportComments event reference. */
export function sampleBody(request: SampleRequest): JsonObject {
  const { guid, event } = request;
  const status = STATUS[event];
  const { fields, details } = partsOf(request);
  return {
    version: "v3-beta",
    event,
    guid,
    status,
    url: null,
    details: { guid, status, url: PAGE, ...details },
    ...fields,
  };
}
