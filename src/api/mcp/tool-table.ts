// Which tools agents have: the operations of the API, but for what erases jobs, mints tokens or
// plays samples (that is for people), and metrics, which are for machines.

import type { Tool } from "./tool.ts";

const TABLE = [
  {
    name: "list_jobs",
    method: "GET",
    path: "/v1/jobs",
    query: ["account", "source", "status", "event", "q", "since", "until", "limit", "cursor"],
  },
  {
    name: "get_job",
    method: "GET",
    path: "/v1/jobs/{source}/{guid}",
  },
  {
    name: "job_events",
    method: "GET",
    path: "/v1/jobs/{source}/{guid}/events",
    query: ["since", "limit", "include", "recordedSince"],
  },
  {
    name: "list_subscribers",
    method: "GET",
    path: "/v1/subscribers",
  },
  {
    name: "list_deliveries",
    method: "GET",
    path: "/v1/subscribers/{id}/deliveries",
    query: ["state", "guid", "limit", "cursor"],
  },
  {
    name: "explain_refusal",
    method: "GET",
    path: "/v1/sources/{id}/rejected",
  },
  {
    name: "simulate_rule",
    method: "POST",
    path: "/v1/rules/simulate",
    document: "event",
  },
  {
    name: "replay",
    method: "POST",
    path: "/v1/jobs/{source}/{guid}/replay",
    body: ["subscribers", "since"],
    acts: "send",
  },
  {
    name: "get_subscriber",
    method: "GET",
    path: "/v1/subscribers/{id}",
  },
  {
    name: "get_delivery",
    method: "GET",
    path: "/v1/subscribers/{id}/deliveries/{delivery}",
  },
  {
    name: "retry_delivery",
    method: "POST",
    path: "/v1/subscribers/{id}/deliveries/{delivery}/retry",
    acts: "send",
  },
  {
    name: "replay_deliveries",
    method: "POST",
    path: "/v1/subscribers/{id}/replay",
    body: ["state", "since", "until", "event"],
    acts: "send",
  },
  {
    name: "pause_subscriber",
    method: "POST",
    path: "/v1/subscribers/{id}/pause",
    acts: "state",
  },
  {
    name: "resume_subscriber",
    method: "POST",
    path: "/v1/subscribers/{id}/resume",
    acts: "state",
  },
  {
    name: "test_subscriber",
    method: "POST",
    path: "/v1/subscribers/{id}/test",
    acts: "send",
  },
  {
    name: "list_sources",
    method: "GET",
    path: "/v1/sources",
  },
  {
    name: "retry_refused",
    method: "POST",
    path: "/v1/sources/{id}/rejected/{n}/retry",
    acts: "state",
  },
  {
    name: "watch_export",
    method: "POST",
    path: "/v1/sources/{id}/watch",
    body: ["account", "exportId"],
    acts: "state",
  },
  {
    name: "list_presets",
    method: "GET",
    path: "/v1/presets",
  },
  {
    name: "wake",
    method: "POST",
    path: "/v1/wake",
    query: ["cursor"],
    acts: "state",
  },
] as const satisfies readonly Tool[];

/** The name of a tool. */
export type ToolName = (typeof TABLE)[number]["name"];

/** All tools; what they are called and do is in `api/mcp/tool-texts.ts`. */
export const TOOLS: readonly (Tool & { readonly name: ToolName })[] = TABLE;
