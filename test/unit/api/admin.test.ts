// The door of the API, in front of a route that says that somebody came in.

import { Hono } from "hono/tiny";
import { describe, expect, test } from "vitest";
import { REQUIRED_BINDINGS } from "../../../src/config/platform/bindings.ts";
import { requireAdmin, type AdminEnv } from "../../../src/api/admin.routes.ts";

const app = new Hono<AdminEnv>();
app.use("*", requireAdmin);
app.get("/", (c) => c.text("in"));

/** The Worker is configured only with its objects bound. */
const BOUND = Object.fromEntries(Object.keys(REQUIRED_BINDINGS).map((name) => [name, {}]));

const knock = (
  authorization: string | null,
  env: object = { ADMIN_TOKEN: "t0ken" },
): Response | Promise<Response> =>
  app.request(
    "/",
    { headers: authorization === null ? {} : { authorization } },
    { ...BOUND, ...env },
  );

describe("the door of the API", () => {
  test.each(["Bearer t0ken", "bearer t0ken", "BEARER   t0ken"])(
    "opens to %j",
    async (authorization) => {
      const answer = await knock(authorization);
      expect([answer.status, await answer.text()]).toEqual([200, "in"]);
    },
  );

  test.each([
    null,
    "",
    "Bearer",
    "Bearer ",
    "Bearer t0ke",
    "Bearer t0kenn",
    "Bearer T0KEN",
    "Bearer t0ken t0ken",
    "Bearer, t0ken",
    "Basic t0ken",
    "t0ken",
    `Bearer ${"t0ken".repeat(10_000)}`,
  ])("stays shut to %j", async (authorization) => {
    const answer = await knock(authorization);
    expect([
      answer.status,
      answer.headers.get("content-type"),
      answer.headers.get("www-authenticate"),
    ]).toEqual([401, "application/problem+json", 'Bearer realm="jobrelay"']);
  });

  test("names what is wrong while the configuration is invalid, also to agents", async () => {
    const answer = await knock("Bearer t0ken", { SOURCES: [{ id: "a", provider: "emailengin" }] });
    expect([answer.status, answer.headers.get("retry-after"), await answer.json()]).toEqual([
      503,
      "30",
      expect.objectContaining({
        title: "The configuration is invalid",
        detail: expect.stringContaining('unknown provider "emailengin", is "emailengine" meant?'),
      }),
    ]);
  });

  test("opens to a token that was stored with a line feed at its end", async () => {
    expect((await knock("Bearer t0ken", { ADMIN_TOKEN: "t0ken\n" })).status).toBe(200);
  });

  test.each([[{}], [{ ADMIN_TOKEN: "" }], [{ ADMIN_TOKEN: " \n" }]])(
    "is closed for everyone without a token: %j",
    async (env) => {
      for (const authorization of [null, "Bearer ", "Bearer null", "Bearer undefined"]) {
        const answer = await knock(authorization, env);
        expect([answer.status, answer.headers.get("content-type")]).toEqual([
          503,
          "application/problem+json",
        ]);
      }
    },
  );

  test("is closed while the configuration is broken, and says when to come again", async () => {
    const answer = await knock("Bearer t0ken", {
      ADMIN_TOKEN: "t0ken",
      SOURCES: [{ id: "s3cret-id!" }],
    });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "30"]);
    expect(await answer.text()).not.toContain("s3cret");
  });
});
