// What `check` says about a sound configuration that may not do what its operator wants.

import type { Settings, SourceSettings } from "../../config/settings.ts";
import { fieldPath, type Finding, type Places } from "./findings.ts";
import { reaches, shortRetentions } from "./reach.ts";
import { senderWarnings } from "./sender-warnings.ts";

/** Warns of whatever is allowed and rarely meant. */
export const settingWarnings = (settings: Settings, places: Places): readonly Finding[] => [
  ...openSources(settings, places),
  ...senderWarnings(settings, places),
  ...headersAbroad(settings, places),
  ...redactionGaps(settings, places),
  ...shortRetentions(settings, places),
  ...crowdedObjects(settings, places),
  ...unreached(settings, places),
  ...(settings.sources.size === 0
    ? [{ path: "", message: "there is no source: nothing can be received" }]
    : []),
  ...(settings.allowPrivateUrls
    ? [
        {
          path: "ALLOW_PRIVATE_URLS",
          message:
            "ALLOW_PRIVATE_URLS is on: subscribers may be private addresses, over plain http",
        },
      ]
    : []),
];

const openSources = ({ sources }: Settings, places: Places): readonly Finding[] =>
  [...sources.values()]
    .filter((source) => source.recipe === null)
    .map(({ id }) => ({
      path: fieldPath(places.pathOf("SOURCES", id), "verify"),
      message: `source ${id} has verify = "none": anybody who knows its address can post to it`,
    }));

const unreached = ({ subscribers, rules }: Settings, places: Places): readonly Finding[] =>
  [...subscribers.keys()]
    .filter((id) => rules.length > 0 && !rules.some((rule) => rule.to.includes(id)))
    .map((id) => ({
      path: places.pathOf("SUBSCRIBERS", id),
      message: `subscriber ${id} is in no rule and gets nothing`,
    }));

/** Outgoing connections that one invocation of a Worker may hold (Workers limits, 2026-11). */
const MAX_CONNECTIONS = 6;

/** Warns of more deliveries at once than the objects of a subscriber can make. */
const crowdedObjects = ({ subscribers }: Settings, places: Places): readonly Finding[] =>
  [...subscribers.values()]
    .filter(({ target, concurrency }) => target.kind === "url" && concurrency > MAX_CONNECTIONS)
    .map(({ id, concurrency }) => ({
      path: fieldPath(places.pathOf("SUBSCRIBERS", id), "concurrency"),
      message:
        `subscriber ${id}: concurrency ${concurrency} is more than one object does, which has ` +
        `${MAX_CONNECTIONS} connections: use shards = ${Math.ceil(concurrency / MAX_CONNECTIONS)}`,
    }));

/** Paths whose removal takes the address of the file away. */
const FILE_PATHS: ReadonlySet<string> = new Set(["*", "url", "download_link", "download_url"]);

/** Warns of subscribers that get what a source redacts, or that cannot work without it. */
const redactionGaps = (
  { sources, subscribers, rules }: Settings,
  places: Places,
): readonly Finding[] =>
  [...sources.values()]
    .filter(({ redact }) => redact.length > 0)
    .flatMap((source) =>
      [...subscribers.values()]
        .filter(({ id }) => reaches(rules, source, id))
        .flatMap(({ id, format, target }) => [
          ...(format === "raw" ? [rawOfRedacted(id, source, places)] : []),
          ...(target.kind === "archive" && source.redact.some((path) => FILE_PATHS.has(path))
            ? [
                {
                  path: fieldPath(places.pathOf("SOURCES", source.id), "redact"),
                  message: `subscriber ${id} gets no files of source ${source.id}, which redacts their addresses`,
                },
              ]
            : []),
        ]),
    );

const rawOfRedacted = (id: string, source: SourceSettings, places: Places): Finding => ({
  path: fieldPath(places.pathOf("SUBSCRIBERS", id), "format"),
  message: `subscriber ${id} gets the raw bodies of source ${source.id}, with everything that it redacts`,
});

/**
 * Warns of an archive that serves several sources: its headers hold a provider's token, and are
 * sent to the host that a webhook of any of these sources names.
 */
function headersAbroad(
  { sources, subscribers, rules }: Settings,
  places: Places,
): readonly Finding[] {
  return [...subscribers.values()].flatMap(({ id, target, headers }) => {
    const reaching = [...sources.values()]
      .filter((source) => reaches(rules, source, id))
      .map((source) => source.id);
    if (target.kind !== "archive" || Object.keys(headers).length === 0 || reaching.length < 2)
      return [];
    const whose = `wherever ${reaching.slice(0, -1).join(", ")} and ${reaching.at(-1) ?? ""} say their files are`;
    return [
      {
        path: fieldPath(places.pathOf("SUBSCRIBERS", id), "headers"),
        message: `subscriber ${id} sends its headers to ${whose}: give each source an archive of its own`,
      },
    ];
  });
}
