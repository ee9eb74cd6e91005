// `sources`: what each source has received, and what it refused.

import { relayCommand, REMOTE_ARGS } from "../command.ts";
import { tableOf } from "../paint.ts";
import { relayApi } from "../relay-api.ts";

interface SourceItem {
  readonly id: string;
  readonly provider: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly lastSeenAt: string | null;
  readonly connector: { readonly state: string } | null;
}

interface Refused {
  readonly n: number | null;
  readonly time: string;
  readonly reason: string;
  readonly kept: boolean;
}

/** `GET /v1/sources`, or the refused requests of one. */
export const sources = relayCommand({
  name: "sources",
  description: "List sources with their counts, or one's refused requests",
  args: {
    ...REMOTE_ARGS,
    id: {
      type: "positional",
      description: "A source, whose refused requests are listed",
      required: false,
    },
  },
  run: async (args) => {
    const api = relayApi(args);
    const path =
      args.id === undefined ? "/v1/sources" : `/v1/sources/${encodeURIComponent(args.id)}/rejected`;
    const page = await api.get<{ readonly items: readonly unknown[] }>(path);
    if (args.json) console.log(JSON.stringify(page, null, 2));
    else if (args.id === undefined) printSources(page.items as readonly SourceItem[]);
    else printRefused(args.id, page.items as readonly Refused[]);
  },
});

function printSources(items: readonly SourceItem[]): void {
  if (items.length === 0) console.log("There is no source: nothing can be received.");
  const rows = items.map(({ id, provider, counts, lastSeenAt, connector }) => [
    id,
    provider,
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${count} ${name}`)
      .join(", ") || "nothing received",
    lastSeenAt ?? "never seen",
    connector === null ? "" : `connector ${connector.state}`,
  ]);
  for (const line of tableOf(rows)) console.log(line);
}

function printRefused(id: string, items: readonly Refused[]): void {
  if (items.length === 0) console.log(`${id} has refused nothing.`);
  const rows = items.map(({ n, time, reason, kept }) => [
    time,
    reason,
    kept && n !== null ? `kept as number ${n}` : "",
  ]);
  for (const line of tableOf(rows)) console.log(line);
}
