// `listen`: streams a relay's events to a local address, signed as a delivery is.

import { parseBody } from "../../kernel/json.ts";
import { utf8 } from "../../kernel/bytes.ts";
import { isJobEvent, nameOf, type JobSnapshot, type RelayEvent } from "../../model/event.ts";
import { parseSecret } from "../../model/signing-secret.ts";
import { followAccounts, type TakenFrame } from "../accounts.ts";
import { relayCommand, REMOTE_ARGS, UsageError } from "../command.ts";
import { FILTER_ARGS, filterOf, type EventFilter } from "../event-filter.ts";
import { newSigningSecret } from "../keys.ts";
import { eventsOf } from "../listen/events.ts";
import { forward, type ForwardOptions, type Forwarded } from "../listen/forward.ts";
import { positionsOf, type Positions } from "../listen/positions.ts";
import { padTo, painter, jsonText } from "../paint.ts";
import { reach, relayApi, type RelayApi } from "../relay-api.ts";
import { jobsOf } from "../stream-client.ts";

/** Runs until it is interrupted or refused. */
export const listen = relayCommand({
  name: "listen",
  description: "Forward a relay's events to a local address until Ctrl-C",
  args: {
    ...REMOTE_ARGS,
    forward: {
      type: "string",
      description: "Where events are posted, as in http://localhost:3000/hook",
      valueHint: "url",
      required: true,
    },
    secret: {
      type: "string",
      description: "Signs what is posted (whsec_…); by default a new one, which is printed",
      valueHint: "whsec",
    },
    insecure: {
      type: "boolean",
      description: "Take any certificate of the local address, as a self-signed one",
      default: false,
    },
    ...FILTER_ARGS,
    fresh: {
      type: "boolean",
      description: "Begin now, not where the last run with these options stopped",
      default: false,
    },
  },
  run: async (args) => {
    const url = addressOf(args.forward);
    const secret = args.secret ?? newSigningSecret();
    const key = keyOf(secret);
    const api = relayApi(args);
    const { account = null, source = null, event = null } = args;
    const print = printer(args.json);
    const positions = positionsOf([api.url, url, account, source, event], {
      isFresh: args.fresh,
      onUnwritable: (reason) =>
        print.note(`The next run cannot go on where this one ends: ${reason}`),
    });
    const begin = positions.since ?? (await timeOf(api.url));
    print.start({ relay: api.url, url, secret, since: positions.since });
    const target = {
      url,
      key,
      isInsecure: args.insecure,
      onWaiting: (why: string): void => print.note(why),
    };
    const rest = { positions, filter: filterOf(args), print };
    const run = new Run(api, target, rest, begin);
    await followAccounts(api, {
      account,
      // What is never forwarded to a subscriber is not forwarded here.
      channels: (name) => `exports:${name},user:${name}`,
      since: (name) => positions.cursorOf(name),
      onFrame: (name, taken) => run.take(name, taken),
      onLost: () => print.note("The relay cannot be reached; going on as soon as it can."),
    });
  },
});

/** The time of the relay, or of this machine where that is earlier: it decides what is new. */
async function timeOf(relay: string): Promise<string> {
  const answer = await reach(`${relay}/healthz`, {});
  await answer.arrayBuffer();
  const said = Date.parse(answer.headers.get("date") ?? "");
  const here = Date.now();
  return new Date(Number.isNaN(said) ? here : Math.min(said, here)).toISOString();
}

function addressOf(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new UsageError(
      `--forward needs an address, as in http://localhost:3000/hook, not ${text}`,
    );
  return text;
}

function keyOf(secret: string): Uint8Array<ArrayBuffer> {
  const parsed = parseSecret(secret);
  if (!parsed.ok) throw new UsageError(`--secret ${parsed.fault}`);
  if (parsed.value.kind !== "hmac") throw new UsageError("--secret must begin with whsec_");
  return parsed.value.key;
}

