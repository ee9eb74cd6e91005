// The words of the console: one for each state, and a sentence where a word needs one.

/** The colours of states. */
export type Tone = "quiet" | "running" | "done" | "failed" | "warning";

/** A word as a chip shows it. */
export interface Word {
  readonly text: string;
  readonly tone: Tone;
  readonly title: string;
}

const EVENTS: Readonly<Record<string, string>> = {
  "job.created": "Queued",
  "job.started": "Started",
  "job.progress": "Progress",
  "job.finished": "Done",
  "job.failed": "Failed",
  "job.requeued": "Queued again",
  "job.convert.done": "Converted",
  "job.convert.failed": "Conversion failed",
  "bulk_download.ready": "Download ready",
  "bulk_download.failed": "Download failed",
  "job.stalled": "Silent",
  "job.archived": "Archived",
};

/** An event in a word; unknown ones keep their name. */
export const eventWord = (event: string): string => EVENTS[event] ?? event;

/** The colour of an event. */
export function eventTone(event: string): Tone {
  if (event.endsWith("failed")) return "failed";
  if (event === "job.stalled") return "warning";
  if (event === "job.finished" || event.endsWith("done") || event.endsWith("ready")) return "done";
  return event === "job.archived"
    ? "done"
    : event === "job.progress" || event === "job.started"
      ? "running"
      : "quiet";
}

/** Words that need a sentence, as the timeline uses them. */
export const TERMS = {
  absorbed: "Absorbed: a newer update replaced it within the same window, so it was not sent on.",
  late: "Late: it arrived after a later step of the job, so it was kept and not sent on.",
  conflict: "Conflict: it contradicts the end of the job, so it was kept and not sent on.",
  unchanged: "Unchanged: it says what was already known, so it was not sent on.",
  duplicate: "Duplicate: the same update came before.",
  amended: "Amended: it added what the end of the job lacked.",
  silent: "Silent: nothing was heard of this unfinished job for longer than its source allows.",
} as const;

/** The sentence of a reason; unknown reasons stand for themselves. */
export const termOf = (reason: string): string =>
  (TERMS as Readonly<Record<string, string>>)[reason] ?? reason;

const DELIVERIES: Readonly<Record<string, Word>> = {
  pending: { text: "Pending", tone: "running", title: "Waits for its next attempt." },
  delivered: { text: "Delivered", tone: "done", title: "The subscriber took it." },
  held: {
    text: "Held",
    tone: "warning",
    title: "Waits because the subscriber is paused, disabled or being probed.",
  },
  superseded: {
    text: "Superseded",
    tone: "quiet",
    title: "Newer progress of the same job replaced it before it was delivered.",
  },
  dead: {
    text: "Dead",
    tone: "failed",
    title: "Every attempt failed. It is kept and can be retried.",
  },
  cancelled: {
    text: "Cancelled",
    tone: "quiet",
    title: "The subscriber or the relay gave it up; the last attempt says why.",
  },
};

/** The states of deliveries, those first that need somebody. */
export const DELIVERY_STATES = [
  "dead",
  "held",
  "pending",
  "delivered",
  "superseded",
  "cancelled",
] as const;

const word = (words: Readonly<Record<string, Word>>, state: string): Word =>
  words[state] ?? { text: state, tone: "quiet", title: "" };

export const deliveryWord = (state: string): Word => word(DELIVERIES, state);

const SUBSCRIBERS: Readonly<Record<string, Word>> = {
  active: { text: "Active", tone: "done", title: "Takes deliveries." },
  probing: {
    text: "Probing",
    tone: "warning",
    title: "Ten attempts in a row failed. One delivery at a time is tried; the others are held.",
  },
  paused: {
    text: "Paused",
    tone: "warning",
    title: "An operator paused it. Its deliveries are held.",
  },
  disabled: {
    text: "Disabled",
    tone: "failed",
    title: "It takes nothing more until somebody resumes it. Its deliveries are held.",
  },
};

export const subscriberWord = (state: string): Word => word(SUBSCRIBERS, state);

const CONNECTORS: Readonly<Record<string, Word>> = {
  connected: { text: "Connected", tone: "done", title: "The relay gets what the provider says." },
  connecting: { text: "Connecting", tone: "running", title: "The relay opens the connection." },
  idle: { text: "Idle", tone: "quiet", title: "No export is watched." },
  polling: {
    text: "Watching",
    tone: "done",
    title: "The relay asks the provider for the progress of each watched export.",
  },
  waiting: {
    text: "Waiting",
    tone: "warning",
    title: "There is no connection now. The relay tries again.",
  },
  failed: {
    text: "Failed",
    tone: "failed",
    title: "The provider refuses the relay, which tries again from time to time.",
  },
};

/** What a connection does; one that polls has nothing to lose while it waits for its next turn. */
export function connectorWord({
  state,
  watching,
}: {
  readonly state: string;
  readonly watching: number | null;
}): Word {
  const polls = watching !== null && state !== "failed";
  if (polls && watching === 0) return word(CONNECTORS, "idle");
  return word(CONNECTORS, polls && state === "connected" ? "polling" : state);
}

const TRIGGERS: Readonly<Record<string, string>> = {
  initial: "First attempt",
  retry: "Retry",
  probe: "Probe",
  manual: "Retry by hand",
  replay: "Replay",
};

export const triggerWord = (trigger: string): string => TRIGGERS[trigger] ?? trigger;
