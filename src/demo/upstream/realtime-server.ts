// A realtime server that speaks Centrifugo's client protocol: channels with history and recovery.

import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { HOST } from "../../cli/local/relay-process.ts";
import type { Json, JsonObject } from "../../kernel/json.ts";
import { close, listen } from "./listen.ts";
import { acceptWebSocket, type Connection, type ConnectionEvents } from "./web-socket.ts";

/** How the server behaves; each member may be changed while it runs. */
export interface RealtimeBehaviour {
  /** Seconds between two pings; 0 sends none. */
  ping: number;
  /** Seconds that a token lives; 0 is for ever. */
  ttl: number;
  /** Publications that a channel keeps. */
  history: number;
  /** What the token address answers instead of a token. */
  token: { readonly status: number; readonly body: string; readonly headers?: JsonObject } | null;
  /** What the socket's address answers instead of an upgrade. */
  refuse: number | null;
  /** Whether connections are told anything at all. */
  silent: boolean;
  /** What `connect` is answered with instead of a reply. */
  connectError: JsonObject | null;
}

/** A running server. */
export interface RealtimeServer {
  readonly url: string;
  readonly tokenUrl: string;
  readonly behaviour: RealtimeBehaviour;
  /** Open connections. */
  readonly connections: ReadonlySet<Connection>;
  /** How often a token was fetched, and a connection opened. */
  readonly counts: { tokens: number; connects: number; refreshes: number };
  /** The value of the header that the last token was asked with. */
  readonly lastKey: () => string;
  publish(channel: string, data: Json): void;
  /** Sends the last publication of a channel again, as it was. */
  repeat(channel: string): void;
  /** Loses all history: every channel begins anew. */
  loseHistory(): void;
  close(): Promise<void>;
}

/** A channel; one without an epoch has no history. */
interface Channel {
  epoch: string | null;
  offset: number;
  publications: { readonly data: Json; readonly offset: number }[];
}

/** Channels with history; all others only pass on what is published. */
const HAS_HISTORY = /^exports:/;

const newChannel = (name: string): Channel => ({
  epoch: HAS_HISTORY.test(name) ? randomBytes(4).toString("hex") : null,
  offset: 0,
  publications: [],
});

const DEFAULT_BEHAVIOUR: RealtimeBehaviour = {
  ping: 25,
  ttl: 0,
  history: 1_000,
  token: null,
  refuse: null,
  silent: false,
  connectError: null,
};

/** What a server knows. */
interface State {
  readonly behaviour: RealtimeBehaviour;
  readonly channels: Map<string, Channel>;
  readonly connections: Set<Connection>;
  /** Connections that were not told of a publication. */
  readonly behind: WeakSet<Connection>;
  readonly counts: RealtimeServer["counts"];
}

/** Starts a server whose users have these channels. */
export async function startRealtimeServer(
  channelNames: readonly string[],
  given: Partial<RealtimeBehaviour> = {},
): Promise<RealtimeServer> {
  const behaviour = { ...DEFAULT_BEHAVIOUR, ...given };
  const channels = new Map(channelNames.map((name) => [name, newChannel(name)]));
  const connections = new Set<Connection>();
  const counts = { tokens: 0, connects: 0, refreshes: 0 };
  const behind = new WeakSet<Connection>();
  const state: State = { behaviour, channels, connections, behind, counts };
  let lastKey = "";
  const server = createServer((request, response) => {
    lastKey = String(request.headers["x-auth-token"] ?? "");
    counts.tokens += 1;
    answerToken(behaviour, request, response);
  });
  server.on("upgrade", (request, socket) => {
    if (behaviour.refuse === null)
      acceptWebSocket(request, socket, (connection) => serve(state, connection));
    else socket.end(`HTTP/1.1 ${behaviour.refuse} No\r\nContent-Length: 0\r\n\r\n`);
  });
  const port = await listen(server);
  const push = (channel: string, pub: JsonObject): void => {
    for (const connection of connections) send(state, connection, { push: { channel, pub } });
  };
  return {
    url: `ws://${HOST}:${port}/connection/websocket`,
    tokenUrl: `http://${HOST}:${port}/token`,
    behaviour,
    connections,
    counts,
    lastKey: () => lastKey,
    publish: (name, data) => push(name, publish(channels, behaviour.history, name, data)),
    repeat: (name) => {
      const last = channels.get(name)?.publications.at(-1);
      if (last !== undefined) push(name, { ...last });
    },
    loseHistory: () => {
      for (const name of channels.keys()) channels.set(name, newChannel(name));
    },
    close: () => {
      for (const connection of connections) connection.destroy();
      return close(server);
    },
  };
}

