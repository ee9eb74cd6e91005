// The Worker as it is deployed, its objects held to limits that the local runtime does not hold.

import * as worker from "../../src/index.ts";
import { limited } from "./platform-limits.ts";

// An account stores a batch of events as one text, whatever its size: it is not held to them.
export { Account, default } from "../../src/index.ts";

export const Correlation = limited(worker.Correlation);
export const Fan = limited(worker.Fan);
export const Job = limited(worker.Job);
export const Source = limited(worker.Source);
export const Subscriber = limited(worker.Subscriber);
