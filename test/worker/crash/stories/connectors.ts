// Connectors of both kinds: a realtime server that remembers its publications, and an export API.

import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import type { ConnectorView } from "../../../../src/model/connector.ts";
import { upstreamObject } from "../../../../src/objects.ts";
import type { Json, JsonObject } from "../../../../src/kernel/json.ts";
import { interruptedMessage } from "../interruptions.ts";
import { checkJob, eventsOf, hasArrived, type Expected, type Story } from "../story.ts";
import { addServer, addSource, note, send, settle, tick, until } from "../world.ts";

const LIVE = addSource({
  id: "live",
  provider: "exportcomments",
  throttle: 0,
  connect: {
    kind: "centrifugo",
    url: "https://live.example.com/socket",
    tokenUrl: "https://live.example.com/token",
    tokenHeader: "x-auth-token",
    tokenSecret: "COMMENTS_SECRET",
  },
});
const MAIL = addSource({
  id: "mail",
  provider: "emailengine",
  throttle: 0,
  poll: { url: "https://mail.example.com", tokenSecret: "EMAIL_SECRET", every: 1 },
});

const CHANNEL = "exports:u1";
const EPOCH = "e1";
/** Everything that was published; an offset is the place in it, from 1. */
const published: JsonObject[] = [];
let sockets: WebSocket[] = [];

const publication = (data: JsonObject, index: number): JsonObject => ({ offset: index + 1, data });

/** Answers a `connect` with what was missed. */
function connectReply(command: JsonObject): JsonObject {
  const { subs } = command["connect"] as { subs?: Record<string, { offset?: number }> };
  const asked = subs?.[CHANNEL];
  const all = published.map(publication);
  const missed = asked === undefined ? [] : all.slice(asked.offset ?? 0);
  const place = asked === undefined ? { offset: all.length } : { offset: asked.offset ?? 0 };
  const sub = { recoverable: true, epoch: EPOCH, ...place, recovered: asked !== undefined };
  return {
    id: 1,
    connect: { client: "c", subs: { [CHANNEL]: { ...sub, publications: missed as Json[] } } },
  };
}

function connect(): Response {
  const { 0: client, 1: socket } = new WebSocketPair();
  socket.accept();
  sockets = [...sockets, socket];
  socket.addEventListener("message", ({ data }) => {
    const command = JSON.parse(String(data)) as JsonObject;
    if (command["connect"] !== undefined) deliver(socket, "connect", connectReply(command));
  });
  return new Response(null, { status: 101, webSocket: client });
}

/** Sends a message, which may get lost with its socket. */
function deliver(socket: WebSocket, name: string, message: JsonObject): void {
  const { arrives, lives } = interruptedMessage(name);
  try {
    if (arrives) socket.send(JSON.stringify(message));
    if (!lives) socket.close(1_011, "the server is gone");
  } catch {
    // The relay has left.
  }
  if (!lives) sockets = sockets.filter((one) => one !== socket);
}

addServer("live.example.com", (request) =>
  request.url.endsWith("/token") ? Response.json({ token: "jwt" }) : connect(),
);

/** Publishes; a socket may be used by the object alone that has opened it. */
async function publish(data: JsonObject): Promise<void> {
  published.push(data);
  const pub = publication(data, published.length - 1);
  await runInDurableObject(env.UPSTREAM.getByName(LIVE), () => {
    for (const socket of sockets)
      deliver(socket, "publication", { push: { channel: CHANNEL, pub } });
  }).catch(() => undefined);
  await tick();
}

/** The connector of a source; read past the interruptions. */
const stateOf = async (source: string): Promise<ConnectorView | null> =>
  upstreamObject(env, source)
    .state()
    .catch(() => null);

/** A connection has to stand within ten seconds, so time must not run away from it. */
const PACE = { rounds: 90, roundMs: 3_000, pauseMs: 5 };

export const realtime: Story = {
  name: "a job that a realtime server tells of",
  leastSteps: 60,
  async play(n) {
    const guid = `live-${n}`;
    const job: Expected = {
      source: LIVE,
      guid,
      account: LIVE,
      events: ["1 job.created", "2 job.progress", "3 job.finished"],
      viewers: [],
    };
    await settle(async () => (await stateOf(LIVE))?.status === "connected", PACE);
    await publish({ event: "job.created", guid, status: "queueing", url: null });
    await publish({
      event: "job.progress",
      guid,
      status: "progress",
      url: null,
      current: 4,
      total: 9,
    });
    await publish({ event: "job.finished", guid, status: "done", url: null });
    // The server's webhook says the same once more. One that comes before what is tried again would
    // make the end of the job by itself, and what it overtook would be late.
    await settle(async () => (await eventsOf(LIVE, guid)).at(-1)?.event === "job.finished", PACE);
    await send(LIVE, { event: "job.finished", guid, status: "done", url: null });
    return { isDone: () => hasArrived(job), check: () => checkJob(job), pace: PACE };
  },
};

/** Looks at each export so far; two looks show the same. */
const looks = new Map<string, number>();

addServer("mail.example.com", (request) => {
  const { pathname } = new URL(request.url);
  if (pathname.endsWith("/exports")) return Response.json({ exports: [], pages: 1 });
  const seen = looks.get(pathname) ?? 0;
  looks.set(pathname, seen + 1);
  if (seen < 2) return Response.json({ status: "queued", progress: {} });
  const progress = { messagesQueued: 9, messagesExported: 4, messagesSkipped: 0 };
  if (seen < 4) return Response.json({ status: "processing", phase: "exporting", progress });
  return Response.json({ status: "completed", progress: { ...progress, messagesExported: 9 } });
});

export const polled: Story = {
  name: "an export that is polled",
  leastSteps: 80,
  async play(n) {
    const guid = `mail-${n}`;
    const account = `box-${n}`;
    const answer = await until("POST", `/v1/sources/${MAIL}/watch`, {
      body: { account, exportId: guid },
    });
    if (answer.status !== 202) note(`watch answered ${answer.status}`);
    const events = ["1 job.created", "2 job.progress", "3 job.finished"];
    const job: Expected = { source: MAIL, guid, account, events, viewers: [] };
    await settle(async () => (await eventsOf(MAIL, guid)).at(-1)?.event === "job.finished");
    await send(MAIL, {
      event: "exportCompleted",
      account,
      data: { exportId: guid, messagesExported: 9, messagesSkipped: 0 },
    });
    return {
      isDone: async () => (await hasArrived(job)) && (await stateOf(MAIL))?.watching === 0,
      check: async () => {
        await checkJob(job);
        if ((await stateOf(MAIL))?.watching !== 0) note("the export is polled still");
      },
    };
  },
};