interface Rest {
  readonly positions: Positions;
  readonly filter: EventFilter;
  readonly print: Printer;
}

/** One run: forwards event after event, and remembers what it has forwarded from a job's log. */
class Run {
  readonly #api: RelayApi;
  readonly #target: ForwardOptions;
  readonly #rest: Rest;
  readonly #begin: string;
  readonly #known = new Set<string>();
  readonly #opened = new Set<string>();

  constructor(api: RelayApi, target: ForwardOptions, rest: Rest, begin: string) {
    this.#api = api;
    this.#target = target;
    this.#rest = rest;
    this.#begin = begin;
  }

  async take(account: string, { frame, text }: TakenFrame): Promise<void> {
    const { positions, print } = this.#rest;
    if (frame.type === "event") await this.#forward(eventIn(text) ?? frame.event);
    else if (this.#opened.has(account) && !frame.recovered)
      print.note(`The relay could not resume ${account}: events may be missing here.`);
    // An account that appeared meanwhile has events from before its stream was opened.
    else if (!frame.recovered) {
      if (positions.cursorOf(account) !== null)
        print.note(`The relay could not resume ${account}: events may be missing here.`);
      await this.#forwardLogs(jobsOf(frame.snapshot));
    }
    this.#opened.add(account);
    positions.keep(account, frame.cursor);
  }

  async #forwardLogs(jobs: readonly JobSnapshot[]): Promise<void> {
    const events: RelayEvent[] = [];
    for (const { source, guid, updatedAt } of jobs) {
      if (updatedAt < this.#begin) continue;
      events.push(...(await eventsOf(this.#api, source, guid)));
    }
    const missed = events.filter(({ time }) => time >= this.#begin);
    for (const event of missed.toSorted((a, b) => (a.time < b.time ? -1 : 1))) {
      await this.#forward(event);
      this.#known.add(event.id);
    }
  }

  async #forward(event: RelayEvent): Promise<void> {
    if (this.#known.has(event.id) || !this.#rest.filter.lets(event)) return;
    this.#rest.print.event(event, await forward(event, this.#target));
  }
}

/** The event of a frame with all digits of its numbers. */
function eventIn(text: string): RelayEvent | null {
  const frame = parseBody(utf8(text));
  return frame.ok ? ((frame.value as { readonly event?: RelayEvent }).event ?? null) : null;
}

interface Beginning {
  readonly relay: string;
  readonly url: string;
  readonly secret: string;
  readonly since: string | null;
}

interface Printer {
  start(beginning: Beginning): void;
  event(event: RelayEvent, answer: Forwarded): void;
  note(text: string): void;
}

function printer(json: boolean): Printer {
  if (json)
    return {
      start: (beginning) => console.log(jsonText({ type: "listening", ...beginning })),
      event: (event, answer) =>
        console.log(jsonText({ type: "forwarded", id: event.id, event: nameOf(event), ...answer })),
      note: (text) => console.error(text),
    };
  const paint = painter(process.stdout.isTTY, process.env);
  return {
    start: ({ relay, url, secret, since }) => {
      console.log(`Forwarding events of ${relay} to ${url}`);
      console.log(`Signed with ${secret}`);
      if (since !== null) console.log(`Going on after ${since}; --fresh begins now.`);
      console.log(paint("dim", "Stop with Ctrl-C."));
    },
    event: (event, { status, ms }) => {
      const isGood = status !== null && status >= 200 && status < 300;
      const subject = isJobEvent(event)
        ? `${event.source}/${event.guid} #${event.seq}`
        : event.source;
      const answer = status === null ? "no answer in 15 s" : `${status} in ${ms} ms`;
      console.log(
        `${paint("dim", event.time.slice(11, 19))}  ${padTo(nameOf(event), 20)}  ${subject}  ${paint(isGood ? "green" : "red", answer)}`,
      );
    },
    note: (text) => console.log(paint("yellow", text)),
  };
}
