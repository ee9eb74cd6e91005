// Makes one attempt to deliver one event: renders, signs, sends, and reads as much of the answer as is kept.

import { checkUrl, type UrlPolicy } from "../../config/url-policy.ts";
import type { Settings, SubscriberSettings, Target } from "../../config/settings.ts";
import { now } from "../../kernel/clock.io.ts";
import { concat, fromUtf8 } from "../../kernel/bytes.ts";
import type { Dispatch } from "../../model/messages.ts";
import { ok, type Result } from "../../kernel/result.ts";
import { SECOND, type Millis } from "../../kernel/time.ts";
import { archive } from "../targets/archive/archive.io.ts";
import type { ArchiveBucket, StoredFile } from "../targets/archive/bucket.io.ts";
import { ANSWER_BYTES, ERROR_CHARS, failureReason, type AttemptResult } from "./result.ts";
import { render, type Rendered } from "../request/formats.ts";
import { deliveryHeaders } from "../request/headers.ts";
import type { SharedTimeout } from "./shared-timeout.io.ts";
import { sign } from "../signing/signing.io.ts";
import { sendToQueue, serviceUrl, type QueueMessage } from "../targets/binding.io.ts";

/** An attempt and, of an archive, the file that it stored. */
export interface Attempt {
  readonly result: AttemptResult;
  readonly file: StoredFile | null;
}

/** What an attempt needs to know besides the event. */
export interface AttemptOptions {
  readonly subscriber: SubscriberSettings;
  readonly settings: Pick<Settings, "allowPrivateUrls">;
  /** Counts from 1. */
  readonly attempt: number;
  /** The object's own. */
  readonly timeouts: SharedTimeout;
}

/** The status is what counts: a body that trickles is not waited for longer than this. */
const BODY_PATIENCE: Millis = SECOND;

/** Headers of an answer that mean something here. */
const READ = ["retry-after", "webhook-delivery"] as const;

/** Makes the attempt; never throws. Bindings are looked up in `env` by the names in the settings. */
export async function attempt(
  env: object,
  terms: AttemptOptions,
  dispatch: Dispatch,
): Promise<Attempt> {
  const started = now();
  try {
    return await deliver(env as Readonly<Record<string, unknown>>, terms, dispatch);
  } catch (thrown) {
    const error = errorText(thrown);
    return {
      result: { kind: "failure", reason: failureReason(thrown), error, ms: now() - started },
      file: null,
    };
  }
}

async function deliver(
  env: Readonly<Record<string, unknown>>,
  terms: AttemptOptions,
  dispatch: Dispatch,
): Promise<Attempt> {
  const { subscriber, settings } = terms;
  const policy = { allowPrivate: settings.allowPrivateUrls };
  const { target } = subscriber;
  switch (target.kind) {
    case "url": {
      const url = addressOf(target, policy);
      if (!url.ok) return missing(`the subscriber's url ${url.fault}`);
      return {
        result: await post(
          (to, init) => fetch(to, init),
          url.value,
          await request(terms, dispatch),
        ),
        file: null,
      };
    }
    case "service": {
      const service = env[target.binding] as Fetcher | undefined;
      if (service === undefined) return missing(`there is no service binding ${target.binding}`);
      return {
        result: await post(
          (to, init) => service.fetch(to, init),
          serviceUrl(subscriber.id),
          await request(terms, dispatch),
        ),
        file: null,
      };
    }
    case "queue": {
      const queue = env[target.binding] as Queue<QueueMessage> | undefined;
      if (queue === undefined) return missing(`there is no queue binding ${target.binding}`);
      const { rendered, headers } = await request(terms, dispatch);
      return { result: await sendToQueue(queue, rendered, headers), file: null };
    }
    case "archive": {
      const bucket = env[target.binding] as ArchiveBucket | undefined;
      if (bucket === undefined) return missing(`there is no bucket binding ${target.binding}`);
      const check = (url: string): Result<URL, string> => checkUrl(url, policy);
      const doors = {
        bucket,
        fetch: (to: string, init: RequestInit): Promise<Response> => fetch(to, init),
        checkUrl: check,
      };
      const stored = await archive(
        doors,
        { headers: subscriber.headers, timeout: subscriber.timeout },
        dispatch,
      );
      return { result: stored.attempt, file: stored.file };
    }
  }
}

