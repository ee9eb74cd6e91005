// Posts one event to a local address, signed as a delivery is (Standard Webhooks 1.0).

import { setTimeout as pause } from "node:timers/promises";
import { toBase64, utf8 } from "../../kernel/bytes.ts";
import { hmac } from "../../kernel/hmac.io.ts";
import { writeJson } from "../../kernel/json.ts";
import { VERSION } from "../../kernel/version.ts";
import { nameOf, type RelayEvent } from "../../model/event.ts";
import { post, unreachable } from "./post.ts";

/** Where events go. */
export interface ForwardOptions {
  readonly url: string;
  /** The shared key that signs. */
  readonly key: Uint8Array<ArrayBuffer>;
  /** Takes any certificate of the address. */
  readonly isInsecure: boolean;
  /** Told why when the address cannot be reached; the event is tried again until it can. */
  readonly onWaiting: (reason: string) => void;
}

/** What the receiver answered; `status` is `null` when it did not in time. */
export interface Forwarded {
  readonly status: number | null;
  readonly ms: number;
}

/** How long the receiver may take, in ms: the default of a subscriber. */
const TIMEOUT = 15_000;

/** Time before an address that refuses connections is tried again, in ms. */
const RETRY_AFTER = 500;

/** Posts the event and waits for the answer, whatever it is. */
export async function forward(event: RelayEvent, options: ForwardOptions): Promise<Forwarded> {
  const body = writeJson(event);
  let told = "";
  while (true) {
    const begin = performance.now();
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const headers = await headersOf(event, body, timestamp, options.key);
    try {
      const { url, isInsecure } = options;
      const status = await post({ url, headers, body, isInsecure, timeout: TIMEOUT });
      return { status, ms: Math.round(performance.now() - begin) };
    } catch (error) {
      if (error instanceof Error && error.name === "TimeoutError")
        return { status: null, ms: Math.round(performance.now() - begin) };
      const reason = unreachable(options.url, error);
      if (reason !== told) options.onWaiting(reason);
      told = reason;
    }
    await pause(RETRY_AFTER);
  }
}

async function headersOf(
  event: RelayEvent,
  body: string,
  timestamp: string,
  key: Uint8Array<ArrayBuffer>,
): Promise<Readonly<Record<string, string>>> {
  const mac = await hmac("sha256", key, utf8(`${event.id}.${timestamp}.${body}`));
  return {
    "content-type": "application/json",
    "user-agent": `jobrelay/${VERSION}`,
    "webhook-id": event.id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${toBase64(mac)}`,
    "x-jobrelay-subscriber": "listen",
    "x-jobrelay-event": nameOf(event),
    "x-jobrelay-attempt": "1",
  };
}
