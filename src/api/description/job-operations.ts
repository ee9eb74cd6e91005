// The operations on jobs and their streams.

import { count, object, oneOf, ref, text } from "./json-schema.ts";
import type { Operation } from "./operation.ts";

const JOB = "/v1/jobs/{source}/{guid}";
const ACCOUNT = "/v1/accounts/{account}";

const STREAM_QUERY = {
  channels: text("Channels, separated by commas."),
  channel: text("One channel; may be given several times."),
  since: text("A cursor; `Last-Event-ID` comes before it."),
  token: text("A stream token, where no header can carry it."),
  probes: oneOf(["1"], "The client answers probes, so its reading is measured."),
};

const POLL_QUERY = {
  ...STREAM_QUERY,
  limit: { type: "integer", minimum: 1, maximum: 1000, default: 100 },
  wait: { type: "integer", minimum: 0, maximum: 25, default: 0, description: "Seconds." },
  include: oneOf(["recorded"], "Adds updates that were not emitted; for the admin token."),
  recordedSince: { type: "string", pattern: "^[0-9]{1,15}$", description: "A `recordedCursor`." },
};

const STREAM_ANSWERS = [
  { status: 101, description: "A WebSocket, after `Upgrade: websocket`." },
  {
    status: 200,
    description: "Server-sent events, after `Accept: text/event-stream`.",
    schema: text("Frames; see /asyncapi.json."),
    mediaType: "text/event-stream",
  },
];

/** Jobs, their events and their streams. */
export const JOB_OPERATIONS: readonly Operation[] = [
  {
    id: "listJobs",
    method: "GET",
    path: "/v1/jobs",
    tag: "Jobs",
    summary: "List jobs, newest first",
    description:
      "Go on while there is a `cursor`: where a filter finds little, a page may have fewer jobs than `limit`, or none. Each page looks at 10,000 jobs at most.",
    access: "admin",
    texts: {
      account: "Only jobs of this account.",
      source: "Only jobs of this source.",
      status: "Only jobs of this status.",
      event: "Only jobs whose newest event it is.",
      q: "Only jobs whose guid has this part, in the same case.",
      since: "Only jobs created then or later.",
      until: "Only jobs created earlier.",
      limit: "Jobs of a page.",
      cursor: "The `cursor` of the page before.",
    },
    answers: [{ status: 200, description: "A page of jobs.", schema: ref("JobPage") }],
  },
  {
    id: "getJob",
    method: "GET",
    path: JOB,
    tag: "Jobs",
    summary: "Read a job",
    description: "With `If-None-Match` it is answered 304 while it has not changed.",
    access: "admin",
    answers: [
      {
        status: 200,
        description: "The job as it is.",
        schema: ref("Job"),
        headers: { etag: "Names this state of the job." },
      },
      { status: 304, description: "The caller has it." },
    ],
    problems: ["not-found"],
  },
  {
    id: "listJobEvents",
    method: "GET",
    path: `${JOB}/events`,
    tag: "Jobs",
    summary: "Read the events of a job",
    description: "Without `since` it starts at the first event. With `wait` it waits for one.",
    access: "stream",
    query: POLL_QUERY,
    answers: [{ status: 200, description: "Events after `since`.", schema: ref("EventsPage") }],
    problems: ["not-found", "origin-refused", "too-many-requests"],
  },
  {
    id: "replayJob",
    method: "POST",
    path: `${JOB}/replay`,
    tag: "Jobs",
    summary: "Forward the events of a job again",
    description: "Deliveries carry the same event ids, so receivers can tell.",
    access: "admin",
    acts: true,
    texts: {
      subscribers: "Ids; absent: those that the rules name today.",
      since: "Only events with a larger `seq`.",
    },
    bodyExample: { subscribers: ["crm"], since: 0 },
    answers: [
      {
        status: 202,
        description: "The deliveries are stored.",
        schema: object({ deliveries: count("How many.") }),
      },
    ],
    problems: ["not-found"],
  },
  {
    id: "eraseJob",
    method: "DELETE",
    path: JOB,
    tag: "Jobs",
    summary: "Erase a job and its data everywhere",
    access: "admin",
    answers: [{ status: 204, description: "Nothing of it is left." }],
    problems: ["not-found"],
  },
  {
    id: "streamJob",
    method: "GET",
    path: `${JOB}/stream`,
    tag: "Streams",
    summary: "Follow a job",
    access: "stream",
    query: STREAM_QUERY,
    answers: STREAM_ANSWERS,
    problems: ["not-found", "origin-refused", "not-acceptable", "too-many-requests"],
  },
  {
    id: "streamAccount",
    method: "GET",
    path: `${ACCOUNT}/stream`,
    tag: "Streams",
    summary: "Follow an account",
    access: "stream",
    query: STREAM_QUERY,
    answers: STREAM_ANSWERS,
    problems: ["not-found", "origin-refused", "not-acceptable", "too-many-requests"],
  },
  {
    id: "listAccountEvents",
    method: "GET",
    path: `${ACCOUNT}/events`,
    tag: "Streams",
    summary: "Poll the events of an account",
    description: "Without `since` it starts now.",
    access: "stream",
    query: POLL_QUERY,
    answers: [{ status: 200, description: "Events after `since`.", schema: ref("EventsPage") }],
    problems: ["not-found", "origin-refused", "too-many-requests"],
  },
  {
    id: "connectCentrifugo",
    method: "GET",
    path: `${ACCOUNT}/connection/websocket`,
    tag: "Streams",
    summary: "Follow an account with a Centrifugo client",
    access: "open",
    query: {
      token: text("A stream token; the connect command may bring it instead."),
      cf_protocol: text("The protocol that the client speaks."),
      format: text("The protocol that the client speaks, as older clients say it."),
    },
    answers: [{ status: 101, description: "A WebSocket of the Centrifugo protocol." }],
    problems: ["upgrade-required"],
  },
];
