// `tail`: live events with progress bars.

import type { JsonObject } from "../../kernel/json.ts";
import type { RelayEvent } from "../../model/event.ts";
import { isJobEvent, nameOf } from "../../model/event.ts";
import { followAccounts } from "../accounts.ts";
import {
  barLine,
  chosenBars,
  countsOf,
  shortGuid,
  withEvent,
  withSnapshot,
  type Bars,
} from "../terminal/bars.ts";
import { jobArgument, relayCommand, REMOTE_ARGS, UsageError } from "../command.ts";
import { FILTER_ARGS, filterOf, type EventFilter } from "../event-filter.ts";
import { padTo, painter, printable, type Paint, jsonText } from "../paint.ts";
import { relayApi, type RelayApi } from "../relay-api.ts";
import { screenOn } from "../terminal/screen.ts";
import { jobsOf, openStream, type StreamFrame } from "../stream-client.ts";

/** Bars on screen at once: they leave room for events on a terminal of 24 lines. */
const MAX_BARS = 12;

/** Runs until it is interrupted or refused; `--json` prints the stream frames, one a line. */
export const tail = relayCommand({
  name: "tail",
  description: "Show live events with progress bars until Ctrl-C",
  args: {
    ...REMOTE_ARGS,
    job: { type: "positional", description: "One job, source/guid", required: false },
    ...FILTER_ARGS,
    channels: {
      type: "string",
      description: "Channels of the account, comma-separated",
      valueHint: "a,b",
    },
  },
  run: async (args) => {
    if (args.job !== undefined && args.account !== undefined)
      throw new UsageError("either a job or --account");
    if (args.channels !== undefined && args.account === undefined)
      throw new UsageError("--channels needs --account");
    const api = relayApi(args);
    const filter = filterOf(args);
    const job = args.job === undefined ? null : jobArgument(args.job);
    // What is refused or not there is told before anything is waited for.
    if (job === null) await api.get("/v1/jobs?limit=1");
    else await api.get(pathOf(job));
    const show = args.json ? printFrame(filter) : view(filter);
    if (job !== null) return followJob(api, job, show);
    return followAccounts(api, {
      account: args.account ?? null,
      channels: () => args.channels ?? null,
      onFrame: (_account, { frame, isNew }) => show(frame, isNew),
    });
  },
});

/** Shows a frame; `isNew`: the account appeared while watching, so its snapshot is shown too. */
type Show = (frame: StreamFrame, isNew?: boolean) => void;

type JobName = ReturnType<typeof jobArgument>;

const pathOf = ({ source, guid }: JobName): string =>
  `/v1/jobs/${encodeURIComponent(source)}/${encodeURIComponent(guid)}`;

const followJob = (api: RelayApi, job: JobName, show: Show): Promise<void> =>
  openStream({
    url: api.url,
    path: `${pathOf(job)}/stream`,
    token: () => api.token,
    onFrame: (frame) => show(frame),
  }).ended;

const printFrame =
  (filter: EventFilter): Show =>
  (frame) => {
    if (frame.type === "hello" || filter.lets(frame.event)) console.log(jsonText(frame));
  };

function view(filter: EventFilter): Show {
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
        if (!filter.letsJob(job)) continue;
        bars = withSnapshot(bars, job);
        if (isNew) screen.line(jobLine({ ...job, time: job.updatedAt }, paint));
      }
    } else if (filter.lets(frame.event)) {
      if (isJobEvent(frame.event)) bars = withEvent(bars, frame.event);
      screen.line(eventLine(frame.event, paint));
    }
    redraw();
  };
}

function eventLine(event: RelayEvent, paint: Paint): string {
  if (isJobEvent(event))
    return jobLine({ ...event, current: event.current ?? null, total: event.total ?? null }, paint);
  const name = padTo(printable(nameOf(event)), EVENT_COLUMNS);
  const start = `${paint("dim", timeOf(event.time))}  ${name}  ${padTo(event.source, 9)}`;
  return `${start} ${attemptOf(event, paint)}`.trimEnd();
}

/** Who got what with which answer: `→ crm  job.finished  200  attempt 2`. */
function attemptOf(event: RelayEvent, paint: Paint): string {
  if (!("details" in event) || nameOf(event) !== "webhook.event.created") return "";
  const { subscriber, event: name, responseCode, attempt, guid } = event.details as JsonObject;
  const isGood = /^2\d\d$/.test(textOf(responseCode));
  const answer = textOf(responseCode) === "0" ? "no answer" : textOf(responseCode);
  const parts = [
    `→ ${textOf(subscriber)}`,
    textOf(name),
    textOf(guid) === "" ? "" : shortGuid(textOf(guid)),
    paint(isGood ? "green" : "red", answer),
    attempt === undefined ? "" : `attempt ${textOf(attempt)}`,
  ];
  return parts.filter((part) => part !== "" && part !== "→ ").join("  ");
}

const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? printable(String(value)) : "";

interface JobLine {
  readonly time: string;
  readonly event: string;
  readonly source: string;
  readonly guid: string;
  readonly seq: number;
  readonly current: number | null;
  readonly total: number | null;
}

function jobLine(job: JobLine, paint: Paint): string {
  const name = `${padTo(job.event, EVENT_COLUMNS)}  ${padTo(job.source, 9)} ${padTo(shortGuid(job.guid), 8)}`;
  return `${paint("dim", timeOf(job.time))}  ${name}  #${job.seq}  ${countsOf(job)}`.trimEnd();
}

/** The longest event name, `webhook.event.created`. */
const EVENT_COLUMNS = 21;

/** Hours, minutes and seconds of an ISO 8601 instant, in UTC. */
const timeOf = (instant: string): string => instant.slice(11, 19);
