// The floor: the least that a Worker with a Durable Object can do. What the relay is compared with,
// in the same run.

import { DurableObject } from "cloudflare:workers";

interface FloorEnv {
  readonly FLOOR: DurableObjectNamespace<Floor>;
  /** What signs a progress update. */
  readonly SECRET: string;
}

/** What to send: `stores` writes a row after each answer. */
interface Posts {
  readonly url: string;
  readonly count: number;
  readonly concurrency: number;
  readonly stores: boolean;
}

/** A progress update as a job is told it; `key` is the hash of its body. */
interface Update {
  readonly key: string;
  readonly body: object;
}

/** The least time between two events of a job, as the relay's by default, in ms. */
const WINDOW_MS = 5_000;

/**
 * The headers of a delivery, but for the values: the floor sends what the relay sends, and signs
 * nothing.
 */
const HEADERS = {
  "content-type": "application/json",
  "user-agent": "jobrelay/1.0.0",
  "webhook-id": "evt_0123456789abcdef01234567",
  "webhook-timestamp": "1790000000",
  "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
  "x-jobrelay-subscriber": "crm",
  "x-jobrelay-event": "job.created",
  "x-jobrelay-attempt": "1",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
};

/** Stores one row per call, sends requests, or shows a text to its sockets. */
export class Floor extends DurableObject<FloorEnv> {
  readonly #keys = new Set<string>();
  #opensAt = 0;
  /** The newest update that waits for its window. */
  #waiting: string | null = null;

  constructor(ctx: DurableObjectState, env: FloorEnv) {
    super(ctx, env);
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS entry (n INTEGER PRIMARY KEY, body TEXT NOT NULL)",
    );
  }

  insert(body: string): number {
    return this.ctx.storage.sql
      .exec<{ n: number }>("INSERT INTO entry (body) VALUES (?) RETURNING n", body)
      .one().n;
  }

  /** What a new job has to do beside its row: an alarm behind it, and two objects that are told. */
  born(body: string): number {
    void this.ctx.storage.setAlarm(Date.now() + 5_000);
    void this.#tell(body);
    return this.insert(body);
  }

  async #tell(body: string): Promise<void> {
    await this.env.FLOOR.getByName("account").insert(body);
    await this.env.FLOOR.getByName("index").insert(body);
  }

  /**
   * What a job has to do with a progress update: it is stored unless its key is known, and in every
   * window one is told to the account.
   */
  update({ key, body }: Update): number | null {
    if (this.#keys.has(key)) return null;
    const text = JSON.stringify(body);
    const n = this.insert(text);
    this.#keys.add(key);
    if (Date.now() < this.#opensAt) this.#waiting = text;
    else void this.#emit(text);
    return n;
  }

  /** Tells the account, and sets the alarm that looks for what waits when the window opens. */
  async #emit(text: string): Promise<void> {
    this.#opensAt = Date.now() + WINDOW_MS;
    void this.ctx.storage.setAlarm(this.#opensAt);
    await this.env.FLOOR.getByName("account").insert(text);
  }

  /**
   * As a job in progress: the update that waits is a row, and is told. As one that hears nothing
   * more: a row, and an alarm for its end.
   */
  override async alarm(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = null;
    this.insert(waiting ?? "");
    if (waiting === null) await this.ctx.storage.setAlarm(Date.now() + 3_600_000);
    else await this.#emit(waiting);
  }

  /** What a job has to do with an event that viewers see: its row, and a call of their object. */
  show(body: string): number {
    void this.env.FLOOR.getByName("stream").publish(body);
    return this.insert(body);
  }

  /** Posts `body` as often as the terms say, so many at once. */
  async post(terms: Posts, body: string): Promise<void> {
    let sent = 0;
    const slot = async (): Promise<void> => {
      while (sent < terms.count) {
        sent += 1;
        const answer = await fetch(terms.url, { method: "POST", headers: HEADERS, body });
        await answer.arrayBuffer();
        if (terms.stores) this.insert(String(answer.status));
      }
    };
    await Promise.all(Array.from({ length: terms.concurrency }, slot));
  }

  override fetch(): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    server.send("{}");
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Stores a text and sends it to every socket. */
  publish(text: string): void {
    this.insert(text);
    for (const socket of this.ctx.getWebSockets()) socket.send(text);
  }
}

const HMAC = { name: "HMAC", hash: "SHA-256" };
const HEX_DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX_DIGITS[byte];
  return text;
}

let signingKey: CryptoKey | undefined;

/** The update in a signed body; `null` when the signature is another. */
async function updateIn(request: Request, secret: string): Promise<Update | null> {
  const bytes = new Uint8Array(await request.arrayBuffer());
  signingKey ??= await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(secret),
    HMAC,
    false,
    ["sign"],
  );
  const expected = new Uint8Array(await crypto.subtle.sign("HMAC", signingKey, bytes));
  if (hexOf(expected) !== request.headers.get("x-signature")) return null;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return { key: hexOf(hash), body: JSON.parse(new TextDecoder().decode(bytes)) as object };
}

export default {
  /**
   * `POST /rows/{object}` stores the body in that object, `POST /births/{object}` with all that a
   * new job does, `POST /updates/{object}` as a progress update that was verified; `POST
   * /shown/{object}/{id}` as an event that all sockets see; `POST
   * /posts?url=&count=&concurrency=&stores=` sends it out; `GET /stream` opens a socket and `POST
   * /events` shows the body to all of them; anything else answers.
   */
  async fetch(request, env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const [, route, name = "", id = ""] = pathname.split("/");
    if (route === "rows")
      return Response.json(
        { n: await env.FLOOR.getByName(name).insert(await request.text()) },
        { status: 202 },
      );
    if (route === "births")
      return Response.json(
        { n: await env.FLOOR.getByName(name).born(await request.text()) },
        { status: 202 },
      );
    if (route === "updates") {
      const update = await updateIn(request, env.SECRET);
      if (update === null) return new Response(null, { status: 401 });
      return Response.json({ n: await env.FLOOR.getByName(name).update(update) }, { status: 202 });
    }
    if (route === "shown") {
      await env.FLOOR.getByName(name).show(await request.text());
      return Response.json({ events: [id] }, { status: 202 });
    }
    if (route === "posts") {
      const number = (member: string): number => Number(searchParams.get(member));
      const terms = {
        count: number("count"),
        concurrency: number("concurrency"),
        stores: searchParams.get("stores") === "true",
      };
      await env.FLOOR.getByName("posts").post(
        { url: searchParams.get("url") ?? "", ...terms },
        await request.text(),
      );
      return new Response(null, { status: 204 });
    }
    if (route === "stream")
      return env.FLOOR.getByName(name === "" ? "stream" : name).fetch(request);
    if (route === "events") {
      await env.FLOOR.getByName("stream").publish(await request.text());
      return new Response(null, { status: 202 });
    }
    return new Response("ok");
  },
} satisfies ExportedHandler<FloorEnv>;
