// The floor: the least that a Worker with a Durable Object can do. What the relay is compared with,
// in the same run.

import { DurableObject } from "cloudflare:workers";

interface FloorEnv {
  readonly FLOOR: DurableObjectNamespace<Floor>;
}

/** What to send: `stores` writes a row after each answer. */
interface Posts {
  readonly url: string;
  readonly count: number;
  readonly concurrency: number;
  readonly stores: boolean;
}

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

  /** As a job that hears nothing more: a row, and an alarm for its end. */
  override async alarm(): Promise<void> {
    this.insert("");
    await this.ctx.storage.setAlarm(Date.now() + 3_600_000);
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

export default {
  /**
   * `POST /rows/{object}` stores the body in that object, `POST /births/{object}` with all that a
   * new job does; `POST
   * /posts?url=&count=&concurrency=&stores=` sends it out; `GET /stream` opens a socket and `POST
   * /events` shows the body to all of them; anything else answers.
   */
  async fetch(request, env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const [, route, name = ""] = pathname.split("/");
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
    if (route === "stream") return env.FLOOR.getByName("stream").fetch(request);
    if (route === "events") {
      await env.FLOOR.getByName("stream").publish(await request.text());
      return new Response(null, { status: 202 });
    }
    return new Response("ok");
  },
} satisfies ExportedHandler<FloorEnv>;
