// A relay in the middle of a working day, for the console's tests and pictures: jobs in every
// state, four subscribers of which one keeps failing, sources that refused some requests.

import { startReceiver, type Receiver } from "../receiver.ts";
import { startRelay, SUBSCRIBER_SECRET, type Relay } from "../relay.ts";
import { until } from "../wait.ts";
import { JOBS, type SceneJob } from "./jobs.ts";

const TOKEN = "scene-token-of-the-own-jobs";

/** A running scene. */
export interface Scene {
  readonly relay: Relay;
  /** Reports something about a job of the source `exports`. */
  report(job: SceneReport): Promise<void>;
  stop(): Promise<void>;
}

/** What a job of the source `exports` or `nightly` says of itself. */
export interface SceneReport {
  readonly source?: "exports" | "nightly";
  readonly event: string;
  readonly guid: string;
  readonly account?: string;
  readonly current?: number;
  readonly total?: number;
  readonly url?: string;
  readonly error?: string;
}

/** The one that refuses: every job whose account begins with `globex`. */
const refuses = (body: Buffer): boolean => body.includes('"account":"globex');

function receivers(): Promise<readonly Receiver[]> {
  const working = startReceiver({
    script: ({ index }) => ({ status: 200, body: '{"ok":true}', delay: 5 + (index % 7) * 6 }),
  });
  const failing = startReceiver({
    script: ({ body, index }) =>
      refuses(body)
        ? { status: 422, body: '{"error":"unknown customer globex"}', delay: 10 }
        : { status: 200, delay: 30 + (index % 5) * 20 },
  });
  return Promise.all([working, failing]);
}

const SOURCES = [
  {
    id: "comments",
    provider: "exportcomments",
    secrets: ["COMMENTS_SECRET"],
    account: "acme",
    // Nobody answers there: the discard port.
    connect: {
      kind: "centrifugo",
      url: "ws://127.0.0.1:9/connection/websocket",
      tokenUrl: "http://127.0.0.1:9/token",
      tokenHeader: "x-auth-token",
      tokenSecret: "COMMENTS_SECRET",
    },
  },
  // Longer than the steps of a job take on a busy machine: some progress is absorbed.
  { id: "exports", provider: "generic", verify: "bearer", secrets: ["OWN_TOKEN"], throttle: 5 },
  {
    id: "nightly",
    provider: "generic",
    verify: "bearer",
    secrets: ["OWN_TOKEN"],
    stallAfter: 1,
    throttle: 1,
  },
  {
    id: "mails",
    provider: "emailengine",
    secrets: ["OWN_TOKEN"],
    poll: { url: "http://127.0.0.1:9", tokenSecret: "OWN_TOKEN" },
  },
  { id: "videos", provider: "mux", secrets: ["OWN_TOKEN"], keepRefused: true },
];

const RULES = [
  { id: "everything-to-warehouse", match: { event: "job.*" }, to: ["warehouse"] },
  { id: "ends-to-billing", match: { event: ["job.finished", "job.failed"] }, to: ["billing"] },
  { id: "acme-to-crm", match: { account: ["acme", "initech"] }, to: ["crm"] },
  { id: "failures-to-slack", match: { event: "job.failed" }, to: ["slack"] },
];

const subscriber = (id: string, url: string, retry: readonly number[]): object => ({
  id,
  url,
  retry,
  secrets: ["SUBSCRIBER_SECRET"],
});

async function post(relay: Relay, source: string, body: object): Promise<void> {
  const answer = await fetch(`${relay.url}/hooks/${source}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${source}: ${answer.status} ${await answer.text()}`);
}

/** Requests that the sources refuse, one of each common reason. */
async function refusals(relay: Relay): Promise<void> {
  const hook = (source: string, headers: Record<string, string>, body: string): Promise<Response> =>
    fetch(`${relay.url}/hooks/${source}`, { method: "POST", headers, body });
  const json = { "content-type": "application/json" };
  await hook("comments", json, '{"event":"job.created","guid":"stranger"}');
  await hook("comments", { ...json, "x-signature": "0".repeat(64) }, '{"event":"job.created"}');
  await hook("exports", { ...json, authorization: `Bearer ${TOKEN}` }, '{"event":"job.finished"}');
  await hook("videos", json, '{"type":"video.asset.created"}');
  await hook("videos", json, '{"type":"video.asset.ready"}');
}

/** Says everything that a job has to say, one after the other. */
async function tell(relay: Relay, { source = "exports", steps, ...job }: SceneJob): Promise<void> {
  for (const step of steps) await post(relay, source, { ...job, ...step });
}

/** Jobs that report at the same time. */
const AT_ONCE = 4;

/** Starts the scene and waits until its deliveries have settled. */
export async function startScene(): Promise<Scene> {
  const [working, failing] = await receivers();
  const [good, bad] = [working?.url ?? "", failing?.url ?? ""];
  const relay = await startRelay({
    vars: {
      OWN_TOKEN: TOKEN,
      SUBSCRIBER_SECRET,
      SOURCES,
      RULES,
      SUBSCRIBERS: [
        subscriber("crm", good, [5, 300]),
        subscriber("billing", bad, [0.1]),
        subscriber("warehouse", good, [5, 300]),
        subscriber("slack", good, [5, 300]),
      ],
    },
  });
  await post(relay, "exports", { event: "job.created", guid: "first", account: "initech" });
  for (let from = 0; from < JOBS.length; from += AT_ONCE)
    await Promise.all(JOBS.slice(from, from + AT_ONCE).map((job) => tell(relay, job)));
  await refusals(relay);
  const ask = async (path: string, method = "GET"): Promise<unknown> => {
    const headers = { authorization: "Bearer e2e-admin-token" };
    return (await fetch(`${relay.url}/v1${path}`, { method, headers })).json();
  };
  await ask("/subscribers/slack/pause", "POST");
  await until(
    async () => {
      const { items } = (await ask("/subscribers")) as {
        readonly items: readonly { readonly id: string; readonly dead: number }[];
      };
      return items.some(({ id, dead }) => id === "billing" && dead >= 12);
    },
    { what: "12 dead deliveries" },
  );
  return {
    relay,
    report: ({ source = "exports", ...said }) => post(relay, source, said),
    stop: async () => {
      await relay.stop();
      await Promise.all([working?.close(), failing?.close()]);
    },
  };
}
