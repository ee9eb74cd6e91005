// The Worker as it is deployed, its objects held to limits that the local runtime does not
// hold, and interruptible.

import * as worker from "../../../src/index.ts";
import { limited } from "../../support/platform/platform-limits.ts";
import { interruptible } from "./interruptions.ts";

export { default } from "../../../src/index.ts";

export const Account = limited(interruptible(worker.Account, "ACCOUNT"));
export const Correlation = limited(interruptible(worker.Correlation, "CORRELATION"));
export const Fan = limited(interruptible(worker.Fan, "FAN"));
export const Idempotency = limited(interruptible(worker.Idempotency, "IDEMPOTENCY"));
export const Job = limited(interruptible(worker.Job, "JOB"));
export const Source = limited(interruptible(worker.Source, "SOURCE"));
export const Subscriber = limited(interruptible(worker.Subscriber, "SUBSCRIBER"));
export const Upstream = limited(interruptible(worker.Upstream, "UPSTREAM"));
