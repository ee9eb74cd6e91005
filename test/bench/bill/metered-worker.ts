// The Worker as it is deployed, every object counted, and paths by which the meter is read and the
// clock is moved.

import * as worker from "../../../src/index.ts";
import { countWorkerRequest, isActive, resetMeter, usage, whileActive } from "./meter.ts";
import { metered } from "./metered.ts";
import {
  advance,
  hasDueTimer,
  installClock,
  realNow,
  realWait,
  step,
  stopClock,
} from "./virtual-time.ts";

export const Account = metered("Account", worker.Account);
export const Correlation = metered("Correlation", worker.Correlation);
export const Fan = metered("Fan", worker.Fan);
export const Idempotency = metered("Idempotency", worker.Idempotency);
export const Job = metered("Job", worker.Job);
export const Source = metered("Source", worker.Source);
export const Subscriber = metered("Subscriber", worker.Subscriber);
export const Upstream = metered("Upstream", worker.Upstream);

installClock();

// A delivery keeps its subscriber awake until it is answered.
const realFetch = globalThis.fetch.bind(globalThis);
globalThis.fetch = (...values: Parameters<typeof fetch>) =>
  whileActive("Subscriber", "fetch", () => realFetch(...values));

/** Nothing to do for so long counts as quiet, in real ms: between two steps an object rests. */
const QUIET_MS = 12;

/** Busy for so long means that something waits for the clock, in real ms. */
const STUCK_MS = 500;

/** By how much the clock is moved then. */
const STEP_MS = 20;

async function settle(): Promise<void> {
  let busySince = realNow();
  for (let quiet = 0; quiet < QUIET_MS;) {
    await realWait(2);
    quiet = isActive() || hasDueTimer() ? 0 : quiet + 2;
    if (quiet > 0) busySince = realNow();
    if (realNow() - busySince < STUCK_MS) continue;
    step(STEP_MS);
    busySince = realNow();
  }
}

const CONTROL = "/meter/";

async function control(url: URL): Promise<Response> {
  switch (url.pathname.slice(CONTROL.length)) {
    case "start":
      stopClock();
      return new Response(null, { status: 204 });
    case "advance": {
      const to = url.searchParams.get("to");
      const target = to === null ? Date.now() + Number(url.searchParams.get("ms")) : Number(to);
      await advance(target, settle);
      return new Response(String(Date.now()));
    }
    case "settle":
      await settle();
      return new Response(null, { status: 204 });
    case "reset":
      resetMeter();
      return new Response(null, { status: 204 });
    case "usage":
      return Response.json(usage());
    default:
      return new Response(null, { status: 404 });
  }
}

export default {
  fetch(request: Request, env: Env, ctx: ExecutionContext): Response | Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname.startsWith(CONTROL)) return control(url);
    countWorkerRequest();
    return worker.default.fetch(request, env, ctx);
  },
};
