// What an editor knows of `<job-progress>`; the package has this file as its declarations.

import type { JobState, StreamError } from "../client/index.ts";

/** Names of the element's events, and what they carry. */
export interface JobProgressEvents {
  /** The job as it stands, whenever something is known of it. */
  readonly progress: CustomEvent<JobState>;
  readonly done: CustomEvent<JobState>;
  /** The job that failed, or why its stream was refused. */
  readonly error: CustomEvent<JobState | StreamError>;
}

/** `<job-progress src account source guid token-url>` */
export interface JobProgressElement extends HTMLElement {
  addEventListener<Name extends keyof JobProgressEvents>(
    name: Name,
    listener: (event: JobProgressEvents[Name]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    name: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "job-progress": JobProgressElement;
  }
}
