// The official centrifuge SDK, unchanged, against the real Worker: in JSON and in Protobuf.

import {
  Centrifuge,
  State,
  type Options,
  type PublicationContext,
  type ServerPublicationContext,
} from "centrifuge";
import { Centrifuge as ProtobufCentrifuge } from "centrifuge/build/protobuf";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ADMIN_TOKEN, SOURCE_SECRETS, startRelay, type Relay } from "../support/relay.ts";
import { exportComments, sender } from "../support/senders.ts";
import { begunInTime, BOUND_MS, until } from "../support/wait.ts";

let relay: Relay;

/** The SDK of the encoding that is tested. */
let Sdk = Centrifuge;

/** What is sent in an encoding that has documents as bytes. */
const sent = (data: unknown): unknown =>
  Sdk === Centrifuge ? data : new TextEncoder().encode(JSON.stringify(data));

/** A publication whose document is read, whatever the encoding. */
const read = <T extends { data: unknown }>(publication: T): T => ({
  ...publication,
  data: documentOf(publication.data),
});
const documentOf = (data: unknown): unknown =>
  data instanceof Uint8Array ? (JSON.parse(new TextDecoder().decode(data)) as unknown) : data;

const clients: Centrifuge[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});

async function tokenFor(
  request: { account?: string; channels?: readonly string[]; expiresIn?: number } = {},
): Promise<string> {
  const answer = await fetch(`${relay.url}/v1/tokens`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ account: "acme", expiresIn: 3_600, ...request }),
  });
  const { token } = (await answer.json()) as { readonly token: string };
  return token;
}

/** Every WebSocket that clients opened, to break one. */
const sockets: WebSocket[] = [];
class BreakableSocket extends WebSocket {
  constructor(url: string, protocols?: string | string[]) {
    super(url, protocols);
    sockets.push(this);
  }
}

/** What a client reported, in its order. */
interface Observed {
  readonly client: Centrifuge;
  readonly connecting: number[];
  readonly errors: number[];
  readonly disconnected: { code: number; reason: string }[];
  readonly publications: ServerPublicationContext[];
  readonly recovered: boolean[];
  readonly subscribed: string[];
}

const endpoint = (account = "acme"): string =>
  `${relay.url.replace("http", "ws")}/v1/accounts/${account}/connection/websocket`;

function listen(options: Partial<Options>, url = endpoint()): Observed {
  const client = new Sdk(url, {
    websocket: BreakableSocket,
    minReconnectDelay: 50,
    maxReconnectDelay: 300,
    ...options,
  });
  const observed: Observed = {
    client,
    connecting: [],
    errors: [],
    disconnected: [],
    publications: [],
    recovered: [],
    subscribed: [],
  };
  client.on("connecting", ({ code }) => observed.connecting.push(code));
  client.on("error", ({ error }) => observed.errors.push(error.code));
  client.on("disconnected", ({ code, reason }) => observed.disconnected.push({ code, reason }));
  client.on("publication", (publication) => observed.publications.push(read(publication)));
  client.on("subscribed", ({ channel, wasRecovering, recovered }) => {
    observed.subscribed.push(channel);
    if (wasRecovering) observed.recovered.push(recovered);
  });
  clients.push(client);
  client.connect();
  return observed;
}

const connected = async ({ client }: Observed): Promise<void> => client.ready(BOUND_MS);
const disconnected = (observed: Observed): Promise<unknown> =>
  until(() => observed.disconnected[0], { what: "the client to give up" });
const ofJob = (publications: readonly PublicationContext[], guid: string): PublicationContext[] =>
  publications.filter(({ data }) => data.guid === guid);
const names = (publications: readonly PublicationContext[]): unknown[] =>
  publications.map(({ data }) => `${data.seq} ${data.event}`);

/** Posts signed messages about an export and says which. */
const provider = () =>
  sender(relay.url, {
    provider: "exportcomments",
    source: "comments",
    secret: SOURCE_SECRETS.exportcomments,
  });
const job = (guid: string): exportComments.CommentsExport => ({
  guid,
  page: "https://example.com/video",
  total: 10,
});

const observedOf = (observed: Observed, guid: string, count: number): Promise<unknown> =>
  until(() => ofJob(observed.publications, guid).length >= count, {
    what: `${count} publications of ${guid}`,
  });