function send({ behaviour, behind }: State, connection: Connection, message: JsonObject): void {
  if (!behaviour.silent) connection.send(JSON.stringify(message));
  else if (message["push"] !== undefined) behind.add(connection);
}

/** Pings a connection; one that missed a publication is closed, as by a server's look at places. */
function sendPing(state: State, connection: Connection): void {
  const { behaviour, behind } = state;
  if (behind.has(connection) && !behaviour.silent) connection.close(3_010, "insufficient state");
  else send(state, connection, {});
}

/** Answers one connection until it ends. */
function serve(state: State, connection: Connection): ConnectionEvents {
  const { behaviour, connections } = state;
  let pings: NodeJS.Timeout | undefined;
  const answer = (command: JsonObject): void => {
    const reply = replyTo(state, command);
    if (reply !== null) send(state, connection, reply);
    if (command["connect"] === undefined || reply?.["error"] !== undefined) return;
    connections.add(connection);
    if (behaviour.ping > 0)
      pings = setInterval(() => sendPing(state, connection), behaviour.ping * 1_000);
  };
  return {
    message: (text) => {
      for (const line of text.split("\n")) answer(JSON.parse(line) as JsonObject);
    },
    end: () => {
      clearInterval(pings);
      connections.delete(connection);
    },
  };
}

/** Numbers a publication where the channel has history; what is pushed of it. */
function publish(
  channels: Map<string, Channel>,
  history: number,
  name: string,
  data: Json,
): JsonObject {
  const channel = channels.get(name) ?? newChannel(name);
  channels.set(name, channel);
  if (channel.epoch === null) return { data };
  channel.offset += 1;
  channel.publications = [...channel.publications, { data, offset: channel.offset }].slice(
    -history,
  );
  const { epoch, offset } = channel;
  return { data, offset, ...(offset === 1 ? { epoch } : {}) };
}

function answerToken(
  { token }: RealtimeBehaviour,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  request.resume();
  const body = token?.body ?? JSON.stringify({ token: `token-${randomBytes(6).toString("hex")}` });
  const headers = { "content-type": "application/json", ...token?.headers } as Record<
    string,
    string
  >;
  response.writeHead(token?.status ?? 200, headers).end(body);
}

/** The reply to a command; `null` for a pong. */
function replyTo({ behaviour, channels, counts }: State, command: JsonObject): JsonObject | null {
  const id = command["id"] ?? 0;
  const { ping, ttl } = behaviour;
  const life: JsonObject = ttl > 0 ? { expires: true, ttl } : {};
  if (command["refresh"] !== undefined) {
    counts.refreshes += 1;
    return { id, refresh: life };
  }
  if (command["connect"] === undefined) return null;
  counts.connects += 1;
  if (behaviour.connectError !== null) return { id, error: behaviour.connectError };
  const asked = ((command["connect"] as JsonObject)["subs"] ?? {}) as Record<string, JsonObject>;
  const subs = Object.fromEntries(
    [...channels].map(([name, channel]) => [name, subscriptionOf(channel, asked[name])]),
  );
  const pings: JsonObject = ping > 0 ? { ping, pong: true } : {};
  return { id, connect: { client: "c", version: "6", ...life, ...pings, subs } };
}

function subscriptionOf(channel: Channel, asked: JsonObject | undefined): JsonObject {
  const { epoch, offset, publications } = channel;
  const recovering: JsonObject = asked === undefined ? {} : { was_recovering: true };
  if (epoch === null) return recovering;
  const place: JsonObject = { recoverable: true, positioned: true, epoch };
  const from = Number(asked?.["offset"] ?? -1);
  const missed = publications.filter((one) => one.offset > from);
  const isWhole = missed.length === offset - from && from <= offset;
  if (asked === undefined || asked["epoch"] !== epoch || !isWhole)
    return { ...place, ...recovering, ...(offset === 0 ? {} : { offset }) };
  const found: JsonObject =
    missed.length === 0 ? { offset } : { publications: missed, offset: from };
  return { ...place, ...recovering, recovered: true, ...found };
}
