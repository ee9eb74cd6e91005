// The AsyncAPI 3 document: what streams show and what subscribers get.

import { VERSION } from "../../kernel/version.ts";
import { CLOSE, SUBPROTOCOL } from "../../stream/frames.ts";
import { EVENTS, type EventDescription } from "./events.ts";
import { anyObject, flag, object, text, type Members, type Schema } from "./json-schema.ts";
import { REST } from "./schemas.ts";

/** Names of components have no dot. */
const keyOf = (name: string): string => name.replaceAll(/[._]/g, "-");

const messageRef = (name: string): Schema => ({ $ref: `#/components/messages/${keyOf(name)}` });

/** What leaves the relay by a stream: operational events and those of subscribers' own do not. */
const isStreamed = ({ name }: EventDescription): boolean => !name.startsWith("relay.");
const isDelivered = ({ name }: EventDescription): boolean => name !== "webhook.event.created";

const eventMessage = ({ name, summary, schema, example }: EventDescription): Schema => ({
  name,
  title: name,
  summary,
  contentType: "application/json",
  payload: schema,
  examples: [{ name: "example", payload: example }],
});

const HELLO = object(
  {
    type: { const: "hello" },
    cursor: text("The position before any replayed event, or the snapshot's."),
    recovered: flag("True where every event after the given cursor follows."),
  },
  { snapshot: anyObject("The present state, where `recovered` is false.") },
);

const frame = (event: Schema): Schema =>
  object(
    {
      type: { const: "event" },
      channel: text("The broadest channel of the event that was asked for."),
      cursor: text("Its position: the `id` of a server-sent event."),
      event,
    },
    { job: REST },
  );

const DELIVERY_HEADERS = object({
  "webhook-id": text("The event's id: the same for every attempt."),
  "webhook-timestamp": text("Seconds since 1970."),
  "webhook-signature": text("`v1,…` of Standard Webhooks, one for each secret."),
  "x-jobrelay-subscriber": text(),
  "x-jobrelay-event": text(),
  "x-jobrelay-attempt": text(),
});

const closeCodes = Object.values(CLOSE)
  .map(({ code, reason }) => `${code} ${reason}`)
  .join("; ");

const STREAM_FRAMES = ["hello", "frame"] as const;

const stream = (address: string, title: string, parameters: Members): Schema => ({
  address,
  title,
  description: `WebSocket (subprotocol ${SUBPROTOCOL}), server-sent events, or polls of …/events. A client resumes with \`since\`, or with \`Last-Event-ID\`. A text \`ping\` is answered \`pong\`. Close codes: ${closeCodes}. After 4000 to 4499 a client connects again.`,
  parameters,
  messages: Object.fromEntries(STREAM_FRAMES.map((name) => [name, messageRef(name)])),
  bindings: { ws: { method: "GET", bindingVersion: "0.1.0" } },
});

const channelMessages = (channel: string, names: readonly string[]): readonly Schema[] =>
  names.map((name) => ({ $ref: `#/channels/${channel}/messages/${keyOf(name)}` }));

const STREAMED = EVENTS.filter(isStreamed);
const DELIVERED = EVENTS.filter(isDelivered);

const MESSAGES = {
  hello: { name: "hello", title: "First frame", contentType: "application/json", payload: HELLO },
  frame: {
    name: "event",
    title: "Every later frame",
    contentType: "application/json",
    payload: frame({ anyOf: STREAMED.map(({ schema }) => schema) }),
  },
  ...Object.fromEntries(EVENTS.map((event) => [keyOf(event.name), eventMessage(event)])),
};

const CHANNELS = {
  job: stream("/v1/jobs/{source}/{guid}/stream", "One job", {
    source: { description: "The source's id." },
    guid: { description: "The job's id." },
  }),
  account: stream("/v1/accounts/{account}/stream", "An account", {
    account: { description: "The account's id." },
  }),
  deliveries: {
    address: null,
    title: "Deliveries to a subscriber",
    description:
      "One POST for each event, at least once, those of a job in the order of `seq`. `relay.*` goes to subscribers whose rule names it.",
    messages: Object.fromEntries(DELIVERED.map(({ name }) => [keyOf(name), messageRef(name)])),
    bindings: { http: { bindingVersion: "0.3.0" } },
  },
};

const follow = (channel: "job" | "account"): Schema => ({
  action: "send",
  channel: { $ref: `#/channels/${channel}` },
  messages: channelMessages(channel, STREAM_FRAMES),
});

/** The document. */
export const asyncApi = (): Schema => ({
  asyncapi: "3.0.0",
  info: {
    title: "Jobrelay streams and deliveries",
    version: VERSION,
    description:
      "Events of jobs, shown to viewers by streams and posted to subscribers. The schema of each event is at /schemas/{event}.json.",
    license: { name: "Apache-2.0" },
  },
  defaultContentType: "application/json",
  channels: CHANNELS,
  operations: {
    followJob: follow("job"),
    followAccount: follow("account"),
    deliver: {
      action: "send",
      channel: { $ref: "#/channels/deliveries" },
      bindings: { http: { method: "POST", bindingVersion: "0.3.0" } },
      messages: channelMessages(
        "deliveries",
        DELIVERED.map(({ name }) => name),
      ),
      description: "Headers: the schema `deliveryHeaders`. Signed after Standard Webhooks.",
    },
  },
  components: { messages: MESSAGES, schemas: { deliveryHeaders: DELIVERY_HEADERS } },
});
