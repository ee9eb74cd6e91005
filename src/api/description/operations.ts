// The operations on the relay as a whole, its pages, and all operations together.

import { EVENTS } from "./events.ts";
import { JOB_OPERATIONS } from "./job-operations.ts";
import { SOURCE_OPERATIONS } from "./source-operations.ts";
import { SUBSCRIBER_OPERATIONS } from "./subscriber-operations.ts";
import { PROBLEM_TYPES } from "../../kernel/problem.ts";
import { anyObject, count, listOf, nullable, object, oneOf, ref, text } from "./json-schema.ts";
import type { Operation } from "./operation.ts";

const RPC_MESSAGE = anyObject("A message of JSON-RPC 2.0.");

const RELAY_OPERATIONS: readonly Operation[] = [
  {
    id: "getHealth",
    method: "GET",
    path: "/healthz",
    tag: "Relay",
    summary: "Tell whether the configuration is valid",
    access: "open",
    answers: [
      { status: 200, description: "It is.", schema: object({ status: oneOf(["ok"]) }) },
      {
        status: 503,
        description: "It is not.",
        schema: object({
          status: oneOf(["misconfigured"]),
          problems: listOf(text(), "Each with the var that it stands in."),
        }),
      },
    ],
  },
  {
    id: "getMetrics",
    method: "GET",
    path: "/v1/metrics",
    tag: "Relay",
    summary: "Read metrics in the text format of Prometheus",
    access: "admin",
    texts: { account: "An account whose open streams are counted as well." },
    answers: [{ status: 200, description: "Metrics.", schema: text(), mediaType: "text/plain" }],
  },
  {
    id: "mintToken",
    method: "POST",
    path: "/v1/tokens",
    tag: "Relay",
    summary: "Mint a stream token for a browser",
    access: "admin",
    texts: {
      account: "The account that it opens.",
      channels: "Patterns, with an optional `*` at the end; absent: all channels of the account.",
      expiresIn: "Seconds.",
      watch: "A job: the token opens it alone, and `page` is the address of its watch page.",
    },
    bodyExample: { account: "acme", expiresIn: 3600 },
    answers: [
      {
        status: 200,
        description: "The token.",
        schema: object({ token: text() }, { page: text("The address of the watch page.") }),
      },
    ],
    problems: ["not-found"],
  },
  {
    id: "simulateRules",
    method: "POST",
    path: "/v1/rules/simulate",
    tag: "Relay",
    summary: "Tell who would get an event, and why",
    access: "admin",
    bodyExample: { event: "job.finished", source: "comments", account: "acme", status: "done" },
    answers: [{ status: 200, description: "What every rule says.", schema: ref("Simulation") }],
  },
  {
    id: "wake",
    method: "POST",
    path: "/v1/wake",
    tag: "Relay",
    summary: "Let what waits look at a changed configuration",
    description: "Subscribers, and 200 unfinished jobs a call: repeat it with `cursor`.",
    access: "admin",
    acts: true,
    texts: { cursor: "The `cursor` of the answer before." },
    answers: [
      {
        status: 200,
        description: "How many were woken.",
        schema: object({
          subscribers: count(),
          jobs: count(),
          cursor: nullable(text("There are more.")),
        }),
      },
    ],
  },
  {
    id: "listSamples",
    method: "GET",
    path: "/v1/samples",
    tag: "Relay",
    summary: "List the steps of a sample export",
    access: "admin",
    answers: [
      {
        status: 200,
        description: "The steps.",
        schema: object({
          items: listOf(
            object({
              at: count("Milliseconds after the first step."),
              event: text(),
              current: count(),
              total: count(),
            }),
          ),
          cursor: { type: "null" },
          source: nullable(text("The source that a sample is sent to.")),
          subscribers: listOf(
            object({ id: text(), events: listOf(text()) }),
            "Who would get which of its events.",
          ),
        }),
      },
    ],
  },
  {
    id: "playSample",
    method: "POST",
    path: "/v1/samples",
    tag: "Relay",
    summary: "Play a step of a sample export",
    access: "admin",
    acts: true,
    texts: {
      subscribers:
        "Of the subscribers that the rules name, those that get the job's events; absent: all " +
        "of them. The step that creates the job decides.",
    },
    bodyExample: { guid: "b4219d47-5d2f-4f0e-9a53-0d3c7e6f1a11", event: "job.created" },
    answers: [{ status: 202, description: "It was taken.", schema: ref("Receipt") }],
  },
  {
    id: "callTool",
    method: "POST",
    path: "/mcp",
    tag: "Relay",
    summary: "Work with the relay as an agent (Model Context Protocol)",
    access: "admin",
    body: RPC_MESSAGE,
    bodyExample: { jsonrpc: "2.0", id: 1, method: "tools/list" },
    answers: [
      {
        status: 200,
        description: "The answer, or the answers to a batch.",
        schema: { anyOf: [RPC_MESSAGE, listOf(RPC_MESSAGE)] },
      },
      { status: 202, description: "A notification was taken." },
      {
        status: 400,
        description: "An error of JSON-RPC.",
        schema: RPC_MESSAGE,
      },
    ],
    problems: ["origin-refused", "not-acceptable"],
  },
];

const JSON_DOCUMENT = { status: 200, description: "The document.", schema: anyObject("JSON.") };
const HTML_PAGE = {
  status: 200,
  description: "The page.",
  schema: text(),
  mediaType: "text/html",
};

const page = (id: string, path: string, summary: string): Operation => ({
  id,
  method: "GET",
  path,
  tag: "Pages",
  summary,
  access: "open",
  answers: [path.endsWith(".json") ? JSON_DOCUMENT : HTML_PAGE],
});

const PAGES: readonly Operation[] = [
  page("getOpenApi", "/openapi.json", "This description"),
  page("getAsyncApi", "/asyncapi.json", "The description of streams and deliveries"),
  page("getDocs", "/docs", "The reference as a page"),
  {
    ...page("getProblemPage", "/docs/problems/{type}", "What a kind of problem means"),
    texts: { type: `One of ${PROBLEM_TYPES.join(", ")}.` },
    problems: ["not-found"],
  },
  {
    ...page("getEventSchema", "/schemas/{event}.json", "The JSON Schema of an event"),
    answers: [{ ...JSON_DOCUMENT, mediaType: "application/schema+json" }],
    texts: { event: `One of ${EVENTS.map(({ name }) => name).join(", ")}.` },
    problems: ["not-found"],
  },
  {
    ...page("getKeys", "/.well-known/jobrelay-keys.json", "Public keys that verify deliveries"),
    answers: [
      {
        status: 200,
        description: "A JSON Web Key Set.",
        schema: object({ keys: listOf(anyObject("A key.")) }),
      },
    ],
  },
];

/** Everything that is described. */
export const OPERATIONS: readonly Operation[] = [
  ...JOB_OPERATIONS,
  ...SUBSCRIBER_OPERATIONS,
  ...SOURCE_OPERATIONS,
  ...RELAY_OPERATIONS,
  ...PAGES,
];
