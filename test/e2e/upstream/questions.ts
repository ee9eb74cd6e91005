// A relay with sources whose connectors reach scripted servers, and what its jobs emitted.

import type { JsonObject } from "../../../src/kernel/json.ts";
import type { JobEnvelope, JobSnapshot } from "../../../src/model/event.ts";
import { ADMIN_TOKEN, SOURCE_SECRETS, type Relay } from "../../support/relay.ts";
import { sender } from "../../support/senders.ts";
import { until } from "../../support/wait.ts";

/** The key that connectors send; no answer of the relay may show it. */
export const API_KEY = "upstream-api-key-0123456789";

/** Channels of the user that the scripted realtime server knows. */
export const CHANNELS = [
  "exports:u1",
  "webhooks:u1",
  "user:u1",
  "user_notifications_channel:u1",
] as const;

/** A source of ExportComments with a connection to `server`. */
export const realtimeSource = (
  id: string,
  server: { readonly url: string; readonly tokenUrl: string },
): JsonObject => ({
  id,
  provider: "exportcomments",
  secrets: ["COMMENTS_SECRET"],
  account: id,
  throttle: 0,
  connect: {
    kind: "centrifugo",
    url: server.url,
    tokenUrl: server.tokenUrl,
    tokenHeader: "X-AUTH-TOKEN",
    tokenSecret: "API_KEY",
  },
});

/** A source of EmailEngine that polls `server` once a second. */
export const pollingSource = (id: string, server: { readonly url: string }): JsonObject => ({
  id,
  provider: "emailengine",
  secrets: ["EMAIL_SECRET"],
  throttle: 0,
  poll: { url: server.url, tokenSecret: "API_KEY", every: 1 },
});

/** A connector as `GET /v1/sources` shows it. */
export interface ConnectorJson {
  readonly state: string;
  readonly reconnects: number;
  readonly lastError: string | null;
  readonly gaps: number;
  readonly watching: number | null;
  readonly counts: Readonly<Record<string, number>>;
}

/** Questions that a test asks of a relay. */
export interface Questions {
  readonly get: <T>(path: string) => Promise<T>;
  readonly text: (path: string) => Promise<string>;
  readonly post: (path: string, body: JsonObject) => Promise<Response>;
  readonly connector: (source: string) => Promise<ConnectorJson>;
  /** Resolves once the connector of a source fits. */
  readonly untilConnector: (
    source: string,
    fits: (connector: ConnectorJson) => boolean,
    timeout?: number,
  ) => Promise<ConnectorJson>;
  readonly job: (source: string, guid: string) => Promise<JobSnapshot | null>;
  readonly events: (source: string, guid: string) => Promise<readonly JobEnvelope[]>;
  /** Resolves once a job has emitted an event of that name. */
  readonly untilEvent: (
    source: string,
    guid: string,
    event: string,
    timeout?: number,
  ) => Promise<readonly JobEnvelope[]>;
}

/** Asks the relay at `url`. */
export function questionsTo({ url }: Pick<Relay, "url">): Questions {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" };
  const text = async (path: string): Promise<string> => {
    const answer = await fetch(url + path, { headers });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return answer.text();
  };
  const get = async <T>(path: string): Promise<T> => JSON.parse(await text(path)) as T;
  const connector = async (source: string): Promise<ConnectorJson> => {
    const { items } = await get<{
      readonly items: readonly { readonly id: string; readonly connector: ConnectorJson | null }[];
    }>("/v1/sources");
    const found = items.find(({ id }) => id === source)?.connector;
    if (found === undefined || found === null) throw new Error(`no connector of ${source}`);
    return found;
  };
  const events = async (source: string, guid: string): Promise<readonly JobEnvelope[]> => {
    const path = `/v1/jobs/${source}/${encodeURIComponent(guid)}/events`;
    const answer = await fetch(url + path, { headers });
    if (answer.status === 404) return [];
    const { items } = (await answer.json()) as {
      readonly items: readonly { readonly event: JobEnvelope }[];
    };
    return items.map(({ event }) => event);
  };
  return {
    get,
    text,
    connector,
    events,
    post: (path, body) =>
      fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) }),
    untilConnector: async (source, fits, timeout = 60_000) => {
      let last: ConnectorJson | null = null;
      const look = async (): Promise<ConnectorJson | null> => {
        last = await connector(source);
        return fits(last) ? last : null;
      };
      return until(look, { timeout, every: 50, what: `the connector of ${source}` }).catch(
        (error: unknown) => {
          throw new Error(`it stays ${JSON.stringify(last)}`, { cause: error });
        },
      );
    },
    job: async (source, guid) => {
      const answer = await fetch(`${url}/v1/jobs/${source}/${guid}`, { headers });
      return answer.ok ? ((await answer.json()) as JobSnapshot) : null;
    },
    untilEvent: async (source, guid, event, timeout = 60_000) => {
      let last: readonly JobEnvelope[] = [];
      const look = async (): Promise<readonly JobEnvelope[] | null> => {
        last = await events(source, guid);
        return last.some((one) => one.event === event) ? last : null;
      };
      return until(look, { timeout, every: 50, what: event }).catch((error: unknown) => {
        throw new Error(`${guid} has ${last.map((one) => one.event).join(", ")}`, { cause: error });
      });
    },
  };
}

/** The names of events, in order. */
export const namesOf = (events: readonly JobEnvelope[]): readonly string[] =>
  events.map(({ event }) => event);

/** Posts a webhook of ExportComments. */
export const commentsWebhook = (relay: Pick<Relay, "url">, source: string) =>
  sender(relay.url, { provider: "exportcomments", source, secret: SOURCE_SECRETS.exportcomments });
