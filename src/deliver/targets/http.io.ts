// Targets that speak HTTP: a URL or the Worker behind a service binding.

import type { Target } from "../../config/settings.ts";
import { checkUrl, type UrlPolicy } from "../../config/url-policy.ts";
import { now } from "../../kernel/clock.io.ts";
import { errorText } from "../../kernel/log.io.ts";
import { ok, type Result } from "../../kernel/result.ts";
import type { Millis } from "../../kernel/time.ts";
import { readAnswer } from "../attempt/answer.io.ts";
import { failureReason, failureText, type AttemptResult } from "../attempt/result.ts";
import type { SharedTimeout } from "../attempt/shared-timeout.io.ts";
import type { Rendered } from "../request/formats.ts";

/** A request ready to be sent, and how long its answer may take. */
export interface SignedRequest {
  readonly rendered: Rendered;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeout: Millis;
  readonly timeouts: SharedTimeout;
}

type Send = (url: string, init: RequestInit) => Promise<Response>;

/** Headers of an answer that mean something here, lower-case. */
const KEPT_HEADERS = ["retry-after", "webhook-delivery"] as const;

/** Posts a request and reads its answer. Never throws; redirects are not followed. */
export async function post(
  send: Send,
  url: string,
  { rendered, headers, timeout, timeouts }: SignedRequest,
): Promise<AttemptResult> {
  const startedAt = now();
  try {
    const init = { method: "POST", headers, body: rendered.body, redirect: "manual" } as const;
    const response = await timeouts.run(timeout, (signal) => send(url, { ...init, signal }));
    const ms = now() - startedAt;
    return {
      kind: "answer",
      status: response.status,
      headers: keptHeaders(response.headers),
      answer: await readAnswer(response),
      ms,
    };
  } catch (thrown) {
    return {
      kind: "failure",
      reason: failureReason(thrown),
      error: failureText(errorText(thrown)),
      ms: now() - startedAt,
    };
  }
}

function keptHeaders(headers: Headers): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = headers.get(name);
    if (value !== null) kept[name] = value;
  }
  return kept;
}

/** A subscriber's URL, checked under a policy. */
interface CheckedUrl {
  readonly allowPrivate: boolean;
  readonly href: Result<string, string>;
}

/** By target: settings live as long as their isolate, and the check depends on nothing else. */
const checkedUrls = new WeakMap<Target, CheckedUrl>();

/** Checks a subscriber's URL, once per policy. The fault ends a sentence: `must be https`. */
export function checkedUrl(
  target: Extract<Target, { kind: "url" }>,
  policy: UrlPolicy,
): Result<string, string> {
  const known = checkedUrls.get(target);
  if (known?.allowPrivate === policy.allowPrivate) return known.href;
  const checked = checkUrl(target.url, policy);
  const href = checked.ok ? ok(checked.value.href) : checked;
  checkedUrls.set(target, { allowPrivate: policy.allowPrivate, href });
  return href;
}
