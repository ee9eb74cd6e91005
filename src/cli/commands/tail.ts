// `tail`: live events with progress bars.

import { setTimeout as pause } from "node:timers/promises";
import type { JobSnapshot, RelayEvent } from "../../model/event.ts";
import { isJobEvent, nameOf } from "../../model/event.ts";
import {
  barLine,
  chosenBars,
  countsOf,
  shortGuid,
  withEvent,
  withSnapshot,
  type Bars,
} from "../bars.ts";
import { jobArgument, relayCommand, REMOTE_ARGS, UsageError } from "../command.ts";
import { padTo, painter } from "../paint.ts";
import { relayApi, type RelayApi } from "../relay-api.ts";
import { screenOn } from "../screen.ts";
import { jobsOf, openStream, type StreamFrame, type StreamHandle } from "../stream-client.ts";

/** Bars on screen at once: they leave room for events on a terminal of 24 lines. */
const MAX_BARS = 12;

/** Time between two checks for new accounts, in ms. */
const DISCOVER_EVERY = 2_000;

/** Lifetime of a stream's token, in seconds; each reconnect mints a new one. */
const TOKEN_LIFE = 3_600;

/** Runs until it is interrupted or refused; `--json` prints the stream frames, one a line. */
export const tail = relayCommand({
  name: "tail",
  description: "Show live events with progress bars until Ctrl-C",
  args: {
    ...REMOTE_ARGS,
    job: { type: "positional", description: "One job, source/guid", required: false },
    account: {
      type: "string",
      description: "One account; by default every account that has jobs",
      valueHint: "id",
    },
    channels: {
      type: "string",
      description: "Channels of the account, comma-separated",
      valueHint: "a,b",
    },
  },
  run: async (args) => {
    if (args.job !== undefined && args.account !== undefined)
      throw new UsageError("either a job or --account");
    const api = relayApi(args.url);
    const show = args.json ? printFrame : view();
    if (args.job !== undefined) return follow(api, await jobStream(api, args.job), show).ended;
    if (args.account !== undefined)
      return follow(api, accountStream(args.account, args.channels), show).ended;
    return followAll(api, show);
  },
});

interface Wanted {
  readonly account: string;
  readonly path: string;
}

/** Shows a frame; `isNew`: the account appeared while watching, so its snapshot is shown too. */
type Show = (frame: StreamFrame, isNew?: boolean) => void;

const accountStream = (account: string, channels?: string): Wanted => ({
  account,
  path: `/v1/accounts/${encodeURIComponent(account)}/stream${channels === undefined ? "" : `?channels=${encodeURIComponent(channels)}`}`,
});

async function jobStream(api: RelayApi, text: string): Promise<Wanted> {
  const { source, guid } = jobArgument(text);
  const path = `/v1/jobs/${encodeURIComponent(source)}/${encodeURIComponent(guid)}`;
  const { account } = await api.get<JobSnapshot>(path);
  return { account, path: `${path}/stream` };
}

function follow(
  api: RelayApi,
  { account, path }: Wanted,
  onFrame: (frame: StreamFrame) => void,
): StreamHandle {
  const token = async (): Promise<string> => {
    const minted = await api.post<{ readonly token: string }>("/v1/tokens", {
      account,
      expiresIn: TOKEN_LIFE,
    });
    return minted.token;
  };
  return openStream({ url: api.url, path, token, onFrame });
}

/** Follows every account that has jobs, and each one that appears later. */
async function followAll(api: RelayApi, show: Show): Promise<never> {
  const followed = new Set<string>();
  let failure: unknown = null;
  for (let isNew = false; ; isNew = true) {
    const { items } = await api.get<{ readonly items: readonly { readonly account: string }[] }>(
      "/v1/jobs?limit=100",
    );
    for (const { account } of items) {
      if (followed.has(account)) continue;
      followed.add(account);
      const appeared = isNew;
      follow(api, accountStream(account), (frame) => show(frame, appeared)).ended.catch(
        (error: unknown) => {
          failure = error;
        },
      );
    }
    if (failure !== null) throw failure;
    await pause(DISCOVER_EVERY);
  }
}

const printFrame: Show = (frame) => console.log(JSON.stringify(frame));

function view(): Show {
  const paint = painter(process.stdout.isTTY, process.env);
  const screen = screenOn(process.stdout);
  let bars: Bars = new Map();
  screen.line(paint("dim", "Waiting for events. Stop with Ctrl-C."));
  const redraw = (): void =>
    screen.bottom(chosenBars(bars, MAX_BARS).map((bar) => barLine(bar, paint)));
  return (frame, isNew = false) => {
    if (frame.type === "hello") {
      // A snapshot has the newest job first; here the newest is the last line.
      for (const job of jobsOf(frame.snapshot).toReversed()) {
        bars = withSnapshot(bars, job);
        if (isNew) screen.line(jobLine({ ...job, time: job.updatedAt }, paint));
      }
    } else {
      if (isJobEvent(frame.event)) bars = withEvent(bars, frame.event);
      screen.line(eventLine(frame.event, paint));
    }
    redraw();
  };
}

function eventLine(event: RelayEvent, paint: ReturnType<typeof painter>): string {
  if (isJobEvent(event))
    return jobLine({ ...event, current: event.current ?? null, total: event.total ?? null }, paint);
  return `${paint("dim", timeOf(event.time))}  ${padTo(nameOf(event), EVENT_COLUMNS)}  ${event.source}`;
}

interface JobLine {
  readonly time: string;
  readonly event: string;
  readonly source: string;
  readonly guid: string;
  readonly seq: number;
  readonly current: number | null;
  readonly total: number | null;
}

function jobLine(job: JobLine, paint: ReturnType<typeof painter>): string {
  const name = `${padTo(job.event, EVENT_COLUMNS)}  ${padTo(job.source, 9)} ${padTo(shortGuid(job.guid), 8)}`;
  return `${paint("dim", timeOf(job.time))}  ${name}  #${job.seq}  ${countsOf(job)}`.trimEnd();
}

/** The longest event name, `webhook.event.created`. */
const EVENT_COLUMNS = 21;

/** Hours, minutes and seconds of an ISO 8601 instant, in UTC. */
const timeOf = (instant: string): string => instant.slice(11, 19);
