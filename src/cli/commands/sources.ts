// `sources`: what each source has received, what it refused, and taking that again.

import { nearest } from "../../config/senders/nearest.ts";
import { Failure, relayCommand, REMOTE_ARGS, UsageError } from "../command.ts";
import { printable, tableOf, jsonText } from "../paint.ts";
import { relayApi, type RelayApi } from "../relay-api.ts";
import { ago, ahead } from "../terminal/times.ts";

/** What can be done with one. */
export const SOURCE_ACTIONS = ["retry"] as const;

interface Connector {
  readonly state: string;
  readonly lastError: string | null;
  readonly retryAt: string | null;
}

interface SourceItem {
  readonly id: string;
  readonly provider: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly lastSeenAt: string | null;
  readonly connector: Connector | null;
  readonly advice: string | null;
}

/** All sources of a relay. */
export const sourcesOf = (
  api: RelayApi,
): Promise<{ readonly items: readonly SourceItem[]; readonly cursor: string | null }> =>
  api.get("/v1/sources");

interface Refused {
  readonly n: number | null;
  readonly time: string;
  readonly reason: string;
  readonly explanation: string;
  readonly advice: string;
  readonly kept: boolean;
}

/** `GET /v1/sources`, the refused requests of one, or another try for those that are kept. */
export const sources = relayCommand({
  name: "sources",
  description: "List sources with their counts, one's refused requests, or take those again",
  args: {
    ...REMOTE_ARGS,
    action: {
      type: "positional",
      description: "A source, whose refused requests are listed, or retry",
      required: false,
    },
    id: { type: "positional", description: "After retry: the source", required: false },
    number: {
      type: "positional",
      description: "After retry: one kept request; without it, all of them",
      required: false,
    },
  },
  run: async ({ action, id, number, ...args }) => {
    const api = relayApi(args);
    if (action === undefined) return list(api, args.json);
    if (action === "retry") {
      if (id === undefined) throw new UsageError("retry the refused requests of which source?");
      return retry(api, id, { number, json: args.json });
    }
    if (id !== undefined) throw new UsageError(unknownAction(action));
    return refused(api, action, args.json);
  },
});

function unknownAction(text: string): string {
  const near = nearest(text, SOURCE_ACTIONS);
  return `unknown action ${text}${near === null ? `; known is ${SOURCE_ACTIONS.join(", ")}` : `, is ${near} meant?`}`;
}

const rejectedPath = (id: string): string => `/v1/sources/${encodeURIComponent(id)}/rejected`;

/** The state of a connector, with what went wrong and when it tries again. */
export function connection(connector: Connector | null, now: number): string {
  if (connector === null) return "";
  const { state, lastError, retryAt } = connector;
  const parts = [
    `connector ${state}`,
    state === "connected" ? null : lastError,
    retryAt === null ? null : `next try ${ahead(retryAt, now)}`,
  ];
  return parts.filter((part) => part !== null).join(", ");
}

async function list(api: RelayApi, json: boolean): Promise<void> {
  const page = await sourcesOf(api);
  if (json) return console.log(jsonText(page, 2));
  if (page.items.length === 0) console.log("There is no source: nothing can be received.");
  show(page.items);
}

/** Prints sources in a table, then what to do about those that need somebody. */
function show(items: readonly SourceItem[]): void {
  const now = Date.now();
  const rows = items.map(({ id, provider, counts, lastSeenAt, connector }) => [
    id,
    provider,
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${count} ${name}`)
      .join(", ") || "nothing received",
    lastSeenAt === null ? "never seen" : `seen ${ago(lastSeenAt, now)}`,
    connection(connector, now),
  ]);
  for (const line of tableOf(rows)) console.log(line);
  const advised = items.filter(({ advice }) => advice !== null);
  if (advised.length > 0) console.log("");
  for (const { id, advice } of advised) console.log(`${id}: ${advice}`);
}

async function refused(api: RelayApi, id: string, json: boolean): Promise<void> {
  const page = await api.get<{ readonly items: readonly Refused[] }>(rejectedPath(id));
  if (json) return console.log(jsonText(page, 2));
  const { items } = await sourcesOf(api);
  show(items.filter((source) => source.id === id));
  console.log("");
  if (page.items.length === 0) return console.log(`${id} has refused nothing.`);
  const now = Date.now();
  const rows = page.items.map(({ n, time, reason, kept }) => [
    ago(time, now),
    reason,
    kept && n !== null ? `kept as number ${n}` : "",
  ]);
  for (const line of tableOf(rows)) console.log(line);
  const sentences = page.items.map((item) => `${item.explanation} ${item.advice}`);
  console.log("");
  for (const sentence of new Set(sentences)) console.log(printable(sentence));
  if (page.items.some(({ kept }) => kept))
    console.log(`Once that is mended, take the kept ones again: sources retry ${id}`);
}

interface RetryOptions {
  readonly number: string | undefined;
  readonly json: boolean;
}

/** Takes one kept request again, or all of them as they came; a refusal ends it. */
async function retry(api: RelayApi, id: string, { number, json }: RetryOptions): Promise<void> {
  const { items } = await api.get<{ readonly items: readonly Refused[] }>(rejectedPath(id));
  const kept = items.flatMap((one) => (one.kept && one.n !== null ? [String(one.n)] : []));
  const numbers = number === undefined ? kept.toReversed() : [number];
  for (const one of numbers) {
    const path = `${rejectedPath(id)}/${encodeURIComponent(one)}/retry`;
    const answer = await api.post<{ readonly result: string }>(path, {});
    console.log(json ? jsonText(answer) : `${one}: ${answer.result}`);
  }
  if (numbers.length === 0) throw new Failure(`${id} keeps no refused request`);
}