describe.each([
  ["JSON", Centrifuge],
  ["Protobuf", ProtobufCentrifuge as unknown as typeof Centrifuge],
])("in %s", (_encoding, sdk) => {
  beforeAll(async () => {
    Sdk = sdk;
    relay = await startRelay();
  });
  afterAll(() => relay.stop());

  describe("a client", () => {
    test("is subscribed to its account and gets a job's events in order, with growing offsets", async () => {
      const observed = listen({ token: await tokenFor() });
      await connected(observed);
      const send = provider();
      await send(exportComments.created(job("hears")));
      await send(exportComments.progress(job("hears"), 3));
      await send(exportComments.finished(job("hears")));
      await observedOf(observed, "hears", 3);
      expect(observed.subscribed).toEqual(["exports:acme", "webhooks:acme", "user:acme"]);
      const publications = ofJob(observed.publications, "hears");
      expect(names(publications)).toEqual(["1 job.created", "2 job.progress", "3 job.finished"]);
      expect(publications.map(({ channel }) => channel)).toEqual(Array(3).fill("exports:acme"));
      const offsets = publications.map(({ offset }) => offset ?? 0);
      expect(offsets).toEqual(offsets.toSorted((left, right) => left - right));
      expect(publications[2]?.data).toMatchObject({
        version: "v3-beta",
        source: "comments",
        account: "acme",
        status: "done",
      });
    });

    test("gets its token by getToken", async () => {
      const observed = listen({ getToken: () => tokenFor() });
      await connected(observed);
      expect([observed.connecting, observed.disconnected]).toEqual([[0], []]);
    });

    test("may carry its token in the address", async () => {
      const observed = listen(
        {},
        `${endpoint()}?token=${await tokenFor({ channels: ["webhooks:acme"] })}`,
      );
      await connected(observed);
      await until(() => observed.subscribed.length > 0, { what: "the subscription" });
      expect(observed.subscribed).toEqual(["webhooks:acme"]);
    });

    test("subscribes to one job that does not exist yet, and unsubscribes", async () => {
      const observed = listen({ token: await tokenFor() });
      const subscription = observed.client.newSubscription("export.single.job");
      const publications: PublicationContext[] = [];
      subscription.on("publication", (publication) => publications.push(read(publication)));
      const state = new Promise((resolve) => {
        subscription.once("subscribed", ({ data }) => resolve(documentOf(data)));
      });
      subscription.subscribe();
      expect(await state).toEqual({ account: "acme", jobs: [] });
      const send = provider();
      await send(exportComments.created(job("single")));
      await send(exportComments.created(job("another")));
      await send(exportComments.failed(job("single"), "video not found"));
      await until(() => publications.length >= 2, { what: "the job's events" });
      subscription.unsubscribe();
      await send(exportComments.requeued(job("single")));
      await observedOf(observed, "single", 3);
      expect(names(publications)).toEqual(["1 job.created", "2 job.failed"]);
      subscription.subscribe();
      await subscription.ready(BOUND_MS);
      await send(exportComments.finished(job("single")));
      await until(() => publications.length >= 4, { what: "the events since" });
      expect(names(publications)).toEqual([
        "1 job.created",
        "2 job.failed",
        "3 job.requeued",
        "4 job.finished",
      ]);
    });

    test("reads the history of a channel, in both directions and page by page", async () => {
      const observed = listen({ token: await tokenFor() });
      const send = provider();
      const channel = "export.past.job";
      for (const message of [exportComments.created, exportComments.finished])
        await send(message(job("past")));
      await connected(observed);
      const all = await until(
        async () => {
          const history = await observed.client.history(channel, { limit: -1 });
          return history.publications.length === 2 && history;
        },
        { what: "both events in the history" },
      );
      expect(names(all.publications.map(read))).toEqual(["1 job.created", "2 job.finished"]);
      const since = { offset: all.publications[0]?.offset ?? 0, epoch: all.epoch };
      const rest = await observed.client.history(channel, { since, limit: 10 });
      expect(names(rest.publications.map(read))).toEqual(["2 job.finished"]);
      const newest = await observed.client.history(channel, { limit: 1, reverse: true });
      expect(names(newest.publications.map(read))).toEqual(["2 job.finished"]);
      await expect(
        observed.client.history(channel, { since: { offset: 1, epoch: "ffff" }, limit: 1 }),
      ).rejects.toMatchObject({ code: 112 });
    });
  });

  describe("a client whose connection breaks", () => {
    test("recovers everything that it missed, on the account's channel and on the job's, once and in order", async () => {
      let reconnect: Promise<void> | null = null;
      const observed = listen({
        token: await tokenFor(),
        getData: async () => {
          await reconnect;
          return sent({});
        },
      });
      const subscription = observed.client.newSubscription("export.broken.job");
      const single: PublicationContext[] = [];
      const recovered: boolean[] = [];
      subscription.on("publication", (publication) => single.push(read(publication)));
      subscription.on(
        "subscribed",
        (context) => context.wasRecovering && recovered.push(context.recovered),
      );
      subscription.subscribe();
      await subscription.ready(BOUND_MS);
      const send = provider();
      await send(exportComments.created(job("broken")));
      await observedOf(observed, "broken", 1);
      const { promise, resolve } = Promise.withResolvers<void>();
      reconnect = promise;
      sockets.at(-1)?.close();
      await until(() => observed.client.state === State.Connecting, {
        what: "the client to notice",
      });
      await send(exportComments.failed(job("broken"), "once"));
      await send(exportComments.requeued(job("broken")));
      resolve();
      await connected(observed);
      await send(exportComments.finished(job("broken")));
      await observedOf(observed, "broken", 4);
      await until(() => single.length >= 4, { what: "the job's own channel" });
      const all = ["1 job.created", "2 job.failed", "3 job.requeued", "4 job.finished"];
      expect(names(ofJob(observed.publications, "broken"))).toEqual(all);
      expect(names(single)).toEqual(all);
      expect([observed.recovered, recovered]).toEqual([[true, true, true], [true]]);
    });

    test("recovers three times in a row what was published while it was away, each time once", async () => {
      let reconnect: Promise<void> | null = null;
      const observed = listen({
        token: await tokenFor(),
        getData: async () => {
          await reconnect;
          return sent({});
        },
      });
      await connected(observed);
      const send = provider();
      await send(exportComments.created(job("thrice")));
      await observedOf(observed, "thrice", 1);
      for (let time = 1; time <= 3; time += 1) {
        const { promise, resolve } = Promise.withResolvers<void>();
        reconnect = promise;
        sockets.at(-1)?.close();
        await until(() => observed.client.state === State.Connecting, {
          what: "the client to notice",
        });
        await send(exportComments.failed(job("thrice"), `time ${time}`));
        await send(exportComments.requeued(job("thrice")));
        resolve();
        await connected(observed);
        await observedOf(observed, "thrice", 1 + 2 * time);
      }
      await send(exportComments.finished(job("thrice")));
      await observedOf(observed, "thrice", 8);
      expect(ofJob(observed.publications, "thrice").map(({ data }) => data.seq)).toEqual([
        1, 2, 3, 4, 5, 6, 7, 8,
      ]);
      expect(observed.recovered.every(Boolean)).toBe(true);
    });

    test("recovers across a relay that is killed and started again", async () => {
      const observed = listen({ token: await tokenFor() });
      await connected(observed);
      await provider()(exportComments.created(job("killed")));
      await observedOf(observed, "killed", 1);
      const { port, persistTo } = relay;
      await relay.kill();
      const dead = relay;
      relay = await startRelay({ port, persistTo });
      await provider()(exportComments.finished(job("killed")));
      await observedOf(observed, "killed", 2);
      expect(names(ofJob(observed.publications, "killed"))).toEqual([
        "1 job.created",
        "2 job.finished",
      ]);
      expect(observed.recovered.every(Boolean)).toBe(true);
      expect(dead.port).toBe(relay.port);
    });
  });

  describe("a token", () => {
    test("that ends soon is refreshed in time, without a break", async () => {
      const observed = await begunInTime(async (life) => {
        let first = Number.POSITIVE_INFINITY;
        let last = first;
        const one = listen({
          getToken: async () => {
            last = Date.now();
            first = Math.min(first, last);
            return tokenFor({ expiresIn: life });
          },
        });
        // A token that is asked for after the end of the first one is the third.
        await until(() => last > first + 1_000 * life || one.connecting.length > 1, {
          timeout: 2_000 * life + 20_000,
          what: "a token after the end of the first one",
        });
        const guid = `refreshed-${life}`;
        await provider()(exportComments.created(job(guid)));
        await observedOf(one, guid, 1);
        // A busy machine may miss the end of a short one; a relay that never refreshes misses all.
        return one.connecting.length > 1 ? null : one;
      });
      expect([observed.connecting, observed.disconnected]).toEqual([[0], []]);
    });

    test("that is refreshed with another channel subscribes to that one, and leaves the one before", async () => {
      const { observed, unsubscribed } = await begunInTime(async (life) => {
        const channels = [["export.first.job"], ["user:acme", "export.second.job"]];
        const left: string[] = [];
        const one = listen({
          getToken: () =>
            tokenFor({ channels: channels.shift() ?? ["user:acme"], expiresIn: life }),
        });
        one.client.on("unsubscribed", ({ channel }) => left.push(channel));
        await until(() => left.includes("export.first.job") || one.connecting.length > 1, {
          what: "the change",
        });
        return one.connecting.length > 1 ? null : { observed: one, unsubscribed: left };
      });
      await until(() => observed.subscribed.length >= 3, { what: "the other channels" });
      await provider()(exportComments.created(job("second")));
      await observedOf(observed, "second", 1);
      expect([observed.subscribed.slice(0, 3), unsubscribed[0], observed.disconnected]).toEqual([
        ["export.first.job", "user:acme", "export.second.job"],
        "export.first.job",
        [],
      ]);
    });

    test("that ends without a next one ends the client", async () => {
      const observed = await begunInTime(async (life) => {
        const one = listen({ token: await tokenFor({ expiresIn: life }) });
        await until(() => one.subscribed.length > 0 || one.disconnected.length > 0, {
          what: "a connection",
        });
        return one.subscribed.length > 0 ? one : null;
      });
      await disconnected(observed);
      expect(observed.disconnected).toEqual([{ code: 1, reason: "unauthorized" }]);
    });

    test("that is old is replaced before anything else", async () => {
      const old = await tokenFor({ expiresIn: 1 });
      await until(
        async () =>
          (await fetch(`${relay.url}/v1/accounts/acme/events?token=${old}`)).status === 401,
        {
          what: "the token to end",
        },
      );
      const observed = listen({ token: old, getToken: () => tokenFor() });
      await connected(observed);
      expect(observed.errors).toContain(109);
      expect(observed.disconnected).toEqual([]);
    });

    test.each([
      ["forged", async () => `${(await tokenFor()).slice(0, -4)}AAAA`],
      ["of another account", () => tokenFor({ account: "other" })],
      ["that is none", async () => "secret"],
    ])("%s ends the client for good", async (_, token) => {
      const observed = listen({ token: await token() });
      await disconnected(observed);
      expect([observed.connecting, observed.disconnected, observed.publications]).toEqual([
        [0],
        [{ code: 3500, reason: "invalid token" }],
        [],
      ]);
    });

    test("that is missing ends the client for good", async () => {
      const observed = listen({});
      await disconnected(observed);
      expect(observed.disconnected).toEqual([{ code: 3500, reason: "invalid token" }]);
    });

    test("of one job opens that job's channel and no other", async () => {
      const observed = listen({ token: await tokenFor({ channels: ["export.mine.job"] }) });
      await connected(observed);
      const subscription = observed.client.newSubscription("export.theirs.job");
      const refused = new Promise((resolve) => {
        subscription.once("unsubscribed", ({ code, reason }) => resolve({ code, reason }));
      });
      subscription.subscribe();
      expect(await refused).toEqual({ code: 103, reason: "permission denied" });
      expect(observed.subscribed).toEqual(["export.mine.job"]);
    });
  });

  describe("what the relay does not offer", () => {
    test.each<[string, (client: Centrifuge) => Promise<unknown>, number]>([
      ["publishing", (client) => client.publish("exports:acme", sent({})), 103],
      ["calls", (client) => client.rpc("method", sent({})), 108],
      ["presence", (client) => client.presence("exports:acme"), 108],
      ["presence counts", (client) => client.presenceStats("exports:acme"), 108],
    ])("is refused with an error: %s", async (_, call, code) => {
      const observed = listen({ token: await tokenFor() });
      await connected(observed);
      await expect(call(observed.client)).rejects.toMatchObject({ code });
      expect(observed.disconnected).toEqual([]);
    });
  });

  describe("a socket that its client closes", () => {
    test.each<[string, "open" | "message", () => Promise<string>]>([
      ["a Centrifugo connection", "open", async () => endpoint()],
      [
        "a plain stream",
        "message",
        async () =>
          `${relay.url.replace("http", "ws")}/v1/accounts/acme/stream?token=${await tokenFor()}`,
      ],
    ])("is answered: %s", async (_, begun, url) => {
      for (const code of [undefined, 1_000, 4_321]) {
        const socket = new WebSocket(await url());
        const closed = new Promise<CloseEvent>((resolve) => {
          socket.addEventListener("close", resolve);
        });
        socket.addEventListener(begun, () => socket.close(code));
        const { wasClean, code: answered } = await closed;
        expect([wasClean, answered]).toEqual([true, code ?? 1_000]);
      }
    });
  });
});
