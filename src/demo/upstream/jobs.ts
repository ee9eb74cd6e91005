// Two jobs whose progress the relay fetches by itself: over a realtime protocol, and by polling.

import { setTimeout as pause } from "node:timers/promises";
import { until } from "../../cli/until.ts";
import type { JsonObject } from "../../kernel/json.ts";
import type { Millis } from "../../kernel/time.ts";
import { created, finished, progress } from "../../samples/exportcomments.ts";
import { startExportServer, type ExportServer } from "./export-server.ts";
import { startRealtimeServer, type RealtimeServer } from "./realtime-server.ts";

/** The sources of these jobs. */
export const LIVE_SOURCE = "live";
export const POLLED_SOURCE = "mailbox";

/** The account of the export, by the name that its own server has for it. */
export const MAILBOX_ACCOUNT = "ada";

/** Both servers. */
export interface UpstreamServers {
  readonly realtime: RealtimeServer;
  readonly exports: ExportServer;
  close(): Promise<void>;
}

/** Starts both servers. */
export async function startUpstream(): Promise<UpstreamServers> {
  const [realtime, exports] = await Promise.all([
    startRealtimeServer(["exports:demo", "user:demo", "webhooks:demo"]),
    startExportServer(),
  ]);
  const close = async (): Promise<void> => {
    await Promise.all([realtime.close(), exports.close()]);
  };
  return { realtime, exports, close };
}

/** The sources that reach the servers; `secretName` names the key of both. */
export const upstreamSources = (
  { realtime, exports }: UpstreamServers,
  account: string,
  secretName: string,
): readonly JsonObject[] => [
  {
    id: LIVE_SOURCE,
    provider: "exportcomments",
    verify: "none",
    account,
    connect: {
      kind: "centrifugo",
      url: realtime.url,
      tokenUrl: realtime.tokenUrl,
      tokenHeader: "X-AUTH-TOKEN",
      tokenSecret: secretName,
    },
  },
  {
    id: POLLED_SOURCE,
    provider: "emailengine",
    verify: "none",
    account,
    poll: { url: exports.url, tokenSecret: secretName, every: 1 },
  },
];

/** Items of each job, its steps, and the time between two of them. */
const TOTAL = 1_200;
const STEPS = 30;
const STEP_EVERY: Millis = 400;

/** How a job is played. */
interface UpstreamPlay {
  readonly guid: string;
  readonly signal: AbortSignal;
  /** Called for each thing that the relay can hear of it. */
  readonly onSaid: () => void;
}

const PAGE = "https://www.youtube.com/watch?v=dQw4w9WgXcQ";

/** Publishes a job of ExportComments, once the relay has connected. */
async function playRealtime(
  { realtime }: UpstreamServers,
  { guid, signal, onSaid }: UpstreamPlay,
): Promise<void> {
  await until(() => realtime.connections.size > 0, { what: "the relay's connection" });
  const job = { guid, page: PAGE, total: TOTAL };
  const publish = (data: JsonObject): void => {
    realtime.publish("exports:demo", data);
    onSaid();
  };
  publish(created(job));
  for (let step = 1; step <= STEPS; step += 1) {
    await pause(STEP_EVERY, undefined, { signal });
    publish(progress(job, (TOTAL * step) / STEPS));
  }
  publish(finished(job));
}

/** Lets an export of EmailEngine run; `watch` announces it to the relay. */
async function playExport(
  { exports }: UpstreamServers,
  watch: (exportId: string) => Promise<void>,
  { guid, signal, onSaid }: UpstreamPlay,
): Promise<void> {
  const scripted = exports.add(MAILBOX_ACCOUNT, guid);
  exports.odd = () => {
    onSaid();
    return null;
  };
  await watch(guid);
  await until(() => exports.asked.length > 0, { what: "the relay's first look" });
  Object.assign(scripted, { status: "processing", phase: "exporting", queued: TOTAL });
  for (let step = 1; step < STEPS; step += 1) {
    await pause(STEP_EVERY, undefined, { signal });
    scripted.exported = (TOTAL * step) / STEPS;
  }
  Object.assign(scripted, { status: "completed", phase: "complete", exported: TOTAL });
}

/** How both jobs are played. */
export interface UpstreamOptions {
  readonly newId: () => string;
  readonly signal: AbortSignal;
  /** Announces an export to the relay. */
  readonly watch: (exportId: string) => Promise<void>;
  /** Called for each thing that the relay can hear of a source. */
  readonly onSaid: (source: string) => void;
}

/** Plays both jobs. */
export async function playUpstream(
  servers: UpstreamServers,
  { newId, signal, watch, onSaid }: UpstreamOptions,
): Promise<void> {
  const live = { guid: newId(), signal, onSaid: () => onSaid(LIVE_SOURCE) };
  // The form of EmailEngine's ids.
  const exportId = `exp_${newId().replaceAll("-", "").slice(0, 24)}`;
  const polled = { guid: exportId, signal, onSaid: () => onSaid(POLLED_SOURCE) };
  await Promise.all([playRealtime(servers, live), playExport(servers, watch, polled)]);
}
