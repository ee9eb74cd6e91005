// A signed sample for the banner of `npm start`, to paste into a terminal.

import { randomUUID } from "node:crypto";
import { created } from "../../samples/exportcomments.ts";
import { SAMPLE_PAGE } from "../../samples/steps.ts";
import { sign } from "../../ingest/recipe/sign/sign-as.io.ts";
import { localProject } from "./local-project.ts";
import type { SampleCall } from "./start-options.ts";

/** Signs a new job for the first ExportComments source; `null` when there is none. */
export async function sampleCall(directory: string): Promise<SampleCall | null> {
  const project = localProject(directory);
  const source = project.sources.find(
    (candidate) => candidate.provider === "exportcomments" && candidate.secret !== null,
  );
  if (source === undefined || source.secret === null) return null;
  const guid = randomUUID();
  const body = JSON.stringify(created({ guid, page: SAMPLE_PAGE, total: 1500 }));
  const { headers } = await sign({
    provider: "exportcomments",
    secret: source.secret,
    body,
    now: Date.now(),
  });
  return {
    source: source.id,
    guid,
    header: "x-signature",
    signature: headers["x-signature"] ?? "",
    body,
    adminToken: project.vars["ADMIN_TOKEN"] ?? null,
  };
}
