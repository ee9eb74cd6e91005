// `doctor`: whether a relay is reachable, configured, and passes events on.

import { randomUUID } from "node:crypto";
import { Failure, relayCommand, REMOTE_ARGS } from "../command.ts";
import { clockOf, healthOf, streamedAfter, type Finding, type Streamed } from "../doctor/probes.ts";
import { painter, jsonText } from "../paint.ts";
import { relayApi, relayUrl, type RelayApi } from "../relay-api.ts";
import { connection, sourcesOf } from "./sources.ts";
import { sendTest, testOutcome, type SubscriberItem } from "./subscribers.ts";

/** Exit code 1 when something is wrong. */
export const doctor = relayCommand({
  name: "doctor",
  description: "Say whether a relay is reachable, configured, and passes events on",
  args: {
    ...REMOTE_ARGS,
    events: {
      type: "boolean",
      description: "Send a sample job through the relay and a test event to each subscriber",
      negativeDescription: "Send nothing: subscribers of a relay in use get no test events",
      default: true,
    },
  },
  run: async (args) => {
    const findings: Finding[] = [];
    const paint = painter(process.stdout.isTTY, process.env);
    const tell = (finding: Finding): void => {
      findings.push(finding);
      const good = finding.note === true ? paint("yellow", "!") : paint("green", "✓");
      const mark = finding.ok ? good : paint("red", "✗");
      if (!args.json) console.log(`${mark} ${finding.text}`);
    };
    await examine(args, args.events, tell);
    const wrong = findings.filter(({ ok }) => !ok).length;
    if (args.json) console.log(jsonText({ ok: wrong === 0, findings }, 2));
    if (wrong > 0) throw new Failure(`${wrong} of ${findings.length} checks failed`);
    if (!args.json) console.log(paint("green", "Everything works."));
  },
});

type Tell = (finding: Finding) => void;

async function examine(
  choice: { readonly url?: string | undefined; readonly token?: string | undefined },
  withEvents: boolean,
  tell: Tell,
): Promise<void> {
  const url = relayUrl(choice);
  const { findings, answer } = await healthOf(url);
  for (const finding of findings) tell(finding);
  if (answer === null) return;
  tell(clockOf(answer));
  const api = await attempt("token", tell, async () => {
    const made = relayApi(choice);
    await made.get("/v1/sources");
    return { text: "The relay accepts the admin token.", value: made };
  });
  if (api === null) return;
  await attempt("streams", tell, async () => {
    await api.post("/v1/tokens", { account: "doctor", expiresIn: 60 });
    return { text: "The relay signs stream tokens (STREAM_SECRET is set).", value: null };
  });
  await examineSources(api, tell);
  const job = withEvents ? await examineWebhook(api, tell) : null;
  await examineSubscribers(api, withEvents, tell);
  if (job !== null) await api.delete(job.path).catch(() => undefined);
}

/** Tells of each source that refuses what comes, or whose connector is refused. */
async function examineSources(api: RelayApi, tell: Tell): Promise<void> {
  for (const { id, connector, advice } of (await sourcesOf(api)).items) {
    if (advice === null) continue;
    const state = connector?.state === "failed" ? ` (${connection(connector, Date.now())})` : "";
    tell({ name: `source ${id}`, ok: false, text: `Source ${id} needs you${state}: ${advice}` });
  }
}

/** Runs a check; a `Failure` of it is what is wrong. */
async function attempt<T>(
  name: string,
  tell: Tell,
  check: () => Promise<{ readonly text: string; readonly value: T }>,
): Promise<T | null> {
  try {
    const { text, value } = await check();
    tell({ name, ok: true, text });
    return value;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    tell({ name, ok: false, text: error.message });
    return null;
  }
}

async function examineWebhook(api: RelayApi, tell: Tell): Promise<Streamed | null> {
  const { items } = await api.get<{
    readonly items: readonly { readonly id: string; readonly provider: string }[];
  }>("/v1/sources");
  const source = items.find(({ provider }) => provider === "exportcomments");
  if (source === undefined) {
    tell({
      name: "webhook",
      ok: items.length > 0,
      text:
        items.length > 0
          ? "No source can be given a sample (it needs one of exportcomments): send a webhook with `send`."
          : "There is no source: nothing can be received.",
    });
    return null;
  }
  return attempt("webhook", tell, async () => {
    const value = await streamedAfter(api, source.id, randomUUID());
    const text = `A signed test webhook to /hooks/${source.id} reached the stream of account ${value.account} in ${value.ms} ms.`;
    return { text, value };
  });
}

/** Tells of each subscriber whether it takes deliveries, and sends it a test event if wanted. */
async function examineSubscribers(api: RelayApi, withEvents: boolean, tell: Tell): Promise<void> {
  const { items } = await api.get<{ readonly items: readonly SubscriberItem[] }>("/v1/subscribers");
  if (items.length === 0)
    tell({
      name: "subscribers",
      ok: true,
      text: "There is no subscriber: events are streamed only.",
    });
  for (const { id, state, dead, advice } of items) {
    const name = `subscriber ${id}`;
    if (state === "paused" || state === "disabled" || (state === "probing" && !withEvents)) {
      tell({ name, ok: false, text: `Subscriber ${id} is ${state}: ${advice}` });
      continue;
    }
    if (dead > 0) {
      const deliveries = dead === 1 ? "1 dead delivery" : `${dead} dead deliveries`;
      tell({ name, ok: true, note: true, text: `Subscriber ${id} has ${deliveries}: ${advice}` });
    }
    if (!withEvents) continue;
    const delivery = await sendTest(api, id);
    tell({
      name,
      ok: delivery?.state === "delivered",
      text: `The test event for subscriber ${id} ${testOutcome(delivery)}.`,
    });
  }
}
