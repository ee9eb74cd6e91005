// The Worker as it is deployed, its objects held to limits that the local runtime does not hold.

import * as worker from "../../../src/index.ts";
import { limited } from "./platform-limits.ts";

export { default } from "../../../src/index.ts";

export const Account = limited(worker.Account);
export const Correlation = limited(worker.Correlation);
export const Fan = limited(worker.Fan);
export const Idempotency = limited(worker.Idempotency);
export const Job = limited(worker.Job);
export const Source = limited(worker.Source);
export const Subscriber = limited(worker.Subscriber);
export const Upstream = limited(worker.Upstream);
