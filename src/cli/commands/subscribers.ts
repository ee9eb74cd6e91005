// `subscribers`: their state, and pausing, resuming and testing one.

import { setTimeout as pause } from "node:timers/promises";
import { nearest } from "../../config/senders/nearest.ts";
import { Failure, relayCommand, REMOTE_ARGS, UsageError } from "../command.ts";
import { printable, tableOf, jsonText } from "../paint.ts";
import { relayApi, type RelayApi } from "../relay-api.ts";
import { ago } from "../terminal/times.ts";

/** What can be done with one. */
export const ACTIONS = ["pause", "resume", "test"] as const;
type Action = (typeof ACTIONS)[number];

/** A subscriber as the API shows it. */
export interface SubscriberItem {
  readonly id: string;
  readonly state: string;
  readonly pending: number;
  readonly held: number;
  readonly dead: number;
  readonly delivered: number;
  readonly p95: number | null;
  readonly advice: string | null;
  readonly lastFailure: {
    readonly time?: string;
    readonly status: number | null;
    readonly error: string | null;
  } | null;
}

/** Lists subscribers, shows one, or acts on one. */
export const subscribers = relayCommand({
  name: "subscribers",
  description: "List subscribers; pause, resume or test one",
  args: {
    ...REMOTE_ARGS,
    action: {
      type: "positional",
      description: "pause | resume | test, or the id of one to show",
      required: false,
    },
    id: { type: "positional", description: "The subscriber", required: false },
  },
  run: async (args) => {
    const { action, id, json } = args;
    const api = relayApi(args);
    if (action === undefined) return list(api, json);
    if (id === undefined && !isAction(action)) return show(api, action);
    if (!isAction(action)) throw new UsageError(unknownAction(action, id ?? ""));
    if (id === undefined) throw new UsageError(`${action} which subscriber?`);
    if (action === "test") return test(api, id, json);
    const state = await api.post<SubscriberItem>(pathOf(id, action), {});
    console.log(json ? jsonText(state) : `${id} is ${state.state}`);
  },
});

const isAction = (text: string): text is Action => ACTIONS.some((action) => action === text);

function unknownAction(text: string, next: string): string {
  if (isAction(next)) return `the action comes first: subscribers ${next} ${text}`;
  const near = nearest(text, ACTIONS);
  return `unknown action ${text}${near === null ? `; known are ${ACTIONS.join(", ")}` : `, is ${near} meant?`}`;
}

const pathOf = (id: string, ...more: readonly string[]): string =>
  ["/v1/subscribers", encodeURIComponent(id), ...more].join("/");

async function list(api: RelayApi, json: boolean): Promise<void> {
  const page = await api.get<{ readonly items: readonly SubscriberItem[] }>("/v1/subscribers");
  if (json) {
    console.log(jsonText(page, 2));
    return;
  }
  if (page.items.length === 0) {
    console.log("There is no subscriber. docs/configuration.md says how to add one.");
    return;
  }
  const rows = page.items.map((one) => [
    one.id,
    one.state,
    `${one.delivered}`,
    `${one.pending}`,
    `${one.held}`,
    `${one.dead}`,
    one.p95 === null ? "" : `${Math.round(one.p95)} ms`,
    failureOf(one),
  ]);
  const heads = ["id", "state", "delivered", "pending", "held", "dead", "p95", "last failure"];
  for (const line of tableOf([heads, ...rows])) console.log(line);
  const advised = page.items.filter(({ advice }) => advice !== null);
  if (advised.length > 0) console.log("");
  for (const { id, advice } of advised) console.log(`${id}: ${advice}`);
}

function failureOf({ lastFailure }: SubscriberItem): string {
  if (lastFailure === null) return "";
  const { time, status, error } = lastFailure;
  const when = time === undefined ? "" : `, ${ago(time, Date.now())}`;
  return `${status ?? error ?? "no answer"}${when}`;
}

async function show(api: RelayApi, id: string): Promise<void> {
  console.log(jsonText(await api.get(pathOf(id)), 2));
}

/** How often, and how often at most, a test's delivery is looked at: 20 s in all. */
const LOOK = { every: 250, most: 80 } as const;

/** A delivery, as far as a test looks at it. */
export interface TestDelivery {
  readonly id: string;
  readonly state: string;
  readonly attempts: readonly {
    readonly status: number | null;
    readonly error: string | null;
    readonly ms: number;
  }[];
}

/** Sends a test event and waits for its first attempt; `null` when there was none in time. */
export async function sendTest(api: RelayApi, id: string): Promise<TestDelivery | null> {
  const { delivery } = await api.post<{ readonly delivery: string }>(pathOf(id, "test"), {});
  for (let left = LOOK.most; left > 0; left -= 1) {
    const { items } = await api.get<{ readonly items: readonly TestDelivery[] }>(
      `${pathOf(id, "deliveries")}?limit=100`,
    );
    const found = items.find((one) => one.id === delivery);
    if (found !== undefined && (found.attempts.length > 0 || found.state === "held")) return found;
    await pause(LOOK.every);
  }
  return null;
}

/** What became of a test, as the end of a sentence. */
export function testOutcome(delivery: TestDelivery | null): string {
  if (delivery === null) return "has not been tried within 20 seconds";
  const last = delivery.attempts.at(-1);
  if (last === undefined) return "is held: the subscriber is paused or disabled";
  const answer = printable(`${last.status ?? last.error ?? "no answer"}`).replace(/\.$/, "");
  return delivery.state === "delivered"
    ? `was delivered (${answer}, ${last.ms} ms)`
    : `was not taken: ${answer}`;
}

async function test(api: RelayApi, id: string, json: boolean): Promise<void> {
  const delivery = await sendTest(api, id);
  if (json) console.log(jsonText(delivery));
  else console.log(`The test event for ${id} ${testOutcome(delivery)}.`);
  if (delivery?.state !== "delivered") throw new Failure(`${id} did not take the test event`);
}
