// The world around the relay: senders that try again, two subscribers of which one fails once,
// clocks that go on, alarms that ring, and viewers that come back.

import {
  createExecutionContext,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import worker from "../../../src/index.ts";
import type { JobEnvelope } from "../../../src/model/event.ts";
import { configure } from "../deliver/subscriber-fixture.ts";
import {
  interrupted,
  interruptibleEnv,
  participants,
  takeEvictions,
  type Instance,
} from "./interruptions.ts";

const ORIGIN = "https://relay.test";
const HEADERS = { authorization: "Bearer test-admin-token", "content-type": "application/json" };

/** The subscribers that get every event of a job. `second` fails once for each job. */
export const SUBSCRIBERS = ["first", "second"] as const;

type Configured = Record<"SOURCES" | "SUBSCRIBERS" | "RULES", object[]>;
const configured = env as unknown as Configured;

/** Puts a source into the configuration; to be called before any object exists. */
export function addSource(source: Readonly<Record<string, unknown>> & { id: string }): string {
  configured.SOURCES.push({ verify: "none", ...source });
  return source.id;
}

for (const id of SUBSCRIBERS)
  configure({ id, url: `https://${id}.example.com/`, attemptEvents: false });
configured.SUBSCRIBERS.push({ id: "files", archive: "FILES", attemptEvents: false });
configured.RULES.splice(
  0,
  configured.RULES.length,
  { id: "all", match: { event: ["job.*", "subscription.*"] }, to: SUBSCRIBERS },
  { id: "files", match: { source: "filed", event: "job.finished" }, to: ["files"] },
);

/** An answer that breaks a promise, whoever got it. */
const broken: string[] = [];

/** What was broken since it was asked last. */
export const takeBroken = (): readonly string[] => broken.splice(0);

export const note = (problem: string): void => void broken.push(problem);

/** How far the clock is ahead of the real one. */
let ahead = 0;

/** Lets time pass. */
export const pass = (ms: number): void => {
  ahead += ms;
};

/** What each subscriber was sent, in the order of arrival. */
const received: { readonly to: string; readonly event: JobEnvelope }[] = [];
const failed = new Set<string>();

/** The events of a job that a subscriber was sent, each once, as they arrived first. */
export const sentTo = (subscriber: string, guid: string): readonly JobEnvelope[] => [
  ...new Map(
    received
      .filter(({ to, event }) => to === subscriber && event.guid === guid)
      .map(({ event }) => [event.id, event] as const),
  ).values(),
];

/** Everything that a subscriber was sent. */
export const allSentTo = (subscriber: string): readonly JobEnvelope[] =>
  received.filter(({ to }) => to === subscriber).map(({ event }) => event);

/** A server outside, by its host. */
export type Server = (request: Request) => Response | Promise<Response>;
const servers = new Map<string, Server>();

/** Puts a server beside the subscribers. */
export const addServer = (host: string, server: Server): void => void servers.set(host, server);

async function receive(subscriber: string, request: Request): Promise<Response> {
  const event = JSON.parse(await request.text()) as JobEnvelope;
  // An event about an account has no guid, and no failure.
  const fails = subscriber === "second" && event.guid !== undefined && !failed.has(event.guid);
  if (fails) failed.add(event.guid);
  if (fails) return new Response("not now", { status: 500 });
  received.push({ to: subscriber, event });
  return new Response(null, { status: 204 });
}

/** Puts the world in place of the network and the clock. */
export function begin(): void {
  const real = Date.now.bind(Date);
  vi.spyOn(Date, "now").mockImplementation(() => real() + ahead);
  vi.spyOn(console, "error").mockReturnValue();
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    const { hostname } = new URL(request.url);
    return interrupted("fetch", hostname, async () => {
      const server = servers.get(hostname);
      return server === undefined
        ? receive(hostname.split(".")[0] ?? "", request)
        : server(request);
    });
  });
}

/** A request; `under` is the environment of a Worker that is configured otherwise. */
interface Asked {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly under?: Env;
}

