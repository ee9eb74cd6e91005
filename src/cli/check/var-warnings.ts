// Warns of vars that nothing reads, and of secrets that stand in the open.

import { nearest } from "../../config/senders/nearest.ts";
import type { Finding } from "./findings.ts";
import { namedSecrets } from "./secret-names.ts";

/** The lists: each may be continued in vars whose names begin with its own and `_`. */
const LISTS: readonly string[] = ["SOURCES", "SUBSCRIBERS", "RULES"];

/** The vars and secrets that the Worker reads besides lists and named secrets. */
const SINGLE: readonly string[] = [
  ["ADMIN_TOKEN", "STREAM_SECRET", "ALLOWED_ORIGINS", "ALLOW_PRIVATE_URLS", "LOG_LEVEL"],
  ["JURISDICTION", "LOCATION_HINT", "ACCESS_TEAM_DOMAIN", "ACCESS_AUD"],
].flat();

/** True for the name of a var that the Worker reads, secrets included. */
export const isVarName = (name: string): boolean => SINGLE.includes(name) || LIST_NAME.test(name);

const LIST_NAME = /^(?:SOURCES|SUBSCRIBERS|RULES)(?:_[A-Z0-9_]+)?$/;

/** Looks at the `[vars]` of the file alone; what .dev.vars holds is meant to be secret. */
export function varWarnings(vars: Readonly<Record<string, unknown>>): readonly Finding[] {
  const secrets = new Set([...namedSecrets(vars), "ADMIN_TOKEN", "STREAM_SECRET"]);
  return Object.entries(vars).flatMap(([name, value]): readonly Finding[] => {
    if (secrets.has(name))
      return [
        {
          path: name,
          message: `${name} is a secret and stands in [vars], where everybody with the file can read it: npx wrangler secret put ${name}`,
        },
      ];
    if (isVarName(name)) return placementWarnings(name, value);
    const meant = meantBy(name);
    const isList = Array.isArray(value);
    if (meant === null && !isList) return [];
    const what = meant === null ? "nothing reads it" : `is ${meant} meant?`;
    return [{ path: name, message: `${name} is no var of the relay, ${what}` }];
  });
}

/** The known var that a name may stand for, whatever its case. */
function meantBy(name: string): string | null {
  const upper = name.toUpperCase().replaceAll("-", "_");
  if (SINGLE.includes(upper) || LIST_NAME.test(upper)) return upper;
  const single = nearest(upper, SINGLE);
  if (single !== null) return single;
  const [first = "", ...rest] = upper.split("_");
  const list = nearest(first, LISTS);
  return list === null ? null : [list, ...rest].join("_");
}

/** The place of the objects is a part of their addresses. */
function placementWarnings(name: string, value: unknown): readonly Finding[] {
  if (name !== "JURISDICTION" || typeof value !== "string" || value === "") return [];
  return [
    {
      path: name,
      message: `all data is kept in the jurisdiction ${value}. It is part of every object's id: with another one, or without it, the relay starts empty, and what is stored now is out of reach`,
    },
  ];
}
