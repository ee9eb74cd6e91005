// Viewers that come back whenever they lose the connection, and check what they are shown.

import { env } from "cloudflare:workers";
import { fanObject } from "../../../src/objects.ts";
import type { EventFrame, Frame, Page } from "../../../src/stream/frames.ts";
import { OPEN_HEADER, writeStreamOpen } from "../../../src/stream/stream.ts";
import { ask, note, watch } from "./world.ts";

/** What a viewer knows of one job: the last `seq` that it has seen, or that a snapshot named. */
class Seen {
  readonly #who: string;
  readonly #guid: string;
  /** `null` while the viewer does not know where it began. */
  #seq: number | null = 0;
  #ids = new Set<string>();
  last: string | null = null;

  constructor(who: string, guid: string) {
    this.#who = who;
    this.#guid = guid;
  }

  get seq(): number {
    return this.#seq ?? 0;
  }

  /** The viewer begins at a present of which it knows nothing. */
  beginLate(): void {
    this.#seq = null;
  }

  /** A snapshot: it may show anything but the past. */
  snapshot(snapshot: unknown): void {
    const text = JSON.stringify(snapshot);
    const all = JSON.parse(text) as { jobs?: JobView[] } & JobView;
    const job = all.jobs === undefined ? all : all.jobs.find(({ guid }) => guid === this.#guid);
    if (job?.seq === undefined) return;
    if (job.seq < this.seq) note(`${this.#who} was shown an old snapshot: ${job.seq}`);
    this.#seq = job.seq;
    this.last = job.event;
  }

  event({ event }: Pick<EventFrame, "event">): void {
    const one = event as { guid?: string; seq?: number; id: string; event?: string };
    if (this.#ids.has(one.id)) note(`${this.#who} saw an event twice: ${one.id}`);
    this.#ids.add(one.id);
    if (one.guid !== this.#guid || one.seq === undefined) return;
    if (this.#seq !== null && one.seq !== this.#seq + 1)
      note(`${this.#who} saw ${one.seq} after ${this.#seq}`);
    this.#seq = one.seq;
    this.last = one.event ?? null;
  }
}

interface JobView {
  readonly guid: string;
  readonly seq: number;
  readonly event: string;
}

/** What a story asks of a viewer. */
export interface Viewer {
  readonly who: string;
  /** The last event that it knows of. */
  last(): string | null;
  seq(): number;
}

/** Polls a path with its cursor. Without one, an account begins at the present. */
export async function poller(who: string, path: string, guid: string): Promise<Viewer> {
  const seen = new Seen(who, guid);
  let cursor: string | null = null;
  let hasFailed = false;
  const look = async (): Promise<void> => {
    const query = cursor === null ? "" : `&since=${cursor}`;
    const answer = await ask("GET", `${path}?limit=1000${query}`);
    // A job that does not exist yet.
    if (answer.status === 404) return;
    hasFailed ||= answer.status === 503;
    if (answer.status === 503) return;
    if (cursor === null && hasFailed && path.startsWith("/v1/accounts/")) seen.beginLate();
    const page = (await answer.json()) as Page;
    if (page.reset && page.snapshot !== undefined) seen.snapshot(page.snapshot);
    if (page.reset && page.snapshot === undefined) note(`${who}: the log of a job began again`);
    for (const item of page.items) seen.event(item);
    ({ cursor } = page);
  };
  watch(look);
  await look();
  return { who, last: () => seen.last, seq: () => seen.seq };
}

/** Opens a socket; `null` where that failed. */
type Open = (since: string | null) => Promise<WebSocket | null>;

async function socketViewer(who: string, guid: string, open: Open): Promise<Viewer> {
  const seen = new Seen(who, guid);
  let cursor: string | null = null;
  let socket: WebSocket | null = null;
  const take = (data: string): void => {
    if (data.startsWith("probe ")) return socket?.send(data);
    const frame = JSON.parse(data) as Frame;
    ({ cursor } = frame);
    if (frame.type === "event") seen.event(frame);
    else if (!frame.recovered) seen.snapshot(frame.snapshot);
  };
  const look = async (): Promise<void> => {
    if (socket !== null && socket.readyState === WebSocket.OPEN) return;
    const opened = await open(cursor);
    if (opened === null) return;
    socket = opened;
    const isMine = (): boolean => socket === opened;
    opened.addEventListener("message", ({ data }) => {
      if (isMine()) take(String(data));
    });
    for (const end of ["close", "error"] as const)
      opened.addEventListener(end, () => {
        if (isMine()) socket = null;
      });
    opened.accept();
  };
  watch(look);
  await look();
  return { who, last: () => seen.last, seq: () => seen.seq };
}

/** A socket to a path of the Worker. */
export const streamViewer = (who: string, path: string, guid: string): Promise<Viewer> =>
  socketViewer(who, guid, async (since) => {
    const query = since === null ? "" : `?since=${since}`;
    const answer = await ask("GET", `${path}${query}`, { headers: { upgrade: "websocket" } });
    return answer.webSocket;
  });

/** A socket of a fan, as if the account were crowded. */
export const fanViewer = (who: string, account: string, guid: string): Promise<Viewer> =>
  socketViewer(who, guid, async (since) => {
    const open = { grant: { kind: "admin" as const }, channels: [`exports:${account}`] };
    const value = writeStreamOpen({ ...open, since, protocol: null });
    const request = new Request("https://object/stream", {
      headers: { upgrade: "websocket", [OPEN_HEADER]: value },
    });
    const answer = await fanObject(env, account, 0)
      .fetch(request)
      .catch(() => null);
    return answer?.webSocket ?? null;
  });
