// The Worker as it is deployed, its objects held to limits that the local runtime does not
// hold, and interruptible.

import * as worker from "../../src/index.ts";
import { interruptible } from "../worker/crash/interruptions.ts";
import { limited } from "./platform-limits.ts";

export { default } from "../../src/index.ts";

export const Account = limited(interruptible(worker.Account, "Account"));
export const Correlation = limited(worker.Correlation);
export const Fan = limited(worker.Fan);
export const Idempotency = limited(worker.Idempotency);
export const Job = limited(interruptible(worker.Job, "Job"));
export const Source = limited(interruptible(worker.Source, "Source"));
export const Subscriber = limited(interruptible(worker.Subscriber, "Subscriber"));
export const Upstream = limited(worker.Upstream);
