// Which events the sources of a configuration can cause, as far as the configuration says.

import type { Settings, SourceSettings } from "../../config/settings.ts";
import { presetNamed } from "../../ingest/presets/registry.ts";
import { presetView } from "../../ingest/presets/view.ts";
import { isObject } from "../../kernel/json.ts";
import { JOB_EVENTS, STATUS_OF } from "../../model/event.ts";

/** Events that the relay itself emits about a job. */
const OWN_EVENTS: ReadonlySet<string> = new Set(["job.stalled", "job.archived"]);
const PROVIDER_EVENTS: readonly string[] = JOB_EVENTS.filter((event) => !OWN_EVENTS.has(event));

/** Operational events: they come from no source, and a rule has to name them. */
export const RELAY_EVENTS: readonly string[] = [
  "relay.subscriber.failing",
  "relay.subscriber.recovered",
  "relay.subscriber.disabled",
  "relay.source.refusing",
];

/** One thing that can happen: an event of a source. */
export interface Candidate {
  readonly source: SourceSettings;
  readonly event: string;
}

/** All events that can reach the rules; `raw` has the tables of the sources by id. */
export function candidatesOf(
  settings: Settings,
  raw: ReadonlyMap<string, unknown>,
): readonly Candidate[] {
  const hasArchive = [...settings.subscribers.values()].some(
    ({ target }) => target.kind === "archive",
  );
  return [...settings.sources.values()].flatMap((source) => {
    const own = [
      ...(source.stallAfter > 0 ? ["job.stalled"] : []),
      ...(hasArchive ? ["job.archived"] : []),
    ];
    const events = [...providerEvents(source, raw.get(source.id)), ...own];
    return [...new Set(events)].map((event) => ({ source, event }));
  });
}

/** The events that come from a provider; all of them where that cannot be known. */
function providerEvents({ meaning, provider }: SourceSettings, table: unknown): readonly string[] {
  if (meaning.kind === "reader") {
    switch (meaning.reader) {
      case "exportcomments":
        return [
          ...PROVIDER_EVENTS.filter((event) => event !== "job.started"),
          "subscription.updated",
        ];
      case "emailengine":
        return isObject(table) && Object.hasOwn(table, "poll")
          ? ["job.created", "job.started", "job.progress", "job.finished", "job.failed"]
          : ["job.finished", "job.failed"];
      case "betterez":
        return ["job.started", "job.finished"];
      case "standard-webhooks":
      case "cloudevents":
      case "generic":
        return PROVIDER_EVENTS;
    }
  }
  const map = isObject(table) ? (table["map"] ?? provider) : provider;
  if (typeof map === "string") {
    const preset = presetNamed(map);
    return preset === undefined ? PROVIDER_EVENTS : presetView(preset).events;
  }
  const event = isObject(map) ? map["event"] : undefined;
  const values = isObject(event) && isObject(event["values"]) ? event["values"] : null;
  return values === null
    ? PROVIDER_EVENTS
    : Object.values(values).filter((value): value is string => typeof value === "string");
}

/** The statuses that an event may show; `job.stalled` shows the one of a job that has not ended. */
export function statusesOf(event: string): readonly string[] {
  if (event === "job.stalled") return ["queueing", "progress"];
  const status = (STATUS_OF as Readonly<Record<string, string | undefined>>)[event];
  return status === undefined ? [] : [status];
}
