// The deployed module: the handler and the object classes that wrangler binds. No logic.

import { answer } from "./app.ts";
import { scheduled } from "./upstream/wake.io.ts";

export { Account } from "./account/account.object.ts";
export { Correlation } from "./ingest/correlation/correlation.object.ts";
export { Fan } from "./account/fanout/fan.object.ts";
export { Idempotency } from "./api/idempotency/idempotency.object.ts";
export { Job } from "./job/job.object.ts";
export { Source } from "./source/source.object.ts";
export { Subscriber } from "./deliver/subscriber.object.ts";
export { Upstream } from "./upstream/upstream.object.ts";

export default { fetch: answer, scheduled } satisfies ExportedHandler<Env>;
