// Which methods a path takes.

import { describe, expect, test } from "vitest";
import { methodsOf, pathsOf } from "../../../../src/api/request/methods.ts";

const paths = pathsOf([
  { method: "ALL", path: "/*" },
  { method: "ALL", path: "/mcp" },
  { method: "GET", path: "/v1/files/*" },
  { method: "GET", path: "/v1/jobs/:source/:guid" },
  { method: "DELETE", path: "/v1/jobs/:source/:guid" },
  { method: "OPTIONS", path: "/v1/stream" },
  { method: "GET", path: "/v1/stream" },
  { method: "POST", path: "/v1/a.b" },
]);

const allowed = (path: string): readonly string[] | null => methodsOf(paths, path)?.methods ?? null;

describe("a path takes", () => {
  test("the methods of its routes, HEAD where it takes GET, and OPTIONS at the end", () => {
    expect(allowed("/v1/jobs/comments/g1")).toEqual(["GET", "HEAD", "DELETE", "OPTIONS"]);
    expect(allowed("/v1/a.b")).toEqual(["POST", "OPTIONS"]);
  });

  test("OPTIONS once where a route of its own answers it", () => {
    expect(methodsOf(paths, "/v1/stream")).toMatchObject({
      methods: ["GET", "HEAD", "OPTIONS"],
      answersOptions: true,
    });
    expect(methodsOf(paths, "/v1/a.b")?.answersOptions).toBe(false);
  });

  test.each([
    ["a parameter that is empty", "/v1/jobs/comments/"],
    ["a part too many", "/v1/jobs/comments/g1/x"],
    ["a part too few", "/v1/jobs/comments"],
    ["another character where the path has a dot", "/v1/axb"],
    ["a route that takes every method", "/mcp"],
    ["a route that takes everything below it", "/v1/files/a"],
    ["an unknown path", "/v2"],
  ])("nothing by %s", (_, path) => {
    expect(allowed(path)).toBeNull();
  });
});
