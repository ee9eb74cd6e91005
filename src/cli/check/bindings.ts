// The bindings that a wrangler configuration, or an environment of it, declares.

import { REQUIRED_BINDINGS } from "../../config/platform/bindings.ts";
import type { Settings } from "../../config/settings.ts";
import { isObject } from "../../kernel/json.ts";
import { fieldPath, type Finding, type Places } from "./findings.ts";

/** The targets besides a URL, by the member that names them. */
type BindingKind = "service" | "queue" | "archive";

/** What is bound under each name; an object has the name of its class. */
export interface Bindings {
  readonly targets: ReadonlyMap<string, BindingKind>;
  readonly objects: ReadonlyMap<string, string>;
}

/** Reads the bindings; wrangler itself reports those that are malformed. */
export function bindingsOf(wrangler: Readonly<Record<string, unknown>>): Bindings {
  const producers = isObject(wrangler["queues"]) ? wrangler["queues"]["producers"] : [];
  const objects = isObject(wrangler["durable_objects"])
    ? wrangler["durable_objects"]["bindings"]
    : [];
  return {
    targets: new Map([
      ...named(wrangler["services"], "binding").map(([name]) => [name, "service"] as const),
      ...named(producers, "binding").map(([name]) => [name, "queue"] as const),
      ...named(wrangler["r2_buckets"], "binding").map(([name]) => [name, "archive"] as const),
    ]),
    objects: new Map(
      named(objects, "name").map(([name, one]) => [name, textOf(one["class_name"])] as const),
    ),
  };
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

type Table = Readonly<Record<string, unknown>>;

const named = (list: unknown, key: string): readonly (readonly [string, Table])[] =>
  (Array.isArray(list) ? list : []).flatMap((one: unknown) => {
    const name = isObject(one) ? one[key] : undefined;
    return isObject(one) && typeof name === "string" ? [[name, one] as const] : [];
  });

/** Names every Durable Object that is not bound, or bound to another class. */
export const objectProblems = (
  { objects }: Bindings,
  environment: string | null,
): readonly Finding[] => {
  const wrong = Object.entries(REQUIRED_BINDINGS).filter(
    ([name, className]) => objects.get(name) !== className,
  );
  const where =
    environment === null
      ? ""
      : `: an environment inherits no bindings, list them under env.${environment}.durable_objects`;
  return wrong.map(([name, className]) => ({
    path: name,
    message: `no binding of this name, it has to bind the Durable Object ${className}${where}`,
  }));
};

/** Names targets whose binding is of another kind, which the Worker itself cannot know. */
export const crossedTargets = (
  { subscribers }: Settings,
  { targets }: Bindings,
  places: Places,
): readonly Finding[] =>
  [...subscribers.values()].flatMap(({ id, target }) => {
    const kind = target.kind === "url" ? undefined : targets.get(target.binding);
    if (kind === undefined || target.kind === "url" || kind === target.kind) return [];
    return [
      {
        path: fieldPath(places.pathOf("SUBSCRIBERS", id), target.kind),
        message: `${target.binding} is the binding of ${ARTICLE[kind]} ${kind}`,
      },
    ];
  });

const ARTICLE: Readonly<Record<BindingKind, string>> = { service: "a", queue: "a", archive: "an" };
