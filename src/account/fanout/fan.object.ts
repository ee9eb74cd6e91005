// A fan: some of the viewers of an account that has many of them.

import { DurableObject } from "cloudflare:workers";
import { ObjectAlarm } from "../../durable/alarm.io.ts";
import { now as clock } from "../../kernel/clock.io.ts";
import type { FanRpc } from "../../rpc.ts";
import { closeBack } from "../../stream/sockets/closed-socket.io.ts";
import { OPEN_HEADER, readStreamOpen } from "../../stream/stream.ts";
import type { LogRange } from "./log-range.ts";
import { FanViewers } from "./viewers.io.ts";

export class Fan extends DurableObject<Env> implements FanRpc {
  readonly #viewers = new FanViewers(this.ctx, this.env);
  readonly #alarm = new ObjectAlarm(this.ctx.storage);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    // An alarm that was lost is set again by whatever wakes the object.
    void ctx.blockConcurrencyWhile(async () => {
      await this.#alarm.load();
      this.#alarm.arm(this.#viewers.nextDeadline());
    });
  }

  /** An upgrade, referred here by the account. */
  override async fetch(request: Request): Promise<Response> {
    const open = readStreamOpen(request.headers.get(OPEN_HEADER));
    if (open === null) return new Response(null, { status: 404 });
    const response = await this.#viewers.accept(open);
    this.#alarm.arm(this.#viewers.nextDeadline());
    return response;
  }

  /** Sends the next range of the log to the viewers, and answers how many there are. */
  show(range: LogRange): Promise<number> {
    return this.#viewers.show(range);
  }

  /** Forgets the events of an erased job. */
  forget(source: string, guid: string): void {
    this.#viewers.forget(source, guid);
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
    this.#viewers.message(socket, data);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    closeBack(socket, code);
    this.#viewers.left(socket);
  }

  /** Closes the sockets whose token has ended. */
  override async alarm(): Promise<void> {
    this.#alarm.fired();
    this.#viewers.expire(clock());
    this.#alarm.arm(this.#viewers.nextDeadline());
    await this.#alarm.settled();
  }
}
