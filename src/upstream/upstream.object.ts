// The object of one source's connector: it starts the connector, wakes it, and lets it go.

import { DurableObject } from "cloudflare:workers";
import { settingsOrNull } from "../config/load.ts";
import type { Settings, SourceSettings } from "../config/settings.ts";
import { ObjectAlarm } from "../durable/alarm.io.ts";
import { now as clock } from "../kernel/clock.io.ts";
import { fingerprint } from "../kernel/fingerprint.ts";
import { logError } from "../kernel/log.io.ts";
import { MINUTE, type Millis } from "../kernel/time.ts";
import type { ConnectorView, WatchAnswer, WatchedExport } from "../model/connector.ts";
import type { UpstreamRpc } from "../rpc.ts";
import { RealtimeConnector } from "./centrifugo/realtime.io.ts";
import type { Connector } from "./connector.ts";
import { Poller } from "./emailengine/poller.io.ts";
import { newRecord, reconfigured } from "./record.ts";
import { UpstreamStore } from "./upstream.store.ts";

/** When an object looks again at a configuration that is broken, or after its own mistake. */
const LOOK_AGAIN: Millis = MINUTE;

/** Named by the source's id. */
export class Upstream extends DurableObject<Env> implements UpstreamRpc {
  readonly #store: UpstreamStore;
  readonly #alarm: ObjectAlarm;
  /** `null` until it is started, and where the source has none. */
  #connector: Connector | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new UpstreamStore(ctx.storage);
    this.#alarm = new ObjectAlarm(ctx.storage);
    // An alarm that was lost is set again by whatever wakes the object.
    void ctx.blockConcurrencyWhile(() => this.#alarm.load());
  }

  /** Starts the connector, or ends it: as the configuration says now. */
  wake(): void {
    this.#start();
    this.#arm();
  }

  /** The connector as it stands; it is started by that, too. */
  state(): ConnectorView | null {
    this.wake();
    return this.#connector?.view() ?? null;
  }

  /** Polls exports until they end; those that are known go on as they are. */
  watch(exports: readonly WatchedExport[]): WatchAnswer {
    this.#start();
    const connector = this.#connector;
    if (!(connector instanceof Poller)) return "no-poll";
    const answer = connector.watch(exports, clock());
    this.#arm();
    return answer;
  }

  /** Ends polling an export whose end came by a webhook; others of its account are looked for. */
  ended({ account, exportId }: WatchedExport): void {
    this.#start();
    if (this.#connector instanceof Poller) this.#connector.ended(account, exportId);
    this.#arm();
  }

  /** Does what is due. Running it twice, early or late changes nothing. */
  override async alarm(): Promise<void> {
    this.#alarm.fired();
    let notBefore: Millis = 0;
    try {
      this.#start();
      await this.#connector?.run(clock());
    } catch (thrown) {
      logError("upstream.alarm_failed", thrown, { source: this.ctx.id.name ?? "" });
      notBefore = clock() + LOOK_AGAIN;
    }
    this.#arm(notBefore);
    await this.#alarm.settled();
  }

  /** Brings the connector in line with the configuration; a broken one changes nothing. */
  #start(): void {
    const settings = settingsOrNull(this.env);
    if (settings === null) return;
    const source = settings.sources.get(this.ctx.id.name ?? "");
    if (source === undefined || source.upstream === null) return this.#end();
    if (this.#connector !== null) return;
    const now = clock();
    const print = fingerprint(JSON.stringify(source.upstream));
    const stored = this.#store.record();
    const record =
      stored === null
        ? newRecord(print, now)
        : stored.fingerprint === print
          ? stored
          : reconfigured(stored, print, now);
    if (record !== stored) this.#store.save(record);
    this.#connector = this.#connectorOf(settings, source, record);
  }

  #connectorOf(
    settings: Settings,
    source: SourceSettings,
    record: ReturnType<typeof newRecord>,
  ): Connector | null {
    const { upstream } = source;
    const feed = { env: this.env, settings, source };
    const deps = { store: this.#store, feed, changed: () => this.#arm() };
    switch (upstream?.kind) {
      case "centrifugo":
        return new RealtimeConnector(deps, upstream, record);
      case "emailengine":
        return new Poller(deps, upstream, record);
      case undefined:
        return null;
    }
  }

  /** The source has no connector any more. */
  #end(): void {
    this.#connector?.stop();
    this.#connector = null;
    if (this.#store.record() !== null) this.#store.clear();
  }

  #arm(notBefore: Millis = 0): void {
    const now = clock();
    const isBroken = this.#connector === null && this.#store.record() !== null;
    const due = isBroken ? now + LOOK_AGAIN : (this.#connector?.due(now) ?? null);
    this.#alarm.arm(due === null ? null : Math.max(due, notBefore));
  }
}
