// Which methods a path takes, by the routes of the app.

/** A route as Hono lists it; `ALL` stands for a middleware, or a route that judges by itself. */
export interface RouteEntry {
  readonly method: string;
  readonly path: string;
}

/** What a path takes. */
export interface PathMethods {
  readonly pattern: RegExp;
  /** Methods in the order of `Allow`. */
  readonly methods: readonly string[];
  /** Whether a route of its own answers `OPTIONS`, as a preflight. */
  readonly answersOptions: boolean;
}

/** Marks a route that takes every method. */
const ANY = "ALL";

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** A parameter is one part of a path, whatever it holds. */
const patternOf = (path: string): RegExp =>
  new RegExp(
    `^${path
      .split("/")
      .map((part) => (part.startsWith(":") ? "[^/]+" : escaped(part)))
      .join("/")}$`,
  );

/** The paths of an app without those that a route takes with every method. */
export function pathsOf(routes: readonly RouteEntry[]): readonly PathMethods[] {
  const methods = new Map<string, Set<string>>();
  for (const { method, path } of routes) {
    if (method === ANY || path.includes("*")) continue;
    const known = methods.get(path) ?? new Set();
    known.add(method);
    // Hono answers HEAD from GET.
    if (method === "GET") known.add("HEAD");
    methods.set(path, known);
  }
  return [...methods].map(([path, known]) => ({
    pattern: patternOf(path),
    methods: [...known].filter((method) => method !== "OPTIONS").concat("OPTIONS"),
    answersOptions: known.has("OPTIONS"),
  }));
}

/** What a path takes; `null` for a path that nothing takes. */
export const methodsOf = (paths: readonly PathMethods[], path: string): PathMethods | null =>
  paths.find(({ pattern }) => pattern.test(path)) ?? null;
