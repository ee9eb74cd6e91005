// Serves a file of the static assets with headers of the Worker's own choice.

import { problemResponse } from "../problem.ts";
import { isKnownTag } from "./static-file.ts";

/** What a file is served with: its media type, and how long it may be kept. */
export type AssetHeaders = Readonly<Record<string, string>> & {
  readonly "content-type": string;
  readonly "cache-control": string;
};

/**
 * Answers with the file at `path` of the assets. Without assets (the script alone, as on plain
 * `workerd`) it answers 503, and without that file 404.
 */
export async function staticAsset(
  assets: Fetcher | undefined,
  request: Request,
  path: string,
  headers: AssetHeaders,
): Promise<Response> {
  if (assets === undefined)
    return problemResponse({
      kind: "not-configured",
      status: 503,
      title: "Static assets are missing",
      detail:
        "This relay was started without its static assets. Webhooks, deliveries, streams and the API work as usual.",
    });
  const file = await assets.fetch(new URL(path, request.url));
  if (!file.ok) {
    await file.body?.cancel();
    return problemResponse({ status: 404, title: "Not Found" });
  }
  const etag = file.headers.get("etag");
  const sent = { "x-content-type-options": "nosniff", ...headers, ...(etag !== null && { etag }) };
  if (etag !== null && isKnownTag(request.headers.get("if-none-match"), etag)) {
    await file.body?.cancel();
    return new Response(null, { status: 304, headers: sent });
  }
  return new Response(file.body, { headers: sent });
}
