// Who gets what, as `check` prints it.

import type { Rule, Settings, SourceSettings, SubscriberSettings } from "../../config/settings.ts";
import { padTo } from "../paint.ts";

/** Lines about sources, subscribers and rules; a heading begins in the first column. */
export const overviewLines = (settings: Settings): readonly string[] => [
  ...sourceLines(settings),
  ...subscriberLines(settings),
  ...routeLines(settings),
];

const sourceLines = (settings: Settings): readonly string[] => [
  "Sources",
  ...table(
    [...settings.sources.values()].map((source) => [
      `/hooks/${source.id}`,
      source.provider,
      `account ${accountOf(source)}`,
    ]),
  ),
];

const accountOf = ({ account, accountPrefix, id }: SourceSettings): string =>
  account ?? `${accountPrefix ?? ""}<as the provider says, else ${id}>`;

const subscriberLines = (settings: Settings): readonly string[] => [
  "Subscribers",
  ...(settings.subscribers.size === 0
    ? ["  none: events are kept and streamed, and forwarded to nobody"]
    : []),
  ...table(
    [...settings.subscribers.values()].map((subscriber) => [
      subscriber.id,
      subscriber.format,
      targetOf(subscriber),
    ]),
  ),
];

function targetOf({ target }: SubscriberSettings): string {
  return target.kind === "url" ? target.url : `${target.kind} ${target.binding}`;
}

function routeLines(settings: Settings): readonly string[] {
  if (settings.subscribers.size === 0) return [];
  if (settings.rules.length === 0) return ["Rules", "  none: every event goes to every subscriber"];
  return [
    "Rules",
    ...table(settings.rules.map((rule) => [rule.id, conditionOf(rule), `→ ${rule.to.join(", ")}`])),
  ];
}

function conditionOf(rule: Rule): string {
  const matches = Object.entries(rule.match).map(
    ([name, globs]) => `${name} ${(globs as readonly string[]).join(" | ")}`,
  );
  const parts = [
    ...matches,
    ...(rule.where === null ? [] : [`where ${JSON.stringify(rule.where)}`]),
  ];
  return parts.length === 0 ? "every event" : parts.join(", ");
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    `  ${row.map((cell, column) => padTo(cell, widths[column] ?? 0)).join("  ")}`.trimEnd(),
  );
}
