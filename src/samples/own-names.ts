// Sample webhooks of senders that use the relay's own names; `{guid}` stands for the job id.

const FIELDS = {
  "job.created": {},
  "job.progress": { current: 678, total: 1_500 },
  "job.failed": { error: "Rate limited by platform" },
  "job.finished": { url: "https://example.com/files/{guid}.csv" },
} as const;

const sample = <T>(event: string, body: T, headers: Readonly<Record<string, string>> = {}) =>
  ({ event, headers, query: {}, body }) as const;

const EVENTS = Object.entries(FIELDS);

/** The samples of each of these readers in the order of a job's life, its good end last. */
export const OWN_NAMES_SAMPLES = {
  "standard-webhooks": EVENTS.map(([event, fields]) =>
    sample(event, { type: event, data: { guid: "{guid}", ...fields } }),
  ),
  cloudevents: EVENTS.map(([event, fields]) =>
    sample(
      event,
      {
        specversion: "1.0",
        id: `{guid}-${event}`,
        source: "/samples",
        type: event,
        subject: "{guid}",
        data: fields,
      },
      { "content-type": "application/cloudevents+json" },
    ),
  ),
  generic: EVENTS.map(([event, fields]) => sample(event, { event, guid: "{guid}", ...fields })),
} as const;
