// What each section of the scale measurement is given.

import type { Receiver } from "../../support/receiver.ts";
import { startStored, type StoredLaunch, type StoredRelay } from "../../support/stored-relay.ts";
import type { Sample } from "../probe.ts";

/**
 * Storage that a section fills and opens; it is a copy of the life's and belongs to the section.
 */
export interface Plot {
  readonly launch: StoredLaunch;
  readonly receiver: Receiver;
  readonly size: number;
}

/** Fills the storage and measures what a relay does with it. */
export type Section = (plot: Plot) => Promise<readonly Sample[]>;

/** Starts a relay for something, and stops it. */
export async function during<T>(
  launch: StoredLaunch,
  act: (relay: StoredRelay) => Promise<T>,
): Promise<T> {
  const relay = await startStored(launch);
  try {
    // The routes of the API are compiled before the clock starts; no object that counts is woken.
    await relay.get("/v1/sources");
    await relay.get("/v1/jobs?account=somebody-else&limit=1");
    return await act(relay);
  } finally {
    await relay.stop();
  }
}
