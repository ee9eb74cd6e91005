// `jobs`, `deliveries` and `replay`: what the relay has stored, and sending it again.

import type { JobSnapshot } from "../../model/event.ts";
import { countsOf } from "../terminal/bars.ts";
import { jobArgument, numberOption, relayCommand, REMOTE_ARGS, UsageError } from "../command.ts";
import { cutText } from "../../kernel/json/text.ts";
import { tableOf, jsonText } from "../paint.ts";
import { relayApi } from "../relay-api.ts";
import { ago, ahead } from "../terminal/times.ts";

interface Page<T> {
  readonly items: readonly T[];
  readonly cursor: string | null;
}

/** Makes a query string of the options that were given. */
function queryOf(options: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}

const PAGE_ARGS = {
  limit: { type: "string", description: "At most this many", default: "20" },
  cursor: { type: "string", description: "Continue a list", valueHint: "cursor" },
} as const;

/** `GET /v1/jobs`, or one job as JSON. */
export const jobs = relayCommand({
  name: "jobs",
  description: "List jobs, newest first, or show one",
  args: {
    ...REMOTE_ARGS,
    ...PAGE_ARGS,
    job: { type: "positional", description: "One job, source/guid", required: false },
    account: { type: "string", description: "Of this account", valueHint: "id" },
    source: { type: "string", description: "Of this source", valueHint: "id" },
    status: { type: "string", description: "In this status", valueHint: "status" },
  },
  run: async (args) => {
    const api = relayApi(args);
    if (args.job !== undefined) {
      const { source, guid } = jobArgument(args.job);
      console.log(
        jsonText(
          await api.get(`/v1/jobs/${encodeURIComponent(source)}/${encodeURIComponent(guid)}`),
          2,
        ),
      );
      return;
    }
    const { account, source, status, limit, cursor } = args;
    const page = await api.get<Page<JobSnapshot>>(
      `/v1/jobs${queryOf({ account, source, status, limit, cursor })}`,
    );
    const now = Date.now();
    printPage(page, args.json, (job) => [
      ago(job.createdAt, now),
      job.status,
      countsOf(job),
      `attempt ${job.attempt}`,
      `${job.source}/${job.guid}`,
      job.error ?? "",
    ]);
  },
});

interface DeliveryItem {
  readonly id: string;
  readonly state: string;
  readonly event: {
    readonly event: string;
    readonly guid?: string | null;
    readonly source: string;
    readonly seq?: number | null;
  };
  readonly attempts: readonly {
    readonly time: string;
    readonly status: number | null;
    readonly error: string | null;
    readonly answer: string | null;
  }[];
  readonly nextAttemptAt: string | null;
}

/** Characters of an answer that a line shows. */
const SHOWN = 60;

/** When it was tried last, and what came of it. */
function attemptsOf({ attempts, nextAttemptAt }: DeliveryItem, now: number): readonly string[] {
  const last = attempts.at(-1);
  const next = nextAttemptAt === null ? "" : `next ${ahead(nextAttemptAt, now)}`;
  if (last === undefined) return ["", next === "" ? "not tried" : next];
  const said = cutText((last.answer ?? "").replaceAll(/\s+/g, " ").trim(), SHOWN);
  const answer = `${last.status ?? last.error ?? "no answer"}${said === "" ? "" : ` ${said}`}`;
  const count = attempts.length === 1 ? "" : `attempt ${attempts.length}`;
  return [ago(last.time, now), [answer, count, next].filter((part) => part !== "").join(", ")];
}

/** `GET /v1/subscribers/{id}/deliveries`. */
export const deliveries = relayCommand({
  name: "deliveries",
  description: "List deliveries to a subscriber",
  args: {
    ...REMOTE_ARGS,
    ...PAGE_ARGS,
    subscriber: { type: "positional", description: "The subscriber", required: true },
    state: {
      type: "string",
      description: "pending | delivered | held | superseded | dead | cancelled",
      valueHint: "state",
    },
    guid: { type: "string", description: "Of this job", valueHint: "guid" },
  },
  run: async (args) => {
    const { state, guid, limit, cursor } = args;
    const path = `/v1/subscribers/${encodeURIComponent(args.subscriber)}/deliveries${queryOf({ state, guid, limit, cursor })}`;
    const now = Date.now();
    const page = await relayApi(args).get<Page<DeliveryItem>>(path);
    printPage(page, args.json, (delivery) => {
      const { event, source, guid: job, seq } = delivery.event;
      return [
        delivery.id,
        delivery.state,
        event,
        `${source}/${job ?? ""} #${seq ?? ""}`,
        ...attemptsOf(delivery, now),
      ];
    });
  },
});

function printPage<T>(page: Page<T>, json: boolean, row: (item: T) => readonly string[]): void {
  if (json) {
    console.log(jsonText(page, 2));
    return;
  }
  for (const line of tableOf(page.items.map(row))) console.log(line);
  if (page.items.length === 0) console.log("none");
  if (page.cursor !== null) console.log(`more: --cursor ${page.cursor}`);
}

/** The body of a job's replay: `since` is the last `seq` that is not sent again. */
export const jobReplay = ({
  to,
  seq,
}: {
  readonly to?: string | undefined;
  readonly seq?: string | undefined;
}): object => ({
  ...(to === undefined ? {} : { subscribers: to.split(",").map((id) => id.trim()) }),
  ...(seq === undefined ? {} : { since: numberOption("seq", seq, 1) - 1 }),
});

/** `POST` to one of the two replay routes; prints their answer. */
export const replay = relayCommand({
  name: "replay",
  description: "Forward events again: of a job, or a subscriber's deliveries",
  args: {
    ...REMOTE_ARGS,
    job: { type: "positional", description: "A job, source/guid", required: false },
    to: {
      type: "string",
      description: "Only to these subscribers, comma-separated",
      valueHint: "a,b",
    },
    seq: {
      type: "string",
      description: "Of a job, only events from this seq on",
      valueHint: "seq",
    },
    subscriber: {
      type: "string",
      description: "Instead of a job: this subscriber's deliveries",
      valueHint: "id",
    },
    state: { type: "string", description: "In this state", valueHint: "state" },
    since: { type: "string", description: "Not before this instant (ISO 8601)", valueHint: "time" },
    until: { type: "string", description: "Not after this instant (ISO 8601)", valueHint: "time" },
    event: { type: "string", description: "Of this event", valueHint: "name" },
  },
  run: async (args) => {
    const api = relayApi(args);
    if ((args.job === undefined) === (args.subscriber === undefined))
      throw new UsageError("either a job (source/guid) or --subscriber");
    if (args.job === undefined) {
      const { state, since, until, event } = args;
      const body = JSON.parse(JSON.stringify({ state, since, until, event })) as unknown;
      console.log(
        jsonText(
          await api.post(
            `/v1/subscribers/${encodeURIComponent(args.subscriber ?? "")}/replay`,
            body,
          ),
        ),
      );
      return;
    }
    const { source, guid } = jobArgument(args.job);
    console.log(
      jsonText(
        await api.post(
          `/v1/jobs/${encodeURIComponent(source)}/${encodeURIComponent(guid)}/replay`,
          jobReplay(args),
        ),
      ),
    );
  },
});
