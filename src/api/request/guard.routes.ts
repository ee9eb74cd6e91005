// What holds for every route alike: methods are answered with those that a path takes, and unknown
// parameters with those that are allowed.

import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { problemResponse, type Problem } from "../../kernel/problem.ts";
import { documentOf } from "./body.io.ts";
import { methodsOf, pathsOf, type PathMethods, type RouteEntry } from "./methods.ts";
import { parameterProblem } from "./parse.ts";
import { BODIES, NoBody, QUERIES } from "./query.ts";

/**
 * Answers 405 where a path takes other methods, and an `OPTIONS` that no route takes, both with
 * `Allow`. Where a token is needed it stands behind that door. Routes of all methods, as
 * those of webhooks, judge by themselves.
 */
export function methodGuard(routes: () => readonly RouteEntry[]): MiddlewareHandler {
  let paths: readonly PathMethods[] | null = null;
  return async (c, next) => {
    paths ??= pathsOf(routes());
    const found = methodsOf(paths, c.req.path);
    const { method } = c.req.raw;
    const isRouted = method !== "OPTIONS" || found?.answersOptions === true;
    if (found === null || (isRouted && found.methods.includes(method))) {
      await next();
      return undefined;
    }
    const allow = found.methods.join(", ");
    if (method === "OPTIONS") return new Response(null, { status: 204, headers: { allow } });
    const detail = `This path takes ${allow}.`;
    return problemResponse({ status: 405, title: "Method Not Allowed", detail }, { allow });
  };
}

/**
 * Answers 400 to a query with names that a route does not know, or with one given twice, and 422 to
 * a body where none is read.
 */
export const knownParameters: MiddlewareHandler = async (c, next) => {
  const method = c.req.method === "HEAD" ? "GET" : c.req.method;
  const path = routePath(c, -1);
  // A path that no route takes is matched by middlewares alone, whose paths have a star.
  if (!path.includes("*")) {
    const route = `${method} ${path}`;
    const names = new URL(c.req.url).searchParams.keys();
    const problem = parameterProblem(names, QUERIES[route]) ?? (await strayBody(c.req.raw, route));
    if (problem !== null) return problemResponse(problem);
  }
  await next();
  return undefined;
};

/** What is wrong with a body where a route reads none. */
async function strayBody(request: Request, route: string): Promise<Problem | null> {
  if (request.body === null || BODIES[route] !== undefined) return null;
  const document = await documentOf(request, NoBody);
  return document.ok ? null : document.fault;
}
