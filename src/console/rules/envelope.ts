// The envelope that the simulator tries, made from its form.

/** Events that can be tried, and the status that each shows. */
export const STATUS_OF: Readonly<Record<string, string>> = {
  "job.created": "queueing",
  "job.started": "progress",
  "job.progress": "progress",
  "job.finished": "done",
  "job.failed": "error",
  "job.requeued": "queueing",
  "job.convert.done": "done",
  "job.convert.failed": "error",
  "bulk_download.ready": "ready",
  "bulk_download.failed": "error",
  "job.stalled": "progress",
  "job.archived": "done",
};

/** What the form holds. */
export interface Trial {
  readonly event: string;
  readonly source: string;
  readonly account: string;
  /** JSON of `details`. */
  readonly details: string;
}

/** Details as an object; the mistake in a sentence otherwise. */
export function detailsOf(
  text: string,
):
  | { readonly details: object; readonly mistake: null }
  | { readonly details: null; readonly mistake: string } {
  if (text.trim() === "") return { details: {}, mistake: null };
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed))
      return { details: parsed, mistake: null };
    return { details: null, mistake: "Details have to be a JSON object." };
  } catch (error) {
    const reason = error instanceof Error ? error.message : "";
    return { details: null, mistake: `Details are not JSON: ${reason}` };
  }
}

/** The envelope as the relay would emit it, as far as rules look at it. */
export function envelopeOf({ event, source, account }: Trial, details: object): object {
  const numbers = details as { readonly totalExported?: unknown; readonly total?: unknown };
  const progress =
    event === "job.progress"
      ? {
          ...(typeof numbers.totalExported === "number" && { current: numbers.totalExported }),
          ...(typeof numbers.total === "number" && { total: numbers.total }),
        }
      : {};
  return {
    version: "v3-beta",
    event,
    guid: "00000000-0000-4000-8000-000000000000",
    status: STATUS_OF[event] ?? "progress",
    url: null,
    details,
    ...progress,
    id: "evt_trial",
    seq: 1,
    attempt: 1,
    source,
    account: account === "" ? source : account,
    time: "2026-01-01T00:00:00.000Z",
  };
}
