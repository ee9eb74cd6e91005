// Makes one attempt to deliver one event: renders and signs it, and gives it to its target.

import type { Settings, SubscriberSettings } from "../../config/settings.ts";
import { now } from "../../kernel/clock.io.ts";
import { errorText } from "../../kernel/log.io.ts";
import { SECOND } from "../../kernel/time.ts";
import type { Dispatch } from "../../model/messages.ts";
import { render } from "../request/formats.ts";
import { deliveryHeaders } from "../request/headers.ts";
import { sign } from "../signing/signing.io.ts";
import { archive } from "../targets/archive/archive.io.ts";
import { serviceUrl } from "../request/sent.ts";
import { sendToQueue, type QueueMessage } from "../targets/binding.io.ts";
import { checkedUrl, post, type SignedRequest } from "../targets/http.io.ts";
import { failureReason, failureText, type AttemptResult } from "./result.ts";
import type { SharedTimeout } from "./shared-timeout.io.ts";

/** What an attempt needs to know besides the event. */
export interface AttemptOptions {
  readonly subscriber: SubscriberSettings;
  readonly settings: Pick<Settings, "allowPrivateUrls">;
  /** Counts from 1. */
  readonly attempt: number;
  /** Of the object that makes the attempt. */
  readonly timeouts: SharedTimeout;
}

/** Makes the attempt; never throws. Bindings are looked up in `env` by their names. */
export async function attempt(
  env: object,
  options: AttemptOptions,
  dispatch: Dispatch,
): Promise<AttemptResult> {
  const startedAt = now();
  try {
    return await deliver(env, options, dispatch);
  } catch (thrown) {
    return {
      kind: "failure",
      reason: failureReason(thrown),
      error: failureText(errorText(thrown)),
      ms: now() - startedAt,
    };
  }
}

async function deliver(
  env: object,
  options: AttemptOptions,
  dispatch: Dispatch,
): Promise<AttemptResult> {
  const { subscriber, settings } = options;
  const { target } = subscriber;
  const policy = { allowPrivate: settings.allowPrivateUrls };
  if (target.kind === "url") {
    const url = checkedUrl(target, policy);
    if (!url.ok) return misconfigured(`the subscriber's url ${url.fault}`);
    const request = await signedRequest(options, dispatch);
    return post((to, init) => fetch(to, init), url.value, request);
  }
  const binding = (env as Readonly<Record<string, unknown>>)[target.binding];
  if (binding === undefined)
    return misconfigured(`there is no ${BINDING_NAMES[target.kind]} binding ${target.binding}`);
  switch (target.kind) {
    case "service": {
      const request = await signedRequest(options, dispatch);
      const service = binding as Fetcher;
      return post((to, init) => service.fetch(to, init), serviceUrl(subscriber.id), request);
    }
    case "queue": {
      const { rendered, headers } = await signedRequest(options, dispatch);
      return sendToQueue(binding as Queue<QueueMessage>, rendered, headers);
    }
    case "archive":
      return archive(env as Env, { bucket: binding as R2Bucket, policy, subscriber }, dispatch);
  }
}

const BINDING_NAMES = { service: "service", queue: "queue", archive: "bucket" } as const;

/** A fault of the configuration: the next deploy may mend it, so the delivery is tried again. */
const misconfigured = (error: string): AttemptResult => ({
  kind: "failure",
  reason: "unknown",
  error,
  // Not a connection that broke at once: there is no instant retry.
  ms: SECOND,
});

/** Every attempt is signed anew: its timestamp is its own, its id is the event's. */
async function signedRequest(
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