/** Sends a request to the Worker, whose calls of objects can be interrupted. */
export async function ask(
  method: string,
  path: string,
  { body, headers = {}, under = env }: Asked = {},
): Promise<Response> {
  const context = createExecutionContext();
  const request = new Request(`${ORIGIN}${path}`, {
    method,
    headers: { ...HEADERS, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await worker.fetch(request, interruptibleEnv(under), context);
  void waitOnExecutionContext(context);
  if (answer.status >= 500) await judge(`${method} ${path}`, answer.clone());
  return answer;
}

/** Words of the platform, which are nobody's business. */
const INSIDE = /SQLITE|interrupted|internal error|overloaded|Network connection|Error:/i;

/** A failure is 503, says when to come back, and tells nothing of the inside. */
async function judge(what: string, answer: Response): Promise<void> {
  const text = await answer.text();
  if (answer.status !== 503) note(`${what} was answered ${answer.status}`);
  if (!answer.headers.has("retry-after")) note(`${what} was answered without Retry-After`);
  if (INSIDE.test(text)) note(`${what} was answered with the words of the platform: ${text}`);
}

/** Sends a request until it is answered with something else than 503. */
export async function until(...request: Parameters<typeof ask>): Promise<Response> {
  for (let tries = 0; tries < 12; tries += 1) {
    const answer = await ask(...request);
    if (answer.status !== 503) return answer;
    await tick();
  }
  throw new Error(`${request[0]} ${request[1]} was never answered`);
}

/** A webhook's sender: it sends again until it is told that the webhook is stored. */
export async function send(source: string, body: object): Promise<void> {
  const answer = await until("POST", `/hooks/${source}`, { body });
  if (answer.status !== 202)
    note(`a webhook was answered ${answer.status}: ${await answer.text()}`);
}

/** Reads JSON of the API. */
export const read = async (path: string): Promise<Record<string, unknown>> =>
  (await (await until("GET", path)).json()) as Record<string, unknown>;

/** Something that looks after itself while time passes: a viewer, a server. */
type Watcher = () => Promise<void>;
const watchers = new Set<Watcher>();

export const watch = (watcher: Watcher): void => void watchers.add(watcher);

/** Ends a story: nobody watches any more. */
export const leave = (): void => watchers.clear();

const stubOf = ({ binding, name }: Instance): DurableObjectStub =>
  (env[binding as keyof Env] as unknown as DurableObjectNamespace).getByName(name);

/** A pause of the relay: objects that have to leave memory do, and watchers look. */
export async function tick(): Promise<void> {
  for (const instance of takeEvictions())
    await evictDurableObject(stubOf(instance)).catch(() => undefined);
  for (const watcher of watchers) await watcher();
  await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Objects whose alarms ring in every story. */
const ALWAYS: readonly Instance[] = [
  ...SUBSCRIBERS.map((name) => ({ binding: "SUBSCRIBER", name })),
  ...["live", "mail"].map((name) => ({ binding: "UPSTREAM", name })),
];

/** Rings an alarm, if one is set. One that failed is run again, as the platform does. */
async function ring(instance: Instance): Promise<void> {
  try {
    await runDurableObjectAlarm(stubOf(instance));
  } catch {
    await runInDurableObject(stubOf(instance), (_, { storage }) =>
      storage.setAlarm(Date.now()),
    ).catch(() => undefined);
  }
}

/** How time goes on while everything recovers. */
export interface Pace {
  readonly rounds: number;
  /** How long a round takes on the clock, and how long in truth. */
  readonly roundMs: number;
  readonly pauseMs: number;
}

const USUAL_PACE: Pace = { rounds: 60, roundMs: 20_000, pauseMs: 0 };

/** Rings every alarm, as time would, until `isDone`; false when that never came. */
export async function settle(
  isDone: () => Promise<boolean>,
  { rounds, roundMs, pauseMs }: Pace = USUAL_PACE,
): Promise<boolean> {
  for (let round = 0; round < rounds; round += 1) {
    if (round > 1 && (await isDone())) return true;
    pass(roundMs);
    const named = new Map(
      [...ALWAYS, ...participants()].map((one) => [`${one.binding} ${one.name}`, one] as const),
    );
    for (const instance of named.values()) await ring(instance);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    await tick();
  }
  return false;
}
