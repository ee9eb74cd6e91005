// One idempotency key: lets one request at a time act, and keeps its answer for a day.

import { DurableObject } from "cloudflare:workers";
import { ObjectAlarm } from "../../durable/alarm.io.ts";
import { now as clock } from "../../kernel/clock.io.ts";
import type { IdempotencyRpc } from "../../rpc.ts";
import type { KeptAnswer } from "../../model/messages.ts";
import { begin, end, KEPT_FOR, type Beginning } from "./idempotency.ts";
import { IdempotencyStore } from "./idempotency.store.ts";

/** Named by a hash of the key. */
export class Idempotency extends DurableObject<Env> implements IdempotencyRpc {
  readonly #store = new IdempotencyStore(this.ctx.storage);
  readonly #alarm = new ObjectAlarm(this.ctx.storage);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    void ctx.blockConcurrencyWhile(() => this.#alarm.load());
  }

  /** Decides whether a request acts; when it answers, that is stored. */
  begin(fingerprint: string): Beginning {
    const { beginning, record } = begin(this.#store.load(), fingerprint, clock());
    if (beginning.kind === "acts") {
      this.#store.save(record);
      this.#alarm.arm(beginning.createdAt + KEPT_FOR);
    }
    return beginning;
  }

  /** Keeps the answer of the request that acted, or frees the key. */
  end(fingerprint: string, answer: KeptAnswer): void {
    this.#store.save(end(this.#store.load(), fingerprint, answer));
  }

  /** Forgets everything: a key that is not used again leaves no storage behind. */
  override async alarm(): Promise<void> {
    this.#alarm.fired();
    const expiry = (this.#store.load()?.createdAt ?? 0) + KEPT_FOR;
    if (clock() < expiry) this.#alarm.arm(expiry);
    else await this.#store.erase();
    await this.#alarm.settled();
  }
}
