// The Worker as it is deployed, every object counted, and a path by which the counts are read.

import * as worker from "../../../src/index.ts";
import { counted, used } from "./count.ts";

export const Account = counted("Account", worker.Account);
export const Correlation = counted("Correlation", worker.Correlation);
export const Fan = counted("Fan", worker.Fan);
export const Idempotency = counted("Idempotency", worker.Idempotency);
export const Job = counted("Job", worker.Job);
export const Source = counted("Source", worker.Source);
export const Subscriber = counted("Subscriber", worker.Subscriber);
export const Upstream = counted("Upstream", worker.Upstream);

export default {
  fetch(request: Request, env: Env, ctx: ExecutionContext): Response | Promise<Response> {
    if (new URL(request.url).pathname === "/used") return Response.json(used());
    return worker.default.fetch(request, env, ctx);
  },
};
