// An amended event as it is stored, and the state beside it.

import type { JobEnvelope } from "../../model/event.ts";
import type { JobRest } from "../../model/reduce.ts";
import type { Destination } from "../outbox/destinations.ts";
import type { JobState } from "../state.ts";

/**
 * An amended event with the state that knows it; `first`: names that it was not meant for before.
 * `epoch`: what the job's log is called from now on, so that no older cursor passes over it.
 */
export interface AmendedState {
  readonly epoch: string;
  readonly envelope: JobEnvelope;
  readonly state: JobState;
  /** What the event does not say of the job, where it is the newest. */
  readonly rest: JobRest;
  readonly to: readonly Destination[];
  readonly first: readonly string[];
}

/** What a record changes in a state beside what the update says. */
export const recordedIn = ({
  lastRecord,
  lastUpdateAt,
  stalled,
  untold,
}: JobState): Partial<JobState> => ({ lastRecord, lastUpdateAt, stalled, untold });
