// What the tools of agents are called and do. The script does not need it: it is in the list that
// `npm run build` writes.

import type { ToolName } from "./tool-table.ts";

/** Title and description of each tool, by its name. */
export const TOOL_TEXTS: Readonly<
  Record<ToolName, { readonly title: string; readonly description: string }>
> = {
  list_jobs: {
    title: "List jobs",
    description: "Lists jobs, newest first. Go on with the cursor of the answer.",
  },
  get_job: {
    title: "Read a job",
    description: "Reads the state of one job: status, progress, file, error, details.",
  },
  job_events: {
    title: "Read the events of a job",
    description:
      "Reads what happened to a job. With include=recorded also what was absorbed, late or in conflict.",
  },
  list_subscribers: {
    title: "List subscribers",
    description: "Lists who gets events: state, waiting and dead deliveries, success rate.",
  },
  list_deliveries: {
    title: "List deliveries",
    description: "Lists the deliveries of a subscriber with every attempt and its answer.",
  },
  explain_refusal: {
    title: "Explain refused webhooks",
    description: "Tells why webhooks of a source were refused, and what to do about it.",
  },
  simulate_rule: {
    title: "Simulate the rules",
    description: "Tells which subscribers would get an event, and why.",
  },
  replay: {
    title: "Replay a job",
    description: "Forwards the events of a job to subscribers again, under the same event ids.",
  },
  get_subscriber: {
    title: "Read a subscriber",
    description: "Reads the state of one subscriber, and its last failure.",
  },
  get_delivery: {
    title: "Read a delivery",
    description:
      "Reads one delivery: every attempt with its answer, and the request that it sends.",
  },
  retry_delivery: {
    title: "Start a delivery over",
    description: "Sends one delivery again, as a dead one, with its whole schedule.",
  },
  replay_deliveries: {
    title: "Start many deliveries over",
    description:
      "Sends deliveries of a subscriber again: the dead ones, unless state says otherwise.",
  },
  pause_subscriber: {
    title: "Pause a subscriber",
    description: "Holds the deliveries of a subscriber until it is resumed. None is lost.",
  },
  resume_subscriber: {
    title: "Resume a subscriber",
    description: "Delivers to a paused or disabled subscriber again, what was held first.",
  },
  test_subscriber: {
    title: "Test a subscriber",
    description: "Sends a subscriber a test event; the delivery's attempts say what it answered.",
  },
  list_sources: {
    title: "List sources",
    description:
      "Lists who sends webhooks: counts, when one came last, and the state of connectors.",
  },
  retry_refused: {
    title: "Ingest a refused webhook again",
    description:
      "Takes a refused webhook that was kept in again, verified with the secrets of today.",
  },
  watch_export: {
    title: "Poll an export",
    description: "Asks the provider for the progress of an export until it ends.",
  },
  list_presets: {
    title: "List presets",
    description: "Lists the senders that are known by name, and what to paste where.",
  },
  wake: {
    title: "Wake what waits",
    description: "Lets what waits look at the configuration at once. Go on with the cursor.",
  },
};
