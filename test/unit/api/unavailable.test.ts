// Every route of the API with objects that do not answer.

import { Hono } from "hono/tiny";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { requireAdmin } from "../../../src/api/admin.routes.ts";
import { jobRoutes } from "../../../src/api/jobs.routes.ts";
import { sourceRoutes } from "../../../src/api/sources.routes.ts";
import { subscriberRoutes } from "../../../src/api/subscribers.routes.ts";
import { BINDINGS } from "../../support/bindings.ts";

const app = new Hono();
app.use("*", requireAdmin as never);
app.route("/", jobRoutes as never);
app.route("/", sourceRoutes(() => Promise.reject(new Error("nothing is kept"))) as never);
app.route("/", subscriberRoutes as never);

/** An error as the platform throws it when a call to an object fails. */
const failure = (flags: object): Error =>
  Object.assign(new Error("no answer, and a s3cret"), flags);

/** A namespace whose objects fail so at every call; `stubs` counts how many were made. */
function failing(flags: object): { readonly namespace: object; readonly stubs: () => number } {
  let made = 0;
  const stub = new Proxy({}, { get: () => () => Promise.reject(failure(flags)) });
  const getByName = (): object => {
    made += 1;
    return stub;
  };
  return { namespace: { getByName }, stubs: () => made };
}

const call = (
  method: string,
  path: string,
  namespace: object,
  body?: string,
): Response | Promise<Response> =>
  app.request(
    path,
    { method, headers: { authorization: "Bearer t" }, ...(body === undefined ? {} : { body }) },
    {
      ...BINDINGS,
      ADMIN_TOKEN: "t",
      SOURCES: [{ id: "comments", provider: "exportcomments", secrets: ["S"] }],
      SUBSCRIBERS: [{ id: "crm", url: "https://crm.example.com/", secrets: ["K"], shards: 2 }],
      S: "secret",
      K: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      JOB: namespace,
      ACCOUNT: namespace,
      FAN: namespace,
      CORRELATION: namespace,
      IDEMPOTENCY: namespace,
      UPSTREAM: namespace,
      SOURCE: namespace,
      SUBSCRIBER: namespace,
    },
  );

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

const ROUTES: readonly Asked[] = [
  { method: "GET", path: "/v1/jobs" },
  { method: "GET", path: "/v1/jobs?account=acme" },
  { method: "GET", path: "/v1/jobs/comments/g" },
  { method: "POST", path: "/v1/jobs/comments/g/replay", body: "{}" },
  { method: "DELETE", path: "/v1/jobs/comments/g" },
  { method: "GET", path: "/v1/sources" },
  { method: "GET", path: "/v1/sources/comments/rejected" },
  { method: "GET", path: "/v1/subscribers" },
  { method: "GET", path: "/v1/subscribers/crm" },
  { method: "POST", path: "/v1/subscribers/crm/pause" },
  { method: "POST", path: "/v1/subscribers/crm/resume" },
  { method: "POST", path: "/v1/subscribers/crm/test" },
  { method: "GET", path: "/v1/subscribers/crm/deliveries" },
  { method: "POST", path: "/v1/subscribers/crm/deliveries/dlv_1/retry" },
  { method: "POST", path: "/v1/subscribers/crm/replay", body: "{}" },
];

const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
  vi.spyOn(console, "error").mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe.each([
  ["asks for less traffic", { overloaded: true, retryable: true }, "overloaded"],
  ["cannot be reached, three times", { retryable: true }, "unreachable"],
  ["throws", {}, "threw"],
])("an object that %s", (_, flags, reason) => {
  test.each(ROUTES)(
    "$method $path is answered 503, with a time to come back and no inner word",
    async ({ method, path, body }) => {
      const answer = await call(method, path, failing(flags).namespace, body);
      expect([
        answer.status,
        answer.headers.get("content-type"),
        answer.headers.get("retry-after"),
      ]).toEqual([503, "application/problem+json", "5"]);
      expect(await answer.text()).not.toContain("s3cret");
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
        {
          event: "api.unavailable",
          method,
          path: path.split("?")[0],
          reason,
          error: "no answer, and a s3cret",
        },
      ]);
    },
  );
});

test("an object is asked again with a new stub, unless it is overloaded", async () => {
  const [passing, overloaded] = [
    failing({ retryable: true }),
    failing({ retryable: true, overloaded: true }),
  ];
  await call("GET", "/v1/jobs/comments/g", passing.namespace);
  await call("GET", "/v1/jobs/comments/g", overloaded.namespace);
  expect([passing.stubs(), overloaded.stubs()]).toEqual([3, 1]);
});

test.each([
  ["GET", `/v1/jobs/comments/${"g".repeat(256)}`, 404],
  ["GET", `/v1/jobs/${"s".repeat(256)}/g`, 404],
  ["DELETE", `/v1/jobs/comments/${"g".repeat(256)}`, 404],
  ["POST", `/v1/jobs/comments/${"g".repeat(256)}/replay`, 404],
  ["GET", `/v1/jobs?account=${"a".repeat(256)}`, 400],
])("%s of a name that is too long asks no object: %s", async (method, path, status) => {
  const objects = failing({});
  const answer = await call(method, path, objects.namespace);
  expect([answer.status, objects.stubs()]).toEqual([status, 0]);
});
