// The single checks of `doctor`.

import { Failure } from "../command.ts";
import { deferred } from "../deferred.ts";
import { problemText, reach, type RelayApi } from "../relay-api.ts";
import { openStream } from "../stream-client.ts";

/** One thing that was checked, as a sentence. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** Nothing is broken, and somebody has to know. */
  readonly note?: true;
  readonly text: string;
}

/** An answer, and when it was asked for and came. */
export interface TimedAnswer {
  readonly response: Response;
  readonly asked: number;
  readonly came: number;
}

const TIMEOUT = 15_000;

/** Whether the relay answers and is configured; `answer` is `null` when no relay answers. */
export async function healthOf(
  url: string,
): Promise<{ readonly findings: readonly Finding[]; readonly answer: TimedAnswer | null }> {
  const asked = Date.now();
  try {
    const response = await reach(`${url}/healthz`, { signal: AbortSignal.timeout(TIMEOUT) });
    const came = Date.now();
    const text = await response.text();
    const said = statusIn(text);
    if (said === null) throw new Failure(`${url} does not answer like a relay`);
    const findings: Finding[] = [
      { name: "reach", ok: true, text: `The relay at ${url} answers in ${came - asked} ms.` },
      response.ok
        ? { name: "configuration", ok: true, text: "Its configuration is valid." }
        : {
            name: "configuration",
            ok: false,
            text: `Its configuration is invalid: ${problemText(text)}`,
          },
    ];
    return { findings, answer: { response, asked, came } };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { findings: [{ name: "reach", ok: false, text: error.message }], answer: null };
  }
}

function statusIn(text: string): string | null {
  try {
    const { status } = JSON.parse(text) as { readonly status?: unknown };
    return typeof status === "string" ? status : null;
  } catch {
    return null;
  }
}

/** A difference above this makes signatures with a time fail sooner or later, in ms. */
const MOST_SKEW = 30_000;

/** Whether the clocks agree, as far as the answer says; HTTP dates have whole seconds. */
export function clockOf({ response, asked, came }: TimedAnswer): Finding {
  const date = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(date))
    return {
      name: "clock",
      ok: true,
      text: "The relay does not say its time; clocks are not compared.",
    };
  const early = asked - 1_000 - date;
  const late = date - came - 1_000;
  const skew = Math.max(0, early, late);
  if (skew <= MOST_SKEW)
    return {
      name: "clock",
      ok: true,
      text: "The relay's clock and the one of this machine agree.",
    };
  return {
    name: "clock",
    ok: false,
    text: `The relay's clock and the one of this machine differ by ${Math.round(skew / 1_000)} s: signatures with a time are refused when they are more than 300 s apart.`,
  };
}

/** A sample job whose event was seen on its stream. */
export interface Streamed {
  readonly account: string;
  /** The job in the API. */
  readonly path: string;
  readonly ms: number;
}

/** How long an event may take from the webhook to the stream, in ms. */
const STREAM_TIMEOUT = 15_000;

/** Posts a sample job and resolves when its end has reached the job's stream. */
export async function streamedAfter(
  api: RelayApi,
  source: string,
  guid: string,
): Promise<Streamed> {
  const path = `/v1/jobs/${encodeURIComponent(source)}/${guid}`;
  await api.post("/v1/samples", { source, guid, event: "job.created", total: 1 });
  const { account } = await api.get<{ readonly account: string }>(path);
  let begin = 0;
  const seen = deferred<void>();
  const stream = openStream({
    url: api.url,
    path: `${path}/stream`,
    token: () => api.token,
    onFrame: (frame) => {
      if (frame.type === "event" && frame.event["event"] === "job.finished") seen.resolve();
    },
  });
  const late = deferred<never>();
  const timer = setTimeout(
    () => late.reject(new Failure("The test webhook did not reach its stream within 15 s.")),
    STREAM_TIMEOUT,
  );
  try {
    await Promise.race([stream.opened, late.promise]);
    begin = performance.now();
    await api.post("/v1/samples", { source, guid, event: "job.finished", current: 1, total: 1 });
    await Promise.race([seen.promise, stream.ended, late.promise]);
    return { account, path, ms: Math.round(performance.now() - begin) };
  } finally {
    clearTimeout(timer);
    stream.close();
  }
}
