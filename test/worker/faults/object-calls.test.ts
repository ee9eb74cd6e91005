// What a caller of the relay is told when the platform fails: every route that calls an object, and
// every error that such a call can end with.

import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import worker from "../../../src/index.ts";
import {
  platformErrors,
  thrownAs,
  type PlatformError,
} from "../../support/platform/platform-errors.ts";

/** A request, and the call of an object on which its answer depends. */
interface Route {
  readonly name: string;
  readonly call: `${string}.${string}`;
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const report = (data: object, event: string): object => ({
  id: "evt_1",
  created: 1_779_974_953,
  event,
  data: { accountId: "a1", createdAt: { value: "2026-05-20T17:25:12.456Z" }, ...data },
});

// The API's own sources, without signatures.
(env as unknown as { SOURCES: object[] }).SOURCES.push(
  { id: "plain", provider: "generic", verify: "none" },
  { id: "typed", provider: "exportcomments", verify: "none" },
  { id: "paired", provider: "betterez", verify: "none" },
  {
    id: "polled",
    provider: "emailengine",
    verify: "none",
    poll: { url: "https://mail.example.com", tokenSecret: "EMAIL_SECRET" },
  },
);

const UPGRADE = { upgrade: "websocket" };
const created = { event: "job.created", guid: "g1", account: "a1" };

const ROUTES: readonly Route[] = [
  { name: "a webhook", call: "JOB.ingest", path: "/hooks/plain", body: created },
  {
    name: "a webhook about an account",
    call: "ACCOUNT.ingest",
    path: "/hooks/typed",
    body: { type: "subscription.updated", plan: "pro" },
  },
  {
    name: "a webhook that names no job",
    call: "CORRELATION.assign",
    path: "/hooks/paired",
    body: report({}, "report.export.started"),
  },
  { name: "a job", call: "JOB.snapshot", method: "GET", path: "/v1/jobs/plain/g1" },
  { name: "its events", call: "JOB.page", method: "GET", path: "/v1/jobs/plain/g1/events" },
  {
    name: "its event stream",
    call: "JOB.fetch",
    method: "GET",
    path: "/v1/jobs/plain/g1/stream",
    headers: { accept: "text/event-stream" },
  },
  {
    name: "its socket",
    call: "JOB.fetch",
    method: "GET",
    path: "/v1/jobs/plain/g1/stream",
    headers: UPGRADE,
  },
  { name: "its replay", call: "JOB.replay", path: "/v1/jobs/plain/g1/replay", body: {} },
  { name: "its erasure", call: "JOB.erase", method: "DELETE", path: "/v1/jobs/plain/g1" },
  {
    name: "an account's events",
    call: "ACCOUNT.page",
    method: "GET",
    path: "/v1/accounts/a1/events",
  },
  {
    name: "an account's socket",
    call: "ACCOUNT.fetch",
    method: "GET",
    path: "/v1/accounts/a1/stream",
    headers: UPGRADE,
  },
  { name: "an account's jobs", call: "ACCOUNT.jobs", method: "GET", path: "/v1/jobs?account=a1" },
  { name: "a source's jobs", call: "SOURCE.jobs", method: "GET", path: "/v1/jobs?source=plain" },
  { name: "sources", call: "SOURCE.counts", method: "GET", path: "/v1/sources" },
  {
    name: "refused webhooks",
    call: "SOURCE.rejected",
    method: "GET",
    path: "/v1/sources/plain/rejected",
  },
  { name: "a kept webhook", call: "SOURCE.kept", path: "/v1/sources/plain/rejected/7/retry" },
  {
    name: "an export to be polled",
    call: "UPSTREAM.watch",
    path: "/v1/sources/polled/watch",
    body: { account: "a1", exportId: "e1" },
  },
  { name: "connectors", call: "UPSTREAM.state", method: "GET", path: "/v1/sources" },
  { name: "subscribers", call: "SUBSCRIBER.state", method: "GET", path: "/v1/subscribers" },
  {
    name: "a subscriber's shards",
    call: "SUBSCRIBER.shards",
    method: "GET",
    path: "/v1/subscribers/crm",
  },
  { name: "a pause", call: "SUBSCRIBER.pause", path: "/v1/subscribers/crm/pause" },
  { name: "a resume", call: "SUBSCRIBER.resume", path: "/v1/subscribers/crm/resume" },
  { name: "a test event", call: "SUBSCRIBER.sendTest", path: "/v1/subscribers/crm/test" },
  {
    name: "deliveries",
    call: "SUBSCRIBER.deliveries",
    method: "GET",
    path: "/v1/subscribers/crm/deliveries",
  },
  {
    name: "a delivery's retry",
    call: "SUBSCRIBER.retry",
    path: "/v1/subscribers/crm/deliveries/d1/retry",
  },
  { name: "many retries", call: "SUBSCRIBER.replay", path: "/v1/subscribers/crm/replay", body: {} },
  { name: "metrics", call: "ACCOUNT.viewers", method: "GET", path: "/v1/metrics?account=a1" },
  {
    name: "a key of a request",
    call: "IDEMPOTENCY.begin",
    path: "/v1/subscribers/crm/test",
    headers: { "idempotency-key": "k1" },
  },
];

type Method = (...values: unknown[]) => unknown;

/** An environment whose objects fail in one method, so often; and how often it was asked. */
function failing(
  call: Route["call"],
  error: PlatformError,
  times: number,
): { readonly env: Env; readonly stubs: () => number } {
  const [binding = "", method = ""] = call.split(".");
  const namespace = env[binding as keyof Env] as unknown as DurableObjectNamespace;
  let left = times;
  let stubs = 0;
  const stubOf = (name: string): object => {
    const stub = namespace.getByName(name);
    let isUsed = false;
    return new Proxy(stub, {
      get(target, key) {
        const member = Reflect.get(target, key) as Method;
        if (key !== method) return member;
        return (...values: unknown[]) => {
          if (!isUsed) stubs += 1;
          isUsed = true;
          if (left === 0) return Reflect.apply(member, target, values);
          left -= 1;
          return Promise.reject(thrownAs(error));
        };
      },
    });
  };
  const proxy = new Proxy(namespace, {
    get: (target, key) => (key === "getByName" ? stubOf : Reflect.get(target, key)),
  });
  return { env: { ...env, [binding]: proxy }, stubs: () => stubs };
}

async function ask({ method = "POST", path, body, headers }: Route, given: Env): Promise<Response> {
  const context = createExecutionContext();
  const request = new Request(`https://relay.test${path}`, {
    method,
    headers: {
      authorization: "Bearer test-admin-token",
      "content-type": "application/json",
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await worker.fetch(request, given, context);
  await waitOnExecutionContext(context);
  return answer;
}

afterEach(() => void vi.restoreAllMocks());

const ERRORS = platformErrors("object", "storage");

/** What is wrong with the answer to a request whose object fails; `null` when nothing is. */
async function faultOf(route: Route, error: PlatformError): Promise<string | null> {
  const { env: given, stubs } = failing(route.call, error, Infinity);
  const answer = await ask(route, given);
  const text = await answer.text();
  // An overloaded object is left alone; a stub that broke stays broken.
  const tries = error.retryable === true && error.overloaded !== true ? 3 : 1;
  const isRight =
    answer.status === 503 &&
    Number(answer.headers.get("retry-after")) > 0 &&
    answer.headers.get("content-type")?.startsWith("application/problem+json") === true &&
    !text.includes(error.text) &&
    stubs() > 0 &&
    stubs() % tries === 0;
  return isRight ? null : `${error.text} gives ${answer.status} after ${stubs()} stubs: ${text}`;
}

describe.each(ROUTES)("$name ($call)", (route) => {
  test("is answered 503 with Retry-After, whatever the platform says", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const faults = await Promise.all(ERRORS.map((error) => faultOf(route, error)));
    expect(faults.filter((fault) => fault !== null)).toEqual([]);
  });

  test("is answered after a fault that passes, by another stub", async () => {
    const lost = { text: "Network connection lost.", origin: "object", retryable: true } as const;
    const { env: given, stubs } = failing(route.call, lost, 1);
    const answer = await ask(route, given);
    expect(answer.status).toBeLessThan(500);
    expect(stubs()).toBeGreaterThanOrEqual(2);
    answer.webSocket?.accept();
    answer.webSocket?.close();
    await answer.body?.cancel();
  });
});