/** A judged address, and by which policy. */
interface Address {
  readonly allowPrivate: boolean;
  readonly href: Result<string, string>;
}

/** By target: settings live as long as their isolate, and the policy looks at nothing but the URL. */
const addresses = new WeakMap<Target, Address>();

function addressOf(
  target: Extract<Target, { kind: "url" }>,
  policy: UrlPolicy,
): Result<string, string> {
  const known = addresses.get(target);
  if (known?.allowPrivate === policy.allowPrivate) return known.href;
  const checked = checkUrl(target.url, policy);
  const href = checked.ok ? ok(checked.value.href) : checked;
  addresses.set(target, { allowPrivate: policy.allowPrivate, href });
  return href;
}

/** A fault of the configuration: the next deploy may mend it, so the delivery is kept and tried again. */
const missing = (error: string): Attempt => ({
  result: { kind: "failure", reason: "unknown", error, ms: SECOND },
  file: null,
});

interface SignedRequest {
  readonly rendered: Rendered;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeout: Millis;
  readonly timeouts: SharedTimeout;
}

/** Every attempt is signed anew: its timestamp is its own, its id is the event's. */
async function request(
  { subscriber, attempt: number, timeouts }: AttemptOptions,
  dispatch: Dispatch,
): Promise<SignedRequest> {
  const rendered = render(subscriber.format, dispatch);
  const timestampSeconds = Math.floor(now() / SECOND);
  const signature = await sign(
    subscriber.secrets,
    dispatch.event.id,
    timestampSeconds,
    rendered.body,
  );
  const headers = deliveryHeaders({
    subscriber,
    dispatch,
    rendered,
    attempt: number,
    timestampSeconds,
    signature,
  });
  return { rendered, headers, timeout: subscriber.timeout, timeouts };
}

type Send = (url: string, init: RequestInit) => Promise<Response>;

async function post(
  send: Send,
  url: string,
  { rendered, headers, timeout, timeouts }: SignedRequest,
): Promise<AttemptResult> {
  const started = now();
  try {
    const init = { method: "POST", headers, body: rendered.body, redirect: "manual" } as const;
    const response = await timeouts.run(timeout, (signal) => send(url, { ...init, signal }));
    const ms = now() - started;
    return {
      kind: "answer",
      status: response.status,
      headers: wishes(response),
      answer: await beginning(response),
      ms,
    };
  } catch (thrown) {
    return {
      kind: "failure",
      reason: failureReason(thrown),
      error: errorText(thrown),
      ms: now() - started,
    };
  }
}

function wishes(response: Response): Readonly<Record<string, string>> {
  const read: Record<string, string> = {};
  for (const name of READ) {
    const value = response.headers.get(name);
    if (value !== null) read[name] = value;
  }
  return read;
}

/** The first `ANSWER_BYTES` of a body as text; whatever goes wrong while reading, the answer stands. */
async function beginning(response: Response): Promise<string> {
  if (response.body === null) return "";
  const reader = response.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  const end = (): void => void reader.cancel().catch(() => undefined);
  // Cancelling ends a read that waits: a body that trickles or never ends holds the delivery this long at most.
  const timer = setTimeout(end, BODY_PATIENCE);
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    while (size < ANSWER_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      size += value.byteLength;
    }
  } catch {
    // The connection broke inside the body: what was read so far is the answer.
  } finally {
    clearTimeout(timer);
  }
  end();
  return fromUtf8(concat(...parts).subarray(0, ANSWER_BYTES));
}

/** What went wrong, for people. URLs are left out: a subscriber's may carry a token. */
function errorText(thrown: unknown): string {
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return text.replaceAll(/[a-z][a-z0-9+.-]*:\/\/\S+/gi, "<url>").slice(0, ERROR_CHARS);
}
